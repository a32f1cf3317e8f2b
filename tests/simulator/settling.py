"""What becomes of the head of a lane, and what it leaves behind: as the product does it, but short.

Facts first; when they are durable, and those of every earlier command of the contact, the commit
record, a row of `seen`. An order waits for the commit record of the order before it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from streams.core.lanes import Entry
from tests.simulator.cordial import Member
from tests.simulator.laws import Letter, Receipt
from tests.simulator.part import Load, Part
from tests.simulator.tables import Order, Row

Fact = tuple[str, Any]


class Settling(Part):
    """A part that decides, settles and remembers."""

    def __init__(self, *place: Any, **offsets: Any) -> None:
        super().__init__(*place, **offsets)
        self.facts: dict[Entry, int] = {}

    def decide(self, entry: Entry) -> Callable[[], None] | None:
        """None: send it. Else how it is settled instead."""
        load: Load = self.load(entry)
        row = self.row_of(entry)
        if row is not None:
            if row.replayed_by(entry.offset, load.place):
                return partial(self.settle, entry, "replay", [], record=False)
            if row.outcome != "dead_lettered":
                return partial(self.suppress, entry, "duplicate", record=False)
        if load.action == "order":
            return self._decide_order(entry, load, self.tables.order(load.event.order))
        return None

    def _decide_order(self, entry: Entry, load: Load, order: Order) -> Callable[[], None] | None:
        if entry.offset is None:
            return None
        if entry.offset == order.done:
            return partial(self._settle_known, entry, order)
        if load.event.message_id == order.state:
            return partial(self.suppress, entry, "duplicate", record=True)
        if entry.offset == order.intent and self.around.at_most_once:
            return partial(self.dead, entry, "in_doubt")
        load.in_doubt = load.in_doubt or entry.offset == order.intent
        return None

    def _settle_known(self, entry: Entry, order: Order) -> None:
        """Its table has it, its commit record was lost: both must know it, and the receipts."""
        load = self.load(entry)
        receipt = Receipt(load.event.message_id, load.action, "delivered", order.in_doubt)
        self.settle(entry, "delivered", [("receipts", receipt)])

    def row_of(self, entry: Entry) -> Row | None:
        """What `seen` knows, and what is about to be written there."""
        for earlier in reversed(self.lanes.unrecorded(entry.lane)):
            load = earlier.payload
            same = earlier.message_id == entry.message_id and load.action == self.load(entry).action
            if same and earlier.record:
                return Row(earlier.offset, load.place, load.outcome)
        return self.tables.row(entry.message_id, self.load(entry).action)

    def delivered(self, member: Member) -> None:
        load = self.load(member.entry)
        receipt = Receipt(load.event.message_id, load.action, "delivered", load.in_doubt)
        facts: list[Fact] = [("receipts", receipt)]
        if load.action == "order" and member.entry.offset is not None:
            event, offset = load.event, member.entry.offset
            order = self.tables.deliver(event.order, offset, event.message_id, load.in_doubt)
            facts.append(("orders", order))
        self.settle(member.entry, "delivered", facts)

    def suppress(self, entry: Entry, outcome: str, *, record: bool) -> None:
        load = self.load(entry)
        receipt = Receipt(load.event.message_id, load.action, outcome)
        self.settle(entry, outcome, [("receipts", receipt)], record=record)

    def dead(self, entry: Entry, reason: str) -> None:
        load, in_doubt = self.load(entry), reason == "in_doubt"
        load.in_doubt = load.in_doubt or in_doubt
        receipt = Receipt(load.event.message_id, load.action, "dead_lettered", load.in_doubt)
        facts: list[Fact] = [("dead", self.letter(load, reason)), ("receipts", receipt)]
        known = entry.offset is None and self.row_of(entry) is not None
        self.settle(entry, "in_doubt" if in_doubt else "dead_lettered", facts, record=not known)

    def letter(self, load: Load, reason: str) -> Letter:
        return Letter(load.event, load.action, reason)

    def settle(
        self, entry: Entry, outcome: str, facts: Sequence[Fact], *, record: bool = True
    ) -> None:
        self.load(entry).outcome = outcome
        if facts:
            self.facts[entry] = len(facts)
        issued = self.lanes.settle(entry, facts=bool(facts), record=record)
        for topic, value in facts:
            self.put(topic, value, partial(self._durable, entry))
        self.commit_records(issued)

    def _durable(self, entry: Entry) -> None:
        self.facts[entry] -= 1
        if not self.facts[entry]:
            del self.facts[entry]
            self.commit_records(self.lanes.durable(entry))

    def commit_records(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            load = self.load(entry)
            row = Row(entry.offset, load.place, load.outcome)
            written = self.tables.remember(entry.message_id, load.action, row)
            self.put("seen", written, partial(self._close, entry))
        self.advance()

    def _close(self, entry: Entry) -> None:
        self.lanes.close(entry)
        self.advance()

    def must_wait(self, contact: str) -> bool:
        """Whether an order before this one has no durable commit record yet."""
        unrecorded = self.lanes.unrecorded(contact)
        return any(self.load(entry).action == "order" for entry in unrecorded)
