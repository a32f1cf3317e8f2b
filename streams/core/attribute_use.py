"""Which attributes a plan sends: those its mappings name, and those that events bring. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.core.catalogue import KINDS, SAID, Catalogue, Problem
from streams.core.compiled import CompiledPlan, Instance
from streams.core.mapping import held_key, is_object
from streams.core.times import Moment, moment

BY_FUNCTION = {
    "number": "number",
    "amount": "number",
    "quantity": "number",
    "round": "number",
    "date": "date",
    "iso_date": "date",
    "one": "array",
    "split": "array",
}


@dataclass(slots=True)
class Use:
    """One attribute that is sent. `kinds` are the types that its values have."""

    name: str
    actions: set[str] = field(default_factory=set)
    events: int = 0
    kinds: set[str] = field(default_factory=set)
    problems: set[Problem] = field(default_factory=set)

    @property
    def kind(self) -> str:
        """The type to create it with; a text takes whatever can be written."""
        return next(iter(self.kinds)) if len(self.kinds) == 1 else KINDS[0]

    @property
    def sure(self) -> bool:
        """Whether the type is known."""
        return len(self.kinds) == 1


def uses(
    instances: Iterable[Instance], lines: Iterable[Mapping[str, Any]], catalogue: Catalogue
) -> list[Use]:
    """The attributes by name. `lines` are those of traces."""
    found: dict[str, Use] = {}
    for instance in instances:
        if instance.enabled:
            for name, kind in named(instance.declaration.mapping):
                use = found.setdefault(name, Use(name))
                use.actions.add(instance.name)
                use.kinds |= {kind} if kind else set()
                if name not in catalogue.attributes and _unknown(name, catalogue):
                    use.problems.add("unknown")
    for line in lines:
        for command in line["commands"]:
            for name, value in _sent(command["body"]):
                use = found.setdefault(name, Use(name))
                use.actions.add(command["action"])
                use.events += 1
                if value is not None:
                    use.kinds.add(kind_of(value))
                problem = catalogue.problem(name, value)
                use.problems |= {problem} if problem else set()
    return [found[name] for name in sorted(found)]


def strangers(plan: CompiledPlan, catalogue: Catalogue) -> dict[str, str]:
    """Keys that a plan identifies contacts by and that are none of the account's, and why.

    E-mail and phone are of every account.
    """
    keys = [one.key for one in plan.sought if one.name not in ("email", "phone")]
    if plan.anonymous.mode == "send":
        keys.append(plan.anonymous.attribute)
    found: dict[str, str] = {}
    for key in keys:
        known = catalogue.attributes.get(key)
        if known is None:
            found[key] = "is unknown to the account"
        elif not known.unique:
            found[key] = "is not unique at the account"
    return found


def named(mapping: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """The attributes that a mapping names, each with the type that it makes."""
    for holder in (mapping, mapping.get("contact")):
        spec = holder.get("attributes") if isinstance(holder, dict) else None
        yield from _names(spec)


def kind_of(value: Any) -> str:
    """The type of the account that takes such a value."""
    if isinstance(value, list):
        return "array"
    if isinstance(value, Mapping):
        return "array" if value and set(value) <= {"add", "remove"} else "geo"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    long_enough = isinstance(value, str) and len(value) >= len("2026-11-20")
    if long_enough and not str(value).isdecimal() and isinstance(moment(value), Moment):
        return "date"
    return "string"


def said(problem: Problem) -> str:
    """What is wrong, in words."""
    return SAID[problem]


def _unknown(name: str, catalogue: Catalogue) -> bool:
    return catalogue.problem(name, None) == "unknown"


def _names(spec: Any) -> Iterator[tuple[str, str | None]]:
    if is_object(spec):
        for name, inner in spec.items():
            yield name, _kind(inner)
        return
    held = held_key(spec)
    if held is None:
        return
    if spec.get("fn") == "merge" and is_object(spec[held]):
        for part in spec[held].values():
            yield from _names(part)
    elif spec.get("fn") in (None, "properties"):
        yield from _names(spec[held])


def _kind(spec: Any) -> str | None:
    if not isinstance(spec, dict):
        return None
    if "const" in spec:
        return kind_of(spec["const"])
    if "each" in spec:
        return "array"
    if "fn" in spec:
        return BY_FUNCTION.get(str(spec["fn"]))
    return _kind(spec["use"]) if "use" in spec else None


def _sent(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for holder in (body, body.get("contact")):
        attributes = holder.get("attributes") if isinstance(holder, Mapping) else None
        if isinstance(attributes, Mapping):
            yield from attributes.items()
