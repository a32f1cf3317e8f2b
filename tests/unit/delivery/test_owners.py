"""A worker keeps the rows of its own partitions, in a table as Faust has it."""

from types import SimpleNamespace

import pytest
from faust.stores.memory import Store
from faust.types import TP

from streams.core.command import Position
from streams.core.learning import Learned
from streams.core.outcome import CommandOutcome
from streams.kafka.codec import Codec
from streams.kafka.tables import Tables


@pytest.fixture
def tables() -> Tables:
    app, table = SimpleNamespace(conf=None), SimpleNamespace(name="t")
    rows = {
        name: SimpleNamespace(data=Store("memory://", app, table))
        for name in ("seen", "parked", "groups")
    }
    return Tables(rows, lambda name: name, Codec(), None, lambda: 1_000)


async def recovered(tables: Tables, *partitions: int) -> None:
    """What Faust does after a rebalance, when the tables of these partitions are read."""
    for name, table in tables.rows.items():
        await table.data.on_recovery_completed({TP(name, one) for one in partitions}, set())


async def test_a_row_that_was_written_here_goes_with_its_partition(tables):
    for partition, contact in ((1, "ann"), (2, "bob")):
        position = Position(0, "keyed", partition, 7)
        tables.parked_fact(partition, contact, "rejected", position)
        tables.remember(contact.encode(), position, CommandOutcome.DELIVERED)
    await recovered(tables, 2)
    assert not tables.is_parked("ann")
    assert tables.is_parked("bob")
    assert list(tables.rows["seen"].data) == [b"bob"]


async def test_a_group_that_two_partitions_learned_stays_with_either(tables):
    tables.learned(1, [Learned("groups", "g-1", "vips")])
    await recovered(tables, 2)
    assert tables.group_name("g-1") == "vips"


async def test_a_row_that_was_forgotten_leaves_nothing(tables):
    tables.parked_fact(1, "ann", "rejected", Position(0, "keyed", 1, 7))
    tables.unparked_fact(1, "ann")
    tables.unparked_fact(1, "bob")
    store = tables.rows["parked"].data
    assert not store.data
    assert not store._key_partition
