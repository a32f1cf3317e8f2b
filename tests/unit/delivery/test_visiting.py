"""What is durable before what, on a visitor's way to the user; the broker answers when told to."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP
from prometheus_client import CollectorRegistry

from streams.core.identity import AccountKeys
from streams.core.lanes import Lanes
from streams.kafka import hops
from streams.kafka.care import Care
from streams.kafka.codec import Codec
from streams.kafka.hopping import Hopping
from streams.kafka.names import TABLES, Names
from streams.kafka.outbox import Record
from streams.kafka.partition import Partition
from streams.kafka.reports import Reports
from streams.kafka.router import Router
from streams.kafka.tables import Tables
from streams.kafka.visiting import Visiting
from streams.kafka.visitor_tables import VisitorTables
from streams.metrics import Metrics
from streams.plan import compile_plan, plan_of
from tests.worker.harness import event

KEYED, HOPS, VISITOR = "customer.events", "cordial.hops", "a-1"
NOW = 1_795_168_800_000
HOME = hops.home_of(VISITOR, 2)
THERE = 1 - HOME
SCHEMA = 1_900_000_001


class Bench:
    """Router and hops of both partitions; what they write waits in `written`."""

    def __init__(self, mode: str = "hold") -> None:
        self.written: list[Record] = []
        self.committed: dict[TP, int] = {}
        outbox: Any = SimpleNamespace(put=self.written.append)
        keys = AccountKeys(segment_id="segment_id")
        plan = compile_plan(plan_of({"identity": {"anonymous": mode}}), keys)
        codec, names = Codec(), Names("cordial", "app")
        asyncio.run(codec.fetch_schema(SCHEMA))
        rows: Any = {name: SimpleNamespace(data={}) for name in TABLES}
        tables = Tables(rows, names.changelog, codec, outbox, lambda: NOW)
        reports = Reports(codec, names, lambda: NOW, outbox.put)
        metrics = Metrics(CollectorRegistry(), identifiers=[one.name for one in plan.sought])
        self.parts = {number: self.part(number) for number in (0, 1)}
        self.visiting = Visiting(
            plan, names, outbox, reports, VisitorTables(tables), metrics, lambda: NOW, self.parts
        )
        self.visiting.assigned([0, 1], 2)
        none: Any = lambda *_: None  # noqa: E731 - whatever is asked of it
        self.router = Router(
            *(plan, 1, codec, names, outbox, reports, tables, self.visiting, metrics),
            *(none, none, none, lambda: NOW, none, Care()),
        )
        self.hopping = Hopping(self.router, self.visiting, outbox, none, none)

    def part(self, number: int) -> Partition:
        lanes = Lanes(start=0, max_commands=9, max_span=9)
        starts = {KEYED: 0, HOPS: 0}
        return Partition(number, TP(KEYED, number), lanes, starts, self.committed.__setitem__)

    def publish(self, number: int, offset: int, **fields: Any) -> None:
        value = event(**{"event": "Viewed", "userId": None, **fields})
        message: Any = SimpleNamespace(
            topic=KEYED,
            partition=number,
            offset=offset,
            timestamp=NOW / 1000,
            key=b"",
            value=value,
            headers=[],
        )
        self.router.read(self.parts[number], message)

    def hop(self, record: Record, offset: int) -> None:
        """The partition that a record was passed on to reads it."""
        message: Any = SimpleNamespace(
            topic=record.topic,
            partition=record.partition,
            offset=offset,
            timestamp=NOW / 1000,
            key=record.key,
            value=record.value,
            headers=record.headers,
        )
        self.hopping.read(self.parts[record.partition or 0], message)

    def steps(self) -> list[str]:
        """What waits for the broker."""
        return [self.step(one) for one in self.written]

    def step(self, record: Record) -> str:
        if record.topic == HOPS:
            return str(hops.kind_of(record))  # type: ignore[arg-type]
        if record.topic == "app-held-changelog":
            return "forget" if record.value is None else "hold"
        if record.topic == "app-links-changelog":
            return "link" if (record.key or b"")[:1] == b"v" else "told"
        return record.topic.removeprefix("cordial.")

    def durable(self, *steps: str) -> list[Record]:
        """The broker has the first records of these kinds."""
        found = []
        for step in steps:
            record = next(one for one in self.written if self.step(one) == step)
            self.written.remove(record)
            record.durable()
            found.append(record)
        return found

    def done(self, topic: str, number: int) -> int | None:
        return self.committed.get(TP(topic, number))


@pytest.fixture
def bench():
    return Bench()


def held(bench, *ids):
    for offset, one in enumerate(ids):
        bench.publish(HOME, offset, messageId=one, anonymousId=VISITOR)
        bench.durable("hold", "receipts")
    assert bench.written == []


def test_an_event_is_settled_when_its_row_and_its_receipt_are_durable(bench):
    bench.publish(HOME, 0, messageId="m-1", anonymousId=VISITOR)
    assert bench.steps() == ["hold", "receipts"]
    bench.durable("receipts")
    assert bench.done(KEYED, HOME) is None
    bench.durable("hold")
    assert bench.done(KEYED, HOME) == 1


def test_an_event_that_stands_elsewhere_is_settled_when_its_home_will_read_it(bench):
    bench.publish(THERE, 0, messageId="m-1", anonymousId=VISITOR)
    assert bench.steps() == ["visit"]
    assert bench.done(KEYED, THERE) is None
    [visit] = bench.durable("visit")
    assert bench.done(KEYED, THERE) == 1
    bench.hop(visit, 0)
    assert bench.steps() == ["hold", "receipts"]
    bench.durable("hold", "receipts")
    assert bench.done(HOPS, HOME) == 1


def test_a_tie_is_settled_when_the_home_will_read_it_and_is_noted_only_then(bench):
    bench.publish(THERE, 0, messageId="m-9", anonymousId=VISITOR, userId="u-1", type="group")
    receipt_and_tie = bench.steps()
    assert "tie" in receipt_and_tie
    assert "told" not in receipt_and_tie
    bench.durable("tie")
    assert "told" in bench.steps()
    bench.durable(*bench.steps())
    assert bench.done(KEYED, THERE) == 1
    bench.publish(THERE, 1, messageId="m-10", anonymousId=VISITOR, userId="u-1", type="group")
    assert "tie" not in bench.steps()


def test_held_events_are_forgotten_when_all_of_them_are_with_the_user(bench):
    held(bench, "m-1", "m-2")
    bench.publish(THERE, 0, messageId="m-9", anonymousId=VISITOR, userId="u-1", type="screen")
    [tie] = bench.durable("tie")
    bench.written.clear()
    bench.hop(tie, 0)
    assert bench.steps() == ["stitched", "stitched"]
    bench.durable("stitched")
    assert bench.steps() == ["stitched"]
    bench.durable("stitched")
    assert bench.steps() == ["forget", "forget", "link"]
    bench.durable("link", "forget")
    assert bench.done(HOPS, HOME) is None
    bench.durable("forget")
    assert bench.done(HOPS, HOME) == 1


def test_what_comes_while_held_events_are_on_their_way_comes_behind_them(bench):
    held(bench, "m-1", "m-2")
    bench.publish(THERE, 0, messageId="m-9", anonymousId=VISITOR, userId="u-1", type="screen")
    [tie] = bench.durable("tie")
    bench.written.clear()
    bench.hop(tie, 0)
    bench.publish(HOME, 2, messageId="m-3", anonymousId=VISITOR)
    assert bench.steps() == ["stitched"] * 3
    behind = bench.written[2]
    assert (behind.partition, behind.key) == (THERE, b"u-1")
    for offset, record in enumerate(bench.durable("stitched", "stitched", "stitched")):
        bench.hop(record, offset)
    lane = bench.parts[THERE].lanes
    assert [one.message_id for one in lane.run("u-1", 9)] == ["m-1", "m-2", "m-3"]


def test_a_released_event_that_comes_twice_has_the_same_contact_and_message_id(bench):
    held(bench, "m-1")
    bench.publish(THERE, 0, messageId="m-9", anonymousId=VISITOR, userId="u-1", type="screen")
    [tie] = bench.durable("tie")
    bench.written.clear()
    bench.hop(tie, 0)
    [once] = bench.durable("stitched")
    bench.hop(once, 0)
    bench.hop(once, 1)
    entries = bench.parts[THERE].lanes.run("u-1", 9)
    assert {(one.contact, one.message_id) for one in entries} == {("u-1", "m-1")}
    assert [one.payload.position.offset for one in entries] == [0, 1]


def test_what_is_no_hop_is_a_dead_letter():
    bench = Bench()
    strange = Record(HOPS, HOME, b"a-1", b"?", [("x-hop", b"somersault")], lambda: None)
    bench.hop(strange, 0)
    assert bench.steps() == ["dead-letters", "receipts"]
    bench.durable("dead-letters", "receipts")
    assert bench.done(HOPS, HOME) == 1


def test_while_there_is_no_room_hops_wait_and_are_slowed(bench):
    slowed = []
    bench.hopping.slow = lambda part, full: slowed.append(full)
    headers = [*hops.stitching(NOW, "u-1")]
    for offset in range(20):
        value = event(event="Viewed", messageId=f"m-{offset}", userId=None, anonymousId=VISITOR)
        bench.hop(Record(HOPS, THERE, b"u-1", value, headers, lambda: None), offset)
    part = bench.parts[THERE]
    assert (part.lanes.open_commands, len(part.hops), slowed) == (9, 11, [True])
