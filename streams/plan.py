"""The plan: one strict YAML file that says what goes to Cordial. Without one, the defaults.

    sources:
      - topic: customer.events
        keyed_by_user: true
    identity:
      priority: [user, email, phone]
    actions:
      removeContactsFromList:
        enabled: true
        trigger: type = "track" and event = "Left List"
      upsertOrder:
        in_doubt: at_most_once

An unknown key, a wrong type or a bad trigger is an error with its path, its line, what was
expected and, where there is one, a suggestion.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streams.actions import ACTIONS
from streams.core.identity import AccountKeys
from streams.core.mapping import compile_mapping
from streams.core.routing import CompiledPlan, Instance
from streams.core.trigger import TriggerError, compile_node
from streams.core.trigger_yaml import parse_any

Identifier = Literal["user", "email", "phone"]


class PlanError(ValueError):
    """The plan cannot be used; the message names the place and the remedy."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SourcePlan(_Part):
    """A topic of the company's bus."""

    topic: str = Field(min_length=1, description="its name")
    keyed_by_user: bool = Field(True, description="whether its records are keyed by the contact")


class IdentityPlan(_Part):
    """Who a contact is."""

    priority: list[Identifier] = Field(
        ["user", "email", "phone"], min_length=1, description="which identifier is tried first"
    )


class ActionPlan(_Part):
    """What is different about an action."""

    enabled: bool | None = Field(None, description="on or off")
    trigger: Any = Field(
        None, description="which events want it, as text or as structure"
    )
    on_dead_letter: Literal["continue", "park"] = Field(
        "continue", description="whether later commands of the contact go on or wait"
    )
    in_doubt: Literal["resend", "at_most_once"] = Field(
        "resend", description="orders: what happens to a request whose answer never came"
    )
    can_be_created: bool = Field(True, description="activities: whether they may create contacts")


class Plan(_Part):
    """The whole plan."""

    sources: list[SourcePlan] = Field(
        [SourcePlan(topic="customer.events", keyed_by_user=True)], min_length=1
    )
    identity: IdentityPlan = IdentityPlan()
    actions: dict[str, ActionPlan] = {}


@dataclass(frozen=True, slots=True)
class _Text:
    """The YAML text, for the lines of errors."""

    name: str
    root: yaml.Node | None

    def line(self, path: tuple[str | int, ...]) -> int:
        node = self.root
        line = 1
        for step in path:
            inner = _child(node, step)
            if inner is None:
                break
            key, node = inner
            line = key.start_mark.line + 1
        return line


def load_plan(path: Path | None) -> Plan:
    """The plan of a file; None gives the defaults. Raises `PlanError`."""
    if path is None:
        return Plan()
    try:
        text = path.read_text()
    except OSError as error:
        raise PlanError(f"{path}: cannot be read ({error.strerror})") from error
    return parse_plan(text, str(path))


def parse_plan(text: str, name: str = "plan") -> Plan:
    """The plan of a text. Raises `PlanError`."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise PlanError(f"{name}{where}: is no YAML: {getattr(error, 'problem', '')}") from error
    return plan_of(data or {}, _Text(name, root))


def plan_of(data: Any, text: _Text | None = None) -> Plan:
    """The plan of parsed data. Raises `PlanError`."""
    text = text or _Text("plan", None)
    try:
        plan = Plan.model_validate(data)
    except ValidationError as error:
        raise PlanError("\n".join(_lines(error, text))) from None
    problems = list(_problems(plan, text))
    if problems:
        raise PlanError("\n".join(problems))
    return plan


def compile_plan(plan: Plan, keys: AccountKeys) -> CompiledPlan:
    """The plan, ready to route by. Raises `PlanError`."""
    instances = []
    for name, action in ACTIONS.items():
        asked = plan.actions.get(name, ActionPlan())
        trigger = asked.trigger or action.trigger
        enabled = asked.enabled if asked.enabled is not None else trigger is not None
        instances.append(
            Instance(
                name=name,
                declaration=action,
                enabled=enabled,
                condition=compile_node(parse_any(trigger)) if trigger else None,
                rule=compile_mapping(action.mapping) if action.mapping else _nothing,
                on_dead_letter=asked.on_dead_letter,
                in_doubt=asked.in_doubt,
                can_be_created=asked.can_be_created,
            )
        )
    instances.sort(key=lambda instance: instance.declaration.order)
    return CompiledPlan(tuple(instances), keys, tuple(plan.identity.priority))


def _nothing(record: Any, event: Any, notes: Any) -> None:
    return None


def _problems(plan: Plan, text: _Text) -> Iterator[str]:
    keyed = [source for source in plan.sources if source.keyed_by_user]
    if keyed and len(plan.sources) > 1:
        said = "is keyed by user beside other sources; then none is, and all are copied"
        yield _said(text, ("sources",), said, "set keyed_by_user: false on each")
    for name, action in plan.actions.items():
        path = ("actions", name)
        if name not in ACTIONS:
            yield _said(text, path, "is no action", _suggestion(name, ACTIONS))
            continue
        if action.trigger is not None:
            try:
                parse_any(action.trigger)
            except TriggerError as error:
                yield _said(text, (*path, "trigger"), str(error), "")
        elif action.enabled and ACTIONS[name].trigger is None:
            yield _said(text, path, "is enabled and has no trigger", "give it one")


def _lines(error: ValidationError, text: _Text) -> Iterator[str]:
    for one in error.errors():
        path = one["loc"]
        if one["type"] == "extra_forbidden":
            parent: dict[str, type[BaseModel]] = {
                "actions": ActionPlan,
                "sources": SourcePlan,
                "identity": IdentityPlan,
            }
            model = parent.get(str(path[0]), Plan) if len(path) > 1 else Plan
            yield _said(text, path, "is unknown", _suggestion(str(path[-1]), model.model_fields))
        else:
            yield _said(text, path, one["msg"].lower(), "")


def _said(text: _Text, path: tuple[str | int, ...], what: str, remedy: str) -> str:
    place = ".".join(str(step) for step in path)
    return f"{text.name}, line {text.line(path)}: {place} {what}" + (
        f"; {remedy}" if remedy else ""
    )


def _suggestion(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None
