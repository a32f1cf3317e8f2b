"""The router and the sinks of one partition, around the real lanes, as short as they can be.

Every method that the world calls is one step of the schedule and says whether it did anything.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from streams.core.answer import Delivered, InDoubt
from streams.core.lanes import Copy as Superseded
from streams.core.lanes import Entry, Planned
from streams.core.retrying import Again, GiveUp, Hold, next_step
from tests.simulator.clock import POLICY
from tests.simulator.cordial import Member, Request
from tests.simulator.laws import Copy, Receipt
from tests.simulator.part import Load
from tests.simulator.schedule import KEYED, Event
from tests.simulator.settling import Settling

RECORD_WAIT = 0.01


class Sleeper(NamedTuple):
    """A lane that is looked at again at a time; `woken`: it slept after a request."""

    at: float
    lane: str
    woken: bool


class Shell(Settling):
    """A partition at work."""

    def __init__(self, *place: Any, **offsets: Any) -> None:
        super().__init__(*place, **offsets)
        self.asleep: list[Sleeper] = []

    # The router.

    def route(self) -> bool:
        if self.lanes.revoked or self.process.away or not self.lanes.room():
            return False
        offset = self.next_of(KEYED)
        if offset is None:
            return False
        if not self.lanes.known(offset):
            self.read(offset, self.around.broker.log((KEYED, self.number))[offset])
        return True

    def read(self, offset: int, event: Event) -> None:
        actions = [action for action in event.wants if action in self.process.plan]
        planned = [
            Planned(self.identity(action, rank), event.message_id)
            for rank, action in enumerate(actions)
        ]
        self.lanes.read(offset, event.contact, planned, holds=not actions)
        if not actions:
            receipt = Receipt(event.message_id, None, "filtered")
            self.put("receipts", receipt, partial(self._released, offset))
        for action, (identity, _) in zip(actions, planned, strict=True):
            self.put(action, Copy(event, action, offset, identity), self.produced(offset))
        self._report_superseded()

    def identity(self, action: str, index: int) -> str:
        return action

    def produced(self, offset: int) -> Callable[[], object]:
        return _nothing

    def _released(self, offset: int) -> None:
        self.lanes.release(offset)
        self.advance()

    def _report_superseded(self) -> None:
        for copy in self.lanes.take_superseded():
            load = copy.payload
            self.around.laws.superseded(load.event, load.action, self.process.plan)
            receipt = Receipt(load.event.message_id, load.action, "superseded")
            self.put("receipts", receipt, partial(self._superseded, copy))

    def _superseded(self, copy: Superseded) -> None:
        self.lanes.close_copy(copy)
        self.advance()

    # The sinks.

    def consume(self, topic: str) -> bool:
        if self.lanes.revoked or self.process.away:
            return False
        offset = self.next_of(topic)
        if offset is None:
            return False
        copy: Copy = self.around.broker.log((topic, self.number))[offset]
        self.lanes.arrive(
            topic,
            offset,
            contact=copy.event.contact,
            action=copy.identity,
            offset=copy.offset,
            message_id=copy.event.message_id,
            payload=Load(copy.event, copy.action, offset),
        )
        self._report_superseded()
        self.advance()
        return True

    def offer(self) -> None:
        """Lanes that became ready wait at the endpoints of their heads."""
        for name in self.lanes.take_ready():
            self.queue(name)

    def queue(self, name: str) -> None:
        head = self.lanes.head(name)
        if head is not None:
            self.process.endpoints[self.load(head).action].waiting.append((self, name))

    def send(self, action: str) -> bool:
        """One lane that waits at this endpoint goes, if the endpoint is open and we may."""
        endpoint, now = self.process.endpoints[action], self.around.clock.now
        if self.process.held or not endpoint.waiting or not self.lease():
            return False
        if endpoint.opens_at(now) is not None:
            return False
        first = self.around.rng.random() < 0.5
        number = 0 if first else self.around.rng.randrange(len(endpoint.waiting))
        shell, name = endpoint.waiting.pop(number)
        head = None if shell.gone else shell.lanes.head(name)
        if head is None:
            return True
        if shell.load(head).action == action:
            shell.start(head)
        else:
            shell.queue(name)
        return True

    def start(self, head: Entry) -> None:
        decision = self.decide(head)
        if decision is not None:
            decision()
            return
        order = self.load(head).action == "order"
        if order and self.must_wait(head.lane):
            self.asleep.append(Sleeper(self.around.clock.now + RECORD_WAIT, head.lane, False))
            return
        members = [self._member(entry) for entry in self._joined(head)]
        lanes: dict[str, list[Entry]] = {}
        for member in members:
            lanes.setdefault(member.entry.lane, []).append(member.entry)
        for entries in lanes.values():
            self.lanes.send(entries)
        probe = self.process.endpoints[members[0].action].take(self.around.clock.now)
        request = Request(self, tuple(members))
        if order:
            self._intend(request, probe)
        else:
            self.around.cordial.post(request)

    def _intend(self, request: Request, probe: bool) -> None:
        """One intent at a time: the row has room for one, and a crash must find the last."""
        member = request.members[0]
        assert member.entry.offset is not None
        order = self.tables.intend(member.event.order, member.entry.offset)
        self.put("orders", order, partial(self._intended, request, probe))

    def _intended(self, request: Request, probe: bool) -> None:
        wait = self.closed_for(request.action, probe)
        if self.lanes.revoked or not self.lease():
            self.back(request, 0.25)
        elif wait > 0:
            self.back(request, wait)
        else:
            self.around.cordial.post(request)

    def closed_for(self, action: str, probe: bool) -> float:
        return self.process.endpoints[action].closed_for(self.around.clock.now, probe=probe)

    def _member(self, entry: Entry) -> Member:
        load = self.load(entry)
        return Member(entry, load.event, load.action)

    def _joined(self, head: Entry) -> list[Entry]:
        """The head, and what can travel along: its neighbours, and other heads."""
        load = self.load(head)
        members = [head]
        if load.solo or load.action == "order" or self.around.rng.random() < 0.5:
            return members
        waiting = (
            name for shell, name in self.process.endpoints[load.action].waiting if shell is self
        )
        for name in dict.fromkeys((head.lane, *waiting)):
            for entry in self.lanes.run(name, 3):
                if entry is head:
                    continue
                if name == head.lane or len(members) < 4:
                    other = self.load(entry)
                    alike = other.action == load.action and not other.solo
                    ids = [member.message_id for member in members]
                    if alike and entry.message_id not in ids and self.decide(entry) is None:
                        members.append(entry)
                        continue
                break
        return members

    def answered(self, request: Request) -> None:
        """An answer came."""
        members, answer = request.members, request.answer
        assert answer is not None
        self.learn(request)
        loads = [self.load(member.entry) for member in members]
        for load in loads:
            load.tries.count()
        if isinstance(answer, Delivered):
            for member in members:
                self.delivered(member)
            return
        if isinstance(answer, InDoubt):
            for load in loads:
                load.in_doubt = True
            if self.around.at_most_once and request.action == "order":
                self.dead(members[0].entry, "in_doubt")
                return
        step = next_step(
            answer,
            loads[0].tries,
            POLICY,
            joined=len(members) > 1,
            healthy=self.process.endpoints[request.action].circuit.healthy,
            jitter=self.around.rng.random(),
        )
        if isinstance(step, Again):
            self.back(request, step.after)
        elif isinstance(step, GiveUp):
            self.dead(members[0].entry, step.reason.value)
        elif isinstance(step, Hold):
            self.back(request, 0.0)
            self.process.held = step.why
        else:
            for load in loads:
                load.solo = True
            self.back(request, 0.0)

    def learn(self, request: Request) -> None:
        """What the answer says of its endpoint."""
        now, answer = self.around.clock.now, request.answer
        assert answer is not None
        self.around.laws.heard(request, now)
        self.process.endpoints[request.action].answered(answer, now, request.posted)

    def back(self, request: Request, after: float) -> None:
        entries = [member.entry for member in request.members]
        self.lanes.back(entries)
        at = self.around.clock.now + after
        for name in dict.fromkeys(entry.lane for entry in entries):
            if after > 0:
                self.asleep.append(Sleeper(at, name, True))
            else:
                self.lanes.wake(name)

    def wake(self) -> bool:
        """A lane that slept long enough goes on."""
        now = self.around.clock.now
        due = [each for each in self.asleep if each.at <= now]
        if not due:
            return False
        sleeper = self.around.rng.choice(due)
        self.asleep.remove(sleeper)
        if sleeper.woken:
            self.lanes.wake(sleeper.lane)
        else:
            self.queue(sleeper.lane)
        return True


def _nothing() -> None:
    return None
