"""What tests ask a broker for, outside the product: topics, offsets, records."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
    for_code,
)
from aiokafka.protocol.commit import OffsetFetchRequest

COORDINATOR_SECONDS = 20.0
COORDINATOR_ERRORS = (
    GroupLoadInProgressError,
    GroupCoordinatorNotAvailableError,
    NotCoordinatorForGroupError,
)
Offsets = dict[tuple[str, int], int]


@asynccontextmanager
async def admin_of(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def make_topics(
    bootstrap: str, counts: Mapping[str, int], config: Mapping[str, str] | None = None
) -> None:
    async with admin_of(bootstrap) as admin:
        new = [NewTopic(name, n, 1, topic_configs=dict(config or {})) for name, n in counts.items()]
        for name, code, *_ in (await admin.create_topics(new)).topic_errors:
            if code:
                raise for_code(code)(name)


async def committed(bootstrap: str, group: str) -> Offsets:
    """Where the group has committed."""
    async with admin_of(bootstrap) as admin:
        topics = await _once_coordinated(lambda: _offsets(admin, group))
    return {(topic, one[0]): one[1] for topic, partitions in topics for one in partitions}


async def _offsets(admin: AIOKafkaAdminClient, group: str) -> Any:
    coordinator = await admin.find_coordinator(group)
    answer = await admin._send_request(OffsetFetchRequest(group, None), coordinator)
    if answer.error_code:
        raise for_code(answer.error_code)(group)
    return answer.topics


async def _once_coordinated(ask: Callable[[], Awaitable[Any]]) -> Any:
    """A broker that has just started has no coordinator for a while."""
    end = time.monotonic() + COORDINATOR_SECONDS
    while True:
        try:
            return await ask()
        except COORDINATOR_ERRORS:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.2)


async def ends(bootstrap: str, topics: list[str]) -> Offsets:
    """The end offset of every partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        tps = await _partitions(consumer, topics)
        found = await consumer.end_offsets(tps)
        return {(tp.topic, tp.partition): offset for tp, offset in found.items()}
    finally:
        await consumer.stop()


async def read_all(bootstrap: str, topic: str, isolation: str = "read_committed") -> list[Any]:
    """Every record that the topic holds now, partition by partition in order."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", isolation_level=isolation
    )
    await consumer.start()
    try:
        tps = await _partitions(consumer, [topic])
        consumer.assign(tps)
        end = await consumer.end_offsets(tps)
        records: list[Any] = []
        while any([await consumer.position(tp) < end[tp] for tp in tps]):
            for found in (await consumer.getmany(timeout_ms=500)).values():
                records += found
        return sorted(records, key=lambda record: record.partition)
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topics: list[str]) -> list[TopicPartition]:
    consumer._client.set_topics(topics)
    await consumer._client.force_metadata_update()
    return [
        TopicPartition(topic, number)
        for topic in topics
        for number in sorted(consumer.partitions_for_topic(topic) or ())
    ]
