"""A migration that ended on its way goes on later, when other things have happened meanwhile."""

import asyncio
import re

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.exits import FAILED, OK
from streams.kafka import groups
from streams.kafka.cluster import create, delete, read_cluster, read_migrations
from streams.kafka.hops import lane_of
from streams.kafka.names import migrations_topic, names_of
from streams.kafka.tables import order_key
from streams.kafka.topics import migrations
from streams.migrating import leaving, record, running
from streams.migrating.command import Wish
from streams.operating.dead_letters import run_replay
from tests.broker.clients import committed, read_all
from tests.broker.layouts import FROM, TO, Left, as_it_should_be, migrated

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


async def ends(*given, **named):
    """In place of a step: it is over."""
    raise OSError("it ends here")


async def test_a_letter_whose_replay_no_worker_has_read_is_carried(shop, monkeypatch):
    settings, plan = shop
    left = Left(settings, plan)
    await left.make()
    with monkeypatch.context() as broken:
        broken.setattr(running.Carrying, "letters", ends)
        assert await migrated(plan) != OK
    assert (await read_migrations(settings))[1].step == "handing_over"
    async with AIOKafkaProducer(bootstrap_servers=left.bootstrap) as left.producer:
        said = [("x-replay-of", b"x-1")]
        await left._put(left.names.replays, 0, b"u-1", b"event", headers=said)
    assert await migrated(plan) == OK
    await as_it_should_be(settings)


async def test_nothing_is_replayed_where_no_worker_may_read_it(shop, monkeypatch, capfd):
    settings, plan = shop
    await Left(settings, plan).make()

    async def replayed():
        wish = {"action": None, "reason": None, "contact": None, "letter": "x-1"}
        rest = {"force": False, "dry_run": False, "as_json": True, "plan": plan}
        code = await asyncio.to_thread(lambda: run_replay(**wish, **rest))
        return code, capfd.readouterr().err

    with monkeypatch.context() as broken:
        broken.setattr(running.Carrying, "letters", ends)
        assert await migrated(plan) != OK
    code, said = await replayed()
    assert code == FAILED
    assert "the layout 0 is being handed over to the layout 1" in said
    assert "CORDIAL_STREAMS_LAYOUT" in said
    assert await migrated(plan) == OK
    code, said = await replayed()
    assert code == FAILED
    assert "set CORDIAL_STREAMS_LAYOUT=1" in said
    assert len(await read_all(settings.kafka.bootstrap, names_of(settings).replays)) == 1
    monkeypatch.setenv("CORDIAL_STREAMS_LAYOUT", "1")
    assert (await replayed())[0] == OK


@pytest.mark.parametrize("then", ["on", "given up again"])
async def test_one_that_ends_while_it_is_given_up_begins_anew(shop, monkeypatch, then):
    settings, plan = shop
    await Left(settings, plan).make()

    async def deletes_and_ends(*given):
        await delete(*given)
        await ends()

    with monkeypatch.context() as broken:
        broken.setattr(running.Carrying, "letters", ends)
        assert await migrated(plan) != OK
    with monkeypatch.context() as broken:
        broken.setattr(leaving, "delete", deletes_and_ends)
        assert await migrated(plan, Wish(abandon=True)) != OK
    assert (await read_migrations(settings))[1].step == "handing_over"
    if then == "given up again":
        assert await migrated(plan, Wish(abandon=True)) == OK
        assert (await read_migrations(settings))[1].step == "abandoned"
    assert await migrated(plan) == OK
    await as_it_should_be(settings)


async def test_one_that_is_given_up_at_its_very_end_may_be_begun_again(shop, monkeypatch):
    """The new group has its place by then."""
    settings, plan = shop
    await Left(settings, plan).make()
    save = running.Record.save

    async def ends_at_last(record, **changes):
        await (ends() if changes.get("step") == "finished" else save(record, **changes))

    with monkeypatch.context() as broken:
        broken.setattr(running.Record, "save", ends_at_last)
        assert await migrated(plan) != OK
    assert await migrated(plan, Wish(abandon=True)) == OK
    assert await migrated(plan) == OK
    await as_it_should_be(settings)


