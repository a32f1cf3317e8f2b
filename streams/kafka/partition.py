"""One assigned partition of the keyed topic, with its lanes and what waits before them.

Partition p of the keyed topic and of every action topic are on the same worker, so the router
and the sinks of p share one `Lanes`. A partition object lives for one assignment: a callback
that comes late finds it no longer live and changes nothing that could be committed.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from faust.types import TP, Message

from streams.core.lanes import Lanes


@dataclass(slots=True)
class Ages:
    """When the open records of one topic were produced, in seconds since 1970.

    Everything below `position` is settled, everything below `reached` is read. `shown` is what
    dashboards were told last.
    """

    position: int
    reached: int = -1
    shown: tuple[int, int] | None = None
    _open: deque[tuple[int, float]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.reached = self.position

    def read(self, offset: int, produced: float) -> None:
        """A record was read."""
        self.reached = offset + 1
        self._open.append((offset, produced))

    def closed(self, below: int) -> None:
        """Everything below is over."""
        self.position = below
        while self._open and self._open[0][0] < below:
            self._open.popleft()

    def oldest(self) -> float | None:
        """When the oldest open record was produced."""
        return self._open[0][1] if self._open else None


@dataclass(slots=True, eq=False)
class Partition:
    """State of one partition in one assignment. `starts` says where each topic is read from."""

    number: int
    keyed: TP
    lanes: Lanes
    starts: dict[str, int]
    commit: Callable[[TP, int], None]
    backlog: deque[Message] = field(default_factory=deque)
    ages: dict[str, Ages] = field(default_factory=dict)
    live: bool = True
    waiting: bool = False
    replays: deque[Message] = field(default_factory=deque)
    replays_wait: bool = False
    slowed: bool = False
    hops: deque[Message] = field(default_factory=deque)
    hops_wait: bool = False
    hops_slowed: bool = False

    def __post_init__(self) -> None:
        self.ages = {topic: Ages(start) for topic, start in self.starts.items()}

    def read(self, message: Message) -> None:
        """Note when a record that was read was produced."""
        self.ages[message.topic].read(message.offset, message.timestamp)

    def advance(self) -> None:
        """Pass on what may be committed now."""
        for topic, offset in self.lanes.acks():
            name = self.keyed.topic if topic is None else topic
            self.ages[name].closed(offset + 1)
            if self.live:
                self.commit(TP(name, self.number), offset + 1)

    def topics(self) -> Iterator[tuple[TP, Ages]]:
        """Each topic of the partition and its open records."""
        for topic, ages in self.ages.items():
            yield TP(topic, self.number), ages
