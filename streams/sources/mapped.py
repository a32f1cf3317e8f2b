"""A company's own record as an event, by a mapping of the plan.

Only what the mapping names is looked at. What Avro's logical types gave becomes what JSON has:
times and days ISO 8601 texts, decimals numbers, UUIDs texts. So words and functions of mappings
see plain values, and what they make is cleaned as the canonical event is. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from streams.core.event import Event, Note
from streams.core.mapping import Unmappable, compile_part, held_key, is_object
from streams.core.mapping_part import NOWHERE, NULL, OF_RECORDS, Part
from streams.core.paths import WHOLE
from streams.core.records import Place
from streams.core.trigger import OF_RECORD, comparisons
from streams.core.trigger_text import path_of
from streams.core.trigger_yaml import parse_any
from streams.sources.cleaning import Cleaner
from streams.sources.customer_event import Invalid, from_json

__all__ = ["Mapped", "compile_mapped", "mapped_event"]

OBJECTS = ("traits", "properties", "context", "integrations")


@dataclass(frozen=True, slots=True)
class Mapped:
    """A compiled mapping: its fields, and the names at the top of the record that it looks at."""

    parts: tuple[tuple[str, Part], ...]
    roots: frozenset[str]


def compile_mapped(mapping: Mapping[str, Any]) -> Mapped:
    """The mapping, which must be one, ready to use."""
    parts = tuple((name, compile_part(spec, OF_RECORDS)) for name, spec in mapping.items())
    return Mapped(parts, frozenset(path[0] for path in _paths(dict(mapping))))


def mapped_event(
    record: Mapping[str, Any], place: Place, mapped: Mapped, *, now: int | None = None
) -> Event | Invalid:
    """The event of a decoded record, or the field of the record at fault.

    Without a rule for it the message id is the record's place, the timestamp the record's own.
    """
    cleaner = Cleaner(wrapped=False)
    given = {name: record[name] for name in mapped.roots if name in record}
    here = cleaner.members(given, WHOLE)
    notes = [_of_record(note) for note in cleaner.notes]
    made: dict[str, Any] = {"messageId": f"{place.topic}-{place.partition}-{place.offset}"}
    if place.time is not None:
        made["timestamp"] = place.time
    try:
        for name, part in mapped.parts:
            made[name] = part.give(here, here, here, notes)  # type: ignore[arg-type]
    except Unmappable as wrong:
        return Invalid(_path(wrong.field), f"{wrong.message} (for {name})")
    fields = {name: None if value is NULL else value for name, value in made.items()}
    event = from_json(fields, place, now)
    if isinstance(event, Invalid):
        return _at_its_origin(event, mapped, here)
    return replace(event, notes=(*map(_of_record, notes), *event.notes))


def _at_its_origin(invalid: Invalid, mapped: Mapped, here: dict[str, Any]) -> Invalid:
    """The same with the field of the record that the event's field is made of."""
    part = dict(mapped.parts).get(invalid.field)
    origin = NOWHERE if part is None else part.where(here, here, here)  # type: ignore[arg-type]
    if origin == NOWHERE:
        return invalid
    return Invalid(_path(origin), f"{invalid.message} (for {invalid.field})")


def _of_record(note: Note) -> Note:
    return Note(_path(note.field), note.what)


def _path(field: str) -> str:
    return field.removeprefix(f"{WHOLE}.")


def _paths(spec: Any) -> Iterator[tuple[str, ...]]:
    """Every path of a mapping; inside `each` they are those of a member, which does no harm."""
    if isinstance(spec, str):
        steps = path_of(spec)
        yield steps[1:] if steps[0] == WHOLE else steps
    elif isinstance(spec, list):
        for one in spec:
            yield from _paths(one)
    elif is_object(spec):
        for inner in spec.values():
            yield from _paths(inner)
    else:
        yield from _in_word(spec)


def _in_word(spec: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    if "each" in spec:
        yield from _paths(spec["each"])
    if "when" in spec:
        yield from (one.path for one in comparisons(parse_any(spec["when"], (), OF_RECORD)))
    held = held_key(spec)
    if held:
        yield from _paths(spec[held])
