"""Whose partition a row is of, as Faust's memory store keeps it.

The rows of partitions that another worker has now must go: they would stay in memory, and, where
the other worker forgot them, be there as if they were still true when the partition comes back.
The store knows the partition only of rows that it has read from a changelog by itself; ours are
put in directly. Read at faust-streaming 0.15.3; `tests/unit/delivery/test_owners.py` notices when
it changes.
"""

import asyncio
from collections.abc import Container, Iterable, MutableMapping
from typing import Any, Protocol

SHARED = frozenset({"groups"})
"""Tables of which several partitions have the same row: it stays while any of them may be ours."""
AT_ONCE = 20_000
"""Rows dropped in one go, in a few milliseconds."""


class Row(Protocol):
    """A record of a changelog; `value` is None where the row is forgotten."""

    offset: int
    key: bytes
    value: bytes | None


def put(store: MutableMapping[bytes, bytes], key: bytes, row: bytes, partition: int | None) -> None:
    """Write a row of this partition; one of None stays where it is of no other."""
    store[key] = row
    owners = _owners(store)
    if owners is not None and partition is not None:
        owners[key] = partition


def drop(store: MutableMapping[bytes, bytes], key: bytes) -> None:
    """Forget a row, if it is there."""
    store.pop(key, None)
    owners = _owners(store)
    if owners is not None:
        owners.pop(key, None)


def owner(store: MutableMapping[bytes, bytes], key: bytes) -> int | None:
    """The partition of a row, where it is known."""
    known = _owners(store)
    return None if known is None else known.get(key)


def put_all(store: Any, rows: Iterable[Row], partition: int | None) -> None:
    """Write and forget rows as a changelog of this partition has them, in its order."""
    kept, owners = store.data, store._key_partition
    for row in rows:
        key, value = row.key, row.value
        if value is None:
            kept.pop(key, None)
            owners.pop(key, None)
        else:
            kept[key] = value
            if partition is not None:
                owners[key] = partition


async def keep(store: Any, partitions: Container[int]) -> None:
    """Drop the rows of all other partitions, and let others work in between."""
    gone = [key for key, owner in store._key_partition.items() if owner not in partitions]
    for number, key in enumerate(gone, 1):
        store.data.pop(key, None)
        store._key_partition.pop(key, None)
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)


def _owners(store: object) -> MutableMapping[bytes, int] | None:
    """None where the store is a plain dict, as `trace` and tests have it."""
    return getattr(store, "_key_partition", None)
