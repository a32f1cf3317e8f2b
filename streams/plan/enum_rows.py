"""Tables of a source's mapping beside the enum that they are for: what differs is noted."""

from collections.abc import Iterator, Mapping
from typing import Any

from streams.core.mapping import is_object
from streams.core.trigger_text import path_of
from streams.plan.model import Plan
from streams.plan.places import Finding, Path, Text, Wrong, said, suggestion
from streams.plan.record_schemas import RecordSchema
from streams.plan.sourcing import record_types


def enum_rows(plan: Plan, text: Text, schemas: Mapping[Path, RecordSchema]) -> tuple[Wrong, ...]:
    """Each; `schemas` by where their sources stand."""
    found: list[Finding] = []
    for number, source in enumerate(plan.sources):
        for below, one in record_types(source):
            at: Path = ("sources", number, *below)
            if one.mapping is not None and at in schemas:
                found += _doubts(one.mapping, (*at, "mapping"), schemas[at])
                found += _without_row(one.mapping, (*at, "mapping"), schemas[at])
    return tuple(said(text, *doubt) for doubt in found)


def _doubts(spec: Any, at: Path, schema: RecordSchema) -> Iterator[Finding]:
    """Rows for what the enum never says."""
    if isinstance(spec, list):
        for number, one in enumerate(spec):
            yield from _doubts(one, (*at, number), schema)
    elif is_object(spec):
        for name, one in spec.items():
            yield from _doubts(one, (*at, name), schema)
    else:
        symbols = _symbols(spec, schema) or []
        for row in spec["table"] if symbols else ():
            if row not in symbols:
                what = f"is nothing that {spec['of']} says"
                yield (*at, "table", row), what, suggestion(str(row), symbols)


def _without_row(mapping: dict[str, Any], at: Path, schema: RecordSchema) -> Iterator[Finding]:
    """What the enum says and no row is for, where the event needs one: its type, and a name."""
    track = mapping.get("type") == {"const": "track"}
    for field in ("type", "event") if track else ("type",):
        spec = mapping.get(field)
        symbols = _symbols(spec, schema)
        if isinstance(spec, dict) and symbols is not None and "default" not in spec:
            without = [one for one in symbols if one not in spec["table"]]
            if without:
                what = f"has no row for {', '.join(without)}"
                remedy = f"such a record makes an event without {field}; add it, or default:"
                yield (*at, field, "table"), what, remedy


def _symbols(spec: Any, schema: RecordSchema) -> list[str] | None:
    """What a lookup is about, where that is an enum."""
    plain = isinstance(spec, dict) and spec.get("fn") == "lookup" and isinstance(spec["of"], str)
    return schema.symbols(path_of(spec["of"])) if plain else None