async def test_a_second_one_leaves_the_first_alone(shop, monkeypatch):
    """The broker gives the one partition to the member whose id sorts first."""
    settings, _ = shop
    await create(settings, [migrations(settings)], await read_cluster(settings))
    options = record.client_options

    def lock(client_id):
        named = {**options(settings.kafka), "client_id": client_id}
        monkeypatch.setattr(record, "client_options", lambda kafka: named)
        return record.Lock(settings)

    monkeypatch.setattr(record, "PATIENCE", 8.0)
    async with lock("b") as first:
        with pytest.raises(record.AnotherRunsError, match="another migration runs"):
            async with lock("a"):
                pass
        first.held()


async def test_one_from_which_the_broker_takes_it_writes_nothing_more(shop, monkeypatch, capfd):
    settings, plan = shop
    await Left(settings, plan).make()
    names = names_of(settings.model_copy(update={"layout": 1}))
    hops, loop = running.Carrying.hops, asyncio.get_running_loop()
    another = AIOKafkaConsumer(
        migrations_topic(settings),
        bootstrap_servers=settings.kafka.bootstrap,
        group_id=f"{settings.app_id}-migration",
        client_id="a",
    )

    async def takes_it():
        await another.start()
        while not another.assignment():
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)

    async def loses_it(carrying):
        count = await hops(carrying)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(takes_it(), loop))
        return count

    with monkeypatch.context() as broken:
        broken.setattr(running.Carrying, "hops", loses_it)
        try:
            assert await migrated(plan) == FAILED
        finally:
            await another.stop()
    assert "the broker has given the migration to another one" in capfd.readouterr().err
    assert await read_all(settings.kafka.bootstrap, names.dead_letters) == []
    assert await committed(settings.kafka.bootstrap, names.app_id) == {}
    assert await migrated(plan) == OK
    await as_it_should_be(settings)


async def test_a_record_that_its_headers_make_too_large_is_named_and_goes_once_there_is_room(
    shop, kafka, name, capfd
):
    settings, plan = shop
    plan.write_text(f"sources:\n  - topic: {name}-bus\n")
    left = Left(settings, plan)
    await left.topics(2 * FROM)
    values = [b"x" * 1_048_400, b"small"]
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as left.producer:
        for value in values:
            await left._put(f"{name}-bus", 1, b"u-1", value)
    new = names_of(settings.model_copy(update={"layout": 1}))
    for _ in range(2):
        assert await migrated(plan) == FAILED
        said = capfd.readouterr().err
        assert f"{name}-bus, partition 1, offset 0 does not fit into {new.keyed}" in said
    [room] = re.findall(r"--topic (\S+) --add-config max.message.bytes=(\d+)", said)
    async with groups.admin_of(settings) as admin:
        wanted = {"max.message.bytes": room[1]}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, room[0], wanted)])
    assert await migrated(plan) == OK
    assert [one.value for one in await read_all(kafka.bootstrap, new.keyed)] == values


async def ended_while_it_copies(plan, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(running.Migrating, "_may_be_handed_over", ends)
        assert await migrated(plan) != OK


async def test_a_row_that_the_old_layout_forgot_between_two_runs_is_forgotten(shop, monkeypatch):
    """What forgot it was compacted away: the row stands in the new changelog alone."""
    settings, plan = shop
    left = Left(settings, plan)
    await left.make()
    await ended_while_it_copies(plan, monkeypatch)
    names = names_of(settings.model_copy(update={"layout": 1}))
    async with AIOKafkaProducer(bootstrap_servers=left.bootstrap) as left.producer:
        for table, key in (("orders", order_key("gone", "o")), ("parked", b"gone")):
            await left._put(names.changelog(table), lane_of(b"gone", TO), key, b"row")
    assert await migrated(plan) == OK
    await as_it_should_be(settings)


async def test_rows_whose_receipts_went_between_two_runs_stay_where_the_first_put_them(
    shop, monkeypatch
):
    settings, plan = shop
    await Left(settings, plan).make()
    await ended_while_it_copies(plan, monkeypatch)
    receipts = [(names_of(settings).receipts, number) for number in range(FROM)]
    gone = {TopicPartition(*at): end for at, end in (await groups.ends(settings, receipts)).items()}
    async with groups.admin_of(settings) as admin:
        await admin.delete_records({tp: RecordsToDelete(end) for tp, end in gone.items()})
    assert await migrated(plan) == OK
    await as_it_should_be(settings)
