"""The overlays, built as a cluster gets them: valid, and of one mind with the code."""

import io
import subprocess
import sys

import pytest
import yaml

from tests.deploy.files import K8S, validator
from tools import manifests

pytestmark = pytest.mark.slow


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


def problems(documents, name, change):
    """What is said of them once one was changed."""
    copies = yaml.safe_load(yaml.safe_dump(documents))
    change(next(one for one in copies if manifests.named(one).startswith(name)))
    return manifests.problems(copies)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_it_is_valid_and_of_one_mind(overlay):
    assert manifests.problems(built(f"overlays/{overlay}")) == []


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
    assert monitor["selector"]["matchLabels"] == labels
    [port] = monitor["podMetricsEndpoints"]
    assert port["path"] == "/metrics"


def test_secrets_are_named_and_none_is_there(production):
    assert manifests.secrets(production) == {
        "cordial-streams": {"api-key", "contact-secret", "web-token"},
        "cordial-streams-kafka": {"password", "ca.crt"},
        "cordial-streams-scaler": {"username", "password", "ca.crt"},
    }
    assert {one["kind"] for one in production} & {"Secret"} == set()


def test_config_maps_are_not_too_large_to_be_applied(production):
    for one in production:
        if one["kind"] == "ConfigMap":
            assert len(yaml.safe_dump(one)) < 250_000, one["metadata"]["name"]


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


WRONG = [
    (
        "ScaledObject cordial-streams",
        another_topic,
        "topic is shop.events, and the worker's is customer.events",
    ),
    ("KafkaTopic cordial.upsertcontact", fewer_partitions, "partitions"),
    ("KafkaTopic cordial.upsertcontact", another_name, "cordial.upsertContact: is missing"),
    ("KafkaUser cordial-streams", a_right_too_many, "has other rights than the code needs"),
    (
        "ConfigMap cordial-streams-settings",
        a_setting_that_is_none,
        "BOOTSTRP: no setting is called so",
    ),
]


@pytest.mark.parametrize(
    ("name", "change", "said"), WRONG, ids=[change.__name__ for _, change, _ in WRONG]
)
def test_what_does_not_fit_is_told(production, name, change, said):
    found = problems(production, name, change)
    assert any(said in one for one in found), found


def test_where_traces_go_is_no_setting_of_ours(production):
    def traced(settings):
        settings["data"]["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector.observability:4318"

    assert problems(production, "ConfigMap cordial-streams-settings", traced) == []


def test_it_says_what_is_installed(production, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO(yaml.safe_dump_all(production)))
    assert manifests.main() == 0
    assert "keyed topic customer.events" in capsys.readouterr().out
