"""What our transport gives that Faust's does not, on a real broker: the reasons it exists.

They notice when a new version of Faust changes underneath.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from types import SimpleNamespace

import pytest
from aiokafka import AIOKafkaProducer
from faust.types import TP

from streams.kafka.bundles import BUNDLE, bundles
from streams.kafka.engine import App, attach, changelogs
from streams.settings import KafkaSettings, Settings
from tests.broker.clients import make_topics

pytestmark = pytest.mark.kafka


class Recorder:
    """A shell that only writes down; it closes what it reads where `closes` says so."""

    def __init__(self, *, closes: bool) -> None:
        self.closes = closes
        self.starts: list[Mapping[TP, int]] = []
        self.read: list[tuple[int, int]] = []
        self.jumps = 0
        self.app: App | None = None

    async def assigned(self, starts: Mapping[TP, int], suspect: Mapping[TP, int]) -> None:
        self.starts.append(dict(starts))
        self.read.clear()

    async def revoke(self) -> None:
        pass

    def jumped(self, tp: TP) -> None:
        self.jumps += 1

    def astray(self, what) -> None:
        raise AssertionError(str(what))

    def handle(self, message) -> None:
        self.read.append((message.partition, message.offset))
        if self.closes:
            self.app.consumer.closed(message.tp, message.offset + 1)


@contextlib.asynccontextmanager
async def running(kafka, name, tmp_path, *, closes=True, waits=True):
    """An app; with `waits` its tables are recovered by now."""
    settings = Settings(
        app_id=f"{name}-app",
        data_dir=tmp_path,
        kafka=KafkaSettings(bootstrap=kafka.bootstrap, heartbeat=1),
    )
    app, recorder = App(settings), Recorder(closes=closes)
    app.shell = recorder
    recorder.app = app
    attach(app, f"{name}-bus", recorder.handle)
    changelogs(app, ["seen"])
    app.finalize()
    starting = asyncio.create_task(app.start())
    if waits:
        await starting
    try:
        yield recorder
    finally:
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await starting
        await app.stop()


async def until(what, seconds=120):
    end = asyncio.get_running_loop().time() + seconds
    while not what():
        assert asyncio.get_running_loop().time() < end, "it did not come to pass in time"
        await asyncio.sleep(0.1)


async def prepared(kafka, name, partitions):
    topics = {f"{name}-bus": partitions, f"{name}-app-seen-changelog": partitions}
    await make_topics(kafka.bootstrap, topics)


async def test_records_of_an_aborted_transaction_are_not_read(kafka, name, tmp_path):
    await prepared(kafka, name, 1)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=name)
    await producer.start()
    for value in (b"aborted", b"committed"):
        await producer.begin_transaction()
        for _ in range(5):
            await producer.send_and_wait(f"{name}-bus", value, partition=0)
        if value == b"aborted":
            await producer.abort_transaction()
        else:
            await producer.commit_transaction()
    await producer.stop()
    async with running(kafka, name, tmp_path) as recorder:
        await until(lambda: len(recorder.read) >= 5)
        await asyncio.sleep(1)
        assert [offset for _, offset in recorder.read] == [6, 7, 8, 9, 10]


async def test_the_producer_is_idempotent_with_acks_from_all(kafka, name, tmp_path):
    await prepared(kafka, name, 1)
    async with running(kafka, name, tmp_path) as recorder:
        producer = recorder.app.producer._ensure_producer()
        assert producer._txn_manager is not None
        assert producer._sender._acks == -1


async def test_what_was_not_closed_is_read_again_on_kept_partitions(kafka, name, tmp_path):
    await prepared(kafka, name, 4)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    for number in range(200):
        await producer.send_and_wait(f"{name}-bus", b"x", partition=number % 4)
    await producer.stop()
    async with running(kafka, name, tmp_path / "a", closes=False) as first:
        await until(lambda: len(first.read) == 200)
        async with running(kafka, name, tmp_path / "b", closes=False) as second:
            await until(lambda: len(second.starts) > 0 and len(first.starts) > 1)
            await until(lambda: len(first.read) + len(second.read) == 200)
            assert len(set(first.read) | set(second.read)) == 200


async def test_bundles_keep_the_order_of_each_partition_and_lose_nothing(kafka, name, tmp_path):
    await prepared(kafka, name, 2)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    for number in range(6_000):  # more than a poll, a bundle and the queue of an agent hold
        await producer.send(f"{name}-bus", b"x", partition=number % 2)
    await producer.stop()
    async with running(kafka, name, tmp_path) as recorder:
        bundled = 0

        async def counted(message, callback=recorder.app.consumer.callback):
            nonlocal bundled
            bundled += 1
            await callback(message)

        recorder.app.consumer.callback = counted
        await until(lambda: len(recorder.read) >= 6_000)
        await asyncio.sleep(0.2)
        for partition in range(2):
            offsets = [offset for at, offset in recorder.read if at == partition]
            assert offsets == list(range(3_000))
        assert bundled < 2 * 6_000 / BUNDLE


async def test_a_bundle_of_an_old_assignment_is_skipped(kafka, name, tmp_path):
    await prepared(kafka, name, 1)
    async with running(kafka, name, tmp_path) as recorder:
        await until(lambda: recorder.starts)
        consumer, generation = recorder.app.consumer, recorder.app.consumer_generation_id
        for number, of in enumerate((generation - 1, generation)):
            record = SimpleNamespace(
                offset=number,
                timestamp=0,
                timestamp_type=0,
                headers=(),
                key=b"k",
                value=b"v",
                serialized_key_size=1,
                serialized_value_size=1,
            )
            for message in bundles(TP(f"{name}-bus", 0), [record], of):
                await consumer.callback(message)
        await until(lambda: recorder.read)
        assert recorder.read == [(0, 1)]


async def test_what_is_fetched_over_a_rebalance_is_read(kafka, name, tmp_path):
    """It is of the new assignment, was asked for by the old one, and nothing comes behind it."""
    await prepared(kafka, name, 4)
    async with running(kafka, name, tmp_path / "a") as first:
        await until(lambda: first.starts)
        consumer, app = first.app.consumer, first.app
        getmany, waits = consumer._getmany, asyncio.Event()

        async def over_a_rebalance(**given):
            consumer._getmany = getmany
            before = app.consumer_generation_id
            waits.set()
            await until(lambda: app.consumer_generation_id != before and consumer._begun)
            return await getmany(**{**given, "active_partitions": consumer._wanted()})

        consumer._getmany = over_a_rebalance
        await waits.wait()
        async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
            for number in range(200):
                await producer.send(f"{name}-bus", b"x", partition=number % 4)
        async with running(kafka, name, tmp_path / "b") as second:
            await until(lambda: len(set(first.read) | set(second.read)) == 200)
            assert first.jumps == 0
