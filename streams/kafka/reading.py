"""Reads a topic from its beginning to its present end. No group, nothing is committed."""

from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from streams.kafka.connection import client_options
from streams.settings import Settings


async def read_topic(settings: Settings, topic: str) -> AsyncIterator[Any]:
    """Every record that the topic holds now, committed ones only. Raises aiokafka's errors."""
    consumer = consumer_of_no_group(settings)
    try:
        await consumer.start()
        tps = await assign_all(consumer, topic)
        await consumer.seek_to_beginning(*tps)
        ends = await consumer.end_offsets(tps)
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    yield record
    finally:
        await consumer.stop()


def consumer_of_no_group(settings: Settings, wait_ms: int = 500) -> AIOKafkaConsumer:
    """Reads committed records, and keeps no place; the broker waits so long for a record."""
    return AIOKafkaConsumer(
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=wait_ms,
        **client_options(settings.kafka),
    )


async def assign_all(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    """All partitions of the topic, which the consumer reads from now on.

    Raises `UnknownTopicOrPartitionError`.
    """
    # To ask for one topic alone may make it; to ask for all does not.
    if topic not in await consumer.topics():
        raise UnknownTopicOrPartitionError(topic)
    consumer._client.set_topics([topic])
    await consumer._client.force_metadata_update()
    numbers = sorted(consumer.partitions_for_topic(topic) or ())
    tps = [TopicPartition(topic, number) for number in numbers]
    consumer.assign(tps)
    return tps
