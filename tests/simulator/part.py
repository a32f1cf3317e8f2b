"""One partition in one process: the real lanes, what they stand on, and what may be committed."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from streams.core.lane_order import Ordering
from streams.core.lanes import Entry, Lanes
from tests.simulator.broker import Broker, Outbox
from tests.simulator.cordial import Cordial
from tests.simulator.laws import Laws
from tests.simulator.schedule import ACTIONS, KEYED, Event, Plan
from tests.simulator.tables import Tables


@dataclass(slots=True)
class Load:
    """What an entry carries; `place` is where its copy stands, the position of an external."""

    event: Event
    action: str
    place: int
    solo: bool = False
    in_doubt: bool = False
    outcome: str = ""


@dataclass(slots=True, eq=False)
class Process:
    """A worker: what outlives an assignment, and dies with the process."""

    name: int
    outbox: Outbox
    plan: Plan
    busy: set[str]
    restarting: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a shell talks to."""

    rng: Random
    broker: Broker
    cordial: Cordial
    laws: Laws
    max_commands: int
    max_span: int
    at_most_once: bool
    ordering: Ordering


class Part:
    """`start` is the committed offset now; `heard` what it was when the rebalance began."""

    lanes_type: type[Lanes] = Lanes

    def __init__(
        self, around: Surroundings, process: Process, number: int, *, start: int, heard: int
    ) -> None:
        self.around = around
        self.process = process
        self.number = number
        self.lanes = self.lanes_type(
            start=self.first_offset(start, heard),
            max_commands=around.max_commands,
            max_span=around.max_span,
            busy=process.busy,
            ordering=self.ordering(),
        )
        broker = around.broker
        self.next = {topic: broker.committed.get((topic, number), 0) for topic in (KEYED, *ACTIONS)}
        self.tables = Tables(broker.log(("seen", number)), broker.log(("orders", number)))
        self.closed: dict[str, int] = {}
        self.lost = False

    def ordering(self) -> Ordering:
        return self.around.ordering

    def lease(self) -> bool:
        """Whether it may send and write: the group would not give its partition away by now."""
        return not self.lost

    def may_leave(self) -> bool:
        """Whether what it wrote is durable: the next owner must read it."""
        return self.process.outbox.drained(self.number)

    def first_offset(self, start: int, heard: int) -> int:
        return start

    def put(self, topic: str, value: Any, done: Callable[[], object]) -> None:
        """Produce; without a lease nothing is written any more, or the next owner misses it."""
        if self.lease():
            self.process.outbox.put((topic, self.number), value, done)

    def load(self, entry: Entry) -> Load:
        load: Load = entry.payload
        return load

    def next_of(self, topic: str) -> int | None:
        log = self.around.broker.log((topic, self.number))
        offset = self.next[topic]
        while offset < len(log) and log[offset] is None:
            offset += 1
        if offset == len(log):
            return None
        self.next[topic] = offset + 1
        return offset

    def advance(self) -> None:
        for topic, offset in self.lanes.acks():
            self.closed[topic or KEYED] = max(self.closed.get(topic or KEYED, 0), offset + 1)

    def commit(self) -> bool:
        if self.lost or not self.closed:
            return False
        broker = self.around.broker
        for topic, offset in self.closed.items():
            place = (topic, self.number)
            before = broker.committed.get(place, 0)
            offset = max(before, offset)
            self.around.laws.committed(place, broker.log(place)[before:offset], self.process.plan)
            broker.committed[place] = offset
        self.closed.clear()
        return True

    def seek(self) -> None:
        """The consumer begins again somewhere between the committed offset and where it was."""
        topic = self.around.rng.choice((KEYED, *ACTIONS))
        committed = self.around.broker.committed.get((topic, self.number), 0)
        if committed < self.next[topic]:
            self.next[topic] = self.around.rng.randint(committed, self.next[topic])
