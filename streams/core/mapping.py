"""Mappings: what of an event goes where in a body. Six words, compiled once to plain callables.

| word                          | gives                                                  |
|-------------------------------|--------------------------------------------------------|
| `{"const": value}`            | the value                                              |
| `"properties.total"`          | what stands at the path                                |
| `["a", "b"]`                  | the first of the paths that is there                   |
| `{"each": path, "as": {…}}`   | a list: the mapping of every member                    |
| `{"when": trigger, "use": …}` | the inner mapping, where the trigger is true           |
| `{"fn": name, "of": …}`       | what the named function makes of the inner mapping     |

Any other mapping is an object of fields. What is absent is left out; nulls count as absent.
Pure: a function that refuses a value raises `Refused`, which becomes a dead letter that names
the path of the event.
"""

from collections.abc import Callable, Mapping
from typing import Any

from streams.core.event import Event, Note
from streams.core.functions import FUNCTIONS, Refused
from streams.core.trigger import FIELDS
from streams.core.trigger_text import compile_trigger

Record = Mapping[str, Any]
Rule = Callable[[Record, Event, list[Note]], Any]
Spec = Any
ORIGINS = {
    "default_list_name": "groupId",
    "activity_properties": "properties",
    "attributes": "traits",
}
"""Where in the event that stands which routing adds to the record for mappings."""


class Unmappable(Exception):  # noqa: N818 - the way out of a body; it becomes a dead letter
    """A value cannot be mapped: the path of the event and why, without the value."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


def record_of(event: Event) -> Record:
    """The event as paths see it."""
    record: dict[str, Any] = {name: getattr(event, to) for name, to in FIELDS.items()}
    record["timestamp"] = event.timestamp
    record["properties"] = event.properties
    record["traits"] = event.traits
    record["context"] = event.context
    return record


def compile_mapping(spec: Spec) -> Rule:
    """The callable that a mapping states. Raises `KeyError` for an unknown function."""
    if isinstance(spec, str):
        return _path(spec)
    if isinstance(spec, list):
        return _first(spec)
    if "const" in spec:
        value = spec["const"]
        return lambda record, event, notes: value
    if "each" in spec:
        return _each(spec["each"], spec["as"])
    if "when" in spec:
        condition, use = compile_trigger(spec["when"]), compile_mapping(spec["use"])
        return lambda record, event, notes: use(record, event, notes) if condition(event) else None
    if "fn" in spec:
        return _function(spec)
    return _object(spec)


def read(record: Any, path: str) -> Any:
    """What stands at a dotted path; None where nothing does."""
    for name in path.split("."):
        if not isinstance(record, Mapping):
            return None
        record = record.get(name)
    return record


def _path(path: str) -> Rule:
    return lambda record, event, notes: read(record, path)


def _first(paths: list[str]) -> Rule:
    def first(record: Record, event: Event, notes: list[Note]) -> Any:
        for path in paths:
            value = read(record, path)
            if value is not None and value != "":
                return value
        return None

    return first


def _each(path: str, spec: Spec) -> Rule:
    mapping = compile_mapping(spec)

    def each(record: Record, event: Event, notes: list[Note]) -> Any:
        members = read(record, path)
        if not isinstance(members, list):
            return None
        mapped = []
        for index, member in enumerate(members):
            if isinstance(member, Mapping):
                try:
                    mapped.append(mapping(member, event, notes))
                except Unmappable as wrong:
                    field = f"{path}[{index}].{wrong.field}"
                    raise Unmappable(field, wrong.message) from None
        if len(mapped) < len(members):
            said = f"members that are no object left out: {len(members) - len(mapped)}"
            notes.append(Note(path, said))
        return mapped or None

    return each


def _function(spec: Spec) -> Rule:
    function, inner = FUNCTIONS[spec["fn"]], compile_mapping(spec["of"])
    options = {key: value for key, value in spec.items() if key not in ("fn", "of")}

    def apply(record: Record, event: Event, notes: list[Note]) -> Any:
        value = inner(record, event, notes)
        if value is None:
            return None
        try:
            made, said = function(value, **options)
        except Refused as refused:
            raise Unmappable(_where(spec["of"], record), str(refused)) from None
        if said:
            where = _where(spec["of"], record)
            notes.extend(Note(f"{where}.{field}" if field else where, what) for field, what in said)
        return made

    return apply


def _where(spec: Spec, record: Record) -> str:
    """The path of the event that a value comes from."""
    if isinstance(spec, list):
        spec = next((path for path in spec if read(record, path) not in (None, "")), spec[0])
    return ORIGINS.get(spec, spec) if isinstance(spec, str) else "value"


def _object(spec: Mapping[str, Spec]) -> Rule:
    fields = {name: compile_mapping(inner) for name, inner in spec.items()}

    def build(record: Record, event: Event, notes: list[Note]) -> Any:
        made = {name: rule(record, event, notes) for name, rule in fields.items()}
        kept = {name: value for name, value in made.items() if value is not None and value != {}}
        return kept or None

    return build
