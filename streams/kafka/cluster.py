"""What a broker tells about its topics, and making those that are missing."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    IncompatibleBrokerVersion,
    KafkaError,
    NotCoordinatorForGroupError,
    for_code,
)
from aiokafka.protocol.commit import OffsetFetchRequest

from streams.kafka.connection import client_options
from streams.kafka.names import TABLES, names_of
from streams.kafka.refusal import refusal
from streams.kafka.topics import Cluster, Problem, Topic, TopicSpec
from streams.settings import Settings

_SET_ON_TOPIC = 1
_EXISTS = 36
_TIMEOUT_MS = 30_000
_COORDINATOR_TRIES = 50
_COORDINATOR_PAUSE = 0.2
_NO_COORDINATOR_YET = (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)


@asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
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


async def read_cluster(settings: Settings) -> Cluster:
    """Topics, their settings, and where the group has committed.

    Raises aiokafka's errors, and `BrokerRefusesError`.
    """
    async with _admin(settings) as admin:
        names = sorted(name for name in await admin.list_topics() if not name.startswith("__"))
        counts = {}
        if names:
            for told in await admin.describe_topics(names):
                counts[told["topic"]] = len(told["partitions"])
        try:
            configs = await _configs(admin, names)
            committed = await _committed(admin, settings.app_id)
            members = await _members(admin, settings.app_id)
        except IncompatibleBrokerVersion:
            return Cluster({name: Topic(count) for name, count in counts.items()}, limited=True)
    topics = {name: Topic(count, *configs[name]) for name, count in counts.items()}
    emptied = await _emptied(settings, counts)
    return Cluster(topics, committed, emptied=emptied, members=members)


async def _members(admin: AIOKafkaAdminClient, group: str) -> tuple[frozenset[str], ...]:
    """What each member of the group reads, as far as the broker knows by now."""
    (answer,) = await admin.describe_consumer_groups([group])
    told = [one["member_metadata"] for one in answer.to_object()["groups"][0]["members"]]
    read = [ConsumerProtocolMemberMetadata.decode(one).subscription for one in told if one]
    return tuple(frozenset(topics) for topics in read)


async def _emptied(settings: Settings, counts: Mapping[str, int]) -> frozenset[str]:
    """The changelogs that do not begin at 0."""
    changelogs = [names_of(settings).changelog(table) for table in TABLES]
    tps = [TopicPartition(one, at) for one in changelogs for at in range(counts.get(one, 0))]
    if not tps:
        return frozenset()
    consumer = AIOKafkaConsumer(**client_options(settings.kafka))
    try:
        await consumer.start()
        found = await consumer.beginning_offsets(tps)
    finally:
        await consumer.stop()
    return frozenset(tp.topic for tp, offset in found.items() if offset > 0)


async def _configs(
    admin: AIOKafkaAdminClient, names: list[str]
) -> dict[str, tuple[dict[str, str], frozenset[str]]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, tuple[dict[str, str], frozenset[str]]] = {}
    for answer in await admin.describe_configs(resources):
        for _, _, _, name, entries in answer.resources:
            values = {entry[0]: entry[1] for entry in entries}
            on_topic = frozenset(entry[0] for entry in entries if entry[3] == _SET_ON_TOPIC)
            found[name] = (values, on_topic)
    return found


async def _committed(admin: AIOKafkaAdminClient, group: str) -> frozenset[str]:
    """Topics with a committed offset; a broker that has just started needs a while to know."""
    for _ in range(_COORDINATOR_TRIES):
        try:
            return await _ask_committed(admin, group)
        except _NO_COORDINATOR_YET:
            await asyncio.sleep(_COORDINATOR_PAUSE)
    return await _ask_committed(admin, group)


async def _ask_committed(admin: AIOKafkaAdminClient, group: str) -> frozenset[str]:
    coordinator = await admin.find_coordinator(group)
    answer = await admin._send_request(OffsetFetchRequest(group, None), coordinator)
    # list_consumer_group_offsets overlooks this error and gives no offsets at all.
    if answer.error_code:
        raise for_code(answer.error_code)(f"offsets of the group {group}")
    return frozenset(
        topic for topic, partitions in answer.topics if any(one[1] > 0 for one in partitions)
    )


async def create(settings: Settings, specs: Iterable[TopicSpec], cluster: Cluster) -> list[Problem]:
    """Make these topics; what could not be made is told. Raises aiokafka's errors."""
    wanted = list(specs)
    if not wanted:
        return []
    async with _admin(settings) as admin:
        if cluster.limited:
            return await _touch(admin, wanted)
        new = [
            NewTopic(
                name=spec.name,
                num_partitions=spec.partitions,
                replication_factor=settings.kafka.replication_factor,
                topic_configs=dict(spec.config),
            )
            for spec in wanted
        ]
        answer = await admin.create_topics(new, timeout_ms=_TIMEOUT_MS)
    problems = []
    for name, code, *message in answer.topic_errors:
        if code not in (0, _EXISTS):
            what = f"could not be made: {for_code(code).__name__} {message[0] if message else ''}"
            problems.append(Problem(name, what.strip(), "see the broker's answer"))
    return problems


async def _touch(admin: AIOKafkaAdminClient, wanted: list[TopicSpec]) -> list[Problem]:
    """The embedded broker makes a topic when it is asked about it, with a count of its own."""
    counts = {}
    for told in await admin.describe_topics([spec.name for spec in wanted]):
        counts[told["topic"]] = len(told["partitions"])
    return [
        Problem(
            spec.name,
            f"the embedded broker made {counts.get(spec.name, 0)} partitions, "
            f"not {spec.partitions}",
            "give it the topic at its start, or take as many partitions as it makes",
        )
        for spec in wanted
        if counts.get(spec.name) != spec.partitions
    ]
