"""What a command leaves behind when its turn is over, and in which order it becomes durable.

First the facts: the receipt, the order's state, the dead letter. When the broker has them, and
those of every earlier command of the contact, the commit record: a row of `seen`. A crash in
between repeats a command whose facts are known; it never loses one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from streams.core.decisions import seen_key
from streams.core.lanes import Entry
from streams.core.outcome import CommandOutcome, Dead
from streams.kafka.load import Load
from streams.kafka.outbox import Fact, Outbox
from streams.kafka.partition import Partition
from streams.kafka.tables import Tables


@dataclass(slots=True)
class Settling:
    """Settles commands and closes them when what they leave behind is durable."""

    outbox: Outbox
    tables: Tables
    settled: Callable[[Partition], None]
    _open: dict[Entry, int] = field(default_factory=dict)
    _rows: dict[Entry, tuple[bytes, bytes]] = field(default_factory=dict)

    def settle(
        self,
        part: Partition,
        entry: Entry,
        facts: Sequence[Fact],
        *,
        outcome: CommandOutcome | Dead,
        record: bool,
    ) -> None:
        """Let the command leave its lane and write what it leaves behind.

        `record` is False where a row of `seen` settles the command already.
        """
        load: Load = entry.payload
        if record:
            key = seen_key(entry.contact, entry.message_id, entry.action)
            self._rows[entry] = key, self.tables.remember(key, load.position, outcome)
        if facts:
            self._open[entry] = len(facts)
        released = part.lanes.settle(entry, facts=bool(facts), record=record)
        for fact in facts:
            self.outbox.put(fact(partial(self._durable, part, entry)))
        self._commit(part, released)

    def _durable(self, part: Partition, entry: Entry) -> None:
        self._open[entry] -= 1
        if self._open[entry] == 0:
            del self._open[entry]
            self._commit(part, part.lanes.durable(entry))

    def _commit(self, part: Partition, entries: Sequence[Entry]) -> None:
        for entry in entries:
            fact = self.tables.recorded(part.number, *self._rows.pop(entry))
            self.outbox.put(fact(partial(self._closed, part, entry)))
        part.advance()
        self.settled(part)

    def _closed(self, part: Partition, entry: Entry) -> None:
        part.lanes.close(entry)
        part.advance()
        self.settled(part)
