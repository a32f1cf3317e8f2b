"""Receipts and dead letters as records to produce.

A receipt says what became of something and holds no body; a dead letter holds the original
bytes. Both go to the partition of the lane, so that a reader sees a contact's in order.
"""

from collections.abc import Callable
from dataclasses import dataclass

from faust.types import Message

from streams import __version__
from streams.core.command import Command, Position
from streams.core.deciding import DeadLetter as Verdict
from streams.core.event import Event, Note
from streams.core.lanes import Copy, Entry
from streams.core.outcome import CommandOutcome, Dead, EventOutcome, Suppressed
from streams.core.records import DeadLetter, Place, Receipt
from streams.kafka.codec import Codec
from streams.kafka.load import Load, bus_place, headers_of
from streams.kafka.names import Names
from streams.kafka.outbox import Fact, Record


@dataclass(slots=True)
class Reports:
    """Makes the records."""

    codec: Codec
    names: Names
    now_ms: Callable[[], int]

    def command_receipt(
        self,
        entry: Entry,
        outcome: CommandOutcome,
        reason: Suppressed | Dead | None,
        *,
        status: int | None = None,
        notes: tuple[Note, ...] = (),
    ) -> Fact:
        """What became of one command."""
        load: Load = entry.payload
        command = load.command
        now = self.now_ms()
        receipt = Receipt(
            kind="command",
            action=entry.action,
            outcome=outcome,
            reason=reason,
            status=status,
            attempts=load.tries.attempts,
            latency_ms=max(0, now - load.produced_ms),
            position=load.position,
            source=_source(load.source),
            contact=entry.contact,
            message_id=entry.message_id,
            correlation_id=command.correlation_id if command else "",
            event_time=command.event_time if command else None,
            time=now,
            notes=(command.notes if command else ()) + notes,
            replay_of=load.replay_of,
            in_doubt=load.in_doubt,
        )
        return self._receipt(receipt, load.message.partition)

    def superseded_receipt(self, copy: Copy) -> Fact:
        """A copy that an earlier run produced and today's plan does not want."""
        load: Load = copy.payload
        entry = Entry(copy.contact, copy.action, copy.keyed, copy.message_id, load)
        return self.command_receipt(entry, CommandOutcome.SUPPRESSED, Suppressed.SUPERSEDED)

    def event_receipt(
        self,
        message: Message,
        position: Position,
        outcome: EventOutcome,
        reason: str,
        event: Event | None,
    ) -> Fact:
        """What became of an event that made no command."""
        receipt = self._of_event(message, position, event, outcome=outcome, reason=reason)
        return self._receipt(receipt, message.partition)

    def suppressed_routing(
        self,
        message: Message,
        position: Position,
        event: Event,
        action: str,
        reason: Suppressed,
    ) -> Fact:
        """A command that the router itself suppressed."""
        receipt = self._of_event(
            message,
            position,
            event,
            outcome=CommandOutcome.SUPPRESSED,
            reason=reason,
            action=action,
        )
        return self._receipt(receipt, message.partition)

    def dead_event(
        self, message: Message, position: Position, event: Event | None, verdict: Verdict
    ) -> list[Fact]:
        """An event that cannot be routed: its dead letter and its receipt."""
        return self._dead_of_event(message, position, event, None, verdict)

    def dead_routing(
        self, message: Message, position: Position, event: Event, action: str, verdict: Verdict
    ) -> list[Fact]:
        """A command that the event cannot make: its dead letter and its receipt."""
        return self._dead_of_event(message, position, event, action, verdict)

    def dead_command(self, entry: Entry, verdict: Verdict, status: int | None) -> Fact:
        """A command that cannot be delivered, with the bytes of its action topic."""
        load: Load = entry.payload
        message = load.message
        letter = DeadLetter(
            id=f"{message.topic}-{message.partition}-{message.offset}",
            action=entry.action,
            reason=verdict.reason,
            field=verdict.field,
            message=verdict.message,
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            key=message.key,
            value=message.value,
            headers=tuple(load.headers.items()),
            position=load.position,
            contact=entry.contact,
            message_id=entry.message_id,
            attempts=load.tries.attempts,
            status=status,
            time=self.now_ms(),
            replay_to=message.topic,
            app_version=__version__,
        )
        return self._dead_letter(letter)

    def _dead_of_event(
        self,
        message: Message,
        position: Position,
        event: Event | None,
        action: str | None,
        verdict: Verdict,
    ) -> list[Fact]:
        place = f"{message.topic}-{message.partition}-{message.offset}"
        letter = DeadLetter(
            id=f"{place}-{action}" if action else place,
            action=action,
            reason=verdict.reason,
            field=verdict.field,
            message=verdict.message,
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            key=message.key,
            value=message.value,
            headers=tuple(headers_of(message).items()),
            position=position,
            contact=event.contact if event else None,
            message_id=event.message_id if event else None,
            attempts=0,
            status=None,
            time=self.now_ms(),
            replay_to=self.names.replays,
            app_version=__version__,
        )
        outcome = CommandOutcome.DEAD_LETTERED if action else EventOutcome.DEAD_LETTERED
        receipt = self._of_event(
            message, position, event, outcome=outcome, reason=verdict.reason, action=action
        )
        return [self._dead_letter(letter), self._receipt(receipt, message.partition)]

    def _of_event(
        self,
        message: Message,
        position: Position,
        event: Event | None,
        *,
        outcome: CommandOutcome | EventOutcome,
        reason: str,
        action: str | None = None,
    ) -> Receipt:
        return Receipt(
            kind="command" if action else "event",
            action=action,
            outcome=outcome,
            reason=reason,
            status=None,
            attempts=0,
            latency_ms=None,
            position=position,
            source=_source(bus_place(message)),
            contact=(event.contact if event else None) or "",
            message_id=event.message_id if event else "",
            correlation_id="",
            event_time=event.timestamp if event else None,
            time=self.now_ms(),
            notes=event.notes if event else (),
            replay_of=None,
            in_doubt=False,
        )

    def _receipt(self, receipt: Receipt, partition: int) -> Fact:
        value = self.codec.encode_receipt(receipt)
        key = (receipt.contact or "").encode() or None

        def record(durable: Callable[[], None]) -> Record:
            return Record(self.names.receipts, partition, key, value, (), durable)

        return record

    def _dead_letter(self, letter: DeadLetter) -> Fact:
        """Its bytes are left out where the broker would refuse them; the place remains."""
        value = self.codec.encode_dead_letter(letter)

        def record(durable: Callable[[], None]) -> Record:
            return Record(self.names.dead_letters, letter.partition, letter.key, value, (), durable)

        return record


def _source(place: tuple[str, int, int] | None) -> Place | None:
    return None if place is None else Place(*place)


def refused_load(message: Message, command: Command, headers: dict[str, bytes]) -> Load:
    """What a command carries that the broker would not take: the keyed record's bytes."""
    return Load(command, message, headers, problem="too large for its topic")
