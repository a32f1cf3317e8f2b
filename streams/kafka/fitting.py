"""What the broker would not take for its size is made smaller, and says so."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from streams.core.records import DeadLetter
from streams.kafka.outbox import Fact, Record

T = TypeVar("T")
Shape = tuple[str, int, bytes | None, bytes]
"""Topic, partition, key and value of a record."""
LEFT_OUT = "left out here, as the dead letter would not fit its topic"


def fitting(
    put: Callable[[Record], None], shaped: Callable[[T], Shape], sizes: Sequence[T]
) -> Fact:
    """The first of `sizes`, which come from large to small, that the broker takes.

    `put` produces the smaller one in place of what was refused.
    """
    largest, *smaller = sizes

    def record(durable: Callable[[], None]) -> Record:
        def refused() -> None:
            put(fitting(put, shaped, smaller)(durable))

        return Record(*shaped(largest), (), durable, refused if smaller else None)

    return record


def ever_smaller(letter: DeadLetter) -> tuple[DeadLetter, ...]:
    """Whole; without its value; without headers and key either. The place remains."""
    size = len(letter.value or b"")
    said = f"{letter.message}; its value of {size:,} bytes is {LEFT_OUT}"
    without = replace(letter, value=None, message=said)
    bare = replace(without, headers=(), key=None, message=f"{said}, its headers and key too")
    return letter, without, bare
