"""Tables and what waits go to more partitions on a real broker, whatever ends the way there."""

import asyncio
import os
import sys
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.core.event import Event
from streams.exits import DEPENDENCY_DOWN, FAILED, OK
from streams.kafka import groups
from streams.kafka.cluster import create, read_cluster, read_migrations
from streams.kafka.hops import lane_of
from streams.kafka.migration import Migration, encode_migration
from streams.kafka.names import migrations_topic, names_of
from streams.kafka.topics import migrations
from streams.migrating import comparing, moving, running
from streams.migrating.command import Wish
from tests.broker.clients import committed, read_all
from tests.broker.layouts import (
    CONTACTS,
    FROM,
    SINGLE,
    TO,
    Left,
    as_it_should_be,
    migrated,
    rows_of,
)

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


async def test_a_worker_that_asked_too_early_is_refused_once_it_has_joined(shop, tmp_path):
    """In place of the migration there is its word alone."""
    settings, plan = shop
    await Left(settings, plan).topics()
    await create(settings, [migrations(settings)], await read_cluster(settings))
    word = Migration(0, 1, FROM, TO, "handing_over", began=1)
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka.bootstrap) as producer:
        topic = migrations_topic(settings)
        await producer.send_and_wait(topic, encode_migration(word), word.key)
    environment = {
        **os.environ,
        "CORDIAL_STREAMS_API_KEY": "k",
        "CORDIAL_STREAMS_WEB__PORT": "0",
        "CORDIAL_STREAMS_DATA_DIR": str(tmp_path),
    }
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.broker.late", "worker", "--plan", str(plan)),
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    said = (await worker.communicate())[1].decode()
    assert worker.returncode == DEPENDENCY_DOWN
    assert "the layout 0 is being handed over to the layout 1" in said


async def test_everything_goes_to_the_partition_of_its_contact(shop):
    settings, plan = shop
    await Left(settings, plan).make()
    assert await migrated(plan, replace(SINGLE, dry_run=True)) == OK
    assert not await read_migrations(settings)
    assert await migrated(plan) == OK
    await as_it_should_be(settings)
    assert (await read_migrations(settings))[1].step == "finished"
    assert await migrated(plan) == FAILED


STEPS = [
    (running.Carrying, "letters"),
    (comparing.Comparing, "table"),
    (running.groups, "commit"),
]


async def test_one_that_ends_anywhere_goes_on_and_moves_nothing_twice(shop, monkeypatch):
    settings, plan = shop
    await Left(settings, plan).make()

    async def ends(*given, **named):
        raise OSError("it ends here")

    for place, name in STEPS:
        with monkeypatch.context() as broken:
            broken.setattr(place, name, ends)
            assert await migrated(plan) != OK
        assert (await read_migrations(settings))[1].step == "handing_over"
    assert await migrated(plan) == OK
    await as_it_should_be(settings)


async def test_what_the_old_workers_must_finish_is_told_before_they_may_not_run(shop, capfd):
    settings, plan = shop
    left = Left(settings, plan)
    await left.make()
    async with AIOKafkaProducer(bootstrap_servers=left.bootstrap) as left.producer:
        await left._put(left.names.replays, 1, b"u-1", b"event")
        assert await migrated(plan) == FAILED
        assert "1 replays of dead letters are not finished" in capfd.readouterr().err
    assert (await read_migrations(settings))[1].step == "copying"


async def test_rows_of_nobody_knows_whom_are_left_behind_only_where_that_is_wanted(shop, capfd):
    settings, plan = shop
    left = Left(settings, plan)
    await left.make()
    await left.without_receipt()
    assert await migrated(plan) == FAILED
    assert "nothing says whose they are, as receipts or commands are gone: 1 of seen" in (
        capfd.readouterr().err
    )
    assert await migrated(plan, replace(SINGLE, forget=True)) == OK
    await as_it_should_be(settings)


async def test_partitions_that_a_source_was_given_are_gone_over_from_the_old_ones_first(
    shop, kafka, name
):
    settings, plan = shop
    plan.write_text(f"sources:\n  - topic: {name}-bus\n")
    left = Left(settings, plan)
    await left.topics(2 * FROM)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as left.producer:
        for number, contact in enumerate(CONTACTS):
            for partition in (number % FROM, FROM + number % FROM):
                said = Event(
                    type="track", message_id=f"{contact}-{partition}", timestamp=1, user_id=contact
                )
                value = left.codec.encode_event(said)
                await left._put(f"{name}-bus", partition, b"their own key", value)
        await groups.commit(settings, left.names.app_id, {(f"{name}-bus", 0): 2})
    assert await migrated(plan) == OK
    new = names_of(settings.model_copy(update={"layout": 1}))
    keyed = await read_all(kafka.bootstrap, new.keyed)
    gone_over = [contact for number, contact in enumerate(CONTACTS) if number not in (0, FROM)]
    assert sorted(one.key.decode() for one in keyed) == sorted(gone_over)
    assert all(one.partition == lane_of(one.key, TO) for one in keyed)
    assert {int(dict(one.headers)["x-source-partition"]) for one in keyed} == set(range(FROM))
    behind = {(f"{name}-bus", number): len(CONTACTS[number::FROM]) for number in range(FROM)}
    assert await committed(kafka.bootstrap, new.app_id) == behind


