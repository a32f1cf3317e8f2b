"""`preview` on the embedded broker: it reads as a worker does, and leaves everything as it was."""

import asyncio
import json

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from typer.testing import CliRunner

from streams.cli import app
from streams.core.records import Place
from streams.kafka.codec import Codec
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.learned_rows import encode_row
from streams.kafka.names import Names
from streams.kafka.peeking import Start, peek
from streams.kafka.tables import order_key
from streams.plan import compile_plan
from streams.previewing import command as module
from streams.previewing.rows import READ
from streams.settings import account_keys, load
from streams.sources.customer_event import from_json
from streams.tracing.history import History
from tests.broker.clients import ends

pytestmark = pytest.mark.embedded
TOPIC = "customer.events"
GROUP = "cordial-streams"
BEGAN = 1_795_168_800_000
CANARIES = ("ana@example.com", "Ana", "+4930123456", "u-42", "Lindenstr")
TRAITS = {
    "email": "ana@example.com",
    "firstName": "Ana",
    "phone": "+4930123456",
    "street": "Lindenstr. 3",
    "age": 33,
    "vip": True,
}


def record(number, **fields):
    raw = {
        "type": "track",
        "event": "Signed Up",
        "messageId": f"m-{number}",
        "userId": "u-42",
        "timestamp": "2026-11-20T10:00:00Z",
        **fields,
    }
    return Codec().encode_event(from_json(raw, Place(TOPIC, 0, number), BEGAN))


RECORDS = [
    record(0, type="identify", event=None, traits=TRAITS),
    record(1, properties={"total": "12", "street": "Lindenstr. 3"}),
    record(2, event="Order Completed", properties={"order_id": "o-1"}),
    record(3, type="screen", event=None),
    record(1, properties={"total": "12"}),
    None,
    b"garbage",
    record(4, userId=None),
]


@pytest.fixture
def broker(monkeypatch):
    with EmbeddedBroker({TOPIC: 2}) as running:
        monkeypatch.setenv("CORDIAL_STREAMS_KAFKA__BOOTSTRAP", running.bootstrap)
        monkeypatch.setenv("CORDIAL_STREAMS_CORDIAL__SEGMENT_ID_KEY", "segment_id")
        yield running


@pytest.fixture
async def bus(broker):
    """Eight records in partition 1, a second apart; the group has committed 3."""
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
        for number, value in enumerate(RECORDS):
            at = BEGAN + 1000 * number
            await producer.send_and_wait(TOPIC, value, b"u-42", partition=1, timestamp_ms=at)
    place = TopicPartition(TOPIC, 1)
    async with AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap, group_id=GROUP, enable_auto_commit=False
    ) as consumer:
        consumer.assign([place])
        await consumer.commit({place: 3})
    return broker


async def state(broker):
    """What the broker holds: its topics, their ends, and what the group has committed."""
    async with AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap, group_id=GROUP, enable_auto_commit=False
    ) as consumer:
        topics = await consumer.topics()
        committed = [await consumer.committed(TopicPartition(TOPIC, one)) for one in (0, 1)]
    return topics, committed, await ends(broker.bootstrap, sorted(topics))


async def report(start="beginning", limit=100, *, plan=None, **options):
    given = module.load_plan(plan)
    options = {"show_values": False, **options}
    return await module.preview(load(), given, TOPIC, module.start_of(start), limit, **options)


async def test_nothing_on_the_broker_changes(bus):
    before = await state(bus)
    assert before[1] == [None, 3]
    assert before[2][TOPIC, 1] == len(RECORDS)
    assert (await report())["events"] == len(RECORDS)
    assert await state(bus) == before


async def test_no_client_of_it_has_a_group_or_writes(bus, monkeypatch):
    made = []
    plain = AIOKafkaConsumer.__init__

    def noticed(self, *topics, **options):
        made.append(options)
        plain(self, *topics, **options)

    async def refused(*_, **__):
        raise AssertionError

    monkeypatch.setattr(AIOKafkaConsumer, "__init__", noticed)
    monkeypatch.setattr(AIOKafkaProducer, "start", refused)
    await report()
    (options,) = made
    assert options.get("group_id") is None
    assert options["enable_auto_commit"] is False


