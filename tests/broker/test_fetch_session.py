"""Fetch sessions on a real broker: requests name few partitions, and nothing is missed."""

import asyncio
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer
from faust.types import TP

from streams.kafka.fetch_session import Asked
from tests.broker.test_transport import prepared, running, until

pytestmark = pytest.mark.kafka

PARTITIONS = 24


@pytest.fixture
async def producer(kafka):
    one = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await one.start()
    yield one
    await one.stop()


def watched(app, **spoilt):
    """The fetch requests of the app from now on; `spoilt` is said wrong in the tenth."""
    client = app.consumer._thread._sessions
    sent: list[Asked] = []
    send = client._client.send

    async def spy(node, request, **options):
        if isinstance(request, Asked):
            sent.append(request)
            if len(sent) == 10:
                request._ask = replace(request._ask, **spoilt)
        return await send(node, request, **options)

    client._client.send = spy
    return sent


async def trickle(producer, topic, count):
    for number in range(count):
        await producer.send_and_wait(topic, b"x", partition=number % PARTITIONS)


def in_order(read):
    return all(
        [offset for at, offset in read if at == number]
        == list(range(sum(at == number for at, _ in read)))
        for number in range(PARTITIONS)
    )


async def test_a_steady_flow_names_a_partition_or_two_of_many(kafka, name, tmp_path, producer):
    await prepared(kafka, name, PARTITIONS)
    async with running(kafka, name, tmp_path) as recorder:
        await until(lambda: recorder.starts)
        await trickle(producer, f"{name}-bus", 10)
        sent = watched(recorder.app)
        await trickle(producer, f"{name}-bus", 100)
        await until(lambda: len(recorder.read) >= 110)
        assert in_order(recorder.read)
        named = [len(one._ask.named) for one in sent]
        assert len(named) > 10
        assert sum(named) / len(named) < PARTITIONS / 4


@pytest.mark.parametrize("lost", ["session", "epoch"])
async def test_a_session_that_the_broker_lost_is_begun_anew(kafka, name, tmp_path, producer, lost):
    await prepared(kafka, name, PARTITIONS)
    async with running(kafka, name, tmp_path) as recorder:
        await until(lambda: recorder.starts)
        await trickle(producer, f"{name}-bus", 10)
        await until(lambda: len(recorder.read) >= 10)
        sent = watched(recorder.app, **{lost: 77_777})
        await trickle(producer, f"{name}-bus", 100)
        await until(lambda: len(recorder.read) >= 110)
        assert in_order(recorder.read)
        assert [number for number, one in enumerate(sent) if one._ask.epoch == 0] == [10]


async def test_what_we_write_to_a_changelog_does_not_come_back(kafka, name, tmp_path, producer):
    await prepared(kafka, name, PARTITIONS)
    async with running(kafka, name, tmp_path) as recorder:
        await until(lambda: recorder.starts)
        await asyncio.sleep(0.6)  # what was asked for before may still come
        await producer.send_and_wait(f"{name}-app-seen-changelog", b"row", key=b"k", partition=3)
        await trickle(producer, f"{name}-bus", 50)
        await until(lambda: len(recorder.read) >= 50)
        await asyncio.sleep(0.2)
        fetcher = recorder.app.consumer._thread._ensure_consumer()._fetcher
        assert TP(f"{name}-app-seen-changelog", 3) not in {TP(*tp) for tp in fetcher._records}
