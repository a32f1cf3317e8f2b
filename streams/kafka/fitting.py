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
    put: Callable[[Record], None],
    shaped: Callable[[T], Shape],
    one: T,
    smaller: Sequence[Callable[[T], T]],
) -> Fact:
    """The first that the broker takes of `one` and what `smaller`, in turn, make of it.

    `put` produces the smaller one in place of what was refused.
    """

    def record(durable: Callable[[], None]) -> Record:
        def refused() -> None:
            put(fitting(put, shaped, smaller[0](one), smaller[1:])(durable))

        return Record(*shaped(one), (), durable, refused if smaller else None)

    return record


def _without_value(letter: DeadLetter) -> DeadLetter:
    size = len(letter.value or b"")
    said = f"{letter.message}; its value of {size:,} bytes is {LEFT_OUT}"
    return replace(letter, value=None, message=said)


def _bare(letter: DeadLetter) -> DeadLetter:
    """The place remains."""
    said = f"{letter.message}, its headers and key too"
    return replace(letter, headers=(), key=None, message=said)


EVER_SMALLER = (_without_value, _bare)
"""First without its value, then without headers and key either."""
