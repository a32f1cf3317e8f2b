"""Bytes of a record to values and back: events of the bus, and what is on our own topics.

Whatever the bytes are, reading gives a value and never raises; its message says what is wrong and
where, and holds nothing of the content. The sizes that are refused: a value over `max_bytes`
(dead letter `too_large`) and nesting deeper than the stack bears (`undecodable`); what is nested
less deep, or has too many members, is cut with a note by the source.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Any, TypeVar

from streams.core.command import Command, Position
from streams.core.decisions import Seen
from streams.core.event import Event
from streams.core.order_state import OrderState
from streams.core.outcome import Dead
from streams.core.records import DeadLetter, Place, Receipt
from streams.kafka import own, shapes
from streams.kafka.framing import Headers, frame
from streams.kafka.registry import (
    EmbeddedRegistry,
    Registry,
    RegistryAway,
    SchemaRef,
    UnknownSchema,
)
from streams.kafka.verdicts import Decoded, NeedsSchema, OtherRecord, Tombstone, Undecodable
from streams.kafka.writers import Known, known, read_event
from streams.sources.bus import Bus, type_of
from streams.sources.customer_event import to_record

__all__ = [
    "Codec",
    "Decoded",
    "NeedsSchema",
    "OtherRecord",
    "Place",
    "RegistryAway",
    "Tombstone",
    "Undecodable",
]

MAX_BYTES = 1_000_000
FORGET_UNKNOWN_AFTER = 60.0
MAX_REFUSALS = 1_000
NO_SOURCE = "its topic is of no source in the plan, so it was read as a canonical event"


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Refusal:
    verdict: Undecodable
    until: float


class Codec:
    """Reads and writes records.

    `bus` is what its topics hold; `unfit` is told, once for each schema, what a source's mapping
    names and its records have not: topic, schema, and what; `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        registry: Registry | None = None,
        *,
        bus: Bus = Bus(),  # noqa: B008 - frozen
        unfit: Callable[[str, SchemaRef, str], None] = lambda topic, ref, what: None,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = EmbeddedRegistry() if registry is None else registry
        self.bus = bus
        self._unfit = unfit
        self._max_bytes = max_bytes
        self._clock = clock
        self._known: dict[SchemaRef, Known] = {}
        self._refusals: dict[SchemaRef, _Refusal] = {}

    def decode_cached(
        self, value: bytes | None, headers: Headers, place: Place, *, now: int | None = None
    ) -> Decoded | NeedsSchema:
        """The event of a bus record, if its writer's schema is known.

        The topic of its `place` on the bus says which source it is of. `now`, in milliseconds, is
        what future times are measured by.
        """
        if value is None:
            return Tombstone()
        if len(value) > self._max_bytes:
            return Undecodable(
                Dead.TOO_LARGE, f"value of {len(value):,} bytes: more than {self._max_bytes:,}"
            )
        framed = frame(value, headers)
        if isinstance(framed, str):
            return Undecodable(Dead.UNDECODABLE, framed)
        ref, start = framed
        schema = self._known.get(ref)
        if schema is None:
            return self._refusal(ref) or NeedsSchema(ref)
        kind = type_of(self.bus.types(place.topic), schema.name)
        if kind is None:
            return OtherRecord(schema.name)
        if kind.lacks is not None and schema.unread(own=True):
            for what in kind.lacks(schema.texts):
                self._unfit(self.bus.source(place.topic), ref, what)
        decoded = read_event(value, start, ref, schema, kind, place, now)
        if isinstance(decoded, Undecodable) and not self.bus.knows(place.topic):
            return replace(decoded, message=f"{decoded.message}; {NO_SOURCE}")
        return decoded

    async def fetch_schema(self, ref: SchemaRef) -> RegistryAway | None:
        """Ask the registry for a writer's schema; None where decoding again has a result.

        An unknown schema is asked for again after a minute, one that is no Avro never.
        """
        found = await self._registry.lookup(ref)
        if isinstance(found, RegistryAway):
            return found
        if isinstance(found, UnknownSchema):
            self._refuse(ref, Dead.UNKNOWN_SCHEMA, "is not in the registry", FORGET_UNKNOWN_AFTER)
            return None
        if found.kind == "AVRO":
            self._known[ref] = known(found.texts)
        else:
            self._refuse(ref, Dead.UNDECODABLE, f"is {found.kind}, not AVRO", inf)
        return None

    async def decode_event(
        self, value: bytes | None, headers: Headers, place: Place, *, now: int | None = None
    ) -> Decoded | RegistryAway:
        """The event of a bus record, with its writer's schema fetched where need be."""
        while True:
            decoded = self.decode_cached(value, headers, place, now=now)
            if not isinstance(decoded, NeedsSchema):
                return decoded
            away = await self.fetch_schema(decoded.ref)
            if away is not None:
                return away

    def encode(self, name: str, record: dict[str, Any]) -> bytes:
        """A record of one of our schemas, by the name of its file, with its id in front."""
        return own.encode(name, record)

    def decode(self, name: str, value: bytes | None) -> dict[str, Any] | Undecodable:
        """A record of one of our schemas, whichever version of it wrote the bytes."""
        record = own.decode(name, value)
        if isinstance(record, own.Unreadable):
            reason = Dead.UNDECODABLE if record.ours else Dead.UNKNOWN_SCHEMA
            return Undecodable(reason, record.why)
        return record

    def encode_event(self, event: Event) -> bytes:
        """An event as the bus has it."""
        return self.encode("customer_event", to_record(event))

    def encode_command(self, command: Command) -> bytes:
        """A command for its action topic."""
        return self.encode("command", shapes.command_record(command))

    def decode_command(self, value: bytes | None) -> Command | Undecodable:
        """A command of an action topic."""
        return self._typed("command", value, shapes.command_of)

    def encode_receipt(self, receipt: Receipt) -> bytes:
        """A receipt."""
        return self.encode("receipt", shapes.receipt_record(receipt))

    def decode_receipt(self, value: bytes | None) -> Receipt | Undecodable:
        """A receipt."""
        return self._typed("receipt", value, shapes.receipt_of)

    def encode_dead_letter(self, letter: DeadLetter) -> bytes:
        """A dead letter."""
        return self.encode("dead_letter", shapes.dead_letter_record(letter))

    def decode_dead_letter(self, value: bytes | None) -> DeadLetter | Undecodable:
        """A dead letter."""
        return self._typed("dead_letter", value, shapes.dead_letter_of)

    def encode_seen(self, row: Seen) -> bytes:
        """A row of the table seen."""
        return self.encode("seen", shapes.seen_record(row))

    def decode_seen(self, value: bytes) -> Seen:
        """A row of the table seen. Raises ValueError where it is none, as do those below."""
        return shapes.seen_of(self._row("seen", value))

    def encode_order(self, row: OrderState, time: int) -> bytes:
        """A row of the table orders, written at `time` in milliseconds."""
        return self.encode("order_state", shapes.order_record(row, time))

    def decode_order(self, value: bytes) -> OrderState:
        """A row of the table orders."""
        return shapes.order_of(self._row("order_state", value))

    def encode_parked(self, reason: str, since: int, position: Position) -> bytes:
        """A row of the table parked; `since` in milliseconds."""
        branch = shapes.position_record(position)
        return self.encode("parked", {"reason": str(reason), "since": since, "position": branch})

    async def close(self) -> None:
        """Let the registry's connections go."""
        await self._registry.close()

    def _row(self, name: str, value: bytes) -> dict[str, Any]:
        record = own.decode(name, value)
        if isinstance(record, own.Unreadable):
            raise ValueError(f"row of {name}: {record.why}")  # noqa: TRY004 - bad data, not a bad type
        return record

    def _typed(
        self, name: str, value: bytes | None, of: Callable[[dict[str, Any]], T]
    ) -> T | Undecodable:
        record = self.decode(name, value)
        if isinstance(record, Undecodable):
            return record
        try:
            return of(record)
        except ValueError:
            return Undecodable(Dead.UNDECODABLE, f"no {name}: its body is no JSON object", "body")

    def _refuse(self, ref: SchemaRef, reason: Dead, why: str, seconds: float) -> None:
        if len(self._refusals) >= MAX_REFUSALS:
            del self._refusals[next(iter(self._refusals))]
        verdict = Undecodable(reason, f"schema {ref} {why}")
        self._refusals[ref] = _Refusal(verdict, self._clock() + seconds)

    def _refusal(self, ref: SchemaRef) -> Undecodable | None:
        refusal = self._refusals.get(ref)
        if refusal is None:
            return None
        if self._clock() < refusal.until:
            return refusal.verdict
        del self._refusals[ref]
        return None
