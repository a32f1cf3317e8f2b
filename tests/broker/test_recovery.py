"""Tables after a recovery hold what their changelogs hold, on a real broker: whatever is in them,
and whatever happens while they are read."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from math import inf

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import RecordsToDelete
from aiokafka.structs import TopicPartition

from streams.kafka import changelog_reader
from tests.broker.clients import admin_of, ends, make_topics, read_all
from tests.broker.kafka import RealKafka
from tests.broker.test_transport import running, until

pytestmark = pytest.mark.kafka

PARTITIONS = 4
COMPACTED = {
    "cleanup.policy": "compact,delete",
    "retention.ms": "-1",
    "segment.ms": "100",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "100",
}


@pytest.fixture(scope="module")
def kafka(parts, tmp_path_factory):
    """Its cleaner looks often."""
    directory = tmp_path_factory.mktemp("kafka")
    with RealKafka(directory, properties="log.cleaner.backoff.ms=100\n") as broker:
        yield broker


@dataclass
class Log:
    """A changelog that a test writes."""

    kafka: RealKafka
    name: str
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    @property
    def topic(self) -> str:
        return f"{self.name}-app-seen-changelog"

    async def made(self, **config: str) -> None:
        await make_topics(self.kafka.bootstrap, {f"{self.name}-bus": PARTITIONS})
        await make_topics(self.kafka.bootstrap, {self.topic: PARTITIONS}, config)

    def row(self, partition: int) -> tuple[bytes, bytes | None]:
        """Of one key in three there is nothing any more, as its last word may be."""
        key = f"{partition}-{self.chance.randrange(60)}".encode()
        value = None if self.chance.random() < 0.3 else self.chance.randbytes(20)
        return key, value

    async def write(self, rows: int, partitions: range = range(PARTITIONS), **options) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self.kafka.bootstrap, **options) as producer:
            for number in range(rows):
                partition = partitions[number % len(partitions)]
                key, value = self.row(partition)
                await producer.send(self.topic, value, key, partition)

    async def transactions(self, *, last: str, partitions: range = range(PARTITIONS)) -> None:
        """Some are aborted; the last thing in each partition is the mark of one that is `last`."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.kafka.bootstrap, transactional_id=self.name
        )
        async with producer:
            for how in (*self.chance.choices(("committed", "aborted"), k=6), last):
                await producer.begin_transaction()
                for partition in partitions:
                    for _ in range(5):
                        key, value = self.row(partition)
                        await producer.send(self.topic, value, key, partition)
                if how == "aborted":
                    await producer.abort_transaction()
                else:
                    await producer.commit_transaction()

    async def rows(self) -> dict[bytes, bytes]:
        """What it holds, by aiokafka's own reading."""
        found: dict[bytes, bytes] = {}
        for record in await read_all(self.kafka.bootstrap, self.topic):
            found.pop(record.key, None)
            if record.value is not None:
                found[record.key] = record.value
        return found


@pytest.fixture
def changelog(kafka, name):
    return Log(kafka, name)


async def recovered(changelog, tmp_path) -> dict[bytes, bytes]:
    """The table of an app that has just begun."""
    async with running(changelog.kafka, changelog.name, tmp_path) as recorder:
        await until(lambda: recorder.starts)
        return dict(recorder.app.tables["seen"].data.data)


@pytest.mark.parametrize("last", ["committed", "aborted"])
async def test_rows_forgotten_aborted_and_marked(changelog, tmp_path, last):
    """One partition is empty, one has nothing but what was aborted."""
    await changelog.made()
    await changelog.write(600, range(2))
    await changelog.write(300, range(2), compression_type="gzip")
    await changelog.transactions(last=last, partitions=range(2))
    await changelog.transactions(last="aborted", partitions=range(3, 4))
    held = await changelog.rows()
    assert 40 < len(held) < 120
    assert await recovered(changelog, tmp_path) == held


