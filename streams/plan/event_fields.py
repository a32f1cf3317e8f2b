"""Which fields and names the events of mapped sources can have, as far as that can be told. Pure.

A shape is a table of the names below a value, `ANY` where nobody knows, and empty where a value
has no fields. The members of a list stand under `MEMBER`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streams.core.mapping import is_object, word_of
from streams.core.paths import WHOLE
from streams.core.trigger import OBJECTS
from streams.core.trigger_text import path_of
from streams.plan.model import FilterPlan, Plan
from streams.plan.places import Path
from streams.plan.record_schemas import RecordSchema
from streams.plan.sourcing import record_types

Shape = Mapping[str, Any] | None
ANY: Shape = None
MEMBER = "[]"
STRIPPED = "."
"""Such a name is changed on the way: see `sources.cleaning`."""


@dataclass(frozen=True, slots=True)
class Made:
    """What some events can have: their fields, and the texts of `event`; None means any."""

    fields: Mapping[str, Any]
    names: frozenset[str] | None


def made_by(plan: Plan, schemas: Mapping[Path, RecordSchema]) -> dict[int, Made]:
    """What the events of each source can have, by the source's number.

    Empty where a source takes events as they are: then they may say anything.
    """
    found: dict[int, Made] = {}
    for number, source in enumerate(plan.sources):
        kinds = []
        for below, said in record_types(source):
            if said.mapping is None:
                return {}
            schema = schemas.get(("sources", number, *below))
            kinds.append(_of_type(said.mapping, schema))
        found[number] = _behind(union(kinds), source.filters)
    return found


def union(kinds: Iterable[Made]) -> Made:
    """What events of any of these can have."""
    kinds = list(kinds)
    names = [one.names for one in kinds]
    known = [one for one in names if one is not None]
    fields = _union([one.fields for one in kinds])
    return Made(fields or {}, frozenset().union(*known) if len(known) == len(names) else None)


def behind(made: Made, plan: Plan) -> Made:
    """What events have behind the filters of the plan, which may move fields."""
    rules = [*plan.filters]
    for action in plan.actions.values():
        rules += action.filters
    return _behind(made, rules)


def lacks(shape: Shape, path: tuple[str, ...]) -> int | None:
    """The place of the first name in the path that the shape has not."""
    for number, name in enumerate(path):
        if shape is None:
            return None
        if name == "*":
            below = [lacks(inner, path[number + 1 :]) for inner in shape.values()]
            return None if None in below else number
        if name not in shape and not (name.isdecimal() and MEMBER in shape):
            return number
        shape = shape[name] if name in shape else shape[MEMBER]
    return None


def inside(shape: Shape, path: tuple[str, ...]) -> Shape:
    """What stands at the path."""
    for name in path:
        if shape is None:
            return ANY
        shape = shape.get(name, shape.get(MEMBER) if name.isdecimal() else {})
    return shape


def _of_type(mapping: Mapping[str, Any], schema: RecordSchema | None) -> Made:
    whole = schema.shape() if schema is not None else ANY
    fields = {name: _shape(spec, whole, whole) for name, spec in mapping.items()}
    fields = {name: one for name, one in fields.items() if name != "integrations"}
    names = _texts(mapping["event"], schema) if "event" in mapping else []
    return Made(
        {"timestamp": {}, **{name: {} for name in OBJECTS}, **fields},
        None if names is None else frozenset(names),
    )


def _shape(spec: Any, here: Shape, whole: Shape) -> Shape:
    """The shape of what a mapping gives; its paths begin at `here`, or with `$` at `whole`."""
    if isinstance(spec, str):
        steps = path_of(spec)
        return inside(whole, steps[1:]) if steps[0] == WHOLE else inside(here, steps)
    if isinstance(spec, list):
        return _union([_shape(one, here, whole) for one in spec])
    if is_object(spec):
        changed = any(STRIPPED in name or name.isdecimal() for name in spec)
        return ANY if changed else {name: _shape(one, here, whole) for name, one in spec.items()}
    if "when" in spec:
        return _shape(spec["use"], here, whole)
    if "each" in spec:
        listed = _shape(spec["each"], here, whole)
        return {MEMBER: _shape(spec["as"], inside(listed, ("0",)), whole)}
    return {} if isinstance(spec.get("const"), str | int | float) else ANY


def _union(shapes: list[Shape]) -> Shape:
    if any(one is ANY for one in shapes):
        return ANY
    names = dict.fromkeys(name for one in shapes for name in one or ())
    return {
        name: _union([one[name] for one in shapes if one is not None and name in one])
        for name in names
    }


def _texts(spec: Any, schema: RecordSchema | None) -> list[str] | None:
    """The texts that a mapping can give; None where nobody knows."""
    if isinstance(spec, str):
        return schema.symbols(path_of(spec)) if schema is not None else None
    if isinstance(spec, list):
        found = [_texts(one, schema) for one in spec]
        return None if None in found else [text for one in found for text in one or ()]
    word = word_of(spec)
    if word == "const":
        return [spec["const"]] if isinstance(spec["const"], str) else None
    if word == "when":
        return _texts(spec["use"], schema)
    if word == "fn" and spec["fn"] == "lookup":
        rows = [*spec["table"].values(), *([spec["default"]] if "default" in spec else [])]
        return [str(one) for one in rows]
    return None


def _behind(made: Made, rules: Iterable[FilterPlan]) -> Made:
    fields = dict(made.fields)
    for rule in rules:
        for new in (rule.rename or {}).values():
            fields = _with(fields, path_of(new))
    return Made(fields, made.names)


def _with(fields: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    name, *rest = path
    held = fields.get(name, {})
    below = ANY if not rest or held is ANY else _with(held, tuple(rest))
    return {**fields, name: below}


def names_of(shape: Shape) -> Iterator[str]:
    """The names that stand there."""
    yield from (name for name in shape or () if name != MEMBER)
