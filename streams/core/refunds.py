"""Partial refunds of an order add up: each message counts once, whenever it comes.

Their lines stand in the order of the times of their events. Pure.
"""

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from streams.core.functions.numbers import exact, plain

AMOUNT, LINES = "refundedAmount", "refundedItems"
MOST_REFUNDS = 500
MOST_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund event of an order that was counted: its amount, and how many lines it had.

    `time` is that of the event, in milliseconds.
    """

    message_id: str
    amount: float
    time: int = 0
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """The refunds of an order with those of one event. `new`: this event adds to them."""

    refunds: tuple[Refund, ...]
    properties: dict[str, Any]
    new: bool


def amount_of(body: Mapping[str, Any]) -> Any:
    """What a body says it refunds; None where it says nothing."""
    return (body.get("properties") or {}).get(AMOUNT)


def counted(
    body: Mapping[str, Any],
    message_id: str,
    time: int,
    stored: Mapping[str, Any] | None,
    refunds: Sequence[Refund],
) -> Counted:
    """The refunds with that of this body, and the properties that tell them all."""
    before = (stored or {}).get("properties") or {}
    known = tuple(refunds)
    lines = _lines(before.get(LINES))
    if not known and before.get(AMOUNT) is not None:  # from before they were counted
        known = (Refund("", before[AMOUNT], lines=len(lines)),)
    amount = amount_of(body)
    new = amount is not None and all(one.message_id != message_id for one in known)
    if new:
        said = _lines(body["properties"].get(LINES))
        one = Refund(message_id, amount, time, len(said))
        place = bisect(known, _when(one), key=_when)
        after = sum(later.lines for later in known[place:])
        at = max(len(lines) - after, 0)
        lines = [*lines[:at], *said, *lines[at:]][-MOST_LINES:]
        known = (*known[:place], one, *known[place:])
    if not known:
        return Counted((), {}, new=False)
    properties = {AMOUNT: total(known), **({LINES: lines} if lines else {})}
    return Counted(known, properties, new)


def _when(refund: Refund) -> tuple[int, str]:
    return refund.time, refund.message_id


def _lines(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def total(refunds: Sequence[Refund]) -> int | float:
    """What was refunded in all."""
    return plain(sum((exact(one.amount) for one in refunds), Decimal(0)))
