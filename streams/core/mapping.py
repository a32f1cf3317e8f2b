"""Mappings: what of an event goes where in a body. Six words, compiled once to plain callables.

| word                          | gives                                                  |
|-------------------------------|--------------------------------------------------------|
| `{"const": value}`            | the value; a null is kept as one                       |
| `"properties.total"`          | what stands at the path, without the nulls inside      |
| `["a", {…}]`                  | the first of these mappings that gives something       |
| `{"each": path, "as": {…}}`   | a list: the mapping of every member                    |
| `{"when": trigger, "use": …}` | the inner mapping, where the trigger is true           |
| `{"fn": name, "of": …}`       | what the named function makes of the inner mapping     |

Any other mapping is an object of fields. What is absent is left out; nulls count as absent.
In `each` paths are those of the member; `$.` in front leads to the whole event.
Pure: a function that refuses a value raises `Refused`, which becomes a dead letter that names
the path of the event. `plan.mappings` says what is wrong with a mapping before.
"""

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any

from streams.core.event import Event, Note
from streams.core.functions import FUNCTIONS, Noted, Refused
from streams.core.mapping_part import (
    NOWHERE,
    NULL,
    OF_EVENTS,
    About,
    Inner,
    Part,
    Record,
    at_path,
    common,
    members_at,
    null_at,
)
from streams.core.paths import without_nulls
from streams.core.trigger import FIELDS

Rule = Callable[[Record, Event, list[Note]], Any]
Spec = Any
NULLABLE = "nullable"
"""The function that sees nulls, and so reads the path itself."""


_FIELDS_OF = attrgetter(*FIELDS.values())


