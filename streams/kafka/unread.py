"""Sources that are assigned to this worker and not read: switched off, or paused for a while.

Being assigned, their topics stay subscribed, so that the broker keeps their offsets.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from streams.kafka.topics import Source


@dataclass(slots=True)
class Unread:
    """Which topics are not read now; `off` ones are not looked at either."""

    off: frozenset[str] = frozenset()
    paused: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sources: Iterable[Source]) -> "Unread":
        """As a plan says."""
        made = cls(off=frozenset(one.topic for one in sources if not one.enabled))
        made.pause(sources)
        return made

    def pause(self, sources: Iterable[Source]) -> None:
        """Pause what the plan pauses now, and read again what it no longer does."""
        self.paused = frozenset(one.topic for one in sources if one.paused) - self.off
        self.topics = self.off | self.paused
