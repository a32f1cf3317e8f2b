"""Where a group stands beside what its topics still hold. Pure.

Kafka deletes records by age and by size, also those that nobody has read; and a topic that was
deleted and made anew begins at 0. A consumer alone would begin somewhere else and say nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from faust.types import TP


@dataclass(frozen=True, slots=True)
class Missed:
    """So many records were deleted before they were read; reading goes on behind them."""

    tp: TP
    count: int

    def __str__(self) -> str:
        return f"{self.count} records were deleted before they were read; keep the topic longer"


@dataclass(frozen=True, slots=True)
class Beyond:
    """The group stands at `offset`, and the topic ends at `end`: it is not the one that was read,
    or it was cut."""

    tp: TP
    offset: int
    end: int

    def __str__(self) -> str:
        return (
            f"the group stands at {self.offset} and the topic ends at {self.end}: it was made anew "
            "or cut; see When the source topic is recreated in docs/operations.md"
        )


def reach(
    stands: Mapping[TP, int], firsts: Mapping[TP, int], ends: Mapping[TP, int]
) -> Iterator[Missed | Beyond]:
    """What is wrong with where the group stands, by the first and the end offset of each."""
    for tp, offset in stands.items():
        if offset > ends[tp]:
            yield Beyond(tp, offset, ends[tp])
        elif offset < firsts[tp]:
            yield Missed(tp, firsts[tp] - offset)
