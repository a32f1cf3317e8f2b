"""What rows take in memory."""

import sys
from collections.abc import Mapping
from pathlib import Path

from bench.growth_rows import Rows


def memory_of(filled: Rows) -> Mapping[str, Mapping[str, float]]:
    """Bytes a row of each table: of its value alone, and in all. Its place in two dicts, that of
    the rows and that of their partitions, is counted as dicts of this size are."""
    return {table: _row(kept) for table, kept in filled.items() if kept}


def resident_mib() -> float:
    """The memory of this process that is resident."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _row(kept: dict[bytes, bytes]) -> Mapping[str, float]:
    count = len(kept)
    place = sys.getsizeof(kept) / count
    held = sum(_taken(key) + _taken(value) for key, value in kept.items()) / count
    value = sum(map(len, kept.values())) / count
    return {"rows": count, "value": value, "bytes": held + 2 * place}


def _taken(one: bytes) -> int:
    """Memory comes in steps of 16 bytes."""
    return -(-sys.getsizeof(one) // 16) * 16