async def test_what_becomes_of_each_record_is_counted(bus):
    told = await report()
    assert told["outcomes"] == {"routed": 4, "filtered": 2, "dead_lettered": 2}
    assert told["ends"] == {
        "filtered": {"no_action": 1, "tombstone": 1},
        "dead_lettered": {"undecodable": 1, "no_key (userId)": 1},
    }
    activities = told["actions"]["createContactactivities"]
    assert activities["sent"] == {"POST /api/createContactactivities": 2}
    assert activities["suppressed"] == {"duplicate": 1}
    assert told["actions"]["upsertOrder"]["dead_lettered"] == {"missing (properties.products)": 1}
    assert told["actions"]["addContactsToList"]["sent"] == {}
    assert (told["whole"], told["spans"]) == (True, {"0": [0, 0], "1": [0, len(RECORDS)]})


@pytest.mark.parametrize(
    ("start", "limit", "first", "behind"),
    [
        ("beginning", 3, 0, 3),
        ("2", 3, 2, 5),
        ("2030-01-01", 100, 8, 8),
        ("1000", 100, 8, 8),
    ],
)
async def test_it_begins_where_it_is_told_and_ends_at_the_limit(bus, start, limit, first, behind):
    peeked = await peek(load(), TOPIC, module.start_of(start), limit)
    assert [one.offset for one in peeked.records] == list(range(first, behind))
    assert peeked.spans[1] == (first, behind)


async def test_each_partition_is_in_order_and_all_are_by_time(broker):
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
        for number, (partition, at) in enumerate([(0, 5), (1, 1), (0, 2), (1, 9), (0, 3)]):
            await producer.send_and_wait(
                TOPIC, b"%d" % number, partition=partition, timestamp_ms=BEGAN + at
            )
    peeked = await peek(load(), TOPIC, Start(), 100)
    assert [one.value for one in peeked.records] == [b"1", b"0", b"2", b"4", b"3"]
    assert peeked.whole
    fewer = await peek(load(), TOPIC, Start(), 2)
    assert [one.value for one in fewer.records] == [b"1", b"0"]
    assert (fewer.whole, fewer.spans) == (False, {0: (0, 1), 1: (0, 1)})


async def test_nothing_of_a_person_is_in_a_report_unless_it_is_asked_for(bus):
    told = await report()
    said = json.dumps(told)
    for canary in CANARIES:
        assert canary not in said
    assert "12" not in json.dumps(told["samples"])
    body = next(one["body"] for one in told["samples"] if one["action"] == "upsertContact")
    assert body["identifiers"] == {
        "segment_id": "(text)",
        "email": "(text)",
        "channels.phone.address": "(text)",
    }
    assert body["identifiersPriority"] == ["segment_id", "email", "phone"]
    assert body["attributes"]["vip"] is True
    assert body["attributes"]["age"] == "(number)"
    shown = json.dumps(await report(show_values=True))
    assert "ana@example.com" in shown


async def test_rules_of_the_source_are_applied(bus, tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        f"sources: [{{topic: {TOPIC}, filters: [{{name: none, when: type exists, drop: true}}]}}]"
    )
    told = await report(plan=plan)
    assert told["ends"]["filtered"]["filter:none"] == 5


@pytest.fixture
def command(tmp_path):
    return lambda *words: CliRunner().invoke(app, ["preview", "--topic", TOPIC, *words])


async def in_thread(call):
    """The command has a loop of its own."""
    return await asyncio.to_thread(call)


async def test_the_command_prints_and_writes_a_report(bus, command, tmp_path):
    for name in ("report.html", "report.md"):
        out = tmp_path / name
        done = await in_thread(lambda out=out: command("--out", str(out)))
        assert done.exit_code == 0, done.stderr
        text = out.read_text()
        assert "createContactactivities" in text
        for canary in CANARIES:
            assert canary not in text + done.stdout
    assert "<script" not in (tmp_path / "report.html").read_text()
    assert "| createContactactivities | 2 | 1 | 0 | 1 duplicate |" in text
    assert done.stdout.strip() == text.strip()
    said = json.loads((await in_thread(lambda: command("--json"))).stdout)
    assert (said["topic"], said["from"], said["events"]) == (TOPIC, "beginning", len(RECORDS))


