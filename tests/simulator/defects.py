"""Errors planted on purpose, each by name: a simulator that misses one proves nothing.

The first seven break the protocol itself, the others what the shell around the lanes owes it;
`manners_defects` has those of pace, circuit and retrying. `RARE` ones are not part of a run of all.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from streams.core.lane import Lane
from streams.core.lane_order import Ordering
from streams.core.lanes import Entry, Lanes, State
from streams.core.watermark import Watermark
from tests.simulator.clock import SESSION
from tests.simulator.laws import Letter, Receipt
from tests.simulator.manners_defects import MANNERS
from tests.simulator.part import Load
from tests.simulator.schedule import KEYED, Event
from tests.simulator.settling import Fact
from tests.simulator.shell import Shell
from tests.simulator.tables import Row


class HastyWatermark(Watermark):
    """Passes an offset as soon as it is done, whatever is open below."""

    def done(self, offset: int) -> Sequence[int]:
        self._left[offset] -= 1
        if self._left[offset]:
            return ()
        self._order.remove(offset)
        del self._left[offset]
        return (offset,)


class HastyAcks(Lanes):
    def __init__(self, **bounds: Any) -> None:
        super().__init__(**bounds)
        self._keyed = HastyWatermark(self._start)


class AcksOutOfOrder(Shell):
    lanes_type = HastyAcks


class AckedOnProduce(Shell):
    """The keyed record is acknowledged when its commands were produced."""

    def produced(self, offset: int) -> Callable[[], object]:
        return lambda: self.closed.__setitem__(KEYED, offset + 1)


class RecordBeforeDeadLetter(Shell):
    """The commit record does not wait for the dead letter."""

    def settle(
        self, entry: Entry, outcome: str, facts: Sequence[Fact], *, record: bool = True
    ) -> None:
        waited_for = [fact for fact in facts if fact[0] != "dead"]
        for topic, value in facts:
            if topic == "dead":
                self.put(topic, value, lambda: None)
        super().settle(entry, outcome, waited_for, record=record)


class ImpatientLane(Lane):
    """What is under way stands aside."""

    __slots__ = ()

    def send(self, entries: Sequence[Entry]) -> None:
        super().send(entries)
        self.sending = 0
        for _ in entries:
            self.queue.popleft()

    def back(self, entry: Entry) -> None:
        super().back(entry)
        self.sending = 0
        self.queue.appendleft(entry)

    def settle(self, entry: Entry, *, facts: bool, record: bool) -> None:
        if entry.state is State.SENDING:
            self.queue.appendleft(entry)
        super().settle(entry, facts=facts, record=record)
        self.sending = 0


class ImpatientLanes(Lanes):
    """A follower goes while its predecessor is under way."""

    def _lane(self, name: str) -> Lane:
        return self._lanes.setdefault(name, ImpatientLane(name))

    def send(self, entries: Sequence[Entry]) -> None:
        super().send(entries)
        self._offer(self._lanes[entries[0].lane])

    def back(self, entries: Sequence[Entry]) -> None:
        self._lane(entries[0].lane)
        super().back(entries)

    def settle(self, entry: Entry, *, facts: bool, record: bool = True) -> list[Entry]:
        self._lane(entry.lane)
        return super().settle(entry, facts=facts, record=record)


class SentBeforeSettled(Shell):
    lanes_type = ImpatientLanes


class RunningIndex(Shell):
    """A command is known by its number within the event, not by its action."""

    def identity(self, action: str, index: int) -> str:
        return str(index)


class StartTooEarly(Shell):
    """The starting offset is the one heard of before the last owner's final commit."""

    def first_offset(self, start: int, heard: int) -> int:
        return heard


class ActionTopicSlowed(Shell):
    """An action topic is not read on while two copies of it wait."""

    def consume(self, topic: str) -> bool:
        committed = self.around.broker.committed.get((topic, self.number), 0)
        waiting = self.next[topic] - max(self.closed.get(topic, 0), committed)
        return waiting < 2 and super().consume(topic)


class NoLease(Shell):
    """A worker that lost its partition goes on sending and writing."""

    def lease(self) -> bool:
        return True

    def may_write(self) -> bool:
        return True


