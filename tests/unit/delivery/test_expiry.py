"""Rows are forgotten when they are old, some at a time."""

from types import SimpleNamespace
from typing import Any

import pytest

from streams.core.command import Position
from streams.core.decisions import Seen
from streams.core.outcome import Dead
from streams.core.supplements import Row
from streams.core.times import DAY_MS
from streams.core.visitors import Link
from streams.kafka.codec import Codec
from streams.kafka.expiry import EVERY, ROWS, Expiry
from streams.kafka.learned_rows import encode_row
from streams.kafka.tables import Tables
from streams.kafka.visitor_rows import encode_link, link_key, told_key
from streams.kafka.visitor_tables import VisitorTables

NOW = 100 * DAY_MS
OLD, NEW = NOW - 8 * DAY_MS, NOW - 6 * DAY_MS


class Touched(dict):
    """A table that counts how many of its rows were looked at."""

    looks = 0

    def get(self, key: bytes, default: Any = None) -> Any:
        self.looks += 1
        return super().get(key, default)


class World:
    """Partition 0 is ours, done below offset 50; the tables are empty."""

    def __init__(self) -> None:
        self.rows = {name: SimpleNamespace(data=Touched()) for name in ("seen", "supplements")}
        self.rows["links"] = SimpleNamespace(data=Touched())
        self.codec = Codec()
        tables = Tables(self.rows, lambda table: table, self.codec, None, lambda: NOW)
        lanes = SimpleNamespace(watermark=lambda: 50)
        self.live = {0: SimpleNamespace(number=0, lanes=lanes, starts={"t": 0})}
        self.expiry = Expiry(tables, VisitorTables(tables), self.live, 7, 30 * DAY_MS, lambda: NOW)

    def seen(self, key: bytes, time: int, partition=0, offset=1, outcome="delivered") -> None:
        row = Seen(Position(0, "t", partition, offset), time, outcome)
        self.rows["seen"].data[key] = self.codec.encode_seen(row)

    @property
    def looks(self) -> int:
        return sum(table.data.looks for table in self.rows.values())

    def steps(self, count: int) -> list[tuple[str, bytes, bytes | None]]:
        facts = [fact for _ in range(count) for fact in self.expiry.step()]
        records = [fact(lambda: None) for fact in facts]
        return [(one.topic, one.key, one.value) for one in records]


@pytest.fixture
def world() -> World:
    return World()


def test_a_step_looks_at_a_bounded_number_of_rows(world):
    for number in range(3 * ROWS + 10):
        world.seen(b"%d" % number, OLD)
    world.steps(EVERY - 1)
    assert world.looks == 0
    for step in range(1, 4):
        assert len(world.steps(1)) == ROWS
        assert world.looks == step * ROWS
    assert len(world.steps(1)) == 10
    assert not world.rows["seen"].data


def test_rows_are_looked_at_once_in_a_walk_however_many_partitions_there_are(world):
    for number in range(2 * ROWS):
        world.seen(b"%d" % number, NEW, partition=number % 64)
    for number in range(1, 64):
        world.live[number] = SimpleNamespace(number=number, lanes=world.live[0].lanes)
    world.steps(2 * EVERY - 1)
    assert world.looks == 2 * ROWS


def test_only_what_is_old_and_ours_and_settled_is_forgotten(world):
    world.seen(b"old", OLD)
    world.seen(b"new", NEW)
    world.seen(b"another worker's", OLD, partition=1)
    world.seen(b"may be routed again", OLD, offset=50)
    world.seen(b"in doubt", OLD, outcome=Dead.IN_DOUBT)
    supplements = world.rows["supplements"].data
    for key, updated, partition in ((b"a", OLD, 0), (b"b", NEW, 0), (b"c", OLD, 1)):
        supplements[key] = encode_row("supplements", Row(updated, partition))
    links, long_ago = world.rows["links"].data, NOW - 31 * DAY_MS
    links[link_key("v")] = encode_link(Link("u", 0, 0, long_ago))
    links[told_key("v", "u")] = encode_link(Link("u", 0, 0, long_ago))
    links[told_key("v", "w")] = encode_link(Link("w", 1, 0, long_ago))
    links[told_key("v", "x")] = encode_link(Link("x", 0, 0, OLD))
    assert world.steps(EVERY) == [
        ("seen", b"old", None),
        ("supplements", b"a", None),
        ("links", told_key("v", "u"), None),
    ]
    assert list(world.rows["seen"].data) == [
        b"new",
        b"another worker's",
        b"may be routed again",
        b"in doubt",
    ]
    assert len(supplements) == 2
    assert len(links) == 3


def test_a_row_that_is_written_anew_during_a_walk_stays(world):
    for number in range(ROWS + 2):
        world.seen(b"%d" % number, OLD)
    world.steps(EVERY)
    first, second = world.rows["seen"].data
    world.seen(first, NEW)
    del world.rows["seen"].data[second]
    world.seen(b"later", OLD)
    assert world.steps(1) == []
    assert world.steps(EVERY) == [("seen", b"later", None)]


def test_nothing_is_forgotten_of_partitions_that_went_away_during_a_walk(world):
    for number in range(ROWS + 2):
        world.seen(b"%d" % number, OLD)
    assert len(world.steps(EVERY)) == ROWS
    del world.live[0]
    assert world.steps(1) == []


class Moved(Touched):
    """A table that knows on which partition each row stands."""

    def __init__(self, partition: int) -> None:
        super().__init__()
        self._key_partition = {b"k": partition}


@pytest.mark.parametrize(("partition", "forgotten"), [(0, 1), (1, 0)])
def test_a_row_of_another_layout_goes_where_it_was_moved_to(world, partition, forgotten):
    world.rows["seen"].data = Moved(partition)
    row = Seen(Position(0, "a topic of before", 7, 1_000), OLD, "delivered")
    world.rows["seen"].data[b"k"] = world.codec.encode_seen(row)
    assert len(world.steps(EVERY)) == forgotten
