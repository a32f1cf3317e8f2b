"""`check` and `topics`: what stands between the settings and a worker, and the exit codes."""

import json
import subprocess
import sys

import pytest

from streams.actions import ACTIONS
from streams.checking.check import run_check
from streams.checking.problems import broker_problems
from streams.checking.topics import run_topics
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.topics import Cluster, Topic, source_topics, wanted_topics
from streams.plan import parse_plan
from streams.settings import Settings

pytestmark = pytest.mark.slow


NOBODY = "127.0.0.1:1"
OURS = wanted_topics(Settings(), parse_plan("").sources, ACTIONS, 2)


@pytest.fixture
def environment(monkeypatch):
    """Sets a setting by its name without the prefix; nobody answers anywhere."""

    def put(**values):
        for name, value in values.items():
            monkeypatch.setenv(f"CORDIAL_STREAMS_{name}", value)

    put(KAFKA__BOOTSTRAP=NOBODY, CORDIAL__ENDPOINT=f"http://{NOBODY}", API_KEY="some")
    return put


@pytest.fixture(scope="module")
def embedded():
    names = [*OURS, *source_topics(parse_plan("").sources, 2)]
    with EmbeddedBroker({spec.name: spec.partitions for spec in names}) as running:
        yield running


@pytest.fixture
def broker(embedded, environment):
    environment(KAFKA__BOOTSTRAP=embedded.bootstrap)
    return embedded


PLAIN = {"with_sources": False, "new_tables": (), "as_json": False}


def test_an_identifier_that_may_come_too_late_is_noted(environment, tmp_path, capsys):
    plan = tmp_path / "plan.yaml"
    for order, key, noted in (("action", None, 1), ("contact", None, 0), ("action", "id", 0)):
        plan.write_text(f"order: {order}\n")
        if key is not None:
            environment(CORDIAL__SEGMENT_ID_KEY=key)
        assert run_check(plan, offline=True, as_json=False) == 0
        assert capsys.readouterr().out.count("may overtake the one that did") == noted


def told(capsys):
    return {one["where"]: one["what"] for one in json.loads(capsys.readouterr().out)["problems"]}


def test_what_does_not_answer_is_a_dependency_that_is_down(environment, capsys):
    assert run_check(None, offline=False, as_json=True) == 4
    assert told(capsys).keys() == {"kafka.bootstrap", "cordial.endpoint"}


def test_cordial_alone_away_is_one_too(broker, capsys):
    assert run_check(None, offline=False, as_json=True) == 4
    assert told(capsys).keys() == {"cordial.endpoint"}


def test_a_connection_that_cannot_be_set_up_is_a_setting(environment, capsys):
    environment(KAFKA__SECURITY="SASL_SSL")
    assert run_check(None, offline=False, as_json=False) == 3
    assert "set kafka.username and kafka.password" in capsys.readouterr().err


REFUSED_AT_THE_START = [
    ({"KAFKA__SECURITY": "SASL_SSL"}, "set kafka.username and kafka.password"),
    ({"KAFKA__SECURITY": "SSL", "KAFKA__CA_FILE": "/nowhere"}, "kafka.ca_file: /nowhere cannot"),
    ({"KAFKA__BOOTSTRAP": "broker:kafka"}, "CORDIAL_STREAMS_KAFKA__BOOTSTRAP: each server is"),
    ({"WEB__TOKEN": "short"}, "web.token: it is shorter"),
    ({"WEB__TOKEN_FILE": "/nowhere"}, "web.token_file: /nowhere cannot be read"),
    ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf"),
    ({"CORDIAL__ENDPOINT": "https://elsewhere.example"}, "the host is not Cordial's"),
]


@pytest.mark.parametrize(("values", "what"), REFUSED_AT_THE_START)
def test_what_the_worker_refuses_is_found_offline_in_the_same_words(
    environment, monkeypatch, capsys, values, what
):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{NOBODY}")
    for name, value in values.items():
        monkeypatch.setenv(name if name.startswith("OTEL") else f"CORDIAL_STREAMS_{name}", value)
    assert run_check(None, offline=True, as_json=False) == 3
    said = capsys.readouterr().err
    assert what in said
    words = [sys.executable, "-m", "streams.cli", "worker"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (3, said)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("API_KEY_FILE", "cannot be read"),
        ("REGISTRY__PASSWORD_FILE", "cannot be read"),
        ("REGISTRY__CA_FILE", "is not a PEM file"),
        ("CORDIAL__ATTRIBUTES_FILE", "cannot be read"),
    ],
)
def test_files_that_are_named_and_not_there_are_found_offline(environment, capsys, name, what):
    environment(**{name: "/nowhere"})
    assert run_check(None, offline=True, as_json=True) == 5
    assert what in told(capsys)[name.lower().replace("__", ".")]


