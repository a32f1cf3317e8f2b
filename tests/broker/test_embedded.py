"""What the embedded broker does and does not do, so that an upgrade that changes it is noticed."""

import subprocess
import sys
from dataclasses import dataclass

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CorruptRecordException

from streams.kafka.cluster import create, read_cluster
from streams.kafka.embedded import DEFAULT_PARTITIONS, EmbeddedBroker, EmbeddedBrokerError
from streams.kafka.topics import check, plan, source_topics, wanted_topics
from streams.settings import KafkaSettings, Settings
from tests.broker.clients import read_all

pytestmark = pytest.mark.embedded


@dataclass(frozen=True)
class Source:
    topic: str
    keyed_by_user: bool = True
    enabled: bool = True
    paused: bool = False


@pytest.fixture
def broker():
    with EmbeddedBroker({"eight": 8}) as running:
        yield running


def reader(broker, **options):
    return AIOKafkaConsumer(
        "eight",
        bootstrap_servers=broker.bootstrap,
        group_id="group",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
        **options,
    )


async def write(broker, count, **options):
    async with AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=True, **options
    ) as producer:
        for number in range(count):
            await producer.send(
                "eight", b"%d" % number, key=b"k", partition=number % 8, headers=[("h", b"x")]
            )


async def test_an_idempotent_producer_and_a_read_committed_group(broker):
    await write(broker, 80)
    async with reader(broker) as consumer:
        records = []
        while len(records) < 80:
            for found in (await consumer.getmany(timeout_ms=500)).values():
                records += found
        await consumer.commit()
        assert await consumer.committed(TopicPartition("eight", 7)) == 10
    assert {record.partition for record in records} == set(range(8))
    assert all(record.headers == (("h", b"x"),) for record in records)


async def test_the_next_member_goes_on_where_the_last_one_committed(broker):
    await write(broker, 8)
    for expected in (0, 1):
        options = {"session_timeout_ms": 6000, "heartbeat_interval_ms": 500}
        async with reader(broker, **options) as consumer:
            tp = TopicPartition("eight", 0)
            assert await consumer.position(tp) == expected
            await consumer.commit({tp: 1})


async def test_transactions_are_not_among_its_gifts(broker):
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id="t")
    await producer.start()
    async with producer.transaction():
        await producer.send_and_wait("eight", b"1", partition=0)
    await producer.stop()
    with pytest.raises(CorruptRecordException):
        await read_all(broker.bootstrap, "eight")


async def test_topics_come_into_being_when_they_are_asked_for(broker):
    settings = Settings(kafka=KafkaSettings(bootstrap=broker.bootstrap))
    sources = [Source("bus")]
    cluster = await read_cluster(settings)
    assert cluster.limited
    assert set(cluster.topics) == {"eight"}
    wanted = wanted_topics(settings, sources, ["upsertContact"], DEFAULT_PARTITIONS)
    new = [*wanted, *source_topics(sources, DEFAULT_PARTITIONS)]
    assert await create(settings, new, cluster) == []
    after = await read_cluster(settings)
    assert check(wanted, after, settings, sources) == []
    assert plan(wanted, after, settings).create == ()


async def test_another_count_than_its_own_is_told(broker):
    settings = Settings(kafka=KafkaSettings(bootstrap=broker.bootstrap))
    told = await create(settings, source_topics([Source("bus")], 6), await read_cluster(settings))
    assert [problem.where for problem in told] == ["bus"]
    assert "made 4 partitions, not 6" in told[0].what


def test_a_topic_is_made_once(broker):
    with pytest.raises(EmbeddedBrokerError, match="eight"):
        broker.create("eight", 8)


def test_it_is_gone_when_it_is_left():
    with EmbeddedBroker() as broker:
        pass
    with pytest.raises(EmbeddedBrokerError, match="not running"):
        _ = broker.bootstrap


@pytest.mark.parametrize("way", ["its input ends", "SIGTERM"])
def test_the_runner_prints_its_address_and_ends(way):
    with subprocess.Popen(
        [sys.executable, "-m", "streams.kafka.embedded", "--topic", "a", "--partitions", "2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline().startswith("127.0.0.1:")
        process.stdin.close() if way == "its input ends" else process.terminate()
        assert process.wait(120) == 0
