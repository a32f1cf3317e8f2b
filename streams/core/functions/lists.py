"""Functions of lists."""

from typing import Annotated, Any

import orjson

from streams.core.functions.declaring import LONGEST_TEXT, Kind, Refused, declared, is_text, whole
from streams.core.functions.numbers import exact, plain
from streams.core.functions.text import Some

Field = Annotated[str, Kind(f"the name of a field, at most {LONGEST_TEXT:,} characters", is_text)]


def one(value: Any) -> list[Any]:
    """A single value as a list of it."""
    return [value]


def first(value: Any) -> Any:
    """The first member."""
    members = _members(value)
    return members[0] if members else None


def last(value: Any) -> Any:
    """The last member."""
    members = _members(value)
    return members[-1] if members else None


def take(value: Any, *, count: Annotated[int, whole(1, 10_000)]) -> list[Any] | None:
    """The first `count` members."""
    return _members(value)[:count] or None


def unique(value: Any) -> list[Any] | None:
    """Each member once, in the order of the first ones."""
    found: dict[bytes, Any] = {}
    try:
        for member in _members(value):
            found.setdefault(orjson.dumps(member, option=orjson.OPT_SORT_KEYS), member)
    except TypeError:
        raise Refused("has a member that is no JSON value") from None
    return list(found.values()) or None


def sort(value: Any, *, field: Field = "", descending: bool = False) -> list[Any] | None:
    """In order, by `field` where members are objects; members without it come last."""
    members = _members(value)
    keys = [_field(member, field) if field else member for member in members]
    there = [(key, at) for at, key in enumerate(keys) if key is not None]
    if not all(isinstance(key, str) for key, _ in there) and not all(
        isinstance(key, int | float) and not isinstance(key, bool) for key, _ in there
    ):
        raise Refused("must have numbers alone, or texts alone, to be sorted by")
    there.sort(key=lambda pair: pair[0], reverse=descending)
    absent = [members[at] for at, key in enumerate(keys) if key is None]
    return [*(members[at] for _, at in there), *absent] or None


def pluck(value: Any, *, field: Some) -> list[Any] | None:
    """The `field` of every member that has it."""
    found = [_field(member, field) for member in _members(value)]
    return [one for one in found if one is not None] or None


def length(value: Any) -> int:
    """How many members, fields or characters it has."""
    if not isinstance(value, list | dict | str):
        raise Refused("must be a list, an object or a text")
    return len(value)


def sum_(value: Any, *, field: Field = "") -> int | float:
    """The members added up, or their `field` where they are objects; absent ones count nothing."""
    found = [_field(member, field) if field else member for member in _members(value)]
    return plain(sum((exact(one) for one in found if one is not None), exact(0)))


def _members(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Refused("must be a list")
    return value


def _field(member: Any, field: str) -> Any:
    return member.get(field) if isinstance(member, dict) else None


LISTS = (
    declared(one, "a", ["a"]),
    declared(first, ["a", "b"], "a"),
    declared(last, ["a", "b"], "b"),
    declared(take, ["a", "b", "c"], ["a", "b"], count=2),
    declared(unique, ["b", "a", "b"], ["b", "a"]),
    declared(sort, [{"n": 1}, {"n": 3}], [{"n": 3}, {"n": 1}], field="n", descending=True),
    declared(pluck, [{"sku": "A-1"}, {"sku": "B-2"}], ["A-1", "B-2"], field="sku"),
    declared(length, ["a", "b"], 2),
    declared(sum_, [{"price": 49.9}, {"price": "12"}], 61.9, field="price"),
)
