"""Triggers: boolean conditions over an event.

Operators write them as text (`core.trigger_text`) or as YAML (`core.trigger_yaml`); here is what
they mean. A condition is a tree of tests; it is compiled once to a plain callable, and it can be
explained: which part was true of an event, and which was not. What each operator is true of says
`core.trigger_operators`. Pure.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from streams.core.event import EVENT_TYPES, Event
from streams.core.numerals import written
from streams.core.trigger_operators import OPERATORS, Single

Condition = Callable[[Event], bool]
Reader = Callable[[Event], Any]
Value = Single | tuple[Single, ...] | None

FIELDS: dict[str, str] = {
    "type": "type",
    "event": "event",
    "name": "name",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "previousId": "previous_id",
    "groupId": "group_id",
    "channel": "channel",
}
OBJECTS = ("properties", "traits", "context")
EQUAL = ("=", "!=", "in", "not in")
"""The operators that take a field to be one of some values, or none of them."""


@dataclass(frozen=True, slots=True)
class Known:
    """Which fields a condition may name; `expected` is how an error says it."""

    has: Callable[[tuple[str, ...]], bool]
    expected: str


class TriggerError(ValueError):
    """It is no trigger; the message shows where and says what was expected."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison; `path` names a field of the event, `value` is None where none is taken."""

    path: tuple[str, ...]
    operator: str
    value: Value = None

    def __str__(self) -> str:
        said = f"{shown_path(self.path)} {self.operator}"
        return said if self.value is None else f"{said} {shown_value(self.value)}"

    @property
    def values(self) -> tuple[Single | None, ...]:
        """What it compares with, also where that is one."""
        return self.value if isinstance(self.value, tuple) else (self.value,)


@dataclass(frozen=True, slots=True)
class All:
    """True where every part is."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where one part is."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """True where its part is not."""

    part: "Node"


Node = Comparison | All | AnyOf | Not


@dataclass(frozen=True, slots=True)
class Explained:
    """What a part of a condition says of an event. `text` is empty where it only joins `parts`."""

    truth: bool
    text: str
    joins: Literal["", "and", "or", "not"] = ""
    parts: "tuple[Explained, ...]" = ()


def compile_node(node: Node) -> Condition:
    """The callable of a condition over events."""
    return compile_over(node, reader)


def compile_over(
    node: Node, field: Callable[[tuple[str, ...]], Callable[[Any], Any]]
) -> Callable[[Any], bool]:
    """The callable of a condition over whatever `field` makes readers of paths for."""
    match node:
        case Comparison():
            read, check = field(node.path), OPERATORS[node.operator].make(node.value)
            return lambda subject: check(read(subject))
        case Not():
            inner = compile_over(node.part, field)
            return lambda subject: not inner(subject)
        case All():
            return _all([compile_over(part, field) for part in node.parts])
        case AnyOf():
            parts = [compile_over(part, field) for part in node.parts]
            return lambda subject: any(part(subject) for part in parts)


def _all(parts: list[Callable[[Any], bool]]) -> Callable[[Any], bool]:
    def every(event: Any) -> bool:
        for part in parts:  # noqa: SIM110 - all() of a generator takes twice as long
            if not part(event):
                return False
        return True

    return every


def comparisons(node: Node) -> Iterator[Comparison]:
    """Every comparison of a condition, in their order."""
    match node:
        case Comparison():
            yield node
        case Not():
            yield from comparisons(node.part)
        case All() | AnyOf():
            for part in node.parts:
                yield from comparisons(part)


def explain(node: Node, event: Event) -> Explained:
    """Which part was true of the event, and which was not; all parts are looked at."""
    if isinstance(node, Comparison):
        return Explained(compile_node(node)(event), str(node))
    if isinstance(node, Not):
        inner = explain(node.part, event)
        return Explained(not inner.truth, "", "not", (inner,))
    parts = tuple(explain(part, event) for part in node.parts)
    truths = [part.truth for part in parts]
    if isinstance(node, All):
        return Explained(all(truths), "", "and", parts)
    return Explained(any(truths), "", "or", parts)


def reader(path: tuple[str, ...]) -> Reader:
    """Reads a field of an event; None where it is absent."""
    attribute, rest = FIELDS.get(path[0], path[0]), path[1:]
    if not rest:
        return operator.attrgetter(attribute)

    def read(event: Event) -> Any:
        value: Any = getattr(event, attribute)
        for name in rest:
            if not isinstance(value, Mapping):
                return None
            value = value.get(name)
        return value

    return read


def is_field(path: tuple[str, ...]) -> bool:
    """Whether an event has such a field, or may have it."""
    if not all(path):
        return False
    return path[0] in FIELDS if len(path) == 1 else path[0] in OBJECTS


OF_EVENT = Known(is_field, "type, event, userId, properties.…, traits.…, context.…")
OF_RECORD = Known(all, "a field of the record, by its names with dots between them")
"""Any path: which fields a record has, its schema says."""


def types_expected(test: Comparison) -> str:
    """What is expected in place of a type that no event has; empty where all are types."""
    if test.path != ("type",) or test.operator not in EQUAL:
        return ""
    strange = any(value not in EVENT_TYPES for value in test.values)
    return f"a type of event: {', '.join(EVENT_TYPES)}" if strange else ""


PLAIN = re.compile(r"[\w$][\w$-]*")


def shown_path(path: tuple[str, ...]) -> str:
    """The path as the text has it: names that are not plain stand in quotes."""
    return ".".join(name if PLAIN.fullmatch(name) else quoted(name) for name in path)


def shown_value(value: Value) -> str:
    """The value as the text has it."""
    match value:
        case tuple():
            return f"({', '.join(shown_value(one) for one in value)})"
        case bool():
            return str(value).lower()
        case str():
            return quoted(value)
        case None:
            return ""
        case _:
            return written(value)


def quoted(text: str) -> str:
    """The text between quotes, its own quotes and backslashes escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
