"""Copies that were read before the router reached the keyed record that asked for them.

They are there after a restart: the router begins again at the committed offset, and the action
topics still hold what it produced before. Their number is bounded by the window.
"""

from heapq import heappop, heappush

from streams.core.entry import Copy


class Held:
    """Copies by keyed offset, given back in that order."""

    __slots__ = ("_copies", "_offsets", "count")

    def __init__(self) -> None:
        self._copies: dict[int, list[Copy]] = {}
        self._offsets: list[int] = []
        self.count = 0

    def hold(self, copy: Copy) -> None:
        """Keep the copy until its keyed offset is passed."""
        copies = self._copies.get(copy.keyed)
        if copies is None:
            copies = self._copies[copy.keyed] = []
            heappush(self._offsets, copy.keyed)
        copies.append(copy)
        self.count += 1

    def passed(self, offset: int) -> list[Copy]:
        """All copies of keyed records up to `offset`, each topic's in reading order."""
        copies: list[Copy] = []
        while self._offsets and self._offsets[0] <= offset:
            copies += self._copies.pop(heappop(self._offsets))
        self.count -= len(copies)
        return copies
