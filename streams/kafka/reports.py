"""Receipts and dead letters as records to produce.

A receipt says what became of something and holds no body; a dead letter holds the original
bytes. Both go to the partition of the lane, so that a reader sees a contact's in order.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from faust.types import Message

from streams import __version__
from streams.core.command import Command, Position
from streams.core.decisions import DeadLetter as Verdict
from streams.core.event import Event, Note
from streams.core.lanes import Copy, Entry
from streams.core.outcome import CommandOutcome, Dead, EventOutcome, Suppressed
from streams.core.records import DeadLetter, Place, Receipt
from streams.kafka.codec import Codec
from streams.kafka.fitting import EVER_SMALLER, Shape, fitting
from streams.kafka.load import (
    Load,
    bus_place,
    correlation_id,
    header_pairs,
    headers_of,
    own_position,
    place_of,
    replay_of,
)
from streams.kafka.names import Names
from streams.kafka.outbox import Fact, Record


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """An action of an event that was held, and that nobody came for."""

    action: str
    position: Position
    source: Place | None
    contact: str
    message_id: str
    event_time: int


Told = Callable[[Receipt, Message | None], None]
"""Is told of an outcome, and of the record that it is of, where that is at hand."""


def _nobody(receipt: Receipt, message: Message | None) -> None:
    return None


@dataclass(slots=True)
class Reports:
    """Makes the records; `put` produces the smaller one in place of what was refused.

    `told` hears of every receipt when it is made.
    """

    codec: Codec
    names: Names
    now_ms: Callable[[], int]
    put: Callable[[Record], None]
    told: Told = _nobody

    def command_receipt(
        self,
        entry: Entry,
        outcome: CommandOutcome,
        reason: str | None,
        *,
        status: int | None = None,
        notes: tuple[Note, ...] = (),
    ) -> Fact:
        """What became of one command."""
        receipt = self._of_entry(entry, outcome, reason, None, status, notes)
        message = entry.payload.message
        self.told(receipt, message)
        return self._produced(receipt, message.partition)

    def superseded_receipt(self, copy: Copy) -> Fact:
        """A copy that an earlier run produced and today's plan does not want."""
        load: Load = copy.payload
        entry = Entry(copy.contact, copy.action, copy.keyed, copy.message_id, load)
        return self.command_receipt(entry, CommandOutcome.SUPPRESSED, Suppressed.SUPERSEDED)

    def event_receipt(
        self,
        message: Message,
        position: Position,
        event: Event | None,
        reason: str,
        action: str | None = None,
        *,
        notes: tuple[Note, ...] = (),
    ) -> Fact:
        """An event that nobody wants, or one of its actions that the router suppressed."""
        outcome = CommandOutcome.SUPPRESSED if action else EventOutcome.FILTERED
        receipt = self._of_event(message, position, event, action, outcome, reason, notes=notes)
        self.told(receipt, message)
        return self._produced(receipt, message.partition)

    def held_receipt(self, partition: int, of: HeldEvent, why: Suppressed) -> Fact:
        """A visitor's event whose user did not come."""
        receipt = Receipt(
            kind="command",
            action=of.action,
            outcome=CommandOutcome.SUPPRESSED,
            reason=why,
            position=of.position,
            source=of.source,
            contact=of.contact,
            message_id=of.message_id,
            event_time=of.event_time,
            time=self.now_ms(),
        )
        self.told(receipt, None)
        return self._produced(receipt, partition)

    def dead_event(
        self,
        message: Message,
        position: Position,
        event: Event | None,
        verdict: Verdict,
        action: str | None = None,
    ) -> list[Fact]:
        """An event that cannot be routed, or cannot make one of its commands: letter, receipt."""
        outcome = CommandOutcome.DEAD_LETTERED if action else EventOutcome.DEAD_LETTERED
        receipt = self._of_event(
            message, position, event, action, outcome, verdict.reason, verdict.field
        )
        return self._dead(message, receipt, verdict)

    def refused_copy(self, message: Message, durable: Callable[[], None]) -> None:
        """A source's record that the keyed topic has no room for."""
        position = own_position(message)
        verdict = Verdict(Dead.TOO_LARGE, None, "the keyed topic takes no record of this size")
        letter, receipt = self.dead_event(message, position, None, verdict)
        self.put(letter(lambda: self.put(receipt(durable))))

    def dead_command(self, entry: Entry, verdict: Verdict, status: int | None) -> list[Fact]:
        """A command that cannot be delivered: its letter and its receipt."""
        receipt = self._of_entry(
            entry, CommandOutcome.DEAD_LETTERED, verdict.reason, verdict.field, status
        )
        return self._dead(entry.payload.message, receipt, verdict)

    def _of_entry(
        self,
        entry: Entry,
        outcome: CommandOutcome,
        reason: str | None,
        field: str | None = None,
        status: int | None = None,
        notes: tuple[Note, ...] = (),
    ) -> Receipt:
        load: Load = entry.payload
        command, source, now = load.command, load.source, self.now_ms()
        return Receipt(
            kind="command",
            action=entry.action,
            outcome=outcome,
            reason=reason,
            field=field,
            status=status,
            attempts=load.tries.attempts,
            latency_ms=max(0, now - load.produced_ms),
            position=(command.position if command else None) or load.position,
            source=Place(*source) if source else None,
            contact=entry.contact,
            message_id=entry.message_id,
            correlation_id=command.correlation_id if command else "",
            event_time=command.event_time if command else None,
            time=now,
            notes=command.notes + notes if command else notes,
            replay_of=load.replay_of,
            in_doubt=load.in_doubt,
        )

    def _of_event(
        self,
        message: Message,
        position: Position,
        event: Event | None,
        action: str | None,
        outcome: CommandOutcome | EventOutcome,
        reason: str,
        field: str | None = None,
        notes: tuple[Note, ...] = (),
    ) -> Receipt:
        return Receipt(
            kind="command" if action else "event",
            action=action,
            outcome=outcome,
            reason=reason,
            field=field,
            position=position,
            source=Place(*bus_place(message)),
            contact=event.contact if event else None,
            message_id=event.message_id if event else None,
            correlation_id=correlation_id(message),
            event_time=event.timestamp if event else None,
            time=self.now_ms(),
            notes=event.notes + notes if event else notes,
            replay_of=replay_of(headers_of(message)),
        )

    def _produced(self, receipt: Receipt, partition: int) -> Fact:
        key = (receipt.contact or "").encode() or None
        encode = self.codec.encode_receipt

        def shaped(one: Receipt) -> Shape:
            return self.names.receipts, partition, key, encode(one)

        return fitting(self.put, shaped, receipt, (_without_notes,))

    def _dead(self, message: Message, receipt: Receipt, verdict: Verdict) -> list[Fact]:
        self.told(receipt, message)
        return [self._letter(message, receipt, verdict), self._produced(receipt, message.partition)]

    def _letter(self, message: Message, receipt: Receipt, verdict: Verdict) -> Fact:
        action = receipt.action
        own = action is not None and message.topic == self.names.action(action)
        place = place_of(message)
        letter = DeadLetter(
            id=f"{place}-{action}" if action and not own else place,
            action=action,
            reason=verdict.reason,
            field=verdict.field,
            message=verdict.message,
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            key=message.key,
            value=message.value,
            headers=header_pairs(message),
            position=receipt.position,
            contact=receipt.contact,
            message_id=receipt.message_id,
            attempts=receipt.attempts,
            status=receipt.status,
            time=receipt.time,
            replay_to=self.names.replays,
            app_version=__version__,
        )
        encode = self.codec.encode_dead_letter

        def shaped(one: DeadLetter) -> Shape:
            return self.names.dead_letters, message.partition, one.key, encode(one)

        return fitting(self.put, shaped, letter, EVER_SMALLER)


def _without_notes(receipt: Receipt) -> Receipt:
    return replace(receipt, notes=())


def refused_load(message: Message, command: Command, headers: dict[str, bytes]) -> Load:
    """What a command carries that the broker would not take: the keyed record's bytes."""
    return Load(command, message, headers, problem="too large for its topic")
