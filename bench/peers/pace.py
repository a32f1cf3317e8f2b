"""A pace for the peers in Python: `rate` requests a second of each path, evenly."""


class Pace:
    """Times are seconds of one clock; `rate` 0 is no limit."""

    def __init__(self, rate: float) -> None:
        self._apart = 1 / rate if rate else 0.0
        self._next: dict[str, float] = {}

    def wait(self, path: str, now: float) -> float:
        """How long the next request of this path has to wait, from now."""
        if not self._apart:
            return 0.0
        at = max(now, self._next.get(path, 0.0))
        self._next[path] = at + self._apart
        return at - now
