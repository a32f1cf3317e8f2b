"""A pace for the peers in Python: `rate` requests a second of each path, evenly."""

import asyncio

MARGIN = 0.97
"""Of the rate: windows of the limit and of the pace do not begin at once."""


class Pace:
    """Times are seconds of one clock; `rate` 0 is no limit."""

    def __init__(self, rate: float) -> None:
        self._apart = 1 / (rate * MARGIN) if rate else 0.0
        self._next: dict[str, float] = {}

    def wait(self, path: str, now: float) -> float:
        """How long the next request of this path has to wait, from now."""
        if not self._apart:
            return 0.0
        at = max(now, self._next.get(path, 0.0))
        self._next[path] = at + self._apart
        return at - now


class Turns:
    """The same for lanes: in turn who came first and whose lane is the longest, so that the
    busiest contact is not left to the end."""

    def __init__(self, rate: float) -> None:
        self._apart = 1 / (rate * MARGIN) if rate else 0.0
        self._waiting: dict[str, list[tuple[int, asyncio.Future[None]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def turn(self, path: str, length: int) -> None:
        """Wait until a lane with `length` events may send to this path."""
        if not self._apart:
            return
        if path not in self._waiting:
            self._waiting[path] = []
            self._tasks.add(asyncio.create_task(self._grant(path)))
        mine = asyncio.get_running_loop().create_future()
        self._waiting[path].append((length, mine))
        await mine

    async def _grant(self, path: str) -> None:
        waiting, longest = self._waiting[path], False
        loop = asyncio.get_running_loop()
        at = loop.time()
        while True:
            if waiting:
                place = max(range(len(waiting)), key=lambda i: waiting[i][0]) if longest else 0
                waiting.pop(place)[1].set_result(None)
                longest = not longest
            at = max(at + self._apart, loop.time())
            await asyncio.sleep(at - loop.time())
