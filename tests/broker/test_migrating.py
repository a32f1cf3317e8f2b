"""Tables and what waits go to more partitions on a real broker, whatever ends the way there."""

import asyncio
import os
import sys
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.core.command import Command, Position
from streams.core.decisions import Seen, seen_key
from streams.core.event import Event
from streams.core.order_state import OrderState
from streams.core.records import DeadLetter, Receipt
from streams.core.supplements import Row as Updated
from streams.core.supplements import key_of
from streams.exits import DEPENDENCY_DOWN, FAILED, OK
from streams.kafka import groups, hops
from streams.kafka.cluster import create, read_cluster, read_migrations
from streams.kafka.codec import Codec
from streams.kafka.hops import lane_of
from streams.kafka.learned_rows import decode_row, encode_row
from streams.kafka.migration import Migration, encode_migration
from streams.kafka.names import TABLES, migrations_topic, names_of
from streams.kafka.tables import order_key
from streams.kafka.topics import migrations, source_topics, wanted_topics
from streams.migrating import comparing, moving, running
from streams.migrating.command import Wish, run_migrate
from streams.plan import instance_names, load_plan
from streams.settings import KafkaSettings, Settings
from tests.broker.clients import committed, read_all

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(170)]

CONTACTS = [f"u-{number}" for number in range(40)]
FROM, TO = 3, 5
RECORDS = [{"id": "1", "at": "2026-11-20T10:00:00Z"}]
SUPPLEMENT = key_of("u-4", "s", "1").encode()
SINGLE = Wish(partitions=TO, wait=1.0, as_json=True)
"""What the tests ask for."""


@pytest.fixture
def shop(kafka, name, tmp_path, monkeypatch):
    """An installation with topics of its own and a source that is copied; its settings and plan."""
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"sources:\n  - topic: {name}-bus\n    keyed_by_user: false\n")
    monkeypatch.setenv("CORDIAL_STREAMS_PREFIX", name)
    monkeypatch.setenv("CORDIAL_STREAMS_APP_ID", f"{name}-app")
    monkeypatch.setenv("CORDIAL_STREAMS_KAFKA__BOOTSTRAP", kafka.bootstrap)
    settings = Settings(
        prefix=name, app_id=f"{name}-app", kafka=KafkaSettings(bootstrap=kafka.bootstrap)
    )
    return settings, plan


class Left:
    """What workers with three partitions have left behind: rows, and what they had not settled."""

    def __init__(self, settings, plan):
        self.settings, self.plan, self.names = settings, load_plan(plan), names_of(settings)
        self.codec = Codec()
        self.bootstrap = settings.kafka.bootstrap

    async def topics(self, source=2):
        sources = self.plan.sources
        specs = wanted_topics(self.settings, sources, instance_names(self.plan), FROM)
        cluster = await read_cluster(self.settings)
        await create(self.settings, [*specs, *source_topics(sources, source)], cluster)

    async def make(self):
        await self.topics()
        async with AIOKafkaProducer(bootstrap_servers=self.bootstrap) as producer:
            self.producer = producer
            for number, contact in enumerate(CONTACTS):
                await self._of_contact(number, contact)
            for number, when in ((0, 10), (1, 20)):
                changelog = self.names.changelog("groups")
                value = f"name {number}".encode()
                await self._put(changelog, number, b"g-1", value, timestamp_ms=when)
            for number, when, row in ((0, 20, b"newer"), (1, 10, b"older")):
                place = self.names.changelog("identities")
                await self._put(place, number, b"u-0", row, timestamp_ms=when)
            await self._supplement()
            await self._beside()
        await self._stand()

    async def _of_contact(self, number, contact):
        at = Position(0, self.names.keyed, lane_of(contact.encode(), FROM), number)
        order = OrderState(contact, "done", "h", {"orderID": "o"}, 1, "m", position=at)
        seen = self.codec.encode_seen(Seen(at, 2**42, "delivered"))
        key = seen_key(contact, f"m-{number}", "upsertContact")
        receipt = Receipt(
            kind="command",
            outcome="delivered",
            time=1,
            action="upsertContact",
            contact=contact,
            message_id=f"m-{number}",
        )
        place, changelog = at.partition, self.names.changelog
        await self._put(changelog("orders"), place, order_key(contact, "o"), b"an older row")
        row = self.codec.encode_order(order, 1)
        await self._put(changelog("orders"), place, order_key(contact, "o"), row)
        await self._put(changelog("parked"), place, contact.encode(), b"row")
        if number % 2:
            await self._put(changelog("parked"), place, contact.encode(), None)
        await self._put(self.names.receipts, place, None, self.codec.encode_receipt(receipt))
        await self._put(changelog("seen"), place, key, seen)
        for event in range(3):
            await self._put(self.names.keyed, place, contact.encode(), b"%d" % event)

    async def _supplement(self):
        """A row whose key is a hash, and the command that says whose it is."""
        body = {"supplement": "s", "updatedDateField": "at", "records": RECORDS}
        at = Position(0, self.names.keyed, 0, 1)
        command = Command("upsertSupplementRecords", "u-4", "m", 1, body, position=at)
        topic = self.names.action(command.action)
        await self._put(topic, 0, b"u-4", self.codec.encode_command(command))
        row = encode_row("supplements", Updated(2**42, 0))
        await self._put(self.names.changelog("supplements"), 0, SUPPLEMENT, row)

    async def without_receipt(self):
        """A row of `seen` of which nothing says whose it is, and another that is old."""
        async with AIOKafkaProducer(bootstrap_servers=self.bootstrap) as self.producer:
            for key, time in ((b"young", 2**42), (b"old", 1)):
                row = Seen(Position(0, self.names.keyed, 0, 1), time, "delivered")
                place = self.names.changelog("seen")
                await self._put(place, 0, key, self.codec.encode_seen(row))

    async def _beside(self):
        letter = DeadLetter(
            id="x-1",
            reason="invalid",
            message="",
            topic=self.names.keyed,
            partition=0,
            offset=1,
            time=1,
            replay_to=self.names.replays,
            app_version="1",
            key=b"u-1",
            value=b"event",
            contact="u-1",
        )
        encode = self.codec.encode_dead_letter
        await self._put(self.names.dead_letters, 0, b"u-1", encode(letter))
        replayed = encode(replace(letter, id="x-2"))
        await self._put(self.names.dead_letters, 0, b"u-1", replayed)
        await self._put(self.names.replays, 0, b"u-1", b"event", headers=[("x-replay-of", b"x-2")])
        command = Command("upsertOrder", "u-2", "m", 1, {"orderID": "o"})
        made = replace(command, position=Position(0, self.names.keyed, 0, 1))
        for one in (command, made):
            topic = self.names.action("upsertOrder")
            await self._put(topic, 0, b"u-2", self.codec.encode_command(one))
        link = moving.hops.Link("u-3", 0, 1, 1)
        await self._put(self.names.hops, 0, b"a-3", None, headers=hops.tying(1, link))

    async def _stand(self):
        """The first event of each contact, the replay and a record of the source are settled."""
        offsets = {TopicPartition(self.names.keyed, number): 3 for number in range(FROM)}
        offsets |= {TopicPartition(self.names.replays, 0): 1}
        offsets |= {TopicPartition(self.plan.sources[0].topic, 1): 7}
        async with AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, group_id=self.names.app_id, enable_auto_commit=False
        ) as consumer:
            consumer.assign(list(offsets))
            await consumer.commit(offsets)

    async def _put(self, topic, partition, key, value, **given):
        await self.producer.send_and_wait(topic, value, key, partition=partition, **given)


