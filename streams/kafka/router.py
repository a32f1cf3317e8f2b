"""The router: a keyed record becomes commands on the action topics, in the lanes' knowledge.

It runs ahead of the oldest open command by a bounded window; when that is full it slows its own
topic down and no other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from faust.types import Message

from streams.core.command import Command, Position
from streams.core.compiled import CompiledPlan
from streams.core.decisions import DeadLetter
from streams.core.event import Event, Note
from streams.core.lanes import Entry, Planned
from streams.core.outcome import Dead, EventOutcome
from streams.core.routed import Filtered, Routed
from streams.core.routing import route
from streams.kafka.asking import Asking
from streams.kafka.care import Care
from streams.kafka.codec import (
    Codec,
    Decoded,
    NeedsSchema,
    OtherRecord,
    Tombstone,
    Undecodable,
)
from streams.kafka.echoes import Echoes
from streams.kafka.load import (
    bus_place,
    command_headers,
    correlation_id,
    headers_of,
    origin,
    own_position,
)
from streams.kafka.made import Made
from streams.kafka.names import Names
from streams.kafka.outbox import Fact, Outbox, Record
from streams.kafka.partition import Partition
from streams.kafka.reports import Reports, refused_load
from streams.kafka.tables import Tables
from streams.kafka.visiting import Visiting
from streams.metrics import Metrics

_NONE: Sequence[Fact] = ()


@dataclass(slots=True, eq=False)
class Router:
    """Routes what stands in the backlog of a partition, as far as its window has room."""

    plan: CompiledPlan
    generation: int
    codec: Codec
    names: Names
    outbox: Outbox
    reports: Reports
    tables: Tables
    visiting: Visiting
    metrics: Metrics
    slow: Callable[[Partition, bool], None]
    superseded: Callable[[Partition], None]
    registry_away: Callable[[bool], None]
    now_ms: Callable[[], int]
    fatal: Callable[[BaseException], None]
    care: Care
    echoes: Echoes = field(init=False)
    _asking: Asking = field(init=False)

    def __post_init__(self) -> None:
        self.echoes = Echoes(self.codec)
        self._asking = Asking(self.codec, self.registry_away, self.fatal)

    def read(self, part: Partition, message: Message) -> None:
        """A keyed record was read."""
        if not part.lanes.known(message.offset):
            part.backlog.append(message)
            self.go_on(part)

    def go_on(self, part: Partition) -> None:
        """Route what there is room for."""
        if self.care.put_off(part.keyed):
            return
        while part.live and part.backlog and not part.waiting and part.lanes.room():
            message = part.backlog[0]
            if part.lanes.known(message.offset):
                part.backlog.popleft()
                continue
            result = self.decode(message)
            if isinstance(result, NeedsSchema):
                part.waiting = True
                self.fetch(part, result, partial(self._fetched, part))
                break
            part.backlog.popleft()
            self._route(part, message, result)
            if self.care.covers(message):
                self.care.next_turn(part.keyed, partial(self.go_on, part))
                break
        full = bool(part.backlog)
        if full != part.slowed and part.live:
            part.slowed = full
            self.slow(part, full)

    def _fetched(self, part: Partition) -> None:
        part.waiting = False
        self.go_on(part)

    def decode(self, message: Message, produced: int | None = None) -> Decoded | NeedsSchema:
        """What a record of the bus says, as far as its schema is known.

        `produced` is when it was, in milliseconds, where it was passed on since.
        """
        verdict = None
        if self.care.covers(message):
            verdict = self.care.verdict(partial(self._rehearse, message, produced))
        return verdict or self._decoded(message, produced)

    def _decoded(self, message: Message, produced: int | None) -> Decoded | NeedsSchema:
        headers, place = origin(message, produced)
        return self.codec.decode_cached(message.value, headers, place, now=self.now_ms())

    def _rehearse(self, message: Message, produced: int | None) -> None:
        """All that reading a record does before something of it leaves."""
        decoded = self._decoded(message, produced)
        if not isinstance(decoded, NeedsSchema):
            self.made(message, own_position(message), decoded)

    def fetch(self, part: Partition, needs: NeedsSchema, done: Callable[[], None]) -> None:
        """Ask the registry until it answers, then go on with `done`."""
        self._asking.ask(needs, lambda: part.live, done)

    def _route(self, part: Partition, message: Message, result: Decoded) -> None:
        position = Position(self.generation, message.topic, message.partition, message.offset)
        made = self.made(message, position, result)
        self.metrics.event(made.outcome)
        planned = [Planned(command.action, command.message_id) for command, _ in made.commands]
        entries = part.lanes.read(message.offset, made.contact, planned, holds=len(made.facts))
        for fact in made.facts:
            self.outbox.put(fact(self._release(part, message.offset)))
        if entries:
            headers = command_headers(message, made.commands[0][0])
            for entry, (command, value) in zip(entries, made.commands, strict=True):
                self._produce(part, message, entry, command, value, headers)
        self.superseded(part)
        if not entries and not made.facts:
            part.advance()

    def made(
        self,
        message: Message,
        position: Position,
        result: Decoded,
        only: bytes | None = None,
    ) -> Made:
        """What a record becomes by the plan; `only` is the one action that is wanted."""
        if isinstance(result, Tombstone):
            return self._over(message, position, None, "tombstone")
        if isinstance(result, OtherRecord):
            note = Note("record", f"{result.name or 'what is no record'} is not in the plan")
            return self._over(message, position, None, "record", (note,))
        if isinstance(result, Undecodable):
            verdict = DeadLetter(result.reason, result.field, result.message)
            return self._dead(message, position, None, verdict)
        if result.contact is None:
            text = "userId and anonymousId are both blank; set one of them"
            return self._dead(message, position, result, DeadLetter(Dead.NO_KEY, "userId", text))
        try:
            routed, ties = route(result, self.plan, self.source(message)), _NONE
            if only is None and self.visiting.on:
                turned = self.visiting.turn(message, position, result, routed)
                if isinstance(turned, Made):
                    return turned
                routed, ties = turned
            if isinstance(routed, Filtered):
                return self._over(message, position, result, routed.reason, ties=ties)
            encoded = self.stamped(message, position, routed.commands, only)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug of ours is an outcome of one event
            text = f"{type(error).__name__} while routing"
            return self._dead(message, position, result, DeadLetter(Dead.BUG, None, text))
        facts = self.routing_facts(message, position, result, routed, only)
        return Made(EventOutcome.ROUTED, result.contact, encoded, [*facts, *ties])

    def source(self, message: Message) -> str:
        """The source of the plan that a record comes from."""
        return self.codec.bus.source(bus_place(message)[0])

    def stamped(
        self,
        message: Message,
        position: Position | None,
        commands: Sequence[Command],
        only: bytes | None = None,
    ) -> list[tuple[Command, bytes]]:
        """Commands with where their event stands, each with its bytes."""
        correlation = correlation_id(message)
        made = [one.at(position, correlation) for one in commands if _wanted(one.action, only)]
        return [(command, self.echoes.encode_command(command)) for command in made]

    def _over(
        self,
        message: Message,
        position: Position,
        event: Event | None,
        why: str,
        notes: tuple[Note, ...] = (),
        ties: Sequence[Fact] = (),
    ) -> Made:
        fact = self.reports.event_receipt(message, position, event, why, notes=notes)
        return Made(EventOutcome.FILTERED, "", (), [fact, *ties], why)

    def _dead(
        self, message: Message, position: Position, event: Event | None, verdict: DeadLetter
    ) -> Made:
        self.metrics.dead_event(verdict.reason)
        facts = self.reports.dead_event(message, position, event, verdict)
        return Made(EventOutcome.DEAD_LETTERED, "", (), facts, verdict.reason)

    def routing_facts(
        self,
        message: Message,
        position: Position,
        event: Event,
        routed: Routed,
        only: bytes | None = None,
    ) -> list[Fact]:
        """What is written beside the commands of an event."""
        facts: list[Fact] = []
        if only is None and routed.identity is not None:
            for one in self.plan.sought:
                self.metrics.identifier(one.name, routed.identity.state(one))
        for dead in routed.dead:
            if _wanted(dead.action, only):
                verdict = DeadLetter(dead.reason, dead.field, dead.message)
                facts += self.reports.dead_event(message, position, event, verdict, dead.action)
                self.metrics.dead_lettered(dead.action, dead.reason)
                action = self._overwriting(dead.action)
                if action is not None:
                    contact = event.contact or ""
                    facts += self.tables.died(message.partition, contact, action, position)
        for suppressed in routed.suppressed:
            if _wanted(suppressed.action, only):
                facts.append(
                    self.reports.event_receipt(
                        message, position, event, suppressed.told, suppressed.action
                    )
                )
                self.metrics.suppressed(suppressed.action, suppressed.reason)
        return facts

    def _overwriting(self, name: str) -> str | None:
        """The action of an instance whose commands must not be replayed over newer ones."""
        found = (one for one in self.plan.instances if one.name == name)
        return next((one.action for one in found if one.declaration.overwrites), None)

    def _produce(
        self,
        part: Partition,
        message: Message,
        entry: Entry,
        command: Command,
        value: bytes,
        headers: list[tuple[str, bytes]],
    ) -> None:
        self.outbox.put(
            Record(
                topic=self.names.action(command.action),
                partition=part.number,
                key=command.contact.encode(),
                value=value,
                headers=headers,
                durable=_nothing,
                refused=lambda: self.too_large(part, entry, command, message),
            )
        )

    def too_large(self, part: Partition, entry: Entry, command: Command, message: Message) -> None:
        """The broker will never take this command."""
        part.lanes.refused(entry, refused_load(message, command, headers_of(message)))

    def _release(self, part: Partition, offset: int) -> Callable[[], None]:
        def release() -> None:
            part.lanes.release(offset)
            part.advance()
            self.go_on(part)

        return release


def _wanted(action: str, only: bytes | None) -> bool:
    return only is None or action.encode() == only


def _nothing() -> None:
    return None