async def test_gaps_of_compaction_and_of_what_was_deleted(changelog, tmp_path):
    await changelog.made(**COMPACTED)
    for _ in range(8):
        await changelog.write(200)
        await asyncio.sleep(0.2)
    await compacted(changelog)
    async with admin_of(changelog.kafka.bootstrap) as admin:
        await admin.delete_records({TopicPartition(changelog.topic, 1): RecordsToDelete(390)})
    held = await changelog.rows()
    assert await recovered(changelog, tmp_path) == held


async def compacted(changelog) -> None:
    """Wait until offsets are lacking in the middle."""

    async def gaps() -> bool:
        records = await read_all(changelog.kafka.bootstrap, changelog.topic)
        at = await ends(changelog.kafka.bootstrap, [changelog.topic])
        return len(records) < sum(at.values()) / 2

    for _ in range(60):
        if await gaps():
            return
        await asyncio.sleep(0.5)
    raise AssertionError("the broker compacted nothing")


async def test_an_emptied_partition_and_one_without_a_record(changelog, tmp_path):
    await changelog.made()
    await changelog.write(200, range(3))
    await emptied(changelog, [1])
    held = await changelog.rows()
    assert {key[:1] for key in held} == {b"0", b"2"}
    assert await recovered(changelog, tmp_path) == held


async def test_what_is_read_is_counted_down_and_no_more_than_a_few_rows_at_once(
    changelog, tmp_path, monkeypatch
):
    polls = watched(monkeypatch)
    await changelog.made()
    await changelog.write(4_000)
    left = []
    async with running(changelog.kafka, changelog.name, tmp_path, waits=False) as recorder:
        while not recorder.starts:
            left.append(recorder.app.recovery_left())
            await asyncio.sleep(0.01)
        assert recorder.app.recovery_left() is None
    told = [one for one in left if one is not None]
    assert len(set(told)) > 10
    assert 3_000 < max(told) <= 4_000  # asked every 10 ms
    assert max(polls.taken) == 100


@dataclass
class Polls:
    """How many rows each poll of a recovery took; after `most` of them none goes on until `on`."""

    most: float = inf
    taken: list[int] = field(default_factory=list)
    on: asyncio.Event = field(default_factory=asyncio.Event)

    def held(self) -> bool:
        return len(self.taken) >= self.most


def watched(monkeypatch, most: float = inf) -> Polls:
    """Polls of a hundred rows at most, of each partition in turn."""
    polls = Polls(most)

    class Watched(AIOKafkaConsumer):
        def __init__(self, **options):
            super().__init__(**options, request_timeout_ms=3_000)

        async def getmany(self, *partitions, **options):
            await asyncio.sleep(0.005)
            if polls.held():
                await polls.on.wait()
            found = await super().getmany(*partitions, **options)
            polls.taken.append(sum(map(len, found.values())))
            return found

    monkeypatch.setattr(changelog_reader, "ROWS", 100)
    monkeypatch.setattr(changelog_reader, "PARTITION_BYTES", 2_048)
    monkeypatch.setattr(changelog_reader, "AIOKafkaConsumer", Watched)
    return polls


async def test_a_rebalance_while_tables_are_read(changelog, tmp_path, monkeypatch):
    """Whoever has a partition in the end has all of its rows, and no others."""
    polls = watched(monkeypatch, 20)
    await changelog.made()
    await changelog.write(8_000)
    held = await changelog.rows()
    async with running(changelog.kafka, changelog.name, tmp_path / "a", waits=False) as first:
        await until(polls.held)
        async with running(changelog.kafka, changelog.name, tmp_path / "b", waits=False) as second:
            await until(lambda: given(second))
            polls.on.set()
            await until(lambda: first.starts and second.starts)
            await until(lambda: Counter(owned(first) + owned(second)) == Counter(range(PARTITIONS)))
            for one in (first, second):
                assert one.app.tables["seen"].data.data == of(held, owned(one))
        await until(lambda: len(owned(first)) == PARTITIONS)
        assert first.app.tables["seen"].data.data == held
        assert sum(polls.taken) <= 2 * 8_000  # who keeps a partition reads it once


