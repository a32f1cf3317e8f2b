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
from streams.kafka.fitting import Shape, ever_smaller, fitting
from streams.kafka.load import (
    Load,
    bus_place,
    correlation_id,
    header_pairs,
    headers_of,
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


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report is about: a record, and the command or the event that was read from it."""

    message: Message
    position: Position
    source: tuple[str, int, int] | None
    action: str | None = None
    contact: str | None = None
    message_id: str | None = None
    correlation_id: str = ""
    event_time: int | None = None
    notes: tuple[Note, ...] = ()
    attempts: int = 0
    latency_ms: int | None = None
    replay_of: str | None = None
    in_doubt: bool = False


@dataclass(slots=True)
class Reports:
    """Makes the records; `put` produces the smaller one in place of what was refused."""

    codec: Codec
    names: Names
    now_ms: Callable[[], int]
    put: Callable[[Record], None]

    def command_receipt(
        self,
        entry: Entry,
        outcome: CommandOutcome,
        reason: str | None,
        *,
        field: str | None = None,
        status: int | None = None,
        notes: tuple[Note, ...] = (),
    ) -> Fact:
        """What became of one command."""
        subject = self._of_entry(entry)
        subject = replace(subject, notes=subject.notes + notes)
        return self._receipt(subject, outcome, reason, field=field, status=status)

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
        subject = _of_event(message, position, event, action)
        return self._receipt(replace(subject, notes=subject.notes + notes), outcome, reason)

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
        subject = _of_event(message, position, event, action)
        outcome = CommandOutcome.DEAD_LETTERED if action else EventOutcome.DEAD_LETTERED
        receipt = self._receipt(subject, outcome, verdict.reason, field=verdict.field)
        return [self._letter(subject, verdict), receipt]

    def refused_copy(self, message: Message, durable: Callable[[], None]) -> None:
        """A source's record that the keyed topic has no room for."""
        position = Position(-1, message.topic, message.partition, message.offset)
        verdict = Verdict(Dead.TOO_LARGE, None, "the keyed topic takes no record of this size")
        letter, receipt = self.dead_event(message, position, None, verdict)
        self.put(letter(lambda: self.put(receipt(durable))))

    def dead_command(self, entry: Entry, verdict: Verdict, status: int | None) -> list[Fact]:
        """A command that cannot be delivered: its letter and its receipt."""
        subject = self._of_entry(entry)
        return [
            self._letter(subject, verdict, status),
            self._receipt(
                subject,
                CommandOutcome.DEAD_LETTERED,
                verdict.reason,
                field=verdict.field,
                status=status,
            ),
        ]

    def _of_entry(self, entry: Entry) -> Subject:
        load: Load = entry.payload
        command = load.command
        return Subject(
            message=load.message,
            position=(command.position if command else None) or load.position,
            source=load.source,
            action=entry.action,
            contact=entry.contact,
            message_id=entry.message_id,
            correlation_id=command.correlation_id if command else "",
            event_time=command.event_time if command else None,
            notes=command.notes if command else (),
            attempts=load.tries.attempts,
            latency_ms=max(0, self.now_ms() - load.produced_ms),
            replay_of=load.replay_of,
            in_doubt=load.in_doubt,
        )

    def _receipt(
        self,
        subject: Subject,
        outcome: CommandOutcome | EventOutcome,
        reason: str | None,
        *,
        field: str | None = None,
        status: int | None = None,
    ) -> Fact:
        receipt = Receipt(
            kind="command" if subject.action else "event",
            action=subject.action,
            outcome=outcome,
            reason=reason,
            field=field,
            status=status,
            attempts=subject.attempts,
            latency_ms=subject.latency_ms,
            position=subject.position,
            source=Place(*subject.source) if subject.source else None,
            contact=subject.contact,
            message_id=subject.message_id,
            correlation_id=subject.correlation_id,
            event_time=subject.event_time,
            time=self.now_ms(),
            notes=subject.notes,
            replay_of=subject.replay_of,
            in_doubt=subject.in_doubt,
        )
        return self._produced(receipt, subject.message.partition)

    def _produced(self, receipt: Receipt, partition: int) -> Fact:
        key = (receipt.contact or "").encode() or None
        encode = self.codec.encode_receipt

        def shaped(one: Receipt) -> Shape:
            return self.names.receipts, partition, key, encode(one)

        return fitting(self.put, shaped, (receipt, replace(receipt, notes=())))

    def _letter(self, subject: Subject, verdict: Verdict, status: int | None = None) -> Fact:
        message, action = subject.message, subject.action
        own = action is not None and message.topic == self.names.action(action)
        place = f"{message.topic}-{message.partition}-{message.offset}"
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
            position=subject.position,
            contact=subject.contact,
            message_id=subject.message_id,
            attempts=subject.attempts,
            status=status,
            time=self.now_ms(),
            replay_to=self.names.replays,
            app_version=__version__,
        )
        encode = self.codec.encode_dead_letter

        def shaped(one: DeadLetter) -> Shape:
            return self.names.dead_letters, message.partition, one.key, encode(one)

        return fitting(self.put, shaped, ever_smaller(letter))


def _of_event(
    message: Message, position: Position, event: Event | None, action: str | None
) -> Subject:
    subject = Subject(
        message,
        position,
        bus_place(message),
        action,
        correlation_id=correlation_id(message),
        replay_of=replay_of(headers_of(message)),
    )
    if event is None:
        return subject
    return replace(
        subject,
        contact=event.contact,
        message_id=event.message_id,
        event_time=event.timestamp,
        notes=event.notes,
    )


def refused_load(message: Message, command: Command, headers: dict[str, bytes]) -> Load:
    """What a command carries that the broker would not take: the keyed record's bytes."""
    return Load(command, message, headers, problem="too large for its topic")
