"""A plan's text becomes a checked plan, or an error that names every place."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path as File
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from streams.actions import ACTIONS
from streams.core.trigger import TriggerError
from streams.core.trigger_yaml import parse_any
from streams.plan import (
    consenting,
    filtering,
    identifying,
    instances,
    laying,
    marketing,
    ordering,
    sourcing,
    supplementing,
    visiting,
)
from streams.plan.misread import misread
from streams.plan.model import Plan
from streams.plan.places import Path, PlanError, Text, Wrong, doubled, said, suggestion
from streams.plan.wording import remedy_of_yaml, worded

QUOTE = "put a text into quotes, write a number without : and _ and without a 0 in front"


def load_plan(path: File | None) -> Plan:
    """The plan of a file; None gives the defaults. Raises `PlanError`."""
    return read_plan(path)[0]


def read_plan(path: File | None) -> tuple[Plan, Text]:
    """The same with its text, which knows the line of each value."""
    if path is None:
        return Plan(), Text("the defaults", None)
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise PlanError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise PlanError(f"{path}: is no UTF-8; save it as UTF-8") from None
    return _parsed(text, str(path))


def parse_plan(text: str, name: str = "plan") -> Plan:
    """The plan of a text. Raises `PlanError`."""
    return _parsed(text, name)[0]


def _parsed(text: str, name: str) -> tuple[Plan, Text]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PlanError(f"{name}{_no_yaml(error, text)}") from error
    except RecursionError:
        raise PlanError(f"{name}: is nested too deep") from None
    twice = [
        Wrong(name, line, path, "stands there twice", "keep one") for path, line in doubled(root)
    ]
    other = [
        Wrong(name, line, path, f"has {text}, which YAML reads as another number", QUOTE)
        for path, line, text in misread(root)
    ]
    if twice or other:
        raise PlanError.of([*twice, *other])
    lines = Text(name, root)
    return plan_of({} if data is None else data, lines), lines


def _no_yaml(error: yaml.YAMLError, text: str) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return f", line {line}: is no YAML: it has a control character"
    mark = getattr(error, "problem_mark", None)
    where = f", line {mark.line + 1}" if mark else ""
    problem = str(getattr(error, "problem", "") or "")
    return f"{where}: is no YAML: {problem}{remedy_of_yaml(problem)}"


def plan_of(data: Any, text: Text | None = None) -> Plan:
    """The plan of parsed data. Raises `PlanError`."""
    text = text or Text("plan", None)
    try:
        plan = Plan.model_validate(data)
    except ValidationError as error:
        raise PlanError.of([*_lines(error, text), *_beside(error, data, text)]) from None
    problems = list(_problems(plan, text))
    if problems:
        raise PlanError.of(problems)
    return plan


def _beside(error: ValidationError, data: Any, text: Text) -> Iterator[Wrong]:
    """What else is wrong, as if the keys and values that are had not been written."""
    rest = deepcopy(data)
    gone = [_take_away(rest, one["loc"]) for one in error.errors()]
    try:
        plan = Plan.model_validate(rest)
    except ValidationError:
        return
    for wrong in _problems(plan, text):
        if not any(_related(wrong.path, one) for one in gone):
            yield wrong


def _take_away(data: Any, path: Path) -> Path:
    """Take what stands there out of the data, or what lacks it; the path of what is unsure now."""
    holder, known = data, 0
    for step in path[:-1]:
        inner = holder.get(step) if isinstance(holder, dict) else None
        if isinstance(holder, list) and isinstance(step, int) and step < len(holder):
            inner = holder[step]
        if not isinstance(inner, dict | list):
            break
        holder, known = inner, known + 1
    if isinstance(holder, dict) and path and path[known] in holder:
        del holder[path[known]]
        return path[: known + 1]
    if known == 0:
        return ()
    if isinstance(holder, list):
        holder.clear()
        return path[:known]
    return _take_away(data, path[:known])


def _related(one: Path, other: Path) -> bool:
    return one[: len(other)] == other or other[: len(one)] == one


def _problems(plan: Plan, text: Text) -> Iterator[Wrong]:
    keyed = [source for source in plan.sources if source.keyed_by_user]
    if keyed and len(plan.sources) > 1:
        words = "is keyed by user beside other sources; then none is, and all are copied"
        yield said(text, ("sources",), words, "set keyed_by_user: false on each")
    for at, what, remedy in sourcing.problems(plan.sources):
        yield said(text, at, what, remedy)
    for at, what, remedy in filtering.problems(plan.filters, ("filters",)):
        yield said(text, at, what, remedy)
    for at, what, remedy in (
        *ordering.problems(plan.orders),
        *instances.problems(plan),
        *identifying.problems(plan),
        *visiting.problems(plan.identity),
        *consenting.problems(plan),
        *marketing.problems(plan.markets),
    ):
        yield said(text, at, what, remedy)
    for name, action in plan.actions.items():
        path = ("actions", name)
        for at, what, remedy in filtering.problems(action.filters, (*path, "filters")):
            yield said(text, at, what, remedy)
        kind = ACTIONS.get(action.action or name)
        if kind is not None:
            wrong = list(supplementing.problems(kind, action, path))
            yield from (said(text, at, what, remedy) for at, what, remedy in wrong)
            kind = kind if wrong else supplementing.shaped(kind, action.supplement)
        if kind is not None and action.mapping is not None:
            for at, what, remedy in laying.problems(kind, action.mapping, (*path, "mapping")):
                yield said(text, at, what, remedy)
        if action.trigger is not None:
            try:
                parse_any(action.trigger)
            except TriggerError as error:
                yield said(text, (*path, "trigger"), str(error), "")
        elif action.enabled and name in ACTIONS and ACTIONS[name].trigger is None:
            yield said(text, path, "is enabled and has no trigger", "give it one")


def _lines(error: ValidationError, text: Text) -> Iterator[Wrong]:
    for one in error.errors():
        path = tuple(step for step in one["loc"] if step != "[key]")
        if one["type"] == "extra_forbidden":
            fields = _part(path).model_fields
            known = [one.alias or name for name, one in fields.items()]
            yield said(text, path, "is unknown", suggestion(str(path[-1]), known))
        else:
            said_of = worded(one["type"], one["input"], one["msg"], one.get("ctx", {}))
            yield said(text, path, *said_of)


def _part(path: Path) -> type[BaseModel]:
    """The part of the plan in which the last step of a path stands."""
    kind: Any = Plan
    for step in path[:-1]:
        members = () if _is_part(kind) else get_args(kind)  # of a list or a mapping of parts
        kind = members[-1] if members else kind.model_fields[str(step)].annotation
        if type(None) in get_args(kind):
            kind = next(one for one in get_args(kind) if _is_part(one))
    found: type[BaseModel] = kind
    return found


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
