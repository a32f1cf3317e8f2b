"""Luck that is written down: what a step of a schedule draws follows from its salt alone.

So a schedule is a list of steps and salts, and some of them can be left out while the others stay
as they were. A generator of its own, as seeding the library's takes longer than most steps.
"""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
SALTS = 1 << 32
_MASK = (1 << 64) - 1


class Chance:
    """A linear congruential generator (Knuth's MMIX), its upper bits."""

    __slots__ = ("_state",)

    def __init__(self, salt: int = 0) -> None:
        self._state = salt

    def salt(self, salt: int) -> None:
        """Begin anew."""
        self._state = salt

    def random(self) -> float:
        """From 0 to 1, without 1."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        return (self._state >> 11) / (1 << 53)

    def randrange(self, end: int) -> int:
        return int(self.random() * end)

    def randint(self, first: int, last: int) -> int:
        return first + int(self.random() * (last - first + 1))

    def choice(self, among: Sequence[T]) -> T:
        return among[int(self.random() * len(among))]
