"""What a broker tells about its topics, and making those that are missing."""

from collections.abc import Iterable, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import IncompatibleBrokerVersion, UnknownTopicOrPartitionError, for_code

from streams.kafka import groups
from streams.kafka.connection import client_options
from streams.kafka.groups import admin_of
from streams.kafka.migration import Migration, decode_migration
from streams.kafka.names import TABLES, migrations_topic, names_of
from streams.kafka.reading import read_topic
from streams.kafka.topics import Cluster, Problem, Topic, TopicSpec
from streams.settings import Settings

_SET_ON_TOPIC = 1
_EXISTS = 36
_TIMEOUT_MS = 30_000


async def read_cluster(settings: Settings) -> Cluster:
    """Topics, their settings, and where the group has committed.

    Raises aiokafka's errors, and `BrokerRefusesError`.
    """
    async with admin_of(settings) as admin:
        names = sorted(name for name in await admin.list_topics() if not name.startswith("__"))
        counts = {}
        if names:
            for told in await admin.describe_topics(names):
                counts[told["topic"]] = len(told["partitions"])
        try:
            configs = await _configs(admin, names)
            stands = await groups.committed(admin, names_of(settings).app_id)
            members = await groups.members(admin, names_of(settings).app_id)
        except IncompatibleBrokerVersion:
            return Cluster({name: Topic(count) for name, count in counts.items()}, limited=True)
    topics = {name: Topic(count, *configs[name]) for name, count in counts.items()}
    emptied = await _emptied(settings, counts)
    committed = frozenset(topic for (topic, _), offset in stands.items() if offset > 0)
    known = migrations_topic(settings) in counts
    migrations = await read_migrations(settings) if known else {}
    return Cluster(topics, committed, False, emptied, tuple(filter(None, members)), migrations)


async def read_migrations(settings: Settings) -> dict[int, Migration]:
    """What is known of migrations, by the new layout. Raises aiokafka's errors."""
    found: dict[int, Migration] = {}
    try:
        async for record in read_topic(settings, migrations_topic(settings)):
            row = decode_migration(record.value)
            if row is not None:
                found[row.to_layout] = row
    except UnknownTopicOrPartitionError:
        return {}
    return found


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


async def create(settings: Settings, specs: Iterable[TopicSpec], cluster: Cluster) -> list[Problem]:
    """Make these topics; what could not be made is told. Raises aiokafka's errors."""
    wanted = list(specs)
    if not wanted:
        return []
    async with admin_of(settings) as admin:
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


async def delete(settings: Settings, names: Sequence[str]) -> None:
    """Delete these topics. Raises aiokafka's errors."""
    async with admin_of(settings) as admin:
        if not names:
            return
        for name, code in (await admin.delete_topics(list(names))).topic_error_codes:
            if code:
                raise for_code(code)(name)
