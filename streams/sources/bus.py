"""What stands on the topics of the company's bus, as the plan says: which records, and what event
each is. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from streams.core.event import Event
from streams.core.records import Place
from streams.sources.customer_event import Invalid, from_json
from streams.sources.mapped import Mapped, mapped_event


@dataclass(frozen=True, slots=True)
class RecordType:
    """Records of one name, or of any where it is None.

    Without `mapped` the record is the canonical event: it has its fields by their names.
    `lacks` says which paths of the mapping a schema, by its texts, has not.
    """

    name: str | None = None
    mapped: Mapped | None = None
    lacks: Callable[[tuple[str, ...]], list[str]] | None = None


CANONICAL = (RecordType(),)


@dataclass(frozen=True, slots=True)
class Bus:
    """The record types of every source, by topic.

    `only` is the one source whose topic is the keyed topic, where there is one: then every record
    is its own, whatever its headers say.
    """

    topics: Mapping[str, tuple[RecordType, ...]] = field(default_factory=dict)
    only: str | None = None

    def source(self, topic: str) -> str:
        """The source of a record that comes from this topic."""
        return self.only or topic

    def knows(self, topic: str) -> bool:
        """Whether records of this topic are a source's, as far as any are known."""
        return not self.topics or self.source(topic) in self.topics

    def types(self, topic: str) -> tuple[RecordType, ...]:
        """What is taken from a topic; one that is no source's holds canonical events."""
        return self.topics.get(self.source(topic), CANONICAL)


def type_of(types: tuple[RecordType, ...], name: str) -> RecordType | None:
    """The type of a record called `name`; None where it is of none of them."""
    otherwise = None
    for one in types:
        if one.name == name:
            return one
        if one.name is None:
            otherwise = one
    return otherwise


@dataclass(frozen=True, slots=True)
class Reading:
    """JSON objects as records of one type of one source."""

    source: str
    kind: RecordType

    @property
    def canonical(self) -> bool:
        """Whether the objects have the fields of an event, and no mapping makes them."""
        return self.kind.mapped is None

    def event(self, record: Mapping[str, Any], place: Place, now: int) -> Event | Invalid:
        """The event of such an object; without any time it happened `now`."""
        time = now if place.time is None else place.time
        there = replace(place, topic=self.source, time=time)
        if self.kind.mapped is None:
            return from_json(record, there, now)
        return mapped_event(record, there, self.kind.mapped, now=now)


def reading_of(bus: Bus, source: str, record: str | None = None) -> Reading:
    """How records of a source, or of one of its types, are read. Raises `ValueError`."""
    types = bus.topics.get(source)
    if types is None:
        raise ValueError(f"{source} is no source of the plan; it has {', '.join(bus.topics)}")
    if record is None and len(types) == 1:
        return Reading(source, types[0])
    kind = type_of(types, record or "")
    if record is None or kind is None:
        known = ", ".join(one.name or "any" for one in types)
        raise ValueError(f"which record of {source} is meant? it has {known}")
    return Reading(source, kind)
