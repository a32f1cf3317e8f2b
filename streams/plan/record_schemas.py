"""The mappings of sources beside the Avro schemas of their records: paths that a schema has not.

Pure: whoever calls has the schemas.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastavro import parse_schema
from fastavro.schema import SchemaParseException

from streams.core.mapping import held_key, is_object
from streams.core.paths import WHOLE
from streams.core.trigger import OF_RECORD, comparisons, shown_path
from streams.core.trigger_text import path_of
from streams.core.trigger_yaml import parse_any
from streams.plan.places import Finding, Path, nearest
from streams.sources.mapped import OBJECTS

RECORDS = ("record", "error")
BYTES = ("bytes", "fixed")
MOST_SHOWN = 30
MOST_SHOWN_DEEP = 8
"""Records inside of records, which may hold themselves."""


class NoSchemaError(ValueError):
    """It is no schema of a record; the message says why."""


@dataclass(frozen=True, slots=True)
class RecordSchema:
    """The schema of a record, with the types that it names."""

    schema: dict[str, Any]
    named: dict[str, Any]

    @property
    def name(self) -> str:
        """The record's full name."""
        return str(self.schema["name"])

    def shape(self) -> dict[str, Any]:
        """The names of its fields, each with those below it; None where any may stand."""
        return _Beside(self).shape([self.schema], MOST_SHOWN_DEEP) or {}

    def symbols(self, path: tuple[str, ...]) -> list[str] | None:
        """What an enum at the path may say; None where something else stands there."""
        return _Beside(self).symbols(path)


