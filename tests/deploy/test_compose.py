"""The compose file: well-formed, pinned, on loopback, and started in order."""

import importlib.util

import jsonschema
import pytest

from tests.deploy.files import PROMETHEUS, ROOT, compose, documents, vendored_schema

SERVICES = compose()["services"]
ONE_SHOT = {"topics", "seed"}
PROFILES = {
    "core": {"kafka", "topics", "sandbox", "worker"},
    "registry": {"registry"},
    "observability": {"prometheus", "grafana", "kafka-exporter"},
    "seed": {"seed"},
}


def test_it_is_a_compose_file():
    schema = vendored_schema("compose-spec")
    kind = jsonschema.validators.validator_for(schema)
    assert [error.message for error in kind(schema).iter_errors(compose())] == []


def test_it_has_the_whole_installation():
    found = {}
    for name, service in SERVICES.items():
        [profile] = service["profiles"]
        found.setdefault(profile, set()).add(name)
    assert found == PROFILES


def test_without_a_word_core_and_observability_start():
    given = dict(
        line.split("=", 1)
        for line in (ROOT / ".env").read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert given == {"COMPOSE_PROFILES": "core,observability"}


def test_a_profile_needs_none_but_core():
    core = PROFILES["core"]
    for service in SERVICES.values():
        own = PROFILES[service["profiles"][0]]
        assert set(service.get("depends_on", {})) <= core | own


def test_images_are_named_in_one_place():
    named = compose()["x-images"]
    assert {service["image"] for service in SERVICES.values()} == set(named)
    assert (ROOT / "docker-compose.yml").read_text().count("image: *") == len(named)


def test_the_registry_is_where_the_head_of_the_file_says():
    [port] = SERVICES["registry"]["ports"]
    url = f"http://registry:{port.rpartition(':')[2]}"
    assert f"CORDIAL_STREAMS_REGISTRY__URL={url}" in (ROOT / "docker-compose.yml").read_text()
    ours = SERVICES["worker"]["environment"]
    assert ours["CORDIAL_STREAMS_REGISTRY__URL"] is None


def test_the_seed_is_a_module_of_ours():
    python, flag, module = SERVICES["seed"]["entrypoint"]
    assert (python, flag) == ("python", "-m")
    assert importlib.util.find_spec(module) is not None
    assert SERVICES["seed"]["environment"] == SERVICES["worker"]["environment"]


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_by_tag(name):
    tag = SERVICES[name]["image"].rpartition(":")[2]
    assert any(character.isdigit() for character in tag), SERVICES[name]["image"]


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_loopback(name):
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:"), port


@pytest.mark.parametrize("name", SERVICES)
def test_what_runs_on_has_a_healthcheck_in_exec_form(name):
    if name in ONE_SHOT:
        assert SERVICES[name]["restart"] == "no"
    else:
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", SERVICES)
def test_services_wait_for_what_they_need(name):
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        if needed in ONE_SHOT:
            assert how == {"condition": "service_completed_successfully"}
        else:
            assert how["condition"] in {"service_healthy", "service_started"}


def test_a_worker_starts_after_its_topics_and_its_sandbox():
    assert {"topics", "sandbox"} <= set(SERVICES["worker"]["depends_on"])


def test_the_key_is_the_sandbox_own():
    command = SERVICES["sandbox"]["command"]
    key = SERVICES["worker"]["environment"]["CORDIAL_STREAMS_API_KEY"]
    assert command[command.index("--key") + 1] == key


def test_the_endpoint_is_the_sandbox():
    command = SERVICES["sandbox"]["command"]
    port = command[command.index("--port") + 1]
    endpoint = SERVICES["worker"]["environment"]["CORDIAL_STREAMS_CORDIAL__ENDPOINT"]
    assert endpoint == f"http://sandbox:{port}"


def test_the_scrape_has_the_token_and_calls_the_worker_by_a_name_that_it_knows():
    job, exporter = documents(PROMETHEUS)[0]["scrape_configs"]
    assert exporter["static_configs"][0]["targets"] == ["kafka-exporter:9308"]
    ours = SERVICES["worker"]["environment"]
    assert job["authorization"]["credentials"] == ours["CORDIAL_STREAMS_WEB__TOKEN"]
    [target] = job["static_configs"][0]["targets"]
    assert target.partition(":")[0] in ours["CORDIAL_STREAMS_WEB__NAMES"].split(",")


@pytest.mark.parametrize("name", SERVICES)
def test_mounted_files_exist(name):
    for volume in SERVICES[name].get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("./"):
            assert (ROOT / source).exists(), source
            assert volume.endswith(":ro"), volume
        else:
            assert source in compose()["volumes"]


def test_compose_has_more_patience_than_the_worker():
    from streams.settings import Settings

    grace = Settings.model_fields["grace"].default
    assert int(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) > grace
