"""The overlays, built as a cluster gets them: valid, and of one mind with the code."""

import io
import re
import shutil
import subprocess
import sys
from copy import deepcopy

import pytest
import yaml

from tests.deploy.files import K8S, ROOT, documents, validator
from tools import manifests, topics, wanting

pytestmark = pytest.mark.slow


PAGE = (ROOT / "docs" / "deploying.md").read_text()
OVERLAYS = sorted(path.name for path in (K8S / "overlays").iterdir())


def built(*folders):
    """All manifests of these kustomizations."""
    found = []
    for folder in folders:
        done = subprocess.run(
            [validator("kustomize"), "build", K8S / folder], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        found += yaml.safe_load_all(done.stdout)
    return found


@pytest.fixture(scope="module")
def production():
    return built("overlays/production", "strimzi")


def unfit(documents, name, change):
    """What is said of them once one was changed."""
    copies = deepcopy(documents)
    change(next(one for one in copies if manifests.named(one).startswith(name)))
    return manifests.unfit(copies)


def users_and_topics(here):
    """What tools.topics writes for this installation."""
    count = here.of("ScaledObject")[0]["spec"]["maxReplicaCount"] if here.of("ScaledObject") else 12
    settings = here.settings
    written = topics.manifests(settings, here.plan, count)
    return [
        one
        for name in ("topics.yaml", "users.yaml")
        for one in yaml.safe_load_all(written[name])
        if one
    ]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_it_is_valid_and_of_one_mind(overlay):
    there = built(f"overlays/{overlay}")
    assert manifests.problems(there) == []
    with_users = [*there, *users_and_topics(manifests.installation(there))]
    assert manifests.problems(with_users) == []


@pytest.fixture
def own(tmp_path):
    """A copy of the production overlay, to be changed, and its file."""
    for name in ("k8s", "deploy"):
        shutil.copytree(ROOT / name, tmp_path / name)
    file = tmp_path / "k8s" / "overlays" / "production" / "kustomization.yaml"
    [overlay] = documents(file)
    return overlay, file


def test_what_an_overlay_says_of_broker_and_user_is_what_the_pods_get(own):
    overlay, file = own
    said = {"BOOTSTRAP": "kafka.shop:9094", "SECURITY": "SASL_PLAINTEXT", "USERNAME": "shop"}
    literals = overlay["configMapGenerator"][1]["literals"]
    for name, value in said.items():
        literals[:] = [
            one for one in literals if not one.startswith(f"CORDIAL_STREAMS_KAFKA__{name}=")
        ]
        literals.append(f"CORDIAL_STREAMS_KAFKA__{name}={value}")
    file.write_text(yaml.safe_dump(overlay))
    kafka = manifests.installation(built(file.parent)).settings.kafka
    assert (kafka.bootstrap, kafka.security, kafka.username) == tuple(said.values())


@pytest.mark.parametrize(
    "component", sorted((K8S / "components").iterdir()), ids=lambda one: one.name
)
def test_no_component_has_a_setting_that_an_overlay_could_not_change(component):
    """What a component merges comes after the overlay's literals."""
    [said] = documents(component / "kustomization.yaml")
    names = {one["name"] for one in said.get("configMapGenerator", ())}
    assert "cordial-streams-settings" not in names


def test_topics_and_users_are_those_of_production(production):
    assert manifests.problems(production) == []


def test_pods_hold_what_they_are_given(production):
    here = manifests.installation(production)
    assert here.settings.kafka.security == "SASL_SSL"
    assert here.settings.kafka.instance_id is None
    assert here.variables["CORDIAL_STREAMS_KAFKA__INSTANCE_ID"] is None
    workers = manifests.only(production, "StatefulSet")["spec"]
    assert "replicas" not in workers


def test_the_scraped_job_is_the_one_in_the_rules(production):
    monitor = manifests.only(production, "PodMonitor")["spec"]
    labels = manifests.only(production, "StatefulSet")["spec"]["template"]["metadata"]["labels"]
    assert labels[monitor["jobLabel"]] == "cordial-streams"
    assert monitor["selector"]["matchLabels"].items() <= labels.items()
    [port] = monitor["podMetricsEndpoints"]
    assert port["path"] == "/metrics"


def test_secrets_are_named_and_none_is_there(production):
    assert wanting.secrets(production) == {
        "cordial-streams": {"api-key", "contact-secret", "web-token"},
        "cordial-streams-kafka": {"password", "ca.crt"},
        "cordial-streams-people": {"password", "ca.crt"},
        "cordial-streams-scaler": {"username", "password", "ca.crt"},
    }
    assert {one["kind"] for one in production} & {"Secret"} == set()


def test_config_maps_are_not_too_large_to_be_applied(production):
    for one in production:
        if one["kind"] == "ConfigMap":
            assert len(yaml.safe_dump(one)) < 250_000, one["metadata"]["name"]


def shown(kind):
    """The patches that the page shows for a kind, with what it has beside them."""
    blocks = re.findall(r"```text\n(  - target: .*?)```", PAGE, re.DOTALL)
    [found] = [one for one in map(yaml.safe_load, blocks) if kind in yaml.safe_dump(one)]
    return found


def test_without_users_there_is_nothing_left_of_them(own):
    overlay, file = own
    gone = ("kafka-scram", "people", "SECURITY", "USERNAME")
    settings = overlay["configMapGenerator"][1]
    for words in (overlay["components"], settings["literals"]):
        words[:] = [one for one in words if not any(word in one for word in gone)]
    file.write_text(yaml.safe_dump(overlay))
    assert any("sasl is scram_sha512" in one for one in manifests.problems(built(file.parent)))
    overlay["patches"] += shown("TriggerAuthentication")
    file.write_text(yaml.safe_dump(overlay))
    there = built(file.parent)
    assert manifests.problems(there) == []
    assert set(wanting.secrets(there)) == {"cordial-streams"}


def test_the_number_of_workers_and_prometheus_are_set_as_the_page_says(own):
    overlay, file = own
    overlay["patches"] += shown("minReplicaCount")
    file.write_text(yaml.safe_dump(overlay))
    there = built(file.parent)
    assert manifests.problems(there) == []
    said = [*wanting.assumed(manifests.installation(there))]
    assert "workers: 4 to 12, as KEDA finds" in said
    assert "assumed: Prometheus is at http://prometheus.metrics:9090" in said


def test_the_job_of_a_migration_fits_its_user(own):
    """With a right too many, or a user of another name, it does not."""
    overlay, file = own
    overlay["components"].append("../../components/migration")
    file.write_text(yaml.safe_dump(overlay))
    there = built(file.parent)
    here = manifests.installation(there)
    written = topics.migration(here.settings, here.plan, "kafka", "kafka")["users.yaml"]
    user = [one for one in yaml.safe_load_all(written) if one]
    whole = [*there, *users_and_topics(here), *user]
    assert manifests.problems(whole) == []
    assert unfit(whole, "Job", another_user) != []
    assert unfit(whole, "KafkaUser cordial-streams-migration", a_right_too_many) != []


def another_topic(scaled):
    scaled["spec"]["triggers"][0]["metadata"]["topic"] = "shop.events"


def fewer_partitions(topic):
    topic["spec"]["partitions"] = 6


def a_right_too_many(user):
    user["spec"]["authorization"]["acls"][0]["operations"].append("Write")


def a_setting_that_is_none(settings):
    settings["data"]["CORDIAL_STREAMS_KAFKA__BOOTSTRP"] = "kafka:9092"


def another_name(topic):
    topic["spec"]["topicName"] = "cordial.upsertContacts"


def set_to(**values):
    """Other values of settings."""

    def change(settings):
        settings["data"] |= {f"CORDIAL_STREAMS_{name}": value for name, value in values.items()}

    change.__name__ = ",".join(f"{name}={value}" for name, value in values.items())
    return change


def container_of(workers):
    [container] = workers["spec"]["template"]["spec"]["containers"]
    return container


def traces_by_grpc(settings):
    settings["data"] |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.observability:4317",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    }


def our_own_topic(plan):
    plan["data"]["plan.yaml"] = "sources: [{topic: cordial.receipts}]\n"


def no_mount_of_the_password(workers):
    mounts = container_of(workers)["volumeMounts"]
    mounts[:] = [one for one in mounts if one["name"] != "kafka"]


def no_key_in_the_mount(workers):
    volumes = workers["spec"]["template"]["spec"]["volumes"]
    [kafka] = [one for one in volumes if one["name"] == "kafka"]
    kafka["secret"]["items"].pop(0)


def no_password(workers):
    own = container_of(workers)["env"]
    own[:] = [one for one in own if "PASSWORD" not in one["name"]]


def no_token(workers):
    own = container_of(workers)["env"]
    own[:] = [one for one in own if "TOKEN" not in one["name"]]


def no_key(workers):
    own = container_of(workers)["env"]
    own[:] = [one for one in own if "API_KEY" not in one["name"]]


def another_plan(workers):
    container_of(workers)["args"][-1] = "/etc/cordial-streams/other.yaml"


def no_plan(workers):
    volumes = workers["spec"]["template"]["spec"]["volumes"]
    volumes[:] = [one for one in volumes if one["name"] != "plan"]


def replicas_beside_the_scaler(workers):
    workers["spec"]["replicas"] = 3


def more_than_there_may_be(scaled):
    scaled["spec"]["minReplicaCount"] = 13


def another_mechanism(scaled):
    scaled["spec"]["triggers"][0]["metadata"]["sasl"] = "scram_sha256"


def another_user(people):
    [own] = [one for one in container_of(people)["env"] if "USERNAME" in one["name"]]
    own["value"] = "shop-people"


SETTINGS, WORKERS = "ConfigMap cordial-streams-settings", "StatefulSet cordial-streams"
PLAN = "ConfigMap cordial-streams-plan"
PEOPLE = "Deployment cordial-streams-people"
SCALER, TOPIC = "ScaledObject cordial-streams", "KafkaTopic cordial.upsertcontact"
NO_FILE = "KAFKA__PASSWORD_FILE: /run/secrets/kafka/password lies in no volume"
WRONG = [
    (SCALER, another_topic, "topic is shop.events, and the worker's is customer.events"),
    (SCALER, another_mechanism, "sasl is scram_sha256, and the worker's is scram_sha512"),
    (SCALER, more_than_there_may_be, "minReplicaCount is more than maxReplicaCount"),
    (TOPIC, fewer_partitions, "partitions"),
    (TOPIC, another_name, "cordial.upsertContact: is missing"),
    ("KafkaUser cordial-streams", a_right_too_many, "has other rights than the code needs"),
    (SETTINGS, a_setting_that_is_none, "no such setting; did you mean CORDIAL_STREAMS_KAFKA__BOOT"),
    (
        SETTINGS,
        set_to(CORDIAL__ENDPOINT="eu"),
        "cordial.endpoint 'eu': it is neither a data centre",
    ),
    (SETTINGS, set_to(CORDIAL__ENDPOINT=""), "cordial.endpoint '': it is empty"),
    (
        SETTINGS,
        set_to(KAFKA__SECURITY="SASL_TLS"),
        "CORDIAL_STREAMS_KAFKA__SECURITY: Input should be 'PLAINTEXT'",
    ),
    (
        SETTINGS,
        set_to(GRACE="0"),
        "CORDIAL_STREAMS_GRACE: is 0 in the ConfigMap, and the pod has 50",
    ),
    (SETTINGS, set_to(KAFKA__BOOTSTRAP="kafka:9096"), "lets nobody out to the port 9096"),
    (SETTINGS, set_to(KAFKA__USERNAME="shop"), "KafkaUser shop: the worker's user is missing"),
    (SETTINGS, set_to(KAFKA__USERNAME=""), "CORDIAL_STREAMS_KAFKA__USERNAME is not set"),
    (PEOPLE, no_mount_of_the_password, NO_FILE),
    (PEOPLE, another_user, "its user shop-people is not among those of the Kafka"),
    (SETTINGS, traces_by_grpc, "OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf is spoken"),
    (PLAN, our_own_topic, "is a source in the plan and a topic that the worker writes"),
    (WORKERS, no_mount_of_the_password, NO_FILE),
    (WORKERS, no_key_in_the_mount, "the volume kafka brings no file password"),
    (WORKERS, no_password, "CORDIAL_STREAMS_KAFKA__PASSWORD_FILE is not set"),
    (WORKERS, no_token, "CORDIAL_STREAMS_WEB__TOKEN_FILE is not set"),
    (WORKERS, no_key, "CORDIAL_STREAMS_API_KEY_FILE is not set"),
    (WORKERS, another_plan, "the volume plan brings no file other.yaml"),
    (WORKERS, no_plan, "its pod has no plan"),
    (WORKERS, replicas_beside_the_scaler, "and the StatefulSet has replicas, too"),
]


@pytest.mark.parametrize(
    ("name", "change", "said"), WRONG, ids=[change.__name__ for _, change, _ in WRONG]
)
def test_what_does_not_fit_is_told(production, name, change, said):
    found = unfit(production, name, change)
    assert any(said in one for one in found), found
    assert not any("http" in one and "pydantic" in one for one in found), found


def test_where_traces_go_is_no_setting_of_ours(production):
    def traced(settings):
        settings["data"]["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector.observability:4318"

    assert unfit(production, "ConfigMap cordial-streams-settings", traced) == []


def test_it_says_what_is_installed(production, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO(yaml.safe_dump_all(production)))
    assert manifests.main() == 0
    printed = capsys.readouterr().out
    assert "keyed topic customer.events" in printed
    assert "workers: 2 to 12, as KEDA finds" in printed
    assert "assumed: Prometheus is at http://prometheus-operated.monitoring:9090" in printed