async def test_what_keeps_it_from_its_work_has_an_exit_code(broker, command, monkeypatch):
    assert (await in_thread(lambda: command("--from", "soon"))).exit_code == 2
    assert (await in_thread(lambda: command("--plan", "none.yaml"))).exit_code == 3
    missing = await in_thread(
        lambda: CliRunner().invoke(app, ["preview", "--topic", "nothing.here"])
    )
    assert missing.exit_code == 5
    assert "the broker has no topic nothing.here" in missing.stderr
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap) as consumer:
        assert "nothing.here" not in await consumer.topics()
    monkeypatch.setenv("CORDIAL_STREAMS_KAFKA__BOOTSTRAP", "127.0.0.1:1")
    assert (await in_thread(lambda: command())).exit_code == 4


EARLIER = [
    {"type": "identify", "messageId": "m-100", "traits": TRAITS},
    {"type": "track", "event": "Signed Up", "messageId": "m-1"},
    {"type": "track", "event": "Signed Up", "messageId": "m-7", "userId": "u-43"},
]


@pytest.fixture
async def worked(bus, monkeypatch):
    """What a worker would know that has settled those events of u-42, and one of another."""
    settings, codec = load(), Codec()
    history = History(compile_plan(module.load_plan(None), account_keys(settings)))
    with monkeypatch.context() as keyed:
        keyed.setattr("streams.tracing.history.TOPIC", Names(settings.prefix, "").keyed)
        for number, fields in enumerate(EARLIER):
            raw = {"userId": "u-42", "timestamp": "2026-11-19T10:00:00Z", **fields}
            history.tell(from_json(raw, Place(TOPIC, 0, number), BEGAN))
    rows = [("seen", key, codec.encode_seen(row)) for key, row in history.seen.items()]
    for (contact, order), row in history.orders.items():
        rows.append(("orders", order_key(contact, order), codec.encode_order(row, BEGAN)))
    for (table, key), row in history.learned.items():
        rows.append((table, key.encode(), encode_row(table, row)))
    names = Names(settings.prefix, settings.app_id)
    async with AIOKafkaProducer(bootstrap_servers=bus.bootstrap) as producer:
        for table, key, value in rows:
            await producer.send_and_wait(names.changelog(table), value, key)
    return bus


async def test_with_its_tables_it_knows_what_a_worker_knows(worked):
    told = await report()
    assert told["history"] is None
    assert told["actions"]["upsertContact"]["sent"]
    with_tables = await report(tables=True)
    contact = with_tables["actions"]["upsertContact"]
    assert (contact["sent"], contact["suppressed"]) == ({}, {"unchanged": 1})
    activities = with_tables["actions"]["createContactactivities"]
    assert activities["suppressed"] == {"duplicate": 2}
    known = with_tables["history"]
    assert known["rows"]["seen"] == 1
    assert (known["rows"]["profiles"], known["rows"]["identities"]) == (1, 1)
    assert (set(known["rows"]) | set(known["missing"]), known["cut"]) == (set(READ), [])


async def test_tables_that_are_not_there_are_told_and_not_made(bus):
    before = await state(bus)
    told = await report(tables=True)
    assert told["history"] == {"rows": {}, "missing": list(READ), "cut": []}
    assert await state(bus) == before


async def test_a_row_that_was_taken_away_is_none(worked):
    settings = load()
    seen = Names(settings.prefix, settings.app_id).changelog("seen")
    async with AIOKafkaConsumer(seen, bootstrap_servers=worked.bootstrap) as consumer:
        await consumer.seek_to_beginning()
        keys = [(await consumer.getone()).key for _ in EARLIER]
    async with AIOKafkaProducer(bootstrap_servers=worked.bootstrap) as producer:
        for key in keys:
            await producer.send_and_wait(seen, None, key)
    told = await report(tables=True)
    assert told["history"]["rows"]["seen"] == 0
    assert told["actions"]["createContactactivities"]["suppressed"] == {"duplicate": 1}


async def test_the_command_says_how_far_it_is_and_what_it_knows(worked, command, monkeypatch):
    done = await in_thread(lambda: command("--tables"))
    assert done.exit_code == 0, done.stderr
    assert "History begins with what the worker's tables know now" in done.stdout
    assert "cordial-streams-profiles-changelog: 1 records, 1 rows of these events" in done.stderr
    monkeypatch.setattr("streams.previewing.rows.MOST", 2)
    told = await report(tables=True)
    assert told["history"]["cut"] == ["seen", "identities"]
