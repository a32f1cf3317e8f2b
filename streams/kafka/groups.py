"""Where consumer groups stand and who is in them; giving a group its place, and forgetting one."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
    for_code,
)
from aiokafka.protocol.commit import OffsetFetchRequest

from streams.kafka.connection import client_options
from streams.kafka.refusal import refusal
from streams.settings import Settings

Offsets = dict[tuple[str, int], int]
"""By topic and partition."""

_TRIES = 50
_PAUSE = 0.2
_NO_COORDINATOR_YET = (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)


@asynccontextmanager
async def admin_of(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client that asks about the cluster. Raises aiokafka's errors, and `BrokerRefusesError`."""
    admin = AIOKafkaAdminClient(**client_options(settings.kafka))
    try:
        try:
            await admin.start()
        except KafkaError:
            refused = await refusal(settings.kafka)
            if refused is not None:
                raise refused from None
            raise
        yield admin
    finally:
        await admin.close()


async def committed(admin: AIOKafkaAdminClient, group: str) -> Offsets:
    """Where the group stands; a broker that has just started needs a while to know."""
    for _ in range(_TRIES):
        try:
            return await _ask(admin, group)
        except _NO_COORDINATOR_YET:
            await asyncio.sleep(_PAUSE)
    return await _ask(admin, group)


async def _ask(admin: AIOKafkaAdminClient, group: str) -> Offsets:
    coordinator = await admin.find_coordinator(group)
    answer = await admin._send_request(OffsetFetchRequest(group, None), coordinator)
    # list_consumer_group_offsets overlooks this error and gives no offsets at all.
    if answer.error_code:
        raise for_code(answer.error_code)(f"offsets of the group {group}")
    return {(topic, one[0]): one[1] for topic, partitions in answer.topics for one in partitions}


async def members(admin: AIOKafkaAdminClient, group: str) -> list[frozenset[str]]:
    """What each member of the group reads; of one that joins the broker knows nothing yet."""
    (answer,) = await admin.describe_consumer_groups([group])
    told = [one["member_metadata"] for one in answer.to_object()["groups"][0]["members"]]
    decode = ConsumerProtocolMemberMetadata.decode
    return [frozenset(decode(one).subscription if one else ()) for one in told]


async def commit(settings: Settings, group: str, offsets: Mapping[tuple[str, int], int]) -> None:
    """Let a group without members stand there."""
    tps = {TopicPartition(*place): offset for place, offset in offsets.items()}
    consumer = AIOKafkaConsumer(
        group_id=group, enable_auto_commit=False, **client_options(settings.kafka)
    )
    try:
        await consumer.start()
        consumer.assign(list(tps))
        await consumer.commit(tps)
    finally:
        await consumer.stop()


async def ends(settings: Settings, places: Iterable[tuple[str, int]]) -> Offsets:
    """Where the next records of these will stand."""
    consumer = AIOKafkaConsumer(**client_options(settings.kafka))
    try:
        await consumer.start()
        found = await consumer.end_offsets([TopicPartition(*place) for place in places])
    finally:
        await consumer.stop()
    return {(tp.topic, tp.partition): offset for tp, offset in found.items()}
