"""Offsets of one topic in reading order, passed on in that order alone.

Law: an offset is passed when everything that hangs on it and on all below it is done.
"""

from collections import deque
from collections.abc import Sequence

from streams.core.entry import LaneError


class Watermark:
    """The offsets read and not yet passed. `next` is the first offset not read yet."""

    __slots__ = ("_left", "_order", "next")

    def __init__(self, start: int) -> None:
        self.next = start
        self._order: deque[int] = deque()
        self._left: dict[int, int] = {}

    @property
    def floor(self) -> int:
        """The lowest offset not passed."""
        return self._order[0] if self._order else self.next

    @property
    def open(self) -> int:
        """How many offsets were read and not passed."""
        return len(self._order)

    def known(self, offset: int) -> bool:
        """It was read before, or reading began above it."""
        return offset in self._left or offset < self.floor

    def read(self, offset: int, things: int) -> Sequence[int]:
        """`things` hang on this offset. Returns what is passed now; offsets only grow."""
        if offset < self.next:
            raise LaneError(f"read: offset {offset} came after {self.next - 1}")
        self.next = offset + 1
        self._order.append(offset)
        self._left[offset] = things
        return () if things else self._pass()

    def done(self, offset: int) -> Sequence[int]:
        """One thing less hangs on it. Returns what is passed now."""
        left = self._left.get(offset, 0) - 1
        if left < 0:
            raise LaneError(f"done: nothing is open at offset {offset}")
        self._left[offset] = left
        return () if left else self._pass()

    def _pass(self) -> Sequence[int]:
        passed = []
        while self._order and not self._left[self._order[0]]:
            offset = self._order.popleft()
            del self._left[offset]
            passed.append(offset)
        return passed
