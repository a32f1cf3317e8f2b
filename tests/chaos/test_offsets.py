"""Offsets that are gone, out of range or forgotten, and topics that are not what they were."""

import asyncio

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka import TopicPartition as Place
from confluent_kafka.admin import NewPartitions, NewTopic

from tests.chaos.scene import done

pytestmark = pytest.mark.kafka


async def beyond(scene):
    code, said = await scene.ended()
    assert "made anew or cut; see When the source topic is recreated" in said
    return code


async def test_what_the_bus_deleted_unread_is_said_and_the_rest_is_told(scene, admin):
    await scene.told(range(2))
    for number in range(2, 8):
        await scene.order(number)
    await done(admin.delete_records([Place(scene.bus, 0, 5)]))
    worker = await scene.start()
    await scene.settled()
    assert await scene.orders() == ["o-0", "o-1", "o-5", "o-6", "o-7"]
    assert await asyncio.to_thread(worker.count, "deleted_unread_total") == 3
    assert "3 records were deleted before they were read" in scene.log()


async def test_all_is_read_again_and_nothing_is_told_again(scene, admin):
    await scene.told(range(5))
    await done(admin.delete_consumer_groups([scene.group]))
    await scene.order(5)
    await scene.start()
    await scene.settled()
    assert await scene.orders() == [f"o-{number}" for number in range(6)]


async def test_offsets_beyond_the_end_are_refused(scene, admin):
    await scene.told(range(3))
    await done(admin.delete_topics([scene.bus], operation_timeout=10))
    await done(admin.create_topics([NewTopic(scene.bus, 4, 1)]))
    await scene.order(3)
    place = Place(scene.bus, 0, 40)
    offsets = [ConsumerGroupTopicPartitions(scene.group, [place])]
    await done(admin.alter_consumer_group_offsets(offsets))
    scene.begin()
    assert await beyond(scene) == 4


async def test_a_source_that_is_made_anew_while_a_worker_runs_ends_it(scene, admin):
    await scene.start()
    for number in range(5):
        await scene.order(number)
    await scene.settled()
    await done(admin.delete_topics([scene.bus], operation_timeout=10))
    await asyncio.sleep(1)
    await done(admin.create_topics([NewTopic(scene.bus, 4, 1)]))
    await scene.order(5)
    assert await beyond(scene) == 4


@pytest.mark.parametrize("ending", ["-bus", ".upsertOrder", "-app-orders-changelog"])
async def test_another_number_of_partitions_is_refused(scene, admin, ending):
    await scene.told(range(1))
    topic = f"{scene.name}{ending}"
    await done(admin.create_partitions([NewPartitions(topic, 6)]))
    scene.begin()
    code, said = await scene.ended()
    assert code == 5
    assert f"and the keyed topic {6 if ending == '-bus' else 4}" in said


async def test_partitions_that_are_added_while_a_worker_runs_end_it(scene, admin):
    await scene.start("tests.chaos.hasty")
    await scene.order(0)
    await scene.settled()
    await done(admin.create_partitions([NewPartitions(scene.bus, 6)]))
    await asyncio.sleep(3)
    await scene.order(1, partition=5)
    code, said = await scene.ended()
    assert code == 4, said
    assert (await scene.committed()).get((scene.bus, 5), 0) <= 0
    scene.begin()
    code, said = await scene.ended()
    assert code == 5
    assert "and the keyed topic 6" in said


async def test_another_installation_in_the_same_group_is_refused(scene):
    await scene.start()
    scene.plan.write_text(f"sources: [{{topic: {scene.name}-other, keyed_by_user: true}}]\n")
    other = {"PREFIX": f"{scene.name}-2"}
    await scene.apply(**other)
    scene.begin(**other)
    code, said = await scene.ended()
    assert code == 5
    assert "another program or installation has this application id" in said
    assert scene.workers[0].ready()