class LeaseOfASession(Shell):
    """A request may begin until the session ends, and be under way after it."""

    def lease(self) -> bool:
        return self.around.clock.now - self.process.heard < SESSION


class LeftBeforeDurable(Shell):
    """A partition is given away while what was written for it is on its way."""

    def may_leave(self) -> bool:
        return True


class UnrecordedForgotten(Shell):
    """Whether a message id is known is asked of the table alone."""

    def row_of(self, entry: Entry) -> Row | None:
        return self.tables.row(entry.message_id, self.load(entry).action)


class SamePositionOnly(Shell):
    """A commit record speaks for its own position, not for those before it."""

    def row_of(self, entry: Entry) -> Row | None:
        row = super().row_of(entry)
        elsewhere = row is not None and row.offset != entry.offset
        if row is not None and elsewhere and row.outcome == "dead_lettered":
            return None
        return row


class DoubtForgotten(Shell):
    """The state of an order does not say that it was reached in doubt."""

    def delivered(self, member: Any) -> None:
        super().delivered(member)
        order = self.tables.order(member.event.order)
        object.__setattr__(order, "in_doubt", False)


class InDoubtAsDead(Shell):
    """`seen` does not tell a dead letter that Cordial may have from another."""

    def settle(
        self, entry: Entry, outcome: str, facts: Sequence[Fact], *, record: bool = True
    ) -> None:
        told = "dead_lettered" if outcome == "in_doubt" else outcome
        super().settle(entry, told, facts, record=record)


class TwoIntents(Shell):
    """An order does not wait for the commit record of the one before."""

    def must_wait(self, contact: str) -> bool:
        return False


class Alone:
    """Every command has a lane of its own."""

    def __init__(self) -> None:
        self._count = 0

    def lane(self, contact: str, action: str) -> str:
        self._count += 1
        return f"{contact} {action} {self._count}"

    def lanes(self, contact: str) -> Sequence[str]:
        return ()


class PartialFanOut(Shell):
    """The third command of an event is neither announced nor written."""

    def read(self, offset: int, event: Event) -> None:
        wants = [action for action in event.wants if action in self.process.plan]
        super().read(offset, replace(event, wants=tuple(wants[:2])))


class LetterWithoutTheEvent(Shell):
    """A dead letter holds the command that died, not the event."""

    def letter(self, load: Load, reason: str) -> Letter:
        return Letter(replace(load.event, wants=(load.action,)), load.action, reason)


class ReceiptBeforeTheAnswer(Shell):
    """A request that left counts as delivered."""

    def start(self, head: Entry) -> None:
        super().start(head)
        if head.state is State.SENDING:
            load = self.load(head)
            receipt = Receipt(load.event.message_id, load.action, "delivered")
            self.put("receipts", receipt, lambda: None)


class LanesOfOne(Shell):
    """What a lane is of leaves out what keeps its order."""

    def ordering(self) -> Ordering:
        return Alone()


DEFECTS: dict[str, type[Shell]] = {
    "acks-out-of-order": AcksOutOfOrder,
    "acked-on-produce": AckedOnProduce,
    "record-before-dead-letter": RecordBeforeDeadLetter,
    "sent-before-settled": SentBeforeSettled,
    "running-index": RunningIndex,
    "start-too-early": StartTooEarly,
    "action-topic-slowed": ActionTopicSlowed,
    "no-lease": NoLease,
    "unrecorded-forgotten": UnrecordedForgotten,
    "doubt-forgotten": DoubtForgotten,
    "in-doubt-as-dead": InDoubtAsDead,
    "lanes-of-one": LanesOfOne,
    "lease-of-a-session": LeaseOfASession,
    "partial-fan-out": PartialFanOut,
    "letter-without-the-event": LetterWithoutTheEvent,
    "receipt-before-the-answer": ReceiptBeforeTheAnswer,
    **MANNERS,
}

RARE: dict[str, type[Shell]] = {  # caught once in many thousands of schedules, see --defect
    "left-before-durable": LeftBeforeDurable,
    "two-intents": TwoIntents,
    "same-position-only": SamePositionOnly,
}
