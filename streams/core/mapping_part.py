"""A compiled part of a mapping, and the parts that read a path."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streams.core.event import Event, Note
from streams.core.paths import WHOLE, reader, without_nulls
from streams.core.trigger import OF_RECORD, compile_node, compile_over, shown_path
from streams.core.trigger_text import path_of
from streams.core.trigger_yaml import parse_any

Record = Mapping[str, Any]
Inner = Callable[[Any, Record, Event, list[Note]], Any]
"""What a part of a mapping gives here, in this record of the whole event."""
Where = Callable[[Any, Record, Event], str]
"""The path of the event that such a value comes from."""
Names = tuple[str, ...]
NOWHERE = "value"
"""What stands in place of such a path where a value comes from nowhere in the event."""
NULL = object()
"""A null that the mapping asks for."""
ORIGINS = {
    "default_list_name": "groupId",
    "activity_properties": "properties",
    "attributes": "traits",
    "completes_order": "event",
}
"""Where in the event that stands which routing adds to the record for mappings."""


@dataclass(frozen=True, slots=True)
class About:
    """What a mapping is of: how its conditions are made, and what origins are called."""

    test: Callable[[Any], Callable[[Any], bool]]
    origins: Mapping[str, str]

    def origin(self, steps: Names) -> str:
        """The path of the event that such a path means; `$.` in front is kept."""
        return shown_path((self.origins.get(steps[0], steps[0]), *steps[1:]))


OF_EVENTS = About(lambda spec: compile_node(parse_any(spec)), ORIGINS)
OF_RECORDS = About(lambda spec: compile_over(parse_any(spec, (), OF_RECORD), reader), {})
"""Records of a company's bus: their rules take the record where others take the event."""


@dataclass(frozen=True, slots=True)
class Part:
    """A compiled part of a mapping. `null`: it may give a null that is asked for.

    `path` are the names that it reads, where it does nothing else, and `under` those of an object
    without which it gives nothing.
    """

    give: Inner
    where: Where
    null: bool = False
    path: Names = ()
    under: Names = ()


def at_path(path: str, about: About) -> Part:
    """What stands at the path, without the nulls inside."""
    steps = path_of(path)
    origin = about.origin(steps)
    plain = steps[0] != WHOLE and not any(map(str.isdecimal, steps))
    names = tuple(steps) if plain else ()
    return Part(_reader(steps), lambda here, record, event: origin, path=names, under=names[:-1])


def _reader(steps: tuple[str, ...]) -> Inner:
    """Reads a path; those of names alone, which are nearly all, without a further call."""
    if steps[0] == WHOLE:
        inner = _reader(steps[1:])
        return lambda here, record, event, notes: inner(record, record, event, notes)
    name, *rest = steps
    if not rest:

        def read_one(here: Any, record: Record, event: Event, notes: list[Note]) -> Any:
            found = here.get(name)
            return without_nulls(found) if type(found) in (dict, list) else found

        return read_one
    if not any(map(str.isdecimal, rest)):

        def read_names(here: Any, record: Record, event: Event, notes: list[Note]) -> Any:
            found = here.get(name)
            for step in rest:
                if type(found) is not dict:
                    return None
                found = found.get(step)
            return without_nulls(found) if type(found) in (dict, list) else found

        return read_names

    read = reader(steps)

    def read_more(here: Any, record: Record, event: Event, notes: list[Note]) -> Any:
        found = read(here)
        return without_nulls(found) if type(found) in (dict, list) else found

    return read_more


def members_at(path: str, about: About) -> Part:
    """As it stands in the event, so that places and what is no object can be told."""
    where, steps = at_path(path, about).where, path_of(path)
    if steps[0] == WHOLE:
        read = reader(steps[1:])
        return Part(lambda here, record, event, notes: read(record), where)
    read = reader(steps)
    return Part(lambda here, record, event, notes: read(here), where)


def null_at(path: str, about: About) -> Part:
    """What stands at the path; where the event says null there, a null."""
    plain = at_path(path, about)
    *outer, last = path_of(path)
    whole = bool(outer) and outer[0] == WHOLE
    read = reader(tuple(outer[1:] if whole else outer))

    def give(here: Any, record: Record, event: Event, notes: list[Note]) -> Any:
        holder = read(record if whole else here)
        in_event = type(holder) is dict and (about is OF_RECORDS or holder is not record)
        if in_event and last in holder and holder[last] is None:
            return NULL
        return plain.give(here, record, event, notes)

    return Part(give, plain.where, null=True)


def common(paths: Sequence[Names]) -> Names:
    """What all of the paths begin with."""
    shared = []
    for steps in zip(*paths, strict=False):
        if len(set(steps)) > 1:
            break
        shared.append(steps[0])
    return tuple(shared)
