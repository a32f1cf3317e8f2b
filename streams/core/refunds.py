"""Partial refunds of an order add up: each message counts once, whenever it comes. Pure."""

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
    """One refund event of an order that was counted, and its amount."""

    message_id: str
    amount: float


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
    stored: Mapping[str, Any] | None,
    refunds: Sequence[Refund],
) -> Counted:
    """The refunds with that of this body, and the properties that tell them all."""
    before = (stored or {}).get("properties") or {}
    known = tuple(refunds)
    if not known and before.get(AMOUNT) is not None:  # from before they were counted
        known = (Refund("", before[AMOUNT]),)
    amount = amount_of(body)
    new = amount is not None and all(one.message_id != message_id for one in known)
    if new:
        known = (*known, Refund(message_id, amount))
    if not known:
        return Counted((), {}, new=False)
    said = body["properties"].get(LINES) if new else None
    lines = [*_lines(before.get(LINES)), *_lines(said)][-MOST_LINES:]
    properties = {AMOUNT: total(known), **({LINES: lines} if lines else {})}
    return Counted(known, properties, new)


def _lines(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def total(refunds: Sequence[Refund]) -> int | float:
    """What was refunded in all."""
    return plain(sum((exact(one.amount) for one in refunds), Decimal(0)))
