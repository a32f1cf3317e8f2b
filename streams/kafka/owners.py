"""Whose partition a row is of, as Faust's memory store keeps it.

After each recovery the store drops the rows of partitions that another worker has now. It knows
the partition only of rows that it has read from a changelog; ours are put in directly, so they
would stay: in memory, and, where the other worker forgot them, as if they were still true when
the partition comes back. Read at faust-streaming 0.15.3; `tests/unit/delivery/test_owners.py`
notices when it changes.
"""

from collections.abc import MutableMapping


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


def _owners(store: object) -> MutableMapping[bytes, int] | None:
    """None where the store is a plain dict, as `trace` and tests have it."""
    return getattr(store, "_key_partition", None)
