"""Functions of objects."""

from collections.abc import Iterator
from typing import Any

import orjson

from streams.core.functions.declaring import Refused, declared
from streams.core.functions.text import Some
from streams.core.paths import without_nulls

MOST_NESTED = 20


def properties(value: Any) -> dict[str, Any] | None:
    """An object, and nothing else; without fields it is absent."""
    return _object(value) or None


def pick(value: Any, *, names: list[str]) -> dict[str, Any] | None:
    """Only these fields."""
    given = _object(value)
    return {name: given[name] for name in names if name in given} or None


def omit(value: Any, *, names: list[str]) -> dict[str, Any] | None:
    """Without these fields."""
    return {name: one for name, one in _object(value).items() if name not in names} or None


def rename(value: Any, *, names: dict[str, str]) -> dict[str, Any] | None:
    """Fields under other names: old to new; one that is renamed wins over one that was there."""
    given = _object(value)
    others = {name: one for name, one in given.items() if name not in names}
    return others | {new: given[old] for old, new in names.items() if old in given} or None


def merge(value: Any) -> dict[str, Any] | None:
    """The objects inside as one; of equal names the last wins."""
    made: dict[str, Any] = {}
    for part in _object(value).values():
        made |= _object(part)
    return made or None


def flatten(value: Any, *, by: Some = ".") -> dict[str, Any] | None:
    """Without objects inside: their fields get names joined with `by`."""
    return dict(_flat(_object(value), "", by)) or None


def entries(given: Any, *, key: Some = "key", value: Some = "value") -> list[Any] | None:
    """A list with an object for every field."""
    return [{key: name, value: one} for name, one in _object(given).items()] or None


def json(value: Any) -> str:
    """Whatever it is as JSON text."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        raise Refused("is no JSON value") from None


def from_json(value: Any) -> Any:
    """What a JSON text says, without the nulls inside."""
    if not isinstance(value, str):
        raise Refused("must be a text")
    try:
        made = orjson.loads(value)
    except ValueError:
        raise Refused("is no JSON") from None
    if _deep(made, MOST_NESTED):
        raise Refused(f"is nested deeper than {MOST_NESTED} levels")
    return without_nulls(made)


def nullable(value: Any) -> Any:
    """As it stands at a path; where the event says null there, a null, which unsets it."""
    return value


def _deep(value: Any, left: int) -> bool:
    members = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return False
    return left == 0 or any(_deep(one, left - 1) for one in members)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused("must be an object")
    return value


def _flat(value: dict[str, Any], before: str, by: str) -> Iterator[tuple[str, Any]]:
    for name, one in value.items():
        if isinstance(one, dict):
            yield from _flat(one, f"{before}{name}{by}", by)
        else:
            yield f"{before}{name}", one


OBJECTS = (
    declared(properties, {"coupon": "FALL"}, {"coupon": "FALL"}),
    declared(pick, {"plan": "vip", "age": 30}, {"plan": "vip"}, names=["plan"]),
    declared(omit, {"plan": "vip", "age": 30}, {"plan": "vip"}, names=["age"]),
    declared(
        rename, {"firstName": "Ana"}, {"first_name": "Ana"}, names={"firstName": "first_name"}
    ),
    declared(merge, {"all": {"plan": "vip"}, "more": {"tier": 1}}, {"plan": "vip", "tier": 1}),
    declared(flatten, {"size": {"eu": 42}}, {"size_eu": 42}, by="_"),
    declared(entries, {"red": 2}, [{"name": "red", "value": 2}], key="name"),
    declared(json, {"size": 42}, '{"size":42}'),
    declared(from_json, '{"size":42,"color":null}', {"size": 42}),
    declared(nullable, "vip", "vip"),
)
