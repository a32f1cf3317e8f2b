"""The named functions of mappings. Each takes a value and gives (value, what was changed).

A function that cannot use a value raises `Refused`, whose text never repeats it. Pure.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

Made = tuple[Any, tuple[tuple[str, str], ...]]
NOTHING: tuple[tuple[str, str], ...] = ()

MAX_NAME = 40
MAX_LIST_NAME = 128
RESERVED = frozenset(
    (
        "message-sent",
        "open",
        "click",
        "optout",
        "bounce",
        "complaint",
        "pageview",
        "message-stopped",
    )
)
EXACT = 2.0**53
"""Whole floating numbers below this are exact as integers, and fit 64 bits."""
RESERVED_PREFIXES = ("crdl_", "crdl-pdm-")


class Refused(ValueError):  # noqa: N818 - it is no error of the program
    """The value cannot be used; the text says why."""


def text(value: Any) -> Made:
    """Ids and names as text: 42 gives "42"; blank is absent."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused("must be text or a number")
    made = f"{value:.15g}" if isinstance(value, float) else str(value).strip()
    return made or None, NOTHING


def number(value: Any) -> Made:
    """Money and measures: "49.90" gives 49.9; never negative, never NaN."""
    if isinstance(value, str):
        try:
            made = float(value.strip())
        except ValueError:
            raise Refused("must be a number") from None
        note: tuple[tuple[str, str], ...] = (("", "number written as text"),)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("must be a number")
    else:
        made, note = value, NOTHING
    if not math.isfinite(made) or made < 0:
        raise Refused("must be a number that is finite and not negative")
    whole = made < EXACT and float(made).is_integer()
    return (int(made) if whole else made), note


def quantity(value: Any) -> Made:
    """A count of pieces: 2.0 gives 2; 0, 2.5 and negative ones are refused."""
    made, note = number(value)
    if not isinstance(made, int) or made < 1:
        raise Refused("must be a whole number from 1 on")
    return made, note


def iso_date(value: Any) -> Made:
    """Milliseconds since 1970 as ISO 8601 with offset: 0 gives 1970-01-01T00:00:00.000+00:00."""
    try:
        moment = datetime.fromtimestamp(value / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise Refused("is no time") from None
    return moment.isoformat(timespec="milliseconds"), NOTHING


def one(value: Any) -> Made:
    """A single value as a list of it: "a" gives ["a"]."""
    return [value], NOTHING


def activity_name(value: Any) -> Made:
    """At most 40 characters, and none of Cordial's own; longer ones keep a hash of the whole."""
    made, note = text(value)
    if made is None:
        return None, note
    if made in RESERVED or made.startswith(RESERVED_PREFIXES):
        raise Refused("is a name that Cordial reserves for itself; rename the event")
    if len(made) > MAX_NAME:
        digest = blake2b(made.encode("utf-8", "replace"), digest_size=4).hexdigest()
        return f"{made[: MAX_NAME - 9]}-{digest}", (("", "cut to 40 characters, with a hash"),)
    if made.lower() in RESERVED and made != "pageView":
        return made, (("", "differs from a reserved name in case only"),)
    return made, note


def list_name(value: Any) -> Made:
    """At most 128 characters; longer ones are refused: a cut name is another list."""
    made, note = text(value)
    if made is not None and len(made) > MAX_LIST_NAME:
        raise Refused("is longer than 128 characters")
    return made, note


def group_list(value: Any) -> Made:
    """The name of a list that has none: "77" gives "segment_77"."""
    made, note = text(value)
    return (None if made is None else f"segment_{made}"), note


def properties(value: Any) -> Made:
    """An object without nulls, at any depth."""
    if not isinstance(value, Mapping):
        raise Refused("must be an object")
    return _without_nulls(value) or None, NOTHING


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {key: _without_nulls(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value if inner is not None]
    return value


FUNCTIONS: Mapping[str, Callable[..., Made]] = {
    function.__name__: function
    for function in (
        text,
        number,
        quantity,
        iso_date,
        one,
        activity_name,
        list_name,
        group_list,
        properties,
    )
}