@pytest.mark.parametrize("defect", ["orders are not moved", "one partition is wrong"])
async def test_rows_that_are_lost_or_elsewhere_are_noticed(shop, monkeypatch, capfd, defect):
    settings, plan = shop
    await Left(settings, plan).make()
    right = moving.moved

    def wrong(table, key, value, partitions, owners):
        rows = right(table, key, value, partitions, owners)
        if defect == "orders are not moved" and table == "orders":
            return ()
        return [replace(row, partition=row.partition % 4) for row in rows]

    monkeypatch.setattr("streams.migrating.copying.moved", wrong)
    assert await migrated(plan) == FAILED
    assert "the tables are not equal: " in capfd.readouterr().err
    assert (await read_migrations(settings))[1].step == "handing_over"
    assert await migrated(plan, Wish(abandon=True)) == OK
    monkeypatch.undo()


async def test_one_that_was_planned_before_another_ended_changes_nothing(shop, monkeypatch):
    settings, plan = shop
    await Left(settings, plan).make()
    stale = await read_cluster(settings)
    assert await migrated(plan) == OK

    async def before(of):
        return stale if of == settings else await read_cluster(of)

    monkeypatch.setattr("streams.migrating.command.read_cluster", before)
    assert await migrated(plan) == FAILED
    assert (await read_migrations(settings))[1].step == "finished"


async def test_one_that_is_given_up_leaves_nothing_and_may_be_begun_again(shop, monkeypatch):
    settings, plan = shop
    await Left(settings, plan).make()
    old = {one for one in (await read_cluster(settings)).topics if one.startswith(settings.prefix)}
    with monkeypatch.context() as broken:
        broken.setattr(running.Carrying, "letters", None)
        with pytest.raises(TypeError):
            await migrated(plan)
    assert await migrated(plan, Wish(abandon=True, dry_run=True)) == OK
    assert (await read_migrations(settings))[1].step != "abandoned"
    assert await migrated(plan, Wish(abandon=True)) == OK
    there = (await read_cluster(settings)).topics
    left = {one for one in there if one.startswith(settings.prefix)}
    assert left == old | {f"{settings.prefix}.migrations"}
    assert await migrated(plan) == OK
    await as_it_should_be(settings)


async def test_the_old_topics_go_once_the_new_workers_deliver_and_no_old_one_is_left(
    shop, monkeypatch, capfd
):
    settings, plan = shop
    await Left(settings, plan).make()
    new = settings.model_copy(update={"layout": 1})
    ours = (await read_cluster(settings)).topics
    drop = Wish(drop_old=True)

    async def refused(words):
        assert await migrated(plan, drop) == FAILED
        assert words in capfd.readouterr().err

    await refused("the layout 0 was not gone over to")
    assert await migrated(plan) == OK
    monkeypatch.setenv("CORDIAL_STREAMS_LAYOUT", "1")
    await refused("no worker of the layout 1 has settled anything yet")
    await groups.commit(new, names_of(new).app_id, {(names_of(new).keyed, 0): 1})
    async with AIOKafkaConsumer(
        names_of(settings).keyed,
        bootstrap_servers=settings.kafka.bootstrap,
        group_id=names_of(settings).app_id,
    ):
        await refused(f"there are workers in the group {names_of(settings).app_id}")
    before = set((await read_cluster(settings)).topics)
    assert await migrated(plan, replace(drop, dry_run=True)) == OK
    assert set((await read_cluster(settings)).topics) == before
    assert await migrated(plan, drop) == OK
    gone = before - set((await read_cluster(settings)).topics)
    kept = {f"{settings.prefix}-bus", migrations_topic(settings)}
    assert gone == {one for one in ours if one.startswith(settings.prefix)} - kept
    assert (await read_migrations(settings))[1].step == "finished"
    assert rows_of(await read_all(settings.kafka.bootstrap, names_of(new).changelog("orders")))
