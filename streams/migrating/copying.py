"""Copies the tables: every record of the old changelogs to the new ones, once and then what is new.

Records of one key keep their order, so what was copied before a crash may be copied again.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from streams.core.outcome import Dead
from streams.core.times import DAY_MS
from streams.kafka.codec import Codec
from streams.kafka.learned_rows import decode_row
from streams.kafka.names import TABLES, names_of
from streams.migrating.moving import EVERYWHERE, HASHED, moved
from streams.migrating.owners import Owners
from streams.migrating.spans import Bulk, Reader, Span
from streams.settings import Settings

Copied = dict[str, int]
"""By table and partition (`orders/3`): the offset below which everything is copied."""
STEP = 50_000
"""Records after which is said how far it has come."""


@dataclass(slots=True)
class Copying:
    """Copies from the layout of `old` to that of `new`, which has so many partitions.

    `save` keeps how far it has come; `unplaced` are rows of which nothing says whose they are.
    """

    old: Settings
    new: Settings
    partitions: int
    owners: Owners
    reader: Reader
    bulk: Bulk
    save: Callable[[Copied], Awaitable[None]]
    say: Callable[[str, int], None]
    copied: Copied = field(default_factory=dict)
    unplaced: dict[str, set[bytes]] = field(default_factory=lambda: {one: set() for one in HASHED})
    rows: int = 0
    _codec: Codec = field(default_factory=Codec)

    async def all(self) -> int:
        """Copy what is new in every table but those that everybody has; how much it was."""
        before = self.rows
        for table in TABLES:
            if table not in EVERYWHERE:
                await self._table(table)
        await self.save(
            {key: at for key, at in self.copied.items() if key.split("/")[0] not in HASHED}
        )
        return self.rows - before

    async def everywhere(self) -> None:
        """Copy the tables that every partition has, once nobody writes them any more."""
        for table in EVERYWHERE:
            for key, value in (await latest(self.reader, self.old, table)).items():
                for row in moved(table, key, value, self.partitions, {}):
                    topic = names_of(self.new).changelog(table)
                    await self.bulk.put(topic, row.partition, row.key, row.value)
        await self.bulk.settle()

    async def _table(self, table: str) -> None:
        starts = {
            int(key.partition("/")[2]): at
            for key, at in self.copied.items()
            if key.partition("/")[0] == table
        }
        span = Span(self.reader, names_of(self.old).changelog(table), starts)
        if table in HASHED:
            async for record in span.records():
                self.owners.seek(table, record.key)
            await self.owners.look(table)
        async for record in span.records():
            await self._record(table, record)
        await self.bulk.settle()
        self.copied |= {f"{table}/{number}": at for number, at in span.ends.items()}
        self.say(table, self.rows)

    async def _record(self, table: str, record: Any) -> None:
        key, value = record.key, record.value
        rows = moved(table, key, value, self.partitions, self.owners.found.get(table, {}))
        topic = names_of(self.new).changelog(table)
        for row in rows:
            await self.bulk.put(
                topic, row.partition, row.key, row.value, timestamp=record.timestamp, of=record
            )
        if table in HASHED:
            lost = not rows and not self._is_old(table, value)
            (self.unplaced[table].add if lost else self.unplaced[table].discard)(key)
        self.rows += 1
        if self.rows % STEP == 0:
            self.say(table, self.rows)

    def _is_old(self, table: str, value: bytes) -> bool:
        """Whether the workers would forget this row."""
        before = time.time_ns() // 1_000_000 - int(self.old.seen_days * DAY_MS)
        if table == "supplements":
            return bool(decode_row(table, value).updated < before)
        row = self._codec.decode_seen(value)
        return row.time < before and row.outcome != Dead.IN_DOUBT


async def latest(reader: Reader, settings: Settings, table: str) -> dict[bytes, bytes]:
    """The rows of a table that every partition has, the newest of each key."""
    found: dict[bytes, tuple[int, bytes]] = {}
    async for record in Span(reader, names_of(settings).changelog(table)).records():
        if record.key not in found or found[record.key][0] <= record.timestamp:
            found[record.key] = record.timestamp, record.value
    return {key: value for key, (_, value) in found.items() if value is not None}
