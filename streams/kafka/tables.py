"""The tables: what is remembered of a partition's contacts, in Faust tables of Avro rows.

A row is in memory at once and durable when the broker has its changelog record, which goes to
the partition of the lane by name: Faust's own writes want the current event and hash the key.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from streams.core.command import Position
from streams.core.decisions import Seen, seen_key
from streams.core.learning import Learned, merged
from streams.core.order_state import OrderState
from streams.core.outcome import CommandOutcome, Dead
from streams.kafka import owners
from streams.kafka.codec import Codec
from streams.kafka.learned_rows import decode_row, encode_row
from streams.kafka.outbox import Fact, Outbox, Record
from streams.kafka.releases import LaterReleaseError, unreadable

SMALL = 1_000
"""Bytes of a row that is remembered as it was decoded."""


@dataclass(slots=True)
class Tables:
    """Typed reads and writes."""

    rows: Mapping[str, Any]
    changelog: Callable[[str], str]
    codec: Codec
    outbox: Outbox
    now_ms: Callable[[], int]

    def unreadable(self) -> LaterReleaseError | None:
        """Why this release cannot go on over the rows that were recovered, or None."""
        for name, rows in self.rows.items():
            why = unreadable(name, rows.data.values())
            if why is not None:
                return LaterReleaseError(f"{self.changelog(name)}: {why}")
        return None

    def seen(self, key: bytes) -> Seen | None:
        """What is known of a message id and action of a contact."""
        raw = self.rows["seen"].data.get(key)
        return None if raw is None else self.codec.decode_seen(raw)

    def order(self, contact: str, order_id: str) -> OrderState | None:
        """The last state of a contact's order, an open intent included."""
        raw = self.rows["orders"].data.get(order_key(contact, order_id))
        return None if raw is None else self.codec.decode_order(raw)

    def group_name(self, group_id: str) -> str | None:
        """The name of the list that a group id stands for."""
        name: str | None = self.known("groups", group_id)
        return name

    def is_parked(self, contact: str) -> bool:
        """Whether the contact's commands wait behind a dead letter."""
        return contact.encode() in self.rows["parked"].data

    def known(self, table: str, key: str) -> Any:
        """What was learned, as `core.learning` has it; None where that is nothing."""
        raw = self.rows[table].data.get(key.encode())
        if raw is None:
            return None
        return decode_row(table, raw) if len(raw) > SMALL else _small_row(table, raw)

    def learned(self, partition: int, learned: Iterable[Learned]) -> list[Fact]:
        """Know what a delivered command taught; nothing to write where that was known."""
        facts = []
        for one in learned:
            row = self.known(one.table, one.key)
            new = merged(row, one)
            if new != row:
                value = encode_row(one.table, new)
                facts.append(self._put(one.table, partition, one.key.encode(), value))
        return facts

    def remember(self, key: bytes, position: Position, outcome: str) -> bytes:
        """Know a settled command at once; gives the row that is to be `recorded`."""
        rows = self.rows["seen"].data
        known = self.seen(key)
        if known is None or _outranks(outcome, position, known):
            row = Seen(position=position, time=self.now_ms(), outcome=outcome)
            owners.put(rows, key, self.codec.encode_seen(row), position.partition)
        said: bytes = rows[key]
        return said

    def recorded(self, partition: int, key: bytes, row: bytes) -> Fact:
        """The commit record, as it was when its command was settled: by now the row in memory
        may speak for a later command, of which nothing is durable."""
        return self._record("seen", partition, key, row)

    def order_fact(self, partition: int, row: OrderState, *, forget: bool = False) -> Fact:
        """The state of an order, or that it is forgotten."""
        value = None if forget else self.codec.encode_order(row, self.now_ms())
        key = order_key(row.contact, str(row.body["orderID"]))
        return self._put("orders", partition, key, value)

    def parked_fact(self, partition: int, contact: str, reason: str, position: Position) -> Fact:
        """Park a contact behind the command at this position."""
        value = self.codec.encode_parked(reason, self.now_ms(), position)
        return self._put("parked", partition, contact.encode(), value)

    def unparked_fact(self, partition: int, contact: str) -> Fact:
        """Let a contact go on."""
        return self._put("parked", partition, contact.encode(), None)

    def applied_since(self, contact: str, action: str) -> Position | None:
        """The newest command that was delivered since one like it died."""
        row = self.seen(seen_key(contact, "", action))
        return row.position if row and row.outcome == CommandOutcome.DELIVERED else None

    def died(self, partition: int, contact: str, action: str, position: Position) -> list[Fact]:
        """From now on remember what is delivered: a replay of the dead one must not undo it."""
        key = seen_key(contact, "", action)
        if self.seen(key) is not None:
            return []
        return [self._newest(partition, key, position, CommandOutcome.DEAD_LETTERED)]

    def applied(self, partition: int, contact: str, action: str, position: Position) -> list[Fact]:
        """It was delivered, maybe after one that died."""
        key = seen_key(contact, "", action)
        row = self.seen(key)
        if row is None or position.at_or_below(row.position):
            return []
        return [self._newest(partition, key, position, CommandOutcome.DELIVERED)]

    def _newest(self, partition: int, key: bytes, position: Position, outcome: str) -> Fact:
        row = Seen(position=position, time=self.now_ms(), outcome=outcome)
        return self._put("seen", partition, key, self.codec.encode_seen(row))

    def row_fact(self, table: str, partition: int, key: bytes, value: bytes | None) -> Fact:
        """A row of another table, as bytes; None forgets it."""
        return self._put(table, partition, key, value)

    def _put(self, table: str, partition: int, key: bytes, value: bytes | None) -> Fact:
        rows = self.rows[table].data
        if value is None:
            owners.drop(rows, key)
        else:
            owner = None if table in owners.SHARED else partition
            owners.put(rows, key, value, owner)
        return self._record(table, partition, key, value)

    def _record(self, table: str, partition: int, key: bytes, value: bytes | None) -> Fact:
        def record(durable: Callable[[], None]) -> Record:
            return Record(self.changelog(table), partition, key, value, (), durable)

        return record


@lru_cache(maxsize=1_000)
def _small_row(table: str, raw: bytes) -> Any:
    """Rows are read far more often than they change: one of a contact by each of its commands."""
    return decode_row(table, raw)


def order_key(contact: str, order_id: str) -> bytes:
    """The key of a row of orders.

    Two contacts' orders of one number are two: neither must be told with the other's.
    """
    return f"{contact}\0{order_id}".encode("utf-8", "surrogatepass")


def _outranks(outcome: str, position: Position, known: Seen) -> bool:
    """Whether a row may give way: a delivery lasts, and nothing less clears up a doubt."""
    if outcome == CommandOutcome.DELIVERED:
        return known.outcome != CommandOutcome.DELIVERED
    lasting = known.outcome in (CommandOutcome.DELIVERED, Dead.IN_DOUBT)
    return not lasting and position.generation >= 0
