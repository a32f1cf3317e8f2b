"""Orders: complete what an event says from the stored order, and send each state once.

| stored                | this state              | then                             |
|-----------------------|-------------------------|----------------------------------|
| nothing               | complete                | send                             |
| nothing               | required fields missing | dead letter `missing`            |
| done                  | same hash               | suppress `duplicate`             |
| done                  | a late refund           | send the last state with it      |
| done                  | its event is older      | suppress `stale`                 |
| done                  | may not follow          | as the plan says                 |
| done                  | another state           | send, also one that returns      |
| intent of this place  | whatever it says now    | in doubt                         |
| another's intent      | the intent's hash       | in doubt                         |
| another's intent      | another state           | against the one before, as above |

In doubt, `resend` sends it again and says so; `at_most_once` makes it a dead letter `in_doubt`.
A forced replay of that is sent, once: somebody has looked whether Cordial has it. An intent that
came to nothing for certain is no longer stored.

An event may be thin: what it does not say is taken from the stored order. Nulls and missing or
empty items mean "not said". The first purchase date stays; a refund strips nothing, and those of
several events add up, whenever they come. Which state may follow which is for `core.order_rules`
to say. Pure.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from streams.core.command import Command, Position
from streams.core.event import Note
from streams.core.functions.declaring import is_number
from streams.core.functions.numbers import exact
from streams.core.order_rules import ANY, OrderRules, late, money
from streams.core.outcome import Dead, Suppressed
from streams.core.refunds import AMOUNT, MOST_REFUNDS, Counted, Refund, amount_of, counted, total

LOOK_AND_FORCE = "Cordial may have this state; look, and force its replay where it has not"
KEPT = ("items", "totalAmount", "tax", "purchaseDate")
CART = "removeItemsFromCart"
REFUNDED = f"properties.{AMOUNT}"
OVER_REFUND = "refunds are more than the order's total"
LATE_REFUND = "a late refund: counted, and the last state stays"
REQUIRED = ("orderID", "purchaseDate", "status", "items")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A state that Cordial accepted. `event_time` in milliseconds."""

    hash: str
    event_time: int
    body: Mapping[str, Any]
    refunds: tuple[Refund, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderState:
    """The last state of one order. While an intent is open `previous` is the accepted one.

    `position` and `action` are the command's identity: what is read again after a crash has the
    same, and another instance of the action that the same event asked for has not.
    `in_doubt`: Cordial may have been told this state more than once.
    `refunds` are those that the body's refunded amount is the sum of.
    """

    contact: str
    status: Literal["intent", "done"]
    hash: str
    body: Mapping[str, Any]
    event_time: int
    message_id: str
    position: Position | None = None
    action: str = ""
    previous: Accepted | None = None
    in_doubt: bool = False
    refunds: tuple[Refund, ...] = ()

    @property
    def accepted(self) -> Accepted | None:
        """The last state that Cordial accepted."""
        if self.status == "done":
            return Accepted(self.hash, self.event_time, self.body, self.refunds)
        return self.previous

    def is_of(self, position: Position, action: str) -> bool:
        """Whether this command brought the order to this state."""
        return self.position == position and self.action == action

    def accepted_at(self, position: Position, action: str) -> bool:
        """Whether Cordial accepted this command, and nothing of the order since."""
        return self.status == "done" and self.is_of(position, action)

    def done(self, *, in_doubt: bool = False) -> "OrderState":
        """The same state, accepted."""
        return replace(self, status="done", previous=None, in_doubt=in_doubt)

    def without_intent(self) -> "OrderState | None":
        """The row as it was before an intent that came to nothing.

        It stands for no place: what came before has its commit record, what came to nothing must
        not pass for delivered.
        """
        before = self.previous
        if before is None:
            return None
        return replace(
            self,
            status="done",
            hash=before.hash,
            body=before.body,
            event_time=before.event_time,
            position=None,
            previous=None,
            refunds=before.refunds,
        )


@dataclass(frozen=True, slots=True)
class SendOrder:
    """Send `body` after the intent is durable."""

    body: dict[str, Any]
    intent: OrderState
    in_doubt: bool = False
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class SuppressOrder:
    """Cordial has this state, a newer one, or one that this one may not follow."""

    reason: Suppressed


@dataclass(frozen=True, slots=True)
class DeadOrder:
    """It cannot be sent."""

    reason: Dead
    field: str | None
    message: str


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
    intended = stored if stored is not None and stored.status == "intent" else None
    own = intended is not None and intended.is_of(position, command.action)
    same = intended is not None and intended.hash == state
    unsettled = own or same
    doubtful = unsettled and not attempted
    if doubtful and in_doubt == "at_most_once" and (own or not forced):
        return DeadOrder(Dead.IN_DOUBT, None, LOOK_AND_FORCE)
    if before is not None and not unsettled:
        if before.hash == state:
            return SuppressOrder(Suppressed.DUPLICATE)
        refused = None if forced else _refused(made, before, rules)
        if refused is not None:
            return refused
    intent = OrderState(
        contact=command.contact,
        status="intent",
        hash=state,
        body=made.body,
        event_time=made.time,
        message_id=command.message_id,
        position=position,
        action=command.action,
        previous=before,
        refunds=made.refunds,
    )
    return SendOrder(made.body, intent, in_doubt=doubtful, notes=made.notes)


@dataclass(frozen=True, slots=True)
class _Made:
    """What an event makes of an order. `late`: it is older, and has nothing to add."""

    body: dict[str, Any]
    time: int
    late: bool
    refunds: tuple[Refund, ...] = ()
    notes: tuple[Note, ...] = ()


def _made(
    command: Command, before: Accepted | None, rules: OrderRules, *, forced: bool
) -> _Made | DeadOrder:
    malformed = malformed_field(command.body)
    if malformed is not None:
        return DeadOrder(Dead.INVALID, malformed, f"{malformed} has the wrong type")
    stored = before.body if before is not None else None
    body = complete(command.body, stored)
    told = Counted((), {}, new=False)
    if rules.refunds == "each":
        known = before.refunds if before is not None else ()
        told = counted(command.body, command.message_id, stored, known)
    is_late = before is not None and late(before.body, before.event_time, body, command.event_time)
    if before is not None and is_late and told.new and not forced:
        said = {**(command.body.get("properties") or {}), **before.body.get("properties", {})}
        body = {**before.body, "properties": {**said, **told.properties}}
        body[CART] = False
        notes = (Note(REFUNDED, LATE_REFUND),)
        return _checked(_Made(body, before.event_time, False, told.refunds, notes), rules)
    if told.properties:
        body["properties"] = {**body.get("properties", {}), **told.properties}
    missing = missing_field(body)
    if missing is not None:
        text = "neither the event nor an earlier state of the order says it"
        return DeadOrder(Dead.MISSING, missing, text)
    made = _Made(body, command.event_time, is_late, told.refunds)
    return _checked(made, rules) if told.new else made


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
    if made.late:
        return SuppressOrder(Suppressed.STALE)
    if rules.may_follow(before.body.get("status"), made.body.get("status")):
        return None
    if rules.on_forbidden == "suppress":
        return SuppressOrder(Suppressed.FORBIDDEN)
    return DeadOrder(Dead.INVALID, "status", "this state may not follow the last one")


def complete(body: Mapping[str, Any], stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body with what it does not say taken from the stored one."""
    completed = {name: value for name, value in body.items() if value is not None}
    if not completed.get("items"):
        completed.pop("items", None)
    if stored is None:
        return completed
    for name in KEPT:
        if name in stored and (name not in completed or name == "purchaseDate"):
            completed[name] = stored[name]
    properties = {**stored.get("properties", {}), **completed.get("properties", {})}
    if properties:
        completed["properties"] = properties
    return completed


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
    state = {name: value for name, value in body.items() if name != CART}
    canonical = json.dumps(_plain(state), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
