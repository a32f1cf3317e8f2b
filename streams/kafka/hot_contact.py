"""The longest lane of a worker: whose it is, how much waits in it, and whether to speak of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from streams.core.entry import Entry
from streams.kafka.load import Load
from streams.kafka.partition import Partition
from streams.metrics import Metrics
from streams.web.health import HealthState, LongestLane

log = structlog.get_logger(__name__)

LEAST: Final = 20
"""Commands below which no lane is long: they fit into a few requests."""
HOT: Final = 100
SHARE: Final = 0.25
"""A lane of so many commands, and of this share of its partition's, is a hot contact's."""
SAID_FOR: Final = 600_000


@dataclass(slots=True)
class HotContact:
    """Looks for it, and tells metrics, pages and, where it is hot, the log."""

    metrics: Metrics
    health: HealthState
    hashed: Callable[[str], str]
    now_ms: Callable[[], int]
    _said: tuple[str, int] = ("", 0)

    def look(self, parts: Iterable[Partition]) -> None:
        """Not for every event: it looks at all lanes of partitions where much waits."""
        longest: LongestLane | None = None
        for part in parts:
            least = LEAST if longest is None else longest.commands + 1
            found = part.lanes.longest(least)
            if found is not None:
                longest = self._lane(part, *found)
        self.health.longest = longest
        self.metrics.longest_lane(0 if longest is None else longest.commands)
        if longest is not None and longest.commands >= max(HOT, SHARE * longest.of):
            self._say(longest)

    def _lane(self, part: Partition, commands: int, head: Entry) -> LongestLane:
        load: Load | None = head.payload
        waited = 0 if load is None else max(0, self.now_ms() - load.since_ms)
        contact, of = self.hashed(head.contact), part.lanes.open_commands
        return LongestLane(contact, part.number, commands, of, waited / 1000)

    def _say(self, lane: LongestLane) -> None:
        contact, at = self._said
        if lane.contact == contact and self.now_ms() - at < SAID_FOR:
            return
        self._said = lane.contact, self.now_ms()
        log.warning(
            "much of what waits in a partition is of one contact",
            contact=lane.contact,
            partition=lane.partition,
            commands=lane.commands,
            unsettled=lane.of,
            seconds=round(lane.seconds, 1),
            to_do="docs/scaling.md, A hot contact",
        )
