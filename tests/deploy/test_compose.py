"""The compose file: well-formed, pinned, on loopback, and started in order."""

import jsonschema
import pytest

from tests.deploy.files import PROMETHEUS, ROOT, compose, documents, vendored_schema

SERVICES = compose()["services"]
ONE_SHOT = {"topics"}


def test_it_is_a_compose_file():
    schema = vendored_schema("compose-spec")
    kind = jsonschema.validators.validator_for(schema)
    assert [error.message for error in kind(schema).iter_errors(compose())] == []


def test_it_has_the_whole_installation():
    assert set(SERVICES) == ONE_SHOT | {"kafka", "sandbox", "worker", "prometheus", "grafana"}


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
    [job] = documents(PROMETHEUS)[0]["scrape_configs"]
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
