"""Who waits at one endpoint: first come, first served, or the longest lane first.

A look at all who wait is too much for one turn where there are thousands. So lanes are ranked by
how long they were when somebody looked, and with each turn some are looked at again: lanes grow
while they wait.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush

from streams.kafka.partition import Partition

Turn = tuple[Partition, str]
LOOKS = 16
"""How many of those who wait are looked at again in one turn of the longest."""
SPARE = 64


class Turns:
    """A queue of lanes. Each that comes has a number, and stands behind all others."""

    __slots__ = ("_again", "_came", "_heap", "_new", "_order", "_ranks", "_waiting")

    def __init__(self, turns: Iterable[Turn] = ()) -> None:
        self._came = 0
        self._waiting: dict[int, Turn] = {}
        self._order: deque[int] = deque()
        self._new: deque[int] = deque()
        self._again: deque[int] = deque()
        self._ranks: dict[int, int] = {}
        self._heap: list[tuple[int, int]] = []
        self.extend(turns)

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Turn]:
        """Who waits, in the order in which they came."""
        waiting = self._waiting
        return (waiting[number] for number in self._order if number in waiting)

    def append(self, turn: Turn) -> None:
        """One more waits."""
        self._came += 1
        self._waiting[self._came] = turn
        self._order.append(self._came)
        self._new.append(self._came)

    def extend(self, turns: Iterable[Turn]) -> None:
        """These wait too, in this order."""
        for turn in turns:
            self.append(turn)

    def first(self) -> Turn:
        """Who waited longest. Raises IndexError where nobody waits."""
        while True:
            number = self._order.popleft()
            if number in self._waiting:
                while self._new and self._new[0] <= number:
                    self._new.popleft()
                return self._gone(number)

    def longest(self) -> Turn:
        """Who has most open commands, as far as was looked. Raises IndexError for nobody."""
        self._look()
        while True:
            rank, number = heappop(self._heap)
            if self._ranks.get(number) != -rank:
                continue
            length = self._length(number)
            if length >= -rank:
                return self._gone(number)
            self._rank(number, length)

    def _look(self) -> None:
        while self._new:
            number = self._new.popleft()
            if number in self._waiting:
                self._rank(number, self._length(number))
                self._again.append(number)
        for _ in range(min(LOOKS, len(self._again))):
            number = self._again.popleft()
            if number in self._waiting:
                self._again.append(number)
                length = self._length(number)
                if length > self._ranks[number]:
                    self._rank(number, length)
        if len(self._heap) > 2 * len(self._ranks) + SPARE:
            self._heap = [(-rank, number) for number, rank in self._ranks.items()]
            heapify(self._heap)

    def _rank(self, number: int, length: int) -> None:
        self._ranks[number] = length
        heappush(self._heap, (-length, number))

    def _length(self, number: int) -> int:
        part, name = self._waiting[number]
        return part.lanes.waiting(name)

    def _gone(self, number: int) -> Turn:
        self._ranks.pop(number, None)
        return self._waiting.pop(number)
