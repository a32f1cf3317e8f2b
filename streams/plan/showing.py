"""The plan as it works: every value with where it comes from, as a plan that amounts to the same.

A value comes from the plan, with its line; from the declaration of the action; from `consent:`,
in the instance that it makes; or it is the default of its key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import yaml

from streams.actions import ACTIONS
from streams.actions.declaration import Action
from streams.core.mapping import held_key, is_object
from streams.plan.instances import instances
from streams.plan.laying import fields_of
from streams.plan.model import ActionPlan, Plan
from streams.plan.places import Path, Text

WIDTH = 88
NOT_SAID = object()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from; `line` is that of the plan's file."""

    source: Literal["plan", "default", "declaration", "consent"]
    line: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}, line {self.line}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value without parts, and where it comes from."""

    value: Any
    origin: Origin


Tree = dict[str, Any] | list[Any] | Leaf
"""A plan whose values are leaves."""
DECLARATION = Origin("declaration")


def effective(plan: Plan, text: Text) -> dict[str, Any]:
    """The whole plan as it works, instances in the order in which their commands leave."""
    said = plan.model_dump(exclude={"actions"}, exclude_none=True, by_alias=True)
    whole: dict[str, Any] = {key: plain(value, (key,), text) for key, value in said.items()}
    whole["actions"] = {
        name: instance_tree(name, action, asked, text)
        for name, action, asked in instances(plan)
        if name in ACTIONS or name in plan.actions
    }
    return whole


def instance_tree(name: str, action: Action, asked: ActionPlan, text: Text) -> dict[str, Any]:
    """One instance as it works."""
    at = ("actions", name)
    trigger = asked.trigger or action.trigger
    given: dict[str, Any] = {
        "action": Leaf(action.name, _origin((*at, "action"), text, DECLARATION)),
        "enabled": Leaf(
            asked.enabled if asked.enabled is not None else trigger is not None,
            _origin((*at, "enabled"), text),
        ),
    }
    if trigger is not None:
        path = (*at, "trigger")
        own = asked.trigger is not None
        given["trigger"] = plain(trigger, path, text) if own else Leaf(trigger, DECLARATION)
    over = NOT_SAID if asked.mapping is None else asked.mapping
    given["mapping"] = _mapping(action.mapping, over, (*at, "mapping"), text)
    said = asked.model_dump(exclude=set(given), exclude_none=True)
    return given | {key: plain(value, (*at, key), text) for key, value in said.items()}


def _mapping(base: Any, over: Any, at: Path, text: Text) -> Tree:
    """The plan's mapping laid over the declaration's own, as `plan.laying` lays it."""
    if over is NOT_SAID:
        return _declared(base)
    if not is_object(over):
        return plain(over, at, text)
    if is_object(base):
        names = [*base, *(name for name in over if name not in base)]
        return {
            name: _mapping(base.get(name), over.get(name, NOT_SAID), (*at, name), text)
            for name in names
        }
    held = held_key(base)
    if held is not None and fields_of(base) is not None:
        inner = _mapping(base[held], over, at, text)
        return {key: inner if key == held else _declared(one) for key, one in base.items()}
    return {
        name: _mapping(None, inner, (*at, name), text) for name, inner in over.items()
    } or plain(over, at, text)


def _declared(spec: Any) -> Tree:
    if isinstance(spec, Mapping) and spec:
        return {name: _declared(one) for name, one in spec.items()}
    if isinstance(spec, list) and spec:
        return [_declared(one) for one in spec]
    return Leaf(spec, DECLARATION)


def plain(value: Any, at: Path, text: Text) -> Tree:
    """What stands at a path of the plan, or is the default there."""
    if isinstance(value, dict) and value:
        return {name: plain(one, (*at, name), text) for name, one in value.items()}
    if isinstance(value, list) and value:
        return [plain(one, (*at, number), text) for number, one in enumerate(value)]
    # YAML has made a moment of what stands without quotes; JSON has none
    said = value.isoformat() if isinstance(value, date) else value
    return Leaf(said, _origin(at, text))


def _origin(at: Path, text: Text, otherwise: Origin = Origin("default")) -> Origin:
    line = text.line_of(at)
    return otherwise if line is None else Origin("plan", line)


def values(tree: Tree) -> Any:
    """The plan without where its values come from."""
    if isinstance(tree, Leaf):
        return tree.value
    if isinstance(tree, dict):
        return {name: values(one) for name, one in tree.items()}
    return [values(one) for one in tree]


def leaves(tree: Tree, at: Path = ()) -> Iterator[tuple[Path, Leaf]]:
    """Every value with its path."""
    if isinstance(tree, Leaf):
        yield at, tree
    else:
        pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for step, one in pairs:
            yield from leaves(one, (*at, step))


def as_yaml(tree: Tree) -> str:
    """YAML, with where each value comes from behind it; what comes from one place is one line."""
    return "\n".join(_lines(tree, "")) + "\n"


def _lines(tree: Tree, indent: str) -> Iterator[str]:
    pairs = (
        [(f"{_flow(name)}:", one) for name, one in tree.items()]
        if isinstance(tree, dict)
        else [("-", one) for one in tree]
        if isinstance(tree, list)
        else []
    )
    for head, one in pairs:
        origins = {str(leaf.origin) for _, leaf in leaves(one)}
        flow = _flow(values(one))
        if isinstance(one, Leaf) or (
            len(origins) == 1 and indent and len(indent + head + flow) <= WIDTH
        ):
            yield f"{indent}{head} {flow}  # {min(origins)}"
        elif head == "-":
            first, *rest = _lines(one, f"{indent}  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{indent}{head}"
            yield from _lines(one, f"{indent}  ")


def _flow(value: Any) -> str:
    said: str = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, width=float("inf"), allow_unicode=True
    )
    return said.removesuffix("\n").removesuffix("\n...")
