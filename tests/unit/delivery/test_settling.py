"""When a command's commit record is written, and what it says."""

from types import SimpleNamespace
from typing import Any

from faust.types import TP

from streams.core.command import Position
from streams.core.decisions import seen_key
from streams.core.lanes import Entry, Lanes, Planned
from streams.core.outcome import CommandOutcome
from streams.kafka.codec import Codec
from streams.kafka.outbox import Record
from streams.kafka.partition import Partition
from streams.kafka.settling import Settling
from streams.kafka.tables import Tables

TOPIC, COPIES, ACTION = "customer.events", "cordial.upsertOrder", "upsertOrder"
CODEC = Codec()
KEY = seen_key("ann", "m-1", ACTION)


class Bench:
    """Settling over real lanes and tables; what it writes waits in `written`."""

    def __init__(self) -> None:
        self.written: list[Record] = []
        outbox: Any = SimpleNamespace(put=self.written.append)
        self.rows: dict[str, Any] = {"seen": SimpleNamespace(data={})}
        tables = Tables(self.rows, lambda table: f"{table}-changelog", CODEC, outbox, lambda: 0)
        self.lanes = Lanes(start=0, max_commands=9, max_span=9)
        self.settling = Settling(outbox, tables, lambda part: None)
        starts = {TOPIC: 0, COPIES: 0}
        self.part = Partition(0, TP(TOPIC, 0), self.lanes, starts, lambda tp, offset: None)

    def arrived(self, offset: int) -> Entry:
        """The same message id at one more offset of the keyed topic."""
        [entry] = self.lanes.read(offset, "ann", [Planned(ACTION, "m-1")])
        load = SimpleNamespace(position=Position(1, TOPIC, 0, offset))
        said = {"contact": "ann", "action": ACTION, "message_id": "m-1", "payload": load}
        self.lanes.arrive(COPIES, offset, offset=offset, **said)
        return entry

    def settle(self, entry: Entry, outcome: CommandOutcome, *, record: bool = True) -> None:
        self.settling.settle(self.part, entry, [_fact], outcome=outcome, record=record)

    def durable(self, topic: str) -> None:
        """The broker has the first record of a topic that it was given."""
        record = next(one for one in self.written if one.topic == topic)
        self.written.remove(record)
        record.durable()

    def recorded(self) -> list[tuple[int, str]]:
        """What the commit records on their way say: offset and outcome."""
        rows = [one for one in self.written if one.topic == "seen-changelog"]
        seen = [CODEC.decode_seen(one.value) for one in rows if one.value is not None]
        return [(row.position.offset, row.outcome) for row in seen]


def _fact(durable: Any) -> Record:
    return Record("facts", 0, b"", b"", (), durable)


def test_a_commit_record_says_nothing_of_a_later_command_whose_facts_are_not_durable() -> None:
    bench = Bench()
    first, second = bench.arrived(0), bench.arrived(1)
    bench.settle(first, CommandOutcome.DEAD_LETTERED)
    bench.settle(second, CommandOutcome.DELIVERED)
    assert CODEC.decode_seen(bench.rows["seen"].data[KEY]).outcome == "delivered"
    bench.durable("facts")
    assert bench.recorded() == [(0, "dead_lettered")]
    assert CODEC.decode_seen(bench.rows["seen"].data[KEY]).outcome == "delivered"
    bench.durable("facts")
    assert bench.recorded() == [(0, "dead_lettered"), (1, "delivered")]


def test_a_delivery_lasts_in_the_memory_and_on_record() -> None:
    bench = Bench()
    first, second = bench.arrived(0), bench.arrived(1)
    bench.settle(first, CommandOutcome.DELIVERED)
    bench.settle(second, CommandOutcome.SUPPRESSED)
    bench.durable("facts")
    bench.durable("facts")
    assert bench.recorded() == [(0, "delivered"), (0, "delivered")]


def test_what_a_row_settles_already_writes_none() -> None:
    bench = Bench()
    first, second = bench.arrived(0), bench.arrived(1)
    bench.settle(first, CommandOutcome.DELIVERED)
    bench.settle(second, CommandOutcome.SUPPRESSED, record=False)
    bench.durable("facts")
    bench.durable("facts")
    assert bench.recorded() == [(0, "delivered")]
