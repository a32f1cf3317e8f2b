"""Orders: complete what an event says from the stored order, and send each state once.

| stored                | this state              | then                             |
|-----------------------|-------------------------|----------------------------------|
| nothing               | complete                | send                             |
| nothing               | required fields missing | dead letter `missing`; what it   |
|                       |                         | says is remembered               |
| done                  | same hash               | suppress `duplicate`             |
| done                  | older, with more to say | send the last state with it      |
| done                  | older                   | suppress `stale`                 |
| done                  | may not follow          | as the plan says                 |
| done                  | another state           | send, also one that returns      |
| intent of this place  | whatever it says now    | in doubt                         |
| another's intent      | the intent's hash       | in doubt                         |
| another's intent      | another state           | against the one before, as above |

In doubt, `resend` sends it again and says so; `at_most_once` makes it a dead letter `in_doubt`.
A forced replay of that is sent, once: somebody has looked whether Cordial has it. An intent that
came to nothing for certain is no longer stored.

An event may be thin: what it does not say is taken from the stored order. Nulls and missing or
empty items mean "not said". The earliest purchase date stays; a refund strips nothing, and those
of several events add up. Whenever an event comes, the order ends the same, as `order_times` says;
which state may follow which is for `order_rules` to say. Pure.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from streams.core.canonical import canonical
from streams.core.command import Command, Position
from streams.core.event import Note
from streams.core.functions.declaring import is_number
from streams.core.functions.numbers import exact
from streams.core.order_rules import ANY, OrderRules, late, money
from streams.core.order_state import Accepted, OrderState
from streams.core.order_times import earlier, later, said
from streams.core.outcome import Dead, Suppressed
from streams.core.refunds import AMOUNT, MOST_REFUNDS, Refund, amount_of, counted, total

LOOK_AND_FORCE = "Cordial may have this state; look, and force its replay where it has not"
CART = ("removeItemsFromCart", "shouldRemoveItemsFromCart")
REFUNDED = f"properties.{AMOUNT}"
OVER_REFUND = "refunds are more than the order's total"
LATE = "is older than the last state, which stays; what only this event says is added"
REQUIRED = ("orderID", "purchaseDate", "status", "items")


@dataclass(frozen=True, slots=True)
class SendOrder:
    """Send `body` after the intent is durable."""

    body: dict[str, Any]
    intent: OrderState
    in_doubt: bool = False
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class SuppressOrder:
    """Cordial has this state, a newer one, or one that this one may not follow.

    `row` is the order's where the event changes what is known of times.
    """

    reason: Suppressed
    row: OrderState | None = None


@dataclass(frozen=True, slots=True)
class DeadOrder:
    """It cannot be sent. `row` has what it said all the same, for the events that follow."""

    reason: Dead
    field: str | None
    message: str
    row: OrderState | None = None


OrderDecision = SendOrder | SuppressOrder | DeadOrder


def decide_order(
    command: Command,
    stored: OrderState | None,
    *,
    position: Position,
    in_doubt: str,
    attempted: bool = False,
    forced: bool = False,
    rules: OrderRules = ANY,
) -> OrderDecision:
    """What the table above says. `in_doubt` is `resend` or `at_most_once`.

    `position` is that of the command's identity, which for a replay is not the command's own.
    `attempted`: this process sent it and knows the answers, so its own intent is no doubt.
    """
    before = stored.accepted if stored is not None else None
    made = _made(command, before, rules, forced=forced)
    if isinstance(made, DeadOrder):
        return made
    state = state_hash(made.body)
    missing = missing_field(made.body)
    if missing is not None:
        text = "neither the event nor another of the order says it"
        known = stored is not None and not (before is not None and before.heard)
        unknown = not known and made.body.get("orderID")
        heard = _row(command, made, state, "heard") if unknown else None
        return DeadOrder(Dead.MISSING, missing, text, heard)
    intended = stored if stored is not None and stored.status == "intent" else None
    own = intended is not None and intended.is_of(position, command.action)
    same = intended is not None and intended.hash == state
    unsettled = own or same
    doubtful = unsettled and not attempted
    if doubtful and in_doubt == "at_most_once" and (own or not forced):
        return DeadOrder(Dead.IN_DOUBT, None, LOOK_AND_FORCE)
    if before is not None and not unsettled and not before.heard:
        if before.hash == state:
            reason = Suppressed.STALE if made.stale else Suppressed.DUPLICATE
            return SuppressOrder(reason, _timed(stored, made))
        refused = None if forced else _refused(made, before, rules)
        if refused is not None:
            return refused
    row = _row(command, made, state, "intent")
    intent = replace(row, position=position, action=command.action, previous=before)
    return SendOrder(made.body, intent, in_doubt=doubtful, notes=made.notes)


def _timed(stored: OrderState | None, made: "_Made") -> OrderState | None:
    """The row with the times of an event that changes nothing else; None where they are known."""
    if stored is None or stored.status == "intent":
        return None
    row = replace(stored, event_time=made.time, older=made.older, first=made.first)
    return None if row == stored else row


def _row(
    command: Command, made: "_Made", state: str, status: Literal["intent", "heard"]
) -> OrderState:
    return OrderState(
        contact=command.contact,
        status=status,
        hash=state,
        body=made.body,
        event_time=made.time,
        message_id=command.message_id,
        refunds=made.refunds,
        older=made.older,
        first=made.first,
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """What an order is with one event more. `stale`: the event is older and another state."""

    body: dict[str, Any]
    time: int
    older: Mapping[str, int]
    first: int
    stale: bool = False
    refunds: tuple[Refund, ...] = ()
    notes: tuple[Note, ...] = ()


def _made(
    command: Command, before: Accepted | None, rules: OrderRules, *, forced: bool
) -> _Made | DeadOrder:
    malformed = malformed_field(command.body)
    if malformed is not None:
        return DeadOrder(Dead.INVALID, malformed, f"{malformed} has the wrong type")
    made = _merged(command, before, forced=forced)
    if rules.refunds != "each":
        return made
    known = before.refunds if before is not None else ()
    stored = before.body if before is not None else None
    told = counted(command.body, command.message_id, command.event_time, stored, known)
    if told.properties:
        body = {**made.body, "properties": {**made.body.get("properties", {}), **told.properties}}
        again = amount_of(command.body) is not None and not told.new
        made = replace(made, body=body, refunds=told.refunds, stale=made.stale and not again)
    return _checked(made, rules) if told.new else made


def _merged(command: Command, before: Accepted | None, *, forced: bool) -> _Made:
    time = command.event_time
    if before is None:
        return _Made(said(command.body), time, {}, time)
    known = before.body, before.event_time, before.older
    whole, older = later(command.body, *known, time)
    if forced or not late(before.body, before.event_time, whole, time):
        return _Made(whole, time, older, before.first)
    first = time < before.first
    body, times = earlier(command.body, *known, time, first=first)
    body.update({name: False for name in CART if name in body})
    stale = state_hash(whole) != before.hash
    notes = () if before.heard else (Note("status", LATE),)
    at = time if first else before.first
    return _Made(body, before.event_time, times, at, stale=stale, notes=notes)


def _checked(made: _Made, rules: OrderRules) -> _Made | DeadOrder:
    """With what is to be said of one refund more."""
    if len(made.refunds) > MOST_REFUNDS:
        return DeadOrder(Dead.INVALID, REFUNDED, f"more than {MOST_REFUNDS} refunds of one order")
    whole = money(made.body.get("totalAmount"))
    if whole is None or exact(total(made.refunds)) <= whole + rules.tolerance:
        return made
    if rules.on_over_refund == "dead_letter":
        return DeadOrder(Dead.INVALID, REFUNDED, OVER_REFUND)
    return replace(made, notes=(*made.notes, Note(REFUNDED, OVER_REFUND)))


def _refused(made: _Made, before: Accepted, rules: OrderRules) -> OrderDecision | None:
    if rules.may_follow(before.body.get("status"), made.body.get("status")):
        return None
    if rules.on_forbidden == "suppress":
        return SuppressOrder(Suppressed.FORBIDDEN)
    return DeadOrder(Dead.INVALID, "status", "this state may not follow the last one")


def malformed_field(body: Mapping[str, Any]) -> str | None:
    """The first field of which nothing can be completed: a hand-made command may hold anything."""
    for name, kind in (("items", list), ("properties", Mapping)):
        value = body.get(name)
        if value is not None and not isinstance(value, kind):
            return name
    for index, item in enumerate(body.get("items") or ()):
        if not isinstance(item, Mapping):
            return f"items[{index}]"
    amount = amount_of(body)
    if amount is not None and not is_number(amount):
        return REFUNDED
    return None


def missing_field(body: Mapping[str, Any]) -> str | None:
    """The first required field that the completed body lacks."""
    for name in REQUIRED:
        if not body.get(name):
            return name
    for index, item in enumerate(body["items"]):
        for name in ("productID", "sku", "name"):
            if not item.get(name):
                return f"items[{index}].{name}"
    return None


def state_hash(body: Mapping[str, Any]) -> str:
    """SHA-256 of the body as canonical JSON: sorted keys, 2.0 as 2; the cart is no part of it."""
    state = {name: value for name, value in body.items() if name not in CART}
    text = json.dumps(canonical(state), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
