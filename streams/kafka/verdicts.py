"""What reading a record gives where it gives no value: why, in words that hold none of it."""

from dataclasses import dataclass

from streams.core.event import Event
from streams.core.outcome import Dead
from streams.kafka.registry import SchemaRef


@dataclass(frozen=True, slots=True)
class Undecodable:
    """The record is no event, or no command: the reason of its dead letter and a message."""

    reason: Dead
    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The record has no value."""


@dataclass(frozen=True, slots=True)
class OtherRecord:
    """The record is of a type that the plan does not take from its source. `name` is the type's."""

    name: str


@dataclass(frozen=True, slots=True)
class NeedsSchema:
    """The writer's schema is not known yet: `fetch_schema` it and decode again."""

    ref: SchemaRef


Decoded = Event | Undecodable | Tombstone | OtherRecord
"""What a record of the bus says, once its schema is known."""
