"""The router and the sinks of one partition, around the real lanes, as short as they can be.

Every method that the world calls is one step of the schedule and says whether it did anything.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from streams.core.lanes import Copy as Superseded
from streams.core.lanes import Entry, Planned
from tests.simulator.cordial import ACCEPTED, CUT, REFUSED, Member, Request
from tests.simulator.laws import Copy, Receipt
from tests.simulator.part import Load
from tests.simulator.schedule import KEYED, Event
from tests.simulator.settling import Settling


class Shell(Settling):
    """A partition at work."""

    def __init__(self, *place: Any, **offsets: Any) -> None:
        super().__init__(*place, **offsets)
        self.taken: list[str] = []
        self.sleeping: list[str] = []
        self.waiting: dict[str, Request] = {}

    # The router.

    def route(self) -> bool:
        if self.lanes.revoked or not self.lanes.room():
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
        if self.lanes.revoked:
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

    def send(self) -> bool:
        """Let one ready lane go: any of them, for their endpoints differ."""
        self.taken += self.lanes.take_ready()
        if not self.taken or not self.lease():
            return False
        name = self.taken.pop(self.around.rng.randrange(len(self.taken)))
        head = self.lanes.head(name)
        if head is not None:
            decision = self.decide(head)
            if decision is not None:
                decision()
            else:
                self._start(head)
        return True

    def _start(self, head: Entry) -> None:
        members = [self._member(entry) for entry in self._joined(head)]
        lanes: dict[str, list[Entry]] = {}
        for member in members:
            lanes.setdefault(member.entry.lane, []).append(member.entry)
        for entries in lanes.values():
            self.lanes.send(entries)
        request = Request(self, tuple(members))
        if members[0].action != "order":
            self.around.cordial.post(request)
        elif self.must_wait(head.lane):
            self.waiting[head.lane] = request
        else:
            self._intend(request)

    def _intend(self, request: Request) -> None:
        """One intent at a time: the row has room for one, and a crash must find the last."""
        member = request.members[0]
        assert member.entry.offset is not None
        order = self.tables.intend(member.event.order, member.entry.offset)
        self.put("orders", order, partial(self._intended, request))

    def _intended(self, request: Request) -> None:
        if self.lanes.revoked or not self.lease():
            self.lanes.back([request.members[0].entry])
        else:
            self.around.cordial.post(request)

    def _member(self, entry: Entry) -> Member:
        load = self.load(entry)
        return Member(entry, load.event, load.action)

    def _joined(self, head: Entry) -> list[Entry]:
        """The head, and what can travel along: its neighbours, and other heads."""
        load = self.load(head)
        members = [head]
        if load.solo or load.action == "order" or self.around.rng.random() < 0.5:
            return members
        for name in (head.lane, *dict.fromkeys(self.taken)):
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
        """An answer came; a cut one says nothing."""
        members = request.members
        answer = request.answer
        if answer == ACCEPTED:
            for member in members:
                self.delivered(member)
        elif answer == REFUSED:
            self.back(request)
        elif answer == CUT:
            for member in members:
                self.load(member.entry).in_doubt = True
            if self.around.at_most_once and members[0].action == "order":
                self.dead(members[0].entry, in_doubt=True)
            else:
                self.back(request)
        elif len(members) > 1:
            for member in members:
                self.load(member.entry).solo = True
            self.back(request)
        else:
            self.dead(members[0].entry)

    def back(self, request: Request) -> None:
        entries = [member.entry for member in request.members]
        self.lanes.back(entries)
        self.sleeping += dict.fromkeys(entry.lane for entry in entries)

    def wake(self) -> bool:
        if not self.sleeping:
            return False
        self.lanes.wake(self.sleeping.pop(self.around.rng.randrange(len(self.sleeping))))
        return True

    def advance(self) -> None:
        super().advance()
        for name in [each for each in self.waiting if not self.must_wait(each)]:
            self._intend(self.waiting.pop(name))


def _nothing() -> None:
    return None
