"""Filters: named rules over an event, before any trigger, in the order they are written.

| word           | what it does to an event of which its `when` is true                |
|----------------|---------------------------------------------------------------------|
| `drop`         | keeps it back                                                       |
| `sample`       | keeps it back, unless its contact is of the share that stays        |
| `drop_fields`  | takes these fields away                                             |
| `allow_fields` | of properties, traits and context takes away all but these          |
| `rename`       | moves fields, all at once; what stands in the new place gives way   |

Each rule sees the event as those before it left it. In a path `*` is every name of an object and
every member of a list. An object that a rule leaves empty goes too, except as member of a list,
where its place counts. Ids, name, times and type of the event always stay. Pure.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from streams.core.event import Event
from streams.core.trigger import OBJECTS, PLAIN, Condition, reader
from streams.core.trigger_text import TEXT, path_of

ANY = "*"
NAMES = "names with dots between them, others in quotes"
STEP = rf"(?:(?!\d+(?:\.|$)){PLAIN.pattern}|{TEXT}|\*)"
PATH = re.compile(rf"{STEP}(?:\.{STEP})*")
Path = tuple[str, ...]
Step = Callable[[Event], Event | None]
"""What a rule makes of an event; None keeps it back."""


class FilterError(ValueError):
    """It is no path of a field; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; without `when` it is for every event."""

    name: str
    step: Step
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """An event behind the rules, and the name of the first that keeps it back."""

    event: Event
    kept_back_by: str | None = None


def reason(rule: str) -> str:
    """What receipts and traces say of that rule."""
    return f"filter:{rule}"


def passed(rules: Sequence[Rule], event: Event) -> Passed:
    """What the rules make of an event. Those behind one that keeps it back still change it."""
    kept_back_by = None
    for rule in rules:
        if rule.when is None or rule.when(event):
            left = rule.step(event)
            if left is not None:
                event = left
            elif kept_back_by is None:
                kept_back_by = rule.name
    return Passed(event, kept_back_by)


def drop(_: Event) -> None:
    """The step that keeps every event back."""


def sample(name: str, share: float) -> Step:
    """A contact is always in or always out: the same for all rules called `name`, everywhere.

    Where the share grows, whoever was in stays in.
    """
    bound = share * 2**64
    key = blake2b(name.encode(), digest_size=16).digest()

    def step(event: Event) -> Event | None:
        contact = (event.contact or "").encode("utf-8", "surrogatepass")
        drawn = int.from_bytes(blake2b(contact, digest_size=8, key=key).digest(), "big")
        return event if drawn < bound else None

    return step


def drop_fields(paths: Sequence[Path]) -> Step:
    """Takes the fields at these paths away."""
    return _each_object(paths, _without)


def allow_fields(paths: Sequence[Path]) -> Step:
    """Takes every field away that is not at or below one of these paths."""
    return _each_object(paths, _only)


def rename(moves: Sequence[tuple[Path, Path]]) -> Step:
    """Moves each first path to its second, where something stands there."""
    away = drop_fields([old for old, _ in moves])
    reads = [(reader(old), new) for old, new in moves]

    def step(event: Event) -> Event:
        found = [(new, value) for read, new in reads if (value := read(event)) is not None]
        if found:
            event = away(event) or event
        for (head, *names), value in found:
            moved: dict[str, Any] = {head: _with(getattr(event, head), names, value)}
            event = replace(event, **moved)
        return event

    return step


def field_path(text: str) -> Path:
    """The path of fields. Raises `FilterError`."""
    return _path(text, f"{NAMES}, * for a member")


def one_field(text: str) -> Path:
    """The path of one field, which is no member of a list. Raises `FilterError`."""
    path = _path(text, NAMES)
    if ANY in path:
        raise FilterError("expected the path of one field, without *")
    return path


def new_field(text: str) -> Path:
    """The path of one field whose names Cordial takes. Raises `FilterError`."""
    path = one_field(text)
    if any("." in name or name.isdigit() for name in path):
        raise FilterError("expected names without a dot that are no numbers: Cordial strips them")
    return path


Change = Callable[[Any, Sequence[Path]], Any]


def _each_object(paths: Sequence[Path], change: Change) -> Step:
    below = {head: _below(paths, head) for head in OBJECTS}

    def step(event: Event) -> Event:
        changed = {head: change(getattr(event, head), inner) for head, inner in below.items()}
        return replace(event, **changed)

    return step


def _path(text: str, expected: str) -> Path:
    path = path_of(text)
    if len(path) < 2 or path[0] not in OBJECTS or not all(path):
        raise FilterError("expected properties.…, traits.… or context.…")
    if not PATH.fullmatch(text):  # it would fit no field, and the field would stay
        raise FilterError(f"expected {expected}")
    return path


def _below(paths: Sequence[Path], name: str) -> tuple[Path, ...]:
    """What the paths say of the value called `name`; an empty path means the whole of it."""
    return tuple(path[1:] for path in paths if path[0] in (name, ANY))


def _without(value: Any, paths: Sequence[Path]) -> Any:
    if isinstance(value, Mapping) and paths:
        left = {}
        for name, one in value.items():
            rest = _below(paths, name)
            made = {} if () in rest else _without(one, rest)
            if made != {} or (one == {} and () not in rest):
                left[name] = made
        return left
    if isinstance(value, list) and paths:
        rest = _below(paths, ANY)
        return [] if () in rest else [_without(one, rest) for one in value]
    return value


def _only(value: Any, paths: Sequence[Path]) -> Any:
    if isinstance(value, Mapping):
        made = {name: _allowed(one, _below(paths, name)) for name, one in value.items()}
        return {name: one for name, one in made.items() if one is not None}
    rest = _below(paths, ANY)
    if () in rest:
        return value
    return [_only(one, rest) for one in value if _holds(one)] if rest else []


def _allowed(value: Any, rest: Sequence[Path]) -> Any:
    """The allowed part of a named value; None where nothing of it is."""
    if () in rest:
        return value
    return (_only(value, rest) or None) if rest and _holds(value) else None


def _holds(value: Any) -> bool:
    return isinstance(value, Mapping | list)


def _with(value: Any, names: Sequence[str], new: Any) -> dict[str, Any]:
    name, *rest = names
    held = value if isinstance(value, Mapping) else {}
    return {**held, name: _with(held.get(name), rest, new) if rest else new}
