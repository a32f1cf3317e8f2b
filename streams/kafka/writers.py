"""The schemas of the bus that were asked for, each with its readers, made when first wanted; and
what is read with them. Pure.

A canonical event and a company's own record are read differently: the first has its times as
plain numbers, the second as what their schema says.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.core.event import Event
from streams.core.outcome import Dead
from streams.core.records import Place
from streams.kafka.registry import SchemaRef
from streams.kafka.verdicts import Undecodable
from streams.kafka.walk import Fault
from streams.kafka.writer import Unusable, Writer, ready
from streams.sources.bus import RecordType
from streams.sources.customer_event import Invalid, to_event
from streams.sources.mapped import mapped_event


@dataclass(slots=True)
class Known:
    """A writer's schema. `name` is the full name of its record, blank where it is none."""

    texts: tuple[str, ...]
    name: str
    _readers: dict[bool, Writer | Unusable] = field(default_factory=dict)

    def reader(self, *, own: bool) -> Writer | Unusable:
        """What reads its records; `own` are a company's, with a mapping in the plan."""
        if own not in self._readers:
            self._readers[own] = ready(self.texts, own=own)
        return self._readers[own]

    def unread(self, *, own: bool) -> bool:
        """Whether none of its records was read so before."""
        return own not in self._readers


def known(texts: Sequence[str]) -> Known:
    """The schema of these texts: those that it refers to, then itself."""
    return Known(tuple(texts), _full_name(texts[-1]) if texts else "")


def _full_name(text: str) -> str:
    try:
        schema: Any = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(schema, dict) or schema.get("type") != "record":
        return ""
    name, space = str(schema.get("name", "")), schema.get("namespace")
    return f"{space}.{name}" if space and "." not in name else name


def read_event(
    value: bytes,
    start: int,
    ref: SchemaRef,
    schema: Known,
    kind: RecordType,
    place: Place,
    now: int | None,
) -> Event | Undecodable:
    """The event of a record of this type, whose body begins at `start`."""
    writer = schema.reader(own=kind.mapped is not None)
    if isinstance(writer, Unusable):
        return Undecodable(Dead.UNDECODABLE, f"schema {ref} {writer.why}")
    record = writer.read(value, start)
    if isinstance(record, Fault):
        return Undecodable(Dead.UNDECODABLE, str(record), record.field or None)
    try:
        if kind.mapped is None:
            event = to_event(record, place, now=now, wrapped=writer.wrapped)
        else:
            event = mapped_event(record, place, kind.mapped, now=now)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a bug of ours is an outcome of one event
        return Undecodable(Dead.BUG, f"{type(error).__name__} while reading the event")
    if isinstance(event, Invalid):
        return Undecodable(Dead.INVALID, f"{event.field} {event.message}", event.field)
    return event
