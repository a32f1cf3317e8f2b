"""The worked example: three schemas of an invented company, and what Cordial is told."""

import json
from collections.abc import Mapping

import pytest
from typer.testing import CliRunner

from streams.checking.plan import run_plan_check
from streams.checking.source_schemas import compared
from streams.cli import app
from streams.core.event import Event
from streams.core.records import Place
from streams.kafka.codec import Codec, OtherRecord
from streams.kafka.registry import Found
from streams.plan import bus_of, compile_plan, load_plan
from streams.plan.event_fields import lacks, made_by
from streams.plan.places import Text
from streams.sources.bus import reading_of
from streams.tracing.history import History
from streams.tracing.story import NOW
from streams.tracing.telling import trace
from tests.unit.core.made import KEYS
from tests.unit.sources.company import FOLDER, PLAN, RECORDS, on_the_wire, records, texts

LOADED = load_plan(PLAN)
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
TOLD = ("outcome", "filtered", "dead", "suppressed", "commands")


class Schemas:
    async def lookup(self, ref):
        return Found((texts()[ref],))


def plan_of_source(topic):
    return compile_plan(LOADED, KEYS).of_source(topic)


def shown(line):
    """What matters of a trace line, without what is empty."""
    told = {key: line[key] for key in TOLD if line[key]}
    if "commands" in told:
        told["commands"] = [
            {"action": one["action"], "body": one["body"]} for one in told["commands"]
        ]
    return told


async def read_from_the_bus(file):
    """The event of each record of a file, encoded as its schema says and decoded by the plan."""
    codec, topic = Codec(Schemas(), bus=bus_of(LOADED)), RECORDS[file][0]
    return [
        await codec.decode_event(on_the_wire(file, one), None, Place(topic, 0, at, NOW), now=NOW)
        for at, one in enumerate(records(file))
    ]


@pytest.mark.parametrize("file", EXPECTED)
def test_trace_of_the_records_as_json_says_what_is_expected(file):
    topic, record, _ = RECORDS[file]
    reading = reading_of(bus_of(LOADED), topic, record)
    lines = trace(records(file), plan_of_source(topic), NOW, reading)
    assert [shown(line) for line in lines] == EXPECTED[file]


@pytest.mark.parametrize("file", EXPECTED)
async def test_the_records_on_the_wire_become_the_commands_that_are_expected(file):
    history = History(plan_of_source(RECORDS[file][0]))
    for event, expected in zip(await read_from_the_bus(file), EXPECTED[file], strict=True):
        if expected["outcome"] == "dead_lettered":
            (dead,) = expected["dead"]
            assert (str(event.reason), event.field) == (dead["reason"], dead["field"])
        else:
            assert shown(history.tell(event)) == expected


@pytest.mark.parametrize("file", EXPECTED)
async def test_no_event_has_what_the_plan_takes_for_unsaid(file):
    numbers = {one.topic: number for number, one in enumerate(LOADED.sources)}
    schemas = compared(LOADED, Text("plan", None), PLAN).schemas
    made = made_by(LOADED, schemas)[numbers[RECORDS[file][0]]]
    for event in await read_from_the_bus(file):
        if isinstance(event, Event):
            assert made.names is None or event.event in (None, *made.names)
            for head in ("properties", "traits", "context"):
                paths = [(head, *below) for below in every_path(getattr(event, head))]
                assert [path for path in paths if lacks(made.fields, path) is not None] == []


def every_path(value):
    if isinstance(value, Mapping | list):
        named = value.items() if isinstance(value, Mapping) else enumerate(value)
        for name, inner in named:
            yield (str(name),)
            yield from ((str(name), *below) for below in every_path(inner))


async def test_of_the_type_that_the_plan_does_not_name_nothing_is_taken():
    assert await read_from_the_bus("crm/notes_written.json") == [
        OtherRecord("com.example.crm.NoteWritten")
    ]


def test_its_plan_fits_its_schemas(capsys, monkeypatch):
    monkeypatch.delenv("CORDIAL_STREAMS_REGISTRY__URL", raising=False)
    assert run_plan_check(PLAN, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["errors"], said["notes"]) == ([], [])
    assert (said["sources"], said["filters"], said["mappings"]) == (3, 1, 4)


def test_every_record_of_the_example_has_an_expectation():
    assert {*EXPECTED, "crm/notes_written.json"} == RECORDS.keys()


def run(*words):
    return CliRunner().invoke(app, [*words, "--segment-id-key", "segment_id"])


def test_trace_and_plan_diff_take_records_of_a_source_by_its_topic_and_type(tmp_path):
    file, one = str(FOLDER / "shop/orders.json"), ("--source", "shop.orders")
    traced = run("trace", "--plan", str(PLAN), *one, file, "--json")
    lines = [shown(json.loads(line)) for line in traced.output.splitlines()]
    assert lines == EXPECTED["shop/orders.json"]
    other = tmp_path / "other.yaml"
    other.write_text(PLAN.read_text().replace("tax: amount.tax", "tax: amount.shipping"))
    done = run("plan", "diff", str(PLAN), str(other), file, *one, "--json")
    assert done.exit_code == 5
    (field,) = json.loads(done.output)["changes"][0]["fields"][:1]
    assert (field["path"], field["before"], field["after"]) == ("tax", 5, 4.9)


WRONG = {
    "no such source": (("--source", "shop.order"), "shop.order is no source of the plan; it has "),
    "one of several types": (("--source", "crm.customers"), "which record of crm.customers is"),
    "a type that is none": (("--source", "crm.customers", "--record", "x"), "which record of crm"),
    "a type of nothing": (("--record", "x"), "--record goes with --source"),
}


@pytest.mark.parametrize(("words", "said"), WRONG.values(), ids=WRONG)
def test_a_source_or_type_that_is_none_is_told(words, said):
    plan, events = str(PLAN), str(FOLDER / "shop/orders.json")
    for command in (
        ("trace", "--plan", plan, events),
        ("plan", "diff", plan, plan, events),
        ("attributes", "check", "--plan", plan, "--events", events),
    ):
        done = CliRunner().invoke(app, [*command, *words])
        assert done.exit_code == 2
        assert said in done.output