class Unmappable(Exception):  # noqa: N818 - the way out of a body; it becomes a dead letter
    """A value cannot be mapped: the path of the event and why, without the value."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


def record_of(event: Event) -> dict[str, Any]:
    """The event as paths see it."""
    record: dict[str, Any] = dict(zip(FIELDS, _FIELDS_OF(event), strict=True))
    record["timestamp"] = event.timestamp
    record["properties"] = event.properties
    record["traits"] = event.traits
    record["context"] = event.context
    return record


def compile_mapping(spec: Spec) -> Rule:
    """The callable that a mapping states, which must be one: `plan.mappings` finds what is not."""
    give = compile_part(spec).give

    def rule(record: Record, event: Event, notes: list[Note]) -> Any:
        before = len(notes)
        try:
            made = give(record, record, event, notes)
        except Unmappable as wrong:
            raise Unmappable(wrong.field.removeprefix("$."), wrong.message) from None
        for at in range(before, len(notes)):
            notes[at] = Note(notes[at].field.removeprefix("$."), notes[at].what)
        return made

    return rule


def compile_part(spec: Spec, about: About = OF_EVENTS) -> Part:
    """A part of a mapping: what it gives, and which path of the event that comes from."""
    if isinstance(spec, str):
        return at_path(spec, about)
    if isinstance(spec, list):
        return _first([compile_part(one, about) for one in spec])
    if "const" in spec:
        value = NULL if spec["const"] is None else spec["const"]
        return Part(lambda here, record, event, notes: value, _nowhere, value is NULL)
    if "each" in spec:
        return _each(spec, about)
    if "when" in spec:
        return _when(spec, about)
    if "fn" in spec:
        return _function(spec, about)
    return _object({name: compile_part(inner, about) for name, inner in spec.items()})


def _nowhere(here: Any, record: Record, event: Event) -> str:
    return NOWHERE


def _first(parts: list[Part]) -> Part:
    gives = tuple(part.give for part in parts)

    def first(here: Any, record: Record, event: Event, notes: list[Note]) -> Any:
        for give in gives:
            value = give(here, record, event, notes)
            if value is not None and value != "":
                return value
        return None

    def where(here: Any, record: Record, event: Event) -> str:
        for part in parts:
            if part.give(here, record, event, []) not in (None, ""):
                return part.where(here, record, event)
        return parts[0].where(here, record, event)

    return Part(first, where, any(part.null for part in parts))


def _each(spec: Spec, about: About) -> Part:
    listed, inner = spec["each"], compile_part(spec["as"], about)
    source = members_at(listed, about) if isinstance(listed, str) else compile_part(listed, about)
    whole = is_object(spec["as"])

    def each(here: Any, record: Record, event: Event, notes: list[Note]) -> Any:
        members = source.give(here, record, event, notes)
        if members is None or members is NULL:
            return None
        if type(members) is not list:
            raise Unmappable(source.where(here, record, event), "is no list")
        mapped, strange = [], 0
        for index, member in enumerate(members):
            if type(member) is not dict:
                strange += 1
                continue
            before = len(notes)
            try:
                made = inner.give(member, record, event, notes)
            except Unmappable as wrong:
                at = f"{source.where(here, record, event)}[{index}]"
                raise Unmappable(_inside(at, wrong.field), wrong.message) from None
            if len(notes) > before:
                at = f"{source.where(here, record, event)}[{index}]"
                told = [Note(_inside(at, note.field), note.what) for note in notes[before:]]
                notes[before:] = told
            if made is not None:
                mapped.append(None if made is NULL else made)
            elif whole:
                mapped.append({})
        if strange and strange == len(members):
            raise Unmappable(source.where(here, record, event), "has no member that is an object")
        if strange:
            said = f"members that are no object left out: {strange}"
            notes.append(Note(source.where(here, record, event), said))
        return mapped or None

    return Part(each, source.where)


def _inside(at: str, field: str) -> str:
    return field if field.startswith("$.") else f"{at}.{field}"


def _when(spec: Spec, about: About) -> Part:
    condition, inner = about.test(spec["when"]), compile_part(spec["use"], about)
    give = inner.give

    def when(here: Any, record: Record, event: Event, notes: list[Note]) -> Any:
        return give(here, record, event, notes) if condition(event) else None

    return Part(when, inner.where, inner.null)


def _function(spec: Spec, about: About) -> Part:
    if spec["fn"] == NULLABLE:
        return null_at(spec["of"], about)
    options = {key: value for key, value in spec.items() if key not in ("fn", "of")}
    function, inner = FUNCTIONS[spec["fn"]], compile_part(spec["of"], about)
    call = partial(function, **options) if options else function
    made = _of_path(call, inner) if inner.path else _of_part(call, inner)
    return Part(made, inner.where, inner.null, under=inner.under)


def _of_path(call: Callable[[Any], Any], inner: Part) -> Inner:
    """As `_of_part`, which is most of what mappings do, without a call to read the path."""
    where = inner.where
    name, *rest = inner.path

    def apply(here: Any, record: Record, event: Event, notes: list[Note]) -> Any:
        value = here.get(name)
        for step in rest:
            if type(value) is not dict:
                return None
            value = value.get(step)
        if value is None:
            return None
        if type(value) is dict or type(value) is list:
            value = without_nulls(value)
        try:
            made = call(value)
        except Refused as refused:
            raise Unmappable(where(here, record, event), str(refused)) from None
        if type(made) is Noted:
            notes.append(Note(where(here, record, event), made.what))
            return made.value
        return made

    return apply


def _of_part(call: Callable[[Any], Any], inner: Part) -> Inner:
    give, where = inner.give, inner.where

    def apply(here: Any, record: Record, event: Event, notes: list[Note]) -> Any:
        value = give(here, record, event, notes)
        if value is None or value is NULL:
            return value
        try:
            made = call(value)
        except Refused as refused:
            raise Unmappable(where(here, record, event), str(refused)) from None
        if type(made) is Noted:
            notes.append(Note(where(here, record, event), made.what))
            return made.value
        return made

    return apply


WORDS = {"const": "", "each": "as", "when": "use", "fn": "of"}
"""The words that are objects, by their first key, and the key of the mapping inside."""


def word_of(spec: Spec) -> str | None:
    """The first key of the word that a mapping is; None of a path, a list and an object."""
    if not isinstance(spec, dict):
        return None
    return next((word for word in WORDS if word in spec), None)


def held_key(spec: Spec) -> str | None:
    """The key under which a word holds another mapping; None of all else."""
    word = word_of(spec)
    return None if word is None else WORDS[word] or None


def is_object(spec: Spec) -> bool:
    """Whether a mapping is an object of fields, and no word."""
    return isinstance(spec, dict) and word_of(spec) is None


def _object(fields: dict[str, Part]) -> Part:
    pairs = tuple((name, part.give) for name, part in fields.items())
    under = common([part.under for part in fields.values()])
    needed = under if len(pairs) > 1 else ()

    def build(here: Any, record: Record, event: Event, notes: list[Note]) -> Any:
        found = here
        for step in needed:
            found = found.get(step)
            if type(found) is not dict:
                return None
        made = {}
        for name, give in pairs:
            value = give(here, record, event, notes)
            if value is not None and (value or type(value) is not dict):
                made[name] = value
        return made or None

    def build_with_nulls(here: Any, record: Record, event: Event, notes: list[Note]) -> Any:
        made = build(here, record, event, notes)
        if made is None:
            return None
        return {name: None if value is NULL else value for name, value in made.items()}

    def where(here: Any, record: Record, event: Event) -> str:
        said = (part.where(here, record, event) for part in fields.values())
        return next((one for one in said if one != NOWHERE), NOWHERE)

    nulls = any(part.null for part in fields.values())
    return Part(build_with_nulls if nulls else build, where, under=under)