def record_schema(texts: tuple[str, ...], name: str | None) -> RecordSchema:
    """The schema of the record called `name`; `texts` are those it refers to, then its own.

    A text may be a list of schemas, too; without a name the last of all is meant.
    """
    named: dict[str, Any] = {}
    last: Any = None
    try:
        for text in texts:
            given = json.loads(text)
            for one in given if isinstance(given, list) else [given]:
                last = parse_schema(one, named_schemas=named)
    except (json.JSONDecodeError, RecursionError) as error:
        raise NoSchemaError(f"is no JSON ({type(error).__name__})") from None
    except (SchemaParseException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoSchemaError(f"is no Avro schema ({type(error).__name__})") from None
    found = named.get(name, last) if name else last
    if not isinstance(found, dict) or found.get("type") not in RECORDS:
        raise NoSchemaError("is not that of a record")
    made = RecordSchema(found, named)
    if name and made.name != name:
        raise NoSchemaError(f"is that of {made.name}, and {name} is meant")
    return made


def problems(mapping: dict[str, Any], schema: RecordSchema, at: Path) -> Iterator[Finding]:
    """The paths of a checked mapping, which stands at `at`, that the record has not."""
    beside = _Beside(schema)
    yield from beside.problems(mapping, at, [schema.schema])
    for name, spec in mapping.items():
        if name not in OBJECTS:
            yield from beside.no_text(spec, (*at, name))


def lacking(mapping: dict[str, Any], name: str | None, texts: tuple[str, ...]) -> list[str]:
    """What is wrong with the mapping beside a schema of the record called `name`, in words."""
    try:
        schema = record_schema(texts, name)
    except NoSchemaError:  # then no record of it can be read either
        return []
    return [f"{'.'.join(map(str, at))}: {what}" for at, what, _ in problems(mapping, schema, ())]


@dataclass(frozen=True, slots=True)
class _Beside:
    """`here` is what a path begins at: the types that may stand there, None where nobody knows."""

    schema: RecordSchema

    def problems(self, spec: Any, at: Path, here: list[Any] | None) -> Iterator[Finding]:
        if isinstance(spec, str):
            yield from self._path(spec, at, here)
        elif isinstance(spec, list):
            for number, one in enumerate(spec):
                yield from self.problems(one, (*at, number), here)
        elif is_object(spec):
            for name, inner in spec.items():
                yield from self.problems(inner, (*at, name), here)
        elif "each" in spec:
            yield from self._each(spec, at, here)
        else:
            if "when" in spec:
                for one in comparisons(parse_any(spec["when"], (), OF_RECORD)):
                    yield from self._steps(one.path, (*at, "when"), [self.schema.schema])
            held = held_key(spec)
            if held:
                yield from self.problems(spec[held], (*at, held), here)

    def no_text(self, spec: Any, at: Path) -> Iterator[Finding]:
        """Paths of what is no text, where the event has one."""
        for number, one in enumerate(spec) if isinstance(spec, list) else ():
            yield from self.no_text(one, (*at, number))
        if isinstance(spec, str):
            found = self._found(self._begun(spec, None)[0], [self.schema.schema])
            if found and all(self._kind(one) in (*RECORDS, "array", "map") for one in found):
                what = f"{spec} is of type {self._said(found)}, where an event has a text"
                yield at, what, f"name a field of it; a fixed text is {{const: {spec}}}"

    def _path(self, text: str, at: Path, here: list[Any] | None) -> Iterator[Finding]:
        steps, here = self._begun(text, here)
        wrong = list(self._steps(steps, at, here))
        yield from wrong
        found = None if wrong or here is None else self._found(steps, here)
        if found and all(self._kind(one) in BYTES and not _logical(one) for one in found):
            yield at, f"{text} is bytes, which no event has", "leave it out"

    def _begun(self, text: str, here: list[Any] | None) -> tuple[tuple[str, ...], list[Any] | None]:
        steps = path_of(text)
        return (steps[1:], [self.schema.schema]) if steps[0] == WHOLE else (steps, here)

    def _each(self, spec: dict[str, Any], at: Path, here: list[Any] | None) -> Iterator[Finding]:
        source, members = spec["each"], None
        wrong = list(self.problems(source, (*at, "each"), here))
        yield from wrong
        if isinstance(source, str) and not wrong:
            steps, begun = self._begun(source, here)
            found = None if begun is None else self._found(steps, begun)
            if found is not None:
                lists = [one for one in found if self._kind(one) == "array"]
                members = [item for one in lists for item in self._types(one["items"])]
                objects = [one for one in members if self._kind(one) in (*RECORDS, "map")]
                if not objects:
                    remedy = "each: is for lists of records; without it the value is taken whole"
                    yield (*at, "each"), f"{source} is of type {self._said(found)}", remedy
                    members = None
        yield from self.problems(spec["as"], (*at, "as"), members)

    def _found(self, steps: tuple[str, ...], here: list[Any]) -> list[Any]:
        for step in steps:
            here = self._inside(here, step)
        return here

    def _steps(self, steps: tuple[str, ...], at: Path, here: list[Any] | None) -> Iterator[Finding]:
        for number, step in enumerate(steps if here is not None else ()):
            inner = self._inside(here or [], step)
            if not inner:
                yield self._missing(steps, number, at, here or [])
                return
            here = inner

    def _missing(self, steps: tuple[str, ...], number: int, at: Path, here: list[Any]) -> Finding:
        shown, before = shown_path(steps), shown_path(steps[:number])
        what = f"{shown} is not in {self.schema.name}"
        fields = [name for one in here for name in self._fields(one)]
        if not fields:
            return at, f"{what}: {before} is of type {self._said(here)}", self._way_in(here)
        some = ", ".join(fields[:MOST_SHOWN]) + (", …" if len(fields) > MOST_SHOWN else "")
        near = nearest(steps[number], fields)
        known = ".".join(part for part in (before, near) if part)
        fixed = "" if before else f"a fixed text is {{const: {shown}}}"
        remedy = f"did you mean {known}?" if near else fixed
        return at, f"{what}: {before or 'the record'} has {some}", remedy

    def _way_in(self, here: list[Any]) -> str:
        if any(self._kind(one) == "array" for one in here):
            return "use each:, or the place of a member, like .0"
        return "it has no fields"

    def _inside(self, here: list[Any], step: str) -> list[Any]:
        """The types of what may stand under a name, or at a place, of any of these."""
        found: list[Any] = []
        for one in here:
            match self._kind(one):
                case "record" | "error":
                    held = [field["type"] for field in one["fields"] if field["name"] == step]
                case "map":
                    held = [one["values"]]
                case "array" if step.isdecimal():
                    held = [one["items"]]
                case _:
                    held = []
            found += [kind for inner in held for kind in self._types(inner)]
        return found

    def _types(self, schema: Any) -> list[Any]:
        """What a value of the schema may be, nulls apart."""
        if isinstance(schema, list):
            return [kind for branch in schema for kind in self._types(branch)]
        if isinstance(schema, str):
            schema = self.schema.named.get(schema, schema)
        if isinstance(schema, dict) and isinstance(schema["type"], dict | list):
            return self._types(schema["type"])
        return [] if self._kind(schema) == "null" else [schema]

    def _kind(self, schema: Any) -> str:
        return str(schema["type"]) if isinstance(schema, dict) else str(schema)

    def shape(self, here: list[Any], deep: int) -> dict[str, Any] | None:
        """The names below any of these types; the members of a list stand under `[]`."""
        found: dict[str, list[Any]] = {}
        for one in here:
            kind = self._kind(one)
            if kind == "map" or not deep:
                return None
            if kind == "array":
                found.setdefault("[]", []).extend(self._types(one["items"]))
            for field in one["fields"] if kind in RECORDS else ():
                found.setdefault(str(field["name"]), []).extend(self._types(field["type"]))
        return {name: self.shape(inner, deep - 1) for name, inner in found.items()}

    def symbols(self, path: tuple[str, ...]) -> list[str] | None:
        found = self._found(path[1:] if path[0] == WHOLE else path, [self.schema.schema])
        if not found or any(self._kind(one) != "enum" for one in found):
            return None
        return [str(text) for one in found for text in one["symbols"]]

    def _fields(self, schema: Any) -> list[str]:
        held = schema["fields"] if self._kind(schema) in RECORDS else ()
        return [str(field["name"]) for field in held]

    def _said(self, here: list[Any]) -> str:
        kinds = [_logical(one) or self._kind(one) for one in here]
        return " or ".join(dict.fromkeys(kinds)) or "always null"


def _logical(schema: Any) -> str:
    return str(schema.get("logicalType", "")) if isinstance(schema, dict) else ""
