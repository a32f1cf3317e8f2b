"""An installation that is to be gone over from, and what it is afterwards."""

import asyncio
from dataclasses import replace

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.core.command import Command, Position
from streams.core.decisions import Seen, seen_key
from streams.core.order_state import OrderState
from streams.core.records import DeadLetter, Receipt
from streams.core.supplements import Row as Updated
from streams.core.supplements import key_of
from streams.kafka import hops
from streams.kafka.cluster import create, read_cluster
from streams.kafka.codec import Codec
from streams.kafka.hops import lane_of
from streams.kafka.learned_rows import decode_row, encode_row
from streams.kafka.names import TABLES, names_of
from streams.kafka.tables import order_key
from streams.kafka.topics import source_topics, wanted_topics
from streams.migrating.command import Wish, run_migrate
from streams.plan import instance_names, load_plan
from tests.broker.clients import committed, read_all

CONTACTS = [f"u-{number}" for number in range(40)]
FROM, TO = 3, 5
RECORDS = [{"id": "1", "at": "2026-11-20T10:00:00Z"}]
SUPPLEMENT = key_of("u-4", "s", "1").encode()
SINGLE = Wish(partitions=TO, wait=1.0, as_json=True)
"""What the tests ask for."""


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
        link = hops.Link("u-3", 0, 1, 1)
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
