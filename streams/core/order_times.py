"""What the events of one order say together: the same, in whatever order they come.

| of an event              | what stays of it                                              |
|--------------------------|---------------------------------------------------------------|
| a field or property      | until a later event says another                              |
| the purchase date        | where no earlier event has one                                |
| the status and the rest  | where it is the latest event; of one time the higher rank     |

Earlier and later go by the times of the events. `older` has the time of each field that was said
before the order's last event. Pure.
"""

from collections.abc import Iterator, Mapping
from typing import Any

SAID = ("items", "totalAmount", "tax")
PROPERTIES = "properties"
PURCHASED = "purchaseDate"
Times = Mapping[str, int]


def said(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body without what it does not say: nulls, and items that are missing or empty."""
    told = {name: value for name, value in body.items() if value is not None}
    if not told.get("items"):
        told.pop("items", None)
    return told


def later(
    body: Mapping[str, Any], before: Mapping[str, Any], before_time: int, older: Times, time: int
) -> tuple[dict[str, Any], dict[str, int]]:
    """The order after its latest event: the body with what it leaves unsaid, and the times."""
    told = said(body)
    whole = told | {name: before[name] for name in SAID if name in before and name not in told}
    if before.get(PURCHASED):
        whole[PURCHASED] = before[PURCHASED]
    properties = {**before.get(PROPERTIES, {}), **told.get(PROPERTIES, {})}
    if properties:
        whole[PROPERTIES] = properties
    own = set(_fields(told))
    times = {name: older.get(name, before_time) for name in _fields(before) if name not in own}
    return whole, {name: at for name, at in times.items() if at < time}


def earlier(
    body: Mapping[str, Any],
    before: Mapping[str, Any],
    before_time: int,
    older: Times,
    time: int,
    *,
    first: bool,
) -> tuple[dict[str, Any], dict[str, int]]:
    """The order after an event that is not its latest; `first`: it is the earliest."""
    told = said(body)
    whole, times = dict(before), dict(older)
    known = set(_fields(before))
    properties = dict(before.get(PROPERTIES, {}))
    for name in _fields(told):
        if name in known and time <= older.get(name, before_time):
            continue
        times[name] = time
        if name in SAID:
            whole[name] = told[name]
        else:
            inner = name.partition(".")[2]
            properties[inner] = told[PROPERTIES][inner]
    if properties:
        whole[PROPERTIES] = properties
    if first and told.get(PURCHASED):
        whole[PURCHASED] = told[PURCHASED]
    return whole, times


def _fields(body: Mapping[str, Any]) -> Iterator[str]:
    """The fields that have a time of their own, properties as `properties.<name>`."""
    yield from (name for name in SAID if name in body)
    yield from (f"{PROPERTIES}.{name}" for name in body.get(PROPERTIES, {}))
