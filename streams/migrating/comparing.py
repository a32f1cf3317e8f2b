"""Compares the tables of two layouts: the number of rows and a hash over them, by partition.

The hash of a partition is a sum over its rows, so their order does not count. Where a row stood on
several old partitions, as where a contact's events did, the newest of them is the row to be; it is
written once more before it is compared. Rows that the new layout has too many are forgotten first:
only what it lacks, or has otherwise, is wrong.
"""

from array import array
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from streams.kafka.names import TABLES, names_of
from streams.migrating.copying import latest
from streams.migrating.moving import EVERYWHERE, moved
from streams.migrating.owners import Owners
from streams.migrating.spans import Bulk, Reader, Span
from streams.settings import Settings

BYTES = 8
At = tuple[int, bytes]
"""A new partition, and the key of a row."""


@dataclass(slots=True)
class Sums:
    """How many rows each partition has, and a sum of their hashes."""

    counts: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    hashes: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, at: At, value: bytes) -> None:
        """One row more."""
        self.take(at[0], _hash(at[1], value))

    def take(self, partition: int, row: int) -> None:
        """One row more, by its hash."""
        self.counts[partition] += 1
        self.hashes[partition] = (self.hashes[partition] + row) % 256**BYTES

    def unlike(self, wanted: "Sums", partitions: int) -> Iterator[str]:
        """Where this is not what it should be."""
        for number in range(partitions):
            have, want = self.counts.get(number, 0), wanted.counts.get(number, 0)
            if have != want:
                yield f"partition {number} has {have} rows and should have {want}"
            elif self.hashes.get(number) != wanted.hashes.get(number):
                yield f"partition {number} has {have} rows, and not all as they should be"


@dataclass(slots=True)
class Comparing:
    """Compares the layout of `new`, of so many `partitions`, with that of `old`.

    Nobody may write to either meanwhile.
    """

    old: Settings
    new: Settings
    partitions: tuple[int, int]
    owners: Owners
    reader: Reader
    bulk: Bulk

    async def table(self, table: str) -> tuple[int, list[str]]:
        """How many rows it has now, and what is wrong with them. Raises aiokafka's errors."""
        if table in EVERYWHERE:
            wanted = Sums()
            for key, value in (await latest(self.reader, self.old, table)).items():
                for row in self._moved(table, key, value):
                    wanted.add((row.partition, key), value)
        else:
            wanted = await self._wanted(table)
        there = await self._there(table)
        if any(there.unlike(wanted, self.partitions[1])):
            await self._forget(table)
            there = await self._there(table)
        wrong = [f"{table}: {what}" for what in there.unlike(wanted, self.partitions[1])]
        return sum(there.counts.values()), wrong

    async def _wanted(self, table: str) -> Sums:
        keys = array("Q")
        sums = await self._summed(table, keys)
        doubled = _doubles(keys)
        if not doubled:
            return sums
        sums = await self._summed(table, array("Q"), doubled)
        for (partition, key), value in (await self._newest(table, doubled)).items():
            topic = names_of(self.new).changelog(table)
            await self.bulk.put(topic, partition, key, value)
            if value is not None:
                sums.add((partition, key), value)
        await self.bulk.settle()
        return sums

    async def _summed(self, table: str, keys: "array[int]", without: Collection[int] = ()) -> Sums:
        """Some partitions at a time, so that not all rows are in memory. Fills `keys`."""
        sums = Sums()
        for numbers in _parts(self.partitions[0]):
            rows: dict[At, int | None] = {}
            seen: set[At] = set()
            async for record in self._records(self.old, table, numbers):
                for row in self._moved(table, record.key, record.value):
                    value = row.value
                    at = row.partition, row.key
                    rows[at] = None if value is None else _hash(row.key, value)
                seen.add((record.partition, record.key))
            keys.extend(_hash(key, b"") for _, key in seen)
            for (partition, key), row_hash in rows.items():
                if row_hash is not None and not (without and _hash(key, b"") in without):
                    sums.take(partition, row_hash)
        return sums

    async def _newest(self, table: str, doubled: Collection[int]) -> dict[At, bytes | None]:
        found: dict[bytes, Any] = {}
        async for record in self._records(self.old, table):
            known = found.get(record.key)
            if known is not None and known.timestamp > record.timestamp:
                continue
            if known is not None or _hash(record.key, b"") in doubled:
                found[record.key] = record
        rows = [row for one in found.values() for row in self._moved(table, one.key, one.value)]
        return {(row.partition, row.key): row.value for row in rows}

    async def _forget(self, table: str) -> None:
        """Forget the rows that the old layout has no more.

        An earlier run copied them; what forgot them since was compacted away in the old changelog.
        """
        topic = names_of(self.new).changelog(table)
        for numbers in _parts(self.partitions[1]):
            rows = await self._rows(table, numbers)
            async for record in self._records(self.old, table):
                if record.value is not None:
                    for row in self._moved(table, record.key, record.value):
                        rows.pop((row.partition, row.key), None)
            for number, key in rows:
                await self.bulk.put(topic, number, key, None)
        await self.bulk.settle()

    async def _there(self, table: str) -> Sums:
        sums = Sums()
        for numbers in _parts(self.partitions[1]):
            for (number, _), row in (await self._rows(table, numbers)).items():
                sums.take(number, row)
        return sums

    async def _rows(self, table: str, numbers: Collection[int]) -> dict[At, int]:
        """What these partitions of the new changelog have, and its hashes."""
        rows: dict[At, int] = {}
        async for record in self._records(self.new, table, numbers):
            at = record.partition, record.key
            if record.value is None:
                rows.pop(at, None)
            else:
                rows[at] = _hash(record.key, record.value)
        return rows

    def _moved(self, table: str, key: bytes, value: bytes | None) -> Any:
        return moved(table, key, value, self.partitions[1], self.owners.found.get(table, {}))

    def _records(
        self, settings: Settings, table: str, only: Collection[int] | None = None
    ) -> AsyncIterator[Any]:
        return Span(self.reader, names_of(settings).changelog(table), only=only).records()


async def differences(comparing: Comparing) -> tuple[dict[str, int], list[str]]:
    """The rows of each table, and where they are not as they should be."""
    counts: dict[str, int] = {}
    wrong: list[str] = []
    for table in TABLES:
        counts[table], found = await comparing.table(table)
        wrong += found
    return counts, wrong


def _parts(partitions: int) -> Iterator[range]:
    """The partitions, an eighth at a time."""
    step = max(1, partitions // 8)
    for first in range(0, partitions, step):
        yield range(first, min(first + step, partitions))


def _doubles(keys: "array[int]") -> set[int]:
    """The hashes of keys that stood on several partitions."""
    ordered = sorted(keys)
    return {one for one, other in pairwise(ordered) if one == other}


def _hash(key: bytes, value: bytes) -> int:
    digest = blake2b(len(key).to_bytes(4, "big") + key + value, digest_size=BYTES)
    return int.from_bytes(digest.digest(), "big")
