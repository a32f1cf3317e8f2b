"""The operators of triggers: what each is true of. Pure.

| operator                              | true where the field                                  |
|---------------------------------------|-------------------------------------------------------|
| `=`                                   | is equal as text; numbers and flags as what they are  |
| `<` `<=` `>` `>=`                     | is a number, and stands so to the value               |
| `contains` `starts with` `ends with`  | as text does; a list contains a member that is equal  |
| `matches`                             | as text fits the pattern: `*` any text, `?` any letter |
| `in`                                  | is equal to one of the values                         |
| `exists`, `is true`, `is false`       | is there; is that flag                                |

`!=` and `not` before `contains`, `starts with`, `ends with`, `matches`, `in`, `exists` are the
contrary. A field that is not there equals nothing, so each contrary is true of it.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import translate
from typing import Any, Literal

from streams.core.numerals import written

Single = str | float | bool


@dataclass(frozen=True, slots=True)
class Operator:
    """How a test is made; `takes` is what stands after it."""

    takes: Literal["value", "number", "text", "values", "nothing"]
    make: Callable[[Any], Callable[[Any], bool]]


def _equal(value: Any, wanted: Single) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return isinstance(value, bool) and value is wanted
    if isinstance(wanted, float):
        return isinstance(value, int | float) and float(value) == wanted
    return value is not None and _text(value) == wanted


def _text(value: Any) -> str | None:
    """Text and numbers as text; nothing else has one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return value if isinstance(value, str) else written(value)


def _equals(wanted: Single) -> Callable[[Any], bool]:
    if isinstance(wanted, str):
        return lambda value: value == wanted if type(value) is str else _equal(value, wanted)
    return lambda value: _equal(value, wanted)


def _compares(compare: Callable[[Any, Any], bool]) -> Callable[[float], Callable[[Any], bool]]:
    def make(wanted: float) -> Callable[[Any], bool]:
        return lambda value: (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and compare(value, wanted)
        )

    return make


def _contains(wanted: str) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        if isinstance(value, list):
            return any(_equal(member, wanted) for member in value)
        said = _text(value)
        return said is not None and wanted in said

    return check


def _of_text(fits: Callable[[str, str], bool]) -> Callable[[str], Callable[[Any], bool]]:
    def make(wanted: str) -> Callable[[Any], bool]:
        return lambda value: (said := _text(value)) is not None and fits(said, wanted)

    return make


def _matches(pattern: str) -> Callable[[Any], bool]:
    fits = re.compile(translate(pattern.replace("[", "[[]"))).match
    return lambda value: (said := _text(value)) is not None and fits(said) is not None


def _in(values: tuple[Single, ...]) -> Callable[[Any], bool]:
    return lambda value: any(_equal(value, wanted) for wanted in values)


def _is(truth: bool) -> Callable[[Any], Callable[[Any], bool]]:
    return lambda _: lambda value: value is truth


def _contrary(one: Operator) -> Operator:
    def make(wanted: Any) -> Callable[[Any], bool]:
        check = one.make(wanted)
        return lambda value: not check(value)

    return Operator(one.takes, make)


_PLAIN = {
    "=": Operator("value", _equals),
    "<": Operator("number", _compares(operator.lt)),
    "<=": Operator("number", _compares(operator.le)),
    ">": Operator("number", _compares(operator.gt)),
    ">=": Operator("number", _compares(operator.ge)),
    "contains": Operator("text", _contains),
    "starts with": Operator("text", _of_text(str.startswith)),
    "ends with": Operator("text", _of_text(str.endswith)),
    "matches": Operator("text", _matches),
    "in": Operator("values", _in),
    "exists": Operator("nothing", lambda _: lambda value: value is not None),
    "is true": Operator("nothing", _is(True)),
    "is false": Operator("nothing", _is(False)),
}
_CONTRARIES = ("contains", "starts with", "ends with", "matches", "in", "exists")
OPERATORS: dict[str, Operator] = {
    **_PLAIN,
    "!=": _contrary(_PLAIN["="]),
    **{f"not {name}": _contrary(_PLAIN[name]) for name in _CONTRARIES},
}
