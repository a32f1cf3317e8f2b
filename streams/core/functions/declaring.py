"""How a function of mappings is declared: a call, its options by type, an example that is a test.

A function takes a value that is there and gives one, None for absent, or `Noted`. What it cannot
use it refuses: `Refused` says why and never repeats the value. Pure.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

LONGEST_TEXT = 1_000
LARGEST = 1e15


class Refused(ValueError):  # noqa: N818 - it is no error of the program
    """The value cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A result, and what was changed to make it."""

    value: Any
    what: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What an option takes. `expected` is how an error says it."""

    expected: str
    fits: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a function. `default` is `inspect.Parameter.empty` where it must be given."""

    name: str
    kind: Kind
    default: Any

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Example:
    """What a function makes of a value. A test says so, and the docs show it."""

    value: Any
    result: Any
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Function:
    """A function as mappings name it."""

    call: Callable[..., Any]
    example: Example

    @property
    def name(self) -> str:
        """Its name in mappings; one that Python has too ends in an underline there."""
        return self.call.__name__.rstrip("_")

    @property
    def says(self) -> str:
        """What it does, in one line."""
        return inspect.getdoc(self.call) or ""

    @property
    def options(self) -> dict[str, Option]:
        """Its options by name."""
        given = list(inspect.signature(self.call).parameters.values())[1:]
        return {one.name: Option(one.name, _kind(one.annotation), one.default) for one in given}


def declared(call: Callable[..., Any], value: Any, result: Any, **options: Any) -> Function:
    """A function with its example."""
    return Function(call, Example(value, result, options))


def is_text(value: Any) -> bool:
    """Whether an option is a text of a sane length."""
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def is_number(value: Any) -> bool:
    """Whether an option is a number of a sane size."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and abs(value) <= LARGEST


def whole(least: int, most: int) -> Kind:
    """A whole number between two, both included."""
    return Kind(
        f"a whole number from {least:,} to {most:,}",
        lambda value: type(value) is int and least <= value <= most,
    )


KINDS: dict[Any, Kind] = {
    str: Kind(f"a text of at most {LONGEST_TEXT:,} characters", is_text),
    float: Kind("a number", is_number),
    bool: Kind("true or false", lambda value: isinstance(value, bool)),
    list[str]: Kind(
        "a list of texts",
        lambda value: isinstance(value, list) and bool(value) and all(map(is_text, value)),
    ),
    dict[str, str]: Kind(
        "a table of texts, with its names in quotes where they are numbers or yes and no",
        lambda value: (
            isinstance(value, dict)
            and bool(value)
            and all(map(is_text, value))
            and all(map(is_text, value.values()))
        ),
    ),
}


def _kind(annotation: Any) -> Kind:
    found = [one for one in getattr(annotation, "__metadata__", ()) if isinstance(one, Kind)]
    if found:
        return found[0]
    if get_origin(annotation) is Literal:
        words = get_args(annotation)
        return Kind(f"one of {', '.join(words)}", lambda value: value in words)
    return KINDS[annotation]
