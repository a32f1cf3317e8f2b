"""What `topics apply` makes on a real broker, and what is told of it afterwards."""

from dataclasses import dataclass

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.kafka.cluster import create, read_cluster
from streams.kafka.topics import check, plan, source_topics, wanted_topics
from streams.settings import KafkaSettings, Settings
from tests.broker.clients import admin_of, make_topics

pytestmark = pytest.mark.kafka


@dataclass(frozen=True)
class Source:
    topic: str
    keyed_by_user: bool = True
    enabled: bool = True
    paused: bool = False


@pytest.fixture
def settings(kafka, name):
    return Settings(
        prefix=name, app_id=f"{name}-app", kafka=KafkaSettings(bootstrap=kafka.bootstrap)
    )


async def test_apply_makes_what_check_asks_for_and_nothing_the_second_time(settings, name):
    bus = Source(f"{name}-bus")
    wanted = wanted_topics(settings, [bus], ["upsertContact"], 3)
    before = await read_cluster(settings)
    assert not before.limited
    create_all = [*plan(wanted, before, settings).create, *source_topics([bus], 3)]
    assert await create(settings, create_all, before) == []
    after = await read_cluster(settings)
    assert [one for one in check(wanted, after, settings, [bus]) if not one.note] == []
    assert plan(wanted, after, settings).create == ()
    assert await create(settings, wanted, after) == []
    changelog = after.topics[f"{name}-app-orders-changelog"]
    assert (changelog.partitions, changelog.config["cleanup.policy"]) == (3, "compact")
    assert "cleanup.policy" in changelog.overridden


async def test_a_topic_that_cannot_be_made_is_told(settings, name):
    replicated = Settings(
        prefix=name,
        kafka=KafkaSettings(bootstrap=settings.kafka.bootstrap, replication_factor=3),
    )
    wanted = wanted_topics(replicated, [Source("bus")], [], 3)[:1]
    (problem,) = await create(replicated, wanted, await read_cluster(replicated))
    assert problem.where == wanted[0].name
    assert "InvalidReplicationFactor" in problem.what


async def test_a_deleted_changelog_is_noticed_when_the_group_has_committed(settings, name):
    bus = Source(f"{name}-bus")
    wanted = wanted_topics(settings, [bus], [], 1)
    cluster = await read_cluster(settings)
    await create(settings, [*wanted, *source_topics([bus], 1)], cluster)
    assert (await read_cluster(settings)).committed == frozenset()
    await settle_one(settings, bus.topic)
    lost = f"{name}-app-orders-changelog"
    async with admin_of(settings.kafka.bootstrap) as admin:
        await admin.delete_topics([lost])
    cluster = await read_cluster(settings)
    assert cluster.committed == {bus.topic}
    assert plan(wanted, cluster, settings).create == ()
    serious = [one.where for one in check(wanted, cluster, settings, [bus]) if not one.note]
    assert serious == [lost]


async def settle_one(settings, topic):
    bootstrap = settings.kafka.bootstrap
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait(topic, b"event")
    async with AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=settings.app_id,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    ) as consumer:
        await consumer.getone()
        await consumer.commit()


async def test_another_partition_count_is_told(settings, name):
    await make_topics(settings.kafka.bootstrap, {f"{name}.upsertContact": 2})
    wanted = wanted_topics(settings, [Source("bus")], ["upsertContact"], 3)
    told = [str(one) for one in plan(wanted, await read_cluster(settings), settings).problems]
    assert told[0].startswith(f"{name}.upsertContact: has 2 partitions and the keyed topic 3")
