"""One partition in one process: the real lanes, what they stand on, and what may be committed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from streams.core.lane_order import Ordering
from streams.core.lanes import Entry, Lanes
from streams.core.retrying import AttemptState
from tests.simulator.broker import Broker, Outbox
from tests.simulator.chance import Chance
from tests.simulator.clock import LEASE, Clock
from tests.simulator.cordial import Cordial
from tests.simulator.endpoint import Endpoint
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
    tries: AttemptState = field(default_factory=AttemptState)


@dataclass(slots=True, eq=False)
class Process:
    """A worker: what outlives an assignment, and dies with the process.

    `heard`: when the group last heard of it. A `paused` one does nothing, a `cut` one does not
    reach the broker; one that is `lost` was thrown out of the group. `held` is why nothing is sent.
    """

    name: int
    outbox: Outbox
    plan: Plan
    busy: set[str]
    endpoints: dict[str, Endpoint]
    heard: float
    restarting: bool = False
    paused: bool = False
    cut: bool = False
    lost: bool = False
    held: str | None = None

    @property
    def away(self) -> bool:
        """It reads, writes and commits nothing."""
        return self.paused or self.cut


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a shell talks to."""

    rng: Chance
    clock: Clock
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
        self.known_delivered = self.tables.delivered()
        self.closed: dict[str, int] = {}
        self.gone = False

    def ordering(self) -> Ordering:
        return self.around.ordering

    def lease(self) -> bool:
        """Whether it may send: the group does not give its partition away before the answer."""
        return self.around.clock.now - self.process.heard < LEASE

    def may_write(self) -> bool:
        """Whether what it writes may still get there: its partition is not somebody else's."""
        return not self.process.lost

    def may_leave(self) -> bool:
        """Whether what it wrote is durable: the next owner must read it."""
        return self.process.outbox.drained(self.number)

    def first_offset(self, start: int, heard: int) -> int:
        return start

    def put(self, topic: str, value: Any, done: Callable[[], object]) -> None:
        """Produce; once it lost its partition nothing is written, or the next owner misses it."""
        if self.may_write():
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
        if self.process.lost or self.process.away or not self.closed:
            return False
        broker = self.around.broker
        for topic, offset in self.closed.items():
            place = (topic, self.number)
            before = broker.committed.get(place, 0)
            offset = max(before, offset)
            records = broker.log(place)[before:offset]
            self.around.laws.committed(place, before, records, self.process.plan)
            broker.committed[place] = offset
        self.closed.clear()
        return True

    def seek(self) -> None:
        """The consumer begins again somewhere between the committed offset and where it was."""
        topic = self.around.rng.choice((KEYED, *ACTIONS))
        committed = self.around.broker.committed.get((topic, self.number), 0)
        if committed < self.next[topic]:
            self.next[topic] = self.around.rng.randint(committed, self.next[topic])