def test_a_source_that_would_be_a_loop_is_found_offline(environment, tmp_path, capsys):
    plan = tmp_path / "plan.yaml"
    plan.write_text("sources: [{topic: cordial.upsertContact}]")
    assert run_check(plan, offline=True, as_json=True) == 5
    assert "that the worker writes" in told(capsys)["cordial.upsertContact"]


def test_offline_nobody_is_asked_and_no_key_is_needed(environment, capsys):
    environment(API_KEY="")
    assert run_check(None, offline=True, as_json=False) == 0
    assert capsys.readouterr().out == "all is well\n"


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        (None, "api_key_file", "cannot be read (No such file or directory)"),
        (b" \n", "api_key_file", "is empty"),
        (b"\xff\xfe\x00", "api_key_file", "is no text"),
    ],
)
def test_a_key_file_without_a_key_is_said(
    broker, environment, capsys, tmp_path, content, where, what
):
    file = tmp_path / "key"
    environment(API_KEY_FILE=str(file))
    if content is not None:
        file.write_bytes(content)
    assert run_check(None, offline=False, as_json=True) == 5
    assert what in told(capsys)[where]


def test_no_key_at_all_is_said(broker, environment, capsys):
    environment(API_KEY="")
    assert run_check(None, offline=False, as_json=True) == 5
    assert told(capsys) == {"api_key": "is not set"}


def test_a_source_that_would_be_a_loop_is_refused():
    plan = parse_plan("sources: [{topic: cordial.upsertContact}]")
    there = Cluster({spec.name: Topic(2) for spec in OURS})
    found = {one.where: one.what for one in broker_problems(Settings(), plan, there)}
    assert "that the worker writes" in found["cordial.upsertContact"]


DOUBTFUL = """\
actions:
  upsertOrder: {page_name: Order Page}
  addContactsToList: {trigger: event = "A" and event = "B"}
  upsertContact: {mapping: {first_name: traits.firstName}}
"""
DOUBTED = [
    ("actions.upsertOrder.page_name", 2, "is for createContactactivities alone"),
    ("actions.addContactsToList.trigger", 3, "is true of no event"),
    ("actions.upsertContact.mapping.first_name", 4, "is no field that Cordial documents"),
]


@pytest.fixture
def doubtful(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text(DOUBTFUL)
    return file


def test_check_notes_what_is_probably_not_meant_in_the_plan(environment, capsys, doubtful):
    assert run_check(doubtful, offline=True, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"]
    for one, (place, line, what) in zip(said["problems"], DOUBTED, strict=True):
        assert (one["where"], one["note"]) == (place, True)
        assert one["what"].startswith(f"line {line}: {what}")
        assert one["remedy"]
    assert run_check(doubtful, offline=True, as_json=False) == 0
    assert "note: actions.addContactsToList.trigger: line 3: is true" in capsys.readouterr().out


def test_a_worker_that_starts_logs_the_same_a_line_each(environment, doubtful):
    environment(CORDIAL__ENDPOINT="https://api.elsewhere.example")
    words = [sys.executable, "-m", "streams.cli", "worker", "--plan", str(doubtful)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3
    lines = [json.loads(one) for one in done.stderr.splitlines() if one.startswith("{")]
    for one, (place, line, what) in zip(lines, DOUBTED, strict=True):
        assert (one["level"], one["field"]) == ("warning", place)
        assert one["origin"] == f"{doubtful}, line {line}"
        assert one["reason"].startswith(what)
        assert one["event"].endswith(f"probably not meant: {place}")


def test_partitions_that_are_not_taken_are_said(broker, capsys):
    code = run_topics("plan", None, partitions=9, **PLAIN)
    said = capsys.readouterr().out
    assert code == 0
    assert "note: --partitions: 9 are asked for, and the keyed topic has 2" in said


def test_what_could_not_be_made_is_not_called_made(environment, capsys):
    with EmbeddedBroker({"customer.events": 3}) as running:
        environment(KAFKA__BOOTSTRAP=running.bootstrap)
        code = run_topics("apply", None, partitions=None, **PLAIN)
    said = capsys.readouterr().out
    assert code == 5
    assert "the embedded broker made 4 partitions, not 3" in said
    assert "0 topics made" in said


def test_no_broker_is_told_by_its_address(environment, capsys):
    code = run_topics("check", None, partitions=None, **PLAIN)
    assert code == 4
    assert f"no broker answers at {NOBODY}" in capsys.readouterr().err
