"""The harness itself: what is written survives kill -9, and only what we started is ended."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.broker.clients import admin_of, committed, ends, make_topics, read_all

pytestmark = pytest.mark.kafka


async def produce(bootstrap, topic, values):
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for number, value in enumerate(values):
            await producer.send_and_wait(topic, value, partition=number % 2)


async def test_records_and_commits_survive_kill_9(kafka, name):
    await make_topics(kafka.bootstrap, {name: 2})
    await produce(kafka.bootstrap, name, [b"1", b"2", b"3"])
    async with AIOKafkaConsumer(
        name,
        bootstrap_servers=kafka.bootstrap,
        group_id=name,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    ) as consumer:
        read = 0
        while read < 3:
            read += sum(map(len, (await consumer.getmany(timeout_ms=500)).values()))
        await consumer.commit()
    before = kafka.pid
    kafka.kill()
    kafka.start()
    assert kafka.pid != before
    assert await committed(kafka.bootstrap, name) == {(name, 0): 2, (name, 1): 1}
    assert await ends(kafka.bootstrap, [name]) == {(name, 0): 2, (name, 1): 1}
    assert [record.value for record in await read_all(kafka.bootstrap, name)] == [b"1", b"3", b"2"]


async def test_a_frozen_broker_answers_late_and_loses_nothing(kafka, name):
    await make_topics(kafka.bootstrap, {name: 2})
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all") as producer:
        await producer.send_and_wait(name, b"before", partition=0)
        with kafka.frozen():
            late = await producer.send(name, b"meanwhile", partition=0)
            await asyncio.sleep(1)
            assert not late.done()
        await asyncio.wait_for(late, 30)
    assert [r.value for r in await read_all(kafka.bootstrap, name)] == [b"before", b"meanwhile"]


async def test_topics_are_not_made_by_asking_for_them(kafka, name):
    async with admin_of(kafka.bootstrap) as admin:
        await admin.describe_topics([name])
        assert name not in await admin.list_topics()
