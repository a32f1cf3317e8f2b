"""The shop's events keep what the verifier relies on, and the bus is keyed as its name says."""

import json
import zlib
from collections import Counter
from io import BytesIO

import pytest
from aiokafka.partitioner import murmur2
from fastavro import parse_schema, schemaless_reader

from streams.kafka.embedded import EmbeddedBroker
from tests.crash.publishing import SCHEMA_FILE, SCHEMAS, Publisher
from tests.crash.setup import CHANGED, SCENARIOS, Setup, plan, steps
from tests.crash.shop import Shop
from tests.verifier.facts import RANKS, published
from tests.verifier.judging import commands

COUNT = 4_000
JOINED = 100
"""Commands in one request, at most."""


@pytest.fixture(scope="module")
def records():
    return list(Shop(seed=7, contacts=100).records(COUNT))


def test_there_are_as_many_as_asked_for_and_the_same_from_the_same_seed(records):
    assert len(records) == COUNT
    assert records == list(Shop(seed=7, contacts=100).records(COUNT))


def test_every_mark_is_made_once_per_contact_and_action(records):
    marks = Counter(
        (action, record.contact, mark)
        for record in records
        if not record.copy
        for action, mark, _ in record.expect
    )
    assert max(marks.values()) == 1
    assert {action for action, _, _ in marks} == set(RANKS)


def test_a_copy_comes_after_what_it_copies_with_the_same_bytes(records):
    seen = {}
    copies = 0
    for record in records:
        if record.copy:
            copies += 1
            assert seen[record.message_id] == (record.key, record.event)
        else:
            assert record.message_id is None or record.message_id not in seen
            seen[record.message_id] = (record.key, record.event)
    assert copies > COUNT * 0.01


def test_the_times_and_numbers_of_a_contact_rise(records):
    last = {}
    for record in records:
        if record.event is None or record.copy or record.contact is None:
            continue
        number = record.event.get("properties", {}).get("n", 0)
        before = last.get(record.contact, (0, 0))
        assert record.event["timestamp"] > before[0]
        assert not number or number > before[1]
        last[record.contact] = (record.event["timestamp"], number or before[1])


def test_profile_updates_that_may_be_joined_do_not_share_a_mark():
    rows = {}
    for record in Shop(seed=7, contacts=5).records(COUNT):
        if record.event is not None and record.event["type"] == "identify" and not record.copy:
            row = rows.setdefault(record.contact, [])
            row += [key for key in record.event["traits"] if key.startswith("mark_")]
            assert len(set(row[-JOINED:])) == len(row[-JOINED:])
    assert max(map(len, rows.values())) > JOINED


def test_the_mix_has_everything(records):
    kinds = Counter(record.event["type"] for record in records if record.event)
    assert {"page", "track", "identify", "group", "alias"} == set(kinds)
    assert 0.3 < kinds["page"] / COUNT < 0.45
    outcomes = Counter(record.outcome for record in records)
    assert {None, "filtered", "dead_lettered"} == set(outcomes)
    wishes = Counter(outcome for record in records for _, _, outcome in record.expect)
    assert {"delivered", "suppressed", "dead_lettered"} == set(wishes)
    statuses = {mark.partition("/")[2] for r in records for a, mark, _ in r.expect if "Order" in a}
    assert len(statuses) == 4


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("partitioner", "of_key"),
    [
        ("java", lambda key: (murmur2(key) & 0x7FFFFFFF) % 8),
        ("librdkafka", lambda key: zlib.crc32(key) % 8),
    ],
)
def test_what_is_published_is_in_the_manifest(records, partitioner, of_key, tmp_path):
    manifest = tmp_path / "manifest.jsonl"
    with EmbeddedBroker({"bus": 8}) as broker:
        publisher = Publisher(
            bootstrap=broker.bootstrap,
            topic="bus",
            partitioner=partitioner,
            manifest=manifest,
            records=records[:1_000],
            rate=100_000,
            optional=frozenset({"addContactsToList"}),
        )
        publisher.run()
    assert publisher.failure is None
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    assert len(lines) == publisher.published == 1_000
    for line in lines:
        if line["contact"]:
            assert line["partition"] == of_key(line["contact"].encode())
        for one in line["expect"]:
            assert one["optional"] == (one["action"] == "addContactsToList")
    assert dict(commands(list(published(manifest.read_text().splitlines()))))


def test_the_bytes_are_those_of_our_schema(records):
    publisher = Publisher(
        bootstrap="127.0.0.1:1",
        topic="bus",
        partitioner="java",
        manifest=None,
        records=(),
        rate=1,
        optional=frozenset(),
    )
    schema = parse_schema(json.loads((SCHEMAS / SCHEMA_FILE).read_text()))
    record = next(one for one in records if one.event and one.event.get("event") == "Order Updated")
    value = publisher.value(record)
    stream = BytesIO(value)
    stream.seek(5)
    read = schemaless_reader(stream, schema, None)
    assert stream.tell() == len(value)
    assert read["properties"]["fields"]["order_id"] == record.event["properties"]["order_id"]


def test_steps_are_spread_over_the_run_and_come_from_the_seed():
    setup = Setup(events=1_000, kills=3, joins=2, seed=5)
    made = steps(setup)
    assert Counter(step.kind for step in made) == {"kill": 3, "join": 2}
    assert [step.settled for step in made] == sorted(step.settled for step in made)
    assert 0 < made[0].settled <= made[-1].settled < 850
    assert made == steps(setup)


def test_the_changed_plan_has_one_action_more():
    setup = Setup(plan_change=True, in_doubt="at_most_once")
    assert CHANGED in plan(setup, changed=False)
    assert CHANGED not in plan(setup, changed=True)
    assert "in_doubt: at_most_once" in plan(setup, changed=True)
    assert CHANGED not in plan(Setup(), changed=False)


def test_the_scenarios_of_the_bench_have_two_kills_and_no_faults():
    for name, given in SCENARIOS.items():
        setup = Setup(events=1_000, **given)
        assert [step.kind for step in steps(setup)] == ["kill", "kill"]
        assert (setup.latency_ms, setup.error_503, setup.cut) == (50, 0, 0)
        assert setup.limit == {"S1": 0, "S2": 100}[name]


def test_the_plan_has_the_order_that_is_asked_for():
    assert "order: action" in plan(Setup(order="action"), changed=False)
    assert "order: contact" in plan(Setup(), changed=False)
