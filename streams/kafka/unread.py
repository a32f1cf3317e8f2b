"""Sources that are assigned to this worker and not read: switched off, or paused for a while.

Their topics stay subscribed: the broker forgets a group's offsets of a topic that nobody in the
group subscribes to, after `offsets.retention.minutes`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from streams.kafka.topics import Source


@dataclass(slots=True)
class Unread:
    """Which topics are not read now; of what is `off` nobody wants to know how much waits."""

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