def owned(recorder) -> list[int]:
    return sorted({tp.partition for tp in recorder.starts[-1]}) if recorder.starts else []


def of(rows, partitions) -> dict[bytes, bytes]:
    return {key: value for key, value in rows.items() if int(key.split(b"-")[0]) in partitions}


async def test_what_another_one_forgot_does_not_come_back(changelog, tmp_path):
    """A row that was dropped with its partition is not there when the partition comes back, also
    where its tombstone is gone by then."""
    await changelog.made(**COMPACTED)
    await changelog.write(400)
    held = await changelog.rows()
    async with running(changelog.kafka, changelog.name, tmp_path / "a") as first:
        await until(lambda: first.starts)
        assert first.app.tables["seen"].data.data == held
        async with running(changelog.kafka, changelog.name, tmp_path / "b") as second:
            await until(lambda: len(owned(first)) == len(owned(second)) == PARTITIONS / 2)
            theirs = of(held, owned(second))
            async with AIOKafkaProducer(bootstrap_servers=changelog.kafka.bootstrap) as producer:
                for key in theirs:
                    await producer.send(changelog.topic, None, key, int(key.split(b"-")[0]))
            await emptied(changelog, owned(second))
        await until(lambda: len(owned(first)) == PARTITIONS)
        left = {key: value for key, value in held.items() if key not in theirs}
        assert first.app.tables["seen"].data.data == left


async def test_a_partition_that_went_and_came_back_while_tables_are_read(
    changelog, tmp_path, monkeypatch
):
    """Whoever had it meanwhile forgot all of it; what was read of it before is over."""
    polls = watched(monkeypatch, 40)
    await changelog.made()
    await changelog.write(8_000, max_batch_size=2_048)
    async with running(changelog.kafka, changelog.name, tmp_path / "a", waits=False) as first:
        table = first.app.tables["seen"].data
        await until(polls.held)
        assert {int(key.split(b"-")[0]) for key in table.data} == set(range(PARTITIONS))
        async with running(changelog.kafka, changelog.name, tmp_path / "b", waits=False) as second:
            await until(lambda: len(given(second)) == len(given(first)) == PARTITIONS / 2)
            theirs = given(second)
            await emptied(changelog, theirs)
        await until(lambda: len(given(first)) == PARTITIONS)
        assert not first.starts
        polls.on.set()
        await until(lambda: len(owned(first)) == PARTITIONS)
        held = await changelog.rows()
        assert {int(key.split(b"-")[0]) for key in held}.isdisjoint(theirs)
        assert table.data == held


def given(recorder) -> set[int]:
    """What the group gave it last, recovered or not."""
    return {tp.partition for tp in recorder.app.assignor.assigned_actives()}


async def emptied(changelog, partitions) -> None:
    async with admin_of(changelog.kafka.bootstrap) as admin:
        everything = {
            TopicPartition(changelog.topic, one): RecordsToDelete(-1) for one in partitions
        }
        await admin.delete_records(everything)


async def test_tables_wait_for_a_broker_that_goes_away_while_they_are_read(
    changelog, tmp_path, monkeypatch
):
    """It is told, and what was read before is not read again."""
    polls = watched(monkeypatch, 20)
    monkeypatch.setattr(changelog_reader, "SILENCE", 1.0)
    await changelog.made()
    await changelog.write(4_000)
    held = await changelog.rows()
    async with running(changelog.kafka, changelog.name, tmp_path, waits=False) as recorder:
        app = recorder.app
        await until(polls.held)
        assert not app.recovery_away()
        changelog.kafka.kill()
        polls.on.set()
        await until(app.recovery_away)
        await asyncio.sleep(2)
        assert app.recovery_away()
        assert not recorder.starts
        changelog.kafka.restart()
        await until(lambda: recorder.starts)
        assert not app.recovery_away()
        assert app.tables["seen"].data.data == held
        assert sum(polls.taken) == 4_000