async def migrated(plan, wish=SINGLE):
    """The exit code of the command, run as it is: with a loop of its own."""
    return await asyncio.to_thread(run_migrate, plan, wish)


def rows_of(records):
    found = {}
    for record in records:
        found[record.partition, record.key] = record.value
    return {at: value for at, value in found.items() if value is not None}


async def as_it_should_be(settings):
    """Everything stands once, on the partition of its contact."""
    new = settings.model_copy(update={"layout": 1})
    names, bootstrap, codec = names_of(new), settings.kafka.bootstrap, Codec()
    lane = {contact: lane_of(contact.encode(), TO) for contact in CONTACTS}
    tables = {table: rows_of(await read_all(bootstrap, names.changelog(table))) for table in TABLES}
    assert set(tables["orders"]) == {(lane[one], order_key(one, "o")) for one in CONTACTS}
    assert b"an older row" not in tables["orders"].values()
    assert set(tables["parked"]) == {(lane[one], one.encode()) for one in CONTACTS[::2]}
    assert set(tables["seen"]) == {
        (lane[contact], seen_key(contact, f"m-{number}", "upsertContact"))
        for number, contact in enumerate(CONTACTS)
    }
    assert tables["identities"] == {(lane["u-0"], b"u-0"): b"newer"}
    [((number, key), row)] = tables["supplements"].items()
    assert (number, key, decode_row("supplements", row)) == (
        *(lane["u-4"], SUPPLEMENT),
        Updated(2**42, lane["u-4"]),
    )
    assert tables["groups"] == {(number, b"g-1"): b"name 1" for number in range(TO)}
    events = {}
    for record in await read_all(bootstrap, names.keyed):
        assert record.partition == lane[record.key.decode()]
        events.setdefault(record.key, []).append(record.value)
    whole = [values for values in events.values() if values == [b"0", b"1", b"2"]]
    assert len(whole) == len(CONTACTS) - FROM
    assert sum(map(len, events.values())) == 3 * (len(CONTACTS) - FROM)
    [letter] = await read_all(bootstrap, names.dead_letters)
    moved = codec.decode_dead_letter(letter.value)
    assert (moved.id, moved.partition, letter.partition) == ("x-1", lane["u-1"], lane["u-1"])
    [command] = await read_all(bootstrap, names.action("upsertOrder"))
    assert (command.partition, codec.decode_command(command.value).position) == (lane["u-2"], None)
    [hop] = await read_all(bootstrap, names.hops)
    assert hop.partition == lane_of(b"a-3", TO)
    assert dict(hop.headers)[hops.PARTITION] == str(lane["u-3"]).encode()
    stands = await committed(bootstrap, names.app_id)
    assert stands == {(f"{settings.prefix}-bus", 1): 7}


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
    assert await migrated(plan, drop) == OK
    gone = before - set((await read_cluster(settings)).topics)
    kept = {f"{settings.prefix}-bus", migrations_topic(settings)}
    assert gone == {one for one in ours if one.startswith(settings.prefix)} - kept
    assert (await read_migrations(settings))[1].step == "finished"
    assert rows_of(await read_all(settings.kafka.bootstrap, names_of(new).changelog("orders")))
