"""Forgets rows that are old, a few at a time: one look through all rows would stop the event loop,
for seconds where there are a million.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from streams.core.outcome import Dead
from streams.core.supplements import Row
from streams.core.times import DAY_MS
from streams.kafka import owners
from streams.kafka.learned_rows import decode_row
from streams.kafka.outbox import Fact
from streams.kafka.partition import Partition
from streams.kafka.tables import Tables
from streams.kafka.visitor_tables import VisitorTables

ROWS = 1_000
"""How many rows are looked at in one step, which is a second: some milliseconds."""
EVERY = 600
"""Steps from the beginning of one walk to that of the next, at least."""


@dataclass(slots=True, eq=False)
class Expiry:
    """Walks through the rows of the tables that forget, again and again.

    What was settled is remembered for `seen_days`, what a partition has told for `link_age` ms.
    Only rows of `live` partitions go: of the others another worker writes the changelog.
    """

    tables: Tables
    visitors: VisitorTables
    live: Mapping[int, Partition]
    seen_days: float
    link_age: int
    now_ms: Callable[[], int]
    _steps: int = 0
    _begins: int = EVERY
    _walk: Iterator[tuple[str, bytes]] | None = None

    def step(self) -> Iterator[Fact]:
        """Look at the next rows; forgets those that are old."""
        self._steps += 1
        if self._walk is None and self._steps >= self._begins:
            self._begins = self._steps + EVERY
            self._walk = self._keys()
        if self._walk is None:
            return
        keys = list(islice(self._walk, ROWS))
        if len(keys) < ROWS:
            self._walk = None
        for table, key in keys:
            row = self.tables.rows[table].data.get(key)
            partition = None if row is None else self._old(table, key, row)
            if partition is not None and partition in self.live:
                yield self.tables.row_fact(table, partition, key, None)

    def _keys(self) -> Iterator[tuple[str, bytes]]:
        """All keys, those of a table as they are when its turn comes."""
        for table in ("seen", "supplements", "links"):
            for key in list(self.tables.rows[table].data):
                yield table, key

    def _old(self, table: str, key: bytes, row: bytes) -> int | None:
        """The partition of a row that is old; else None."""
        if table == "links":
            return self.visitors.old_told(key, row, self.now_ms() - self.link_age)
        before = self.now_ms() - int(self.seen_days * DAY_MS)
        return self._old_seen(key, row, before) if table == "seen" else _old_supplement(row, before)

    def _old_seen(self, key: bytes, raw: bytes, before: int) -> int | None:
        """What was settled long ago and cannot be routed again.

        What was settled on the topics of another layout stands where it was moved to.
        """
        row = self.tables.codec.decode_seen(raw)
        if row.time >= before or row.outcome == Dead.IN_DOUBT:
            return None
        place = row.position
        owner = owners.owner(self.tables.rows["seen"].data, key)
        part = self.live.get(place.partition if owner is None else owner)
        if part is None:
            return None
        open_ = place.topic in part.starts and place.offset >= part.lanes.watermark()
        return None if open_ else part.number


def _old_supplement(raw: bytes, before: int) -> int | None:
    row: Row = decode_row("supplements", raw)
    return row.partition if row.updated < before else None
