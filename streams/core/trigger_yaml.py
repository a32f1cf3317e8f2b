"""Triggers as YAML, for conditions too long for a line.

    all:
      - type = "track"
      - any:
          - {field: event, op: in, value: [Order Completed, Order Updated]}
          - {field: properties.total, op: ">=", value: 100}
      - not: {field: context.channel, op: "=", value: test}

A text inside is read as `core.trigger_text` reads it. Whatever is wrong, the error names the
path inside the structure. Pure.
"""

from collections.abc import Mapping
from typing import Any

from streams.core.trigger import (
    OF_EVENT,
    All,
    AnyOf,
    Comparison,
    Known,
    Node,
    Not,
    TriggerError,
    Value,
    types_expected,
)
from streams.core.trigger_operators import OPERATORS, Single
from streams.core.trigger_text import EXPECTED, MOST_NESTED, parse, path_of

KEYS = {"field", "op", "value"}


def parse_any(data: Any, path: tuple[str | int, ...] = (), known: Known = OF_EVENT) -> Node:
    """The tree of a text or of a structure. Raises `TriggerError`."""
    if len(path) > 2 * MOST_NESTED:
        raise _wrong(path[:4], f"at most {MOST_NESTED} parts inside each other")
    if isinstance(data, str):
        return _text(data, path, known)
    if not isinstance(data, Mapping):
        raise _wrong(path, "a text, or all:, any:, not: or field:")
    match list(data):
        case ["all"]:
            return All(_parts(data["all"], (*path, "all"), known))
        case ["any"]:
            return AnyOf(_parts(data["any"], (*path, "any"), known))
        case ["not"]:
            return Not(parse_any(data["not"], (*path, "not"), known))
        case names if "field" in names:
            return _test(data, path, known)
    raise _wrong(path, "all:, any: or not: alone, or field:, op: and value:")


def _text(data: str, path: tuple[str | int, ...], known: Known) -> Node:
    try:
        return parse(data, known)
    except TriggerError as error:
        if not path:
            raise
        raise TriggerError(f"{_shown(path)}: {error}") from None


def _parts(data: Any, path: tuple[str | int, ...], known: Known) -> tuple[Node, ...]:
    if not isinstance(data, list) or not data:
        raise _wrong(path, "a list of at least one condition")
    return tuple(parse_any(one, (*path, number), known) for number, one in enumerate(data))


def _test(data: Mapping[str, Any], path: tuple[str | int, ...], known: Known) -> Comparison:
    strange = [name for name in data if name not in KEYS]
    if strange:
        raise _wrong((*path, strange[0]), "field:, op: and value: and nothing else")
    field = data["field"]
    names = path_of(field) if isinstance(field, str) else ()
    if not names or not known.has(names):
        raise _wrong((*path, "field"), known.expected)
    op = data.get("op")
    if op not in OPERATORS:
        raise _wrong((*path, "op"), f"one of {', '.join(OPERATORS)}")
    test = Comparison(names, op, _value(OPERATORS[op].takes, data, (*path, "value")))
    if known is OF_EVENT and types_expected(test):
        raise _wrong((*path, "value"), types_expected(test))
    return test


def _value(takes: str, data: Mapping[str, Any], path: tuple[str | int, ...]) -> Value:
    value = data.get("value")
    if takes == "nothing":
        if "value" in data:
            raise _wrong(path, "no value after this operator")
        return None
    if takes == "values":
        if not isinstance(value, list) or not value:
            raise _wrong(path, "a list of values")
        return tuple(_single("value", one, (*path, number)) for number, one in enumerate(value))
    return _single(takes, value, path)


def _single(takes: str, value: Any, path: tuple[str | int, ...]) -> Single:
    if isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    fits = {"number": float, "text": str, "value": str | float | bool}[takes]
    if not isinstance(value, fits) or (takes == "number" and isinstance(value, bool)):
        raise _wrong(path, EXPECTED[takes])
    found: Single = value
    return found


def _wrong(path: tuple[str | int, ...], expected: str) -> TriggerError:
    where = f"{_shown(path)}: " if path else ""
    return TriggerError(f"{where}expected {expected}")


def _shown(path: tuple[str | int, ...]) -> str:
    return ".".join(str(step) for step in path)
