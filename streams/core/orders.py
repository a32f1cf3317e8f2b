"""Orders: complete what an event says from the stored order, and send each state once.

| stored                | this state              | then                             |
|-----------------------|-------------------------|----------------------------------|
| nothing               | complete                | send                             |
| nothing               | required fields missing | dead letter `missing`            |
| done                  | same hash               | suppress `duplicate`             |
| done                  | its event is older      | suppress `stale`                 |
| done                  | another state           | send, also one that returns      |
| intent of this place  | whatever it says now    | in doubt                         |
| another's intent      | the intent's hash       | in doubt                         |
| another's intent      | another state           | against the one before, as above |

In doubt, `resend` sends it again and says so; `at_most_once` makes it a dead letter `in_doubt`.
A forced replay of that is sent, once: somebody has looked whether Cordial has it. An intent that
came to nothing for certain is no longer stored.

An event may be thin: what it does not say is taken from the stored order. Nulls and missing or
empty items mean "not said". The first purchase date stays; a refund strips nothing. Pure.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from streams.core.command import Command, Position
from streams.core.outcome import Dead, Suppressed

LOOK_AND_FORCE = "Cordial may have this state; look, and force its replay where it has not"
KEPT = ("items", "totalAmount", "tax", "purchaseDate")
REQUIRED = ("orderID", "purchaseDate", "status", "items")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A state that Cordial accepted. `event_time` in milliseconds."""

    hash: str
    event_time: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OrderState:
    """The last state of one order. While an intent is open `previous` is the accepted one.

    `position` and `action` are the command's identity: what is read again after a crash has the
    same, and another instance of the action that the same event asked for has not.
    `in_doubt`: Cordial may have been told this state more than once.
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

    @property
    def accepted(self) -> Accepted | None:
        """The last state that Cordial accepted."""
        if self.status == "done":
            return Accepted(self.hash, self.event_time, self.body)
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
        )


@dataclass(frozen=True, slots=True)
class SendOrder:
    """Send `body` after the intent is durable."""

    body: dict[str, Any]
    intent: OrderState
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class SuppressOrder:
    """Cordial has this state, or a newer one."""

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
) -> OrderDecision:
    """What the table above says. `in_doubt` is `resend` or `at_most_once`.

    `position` is that of the command's identity, which for a replay is not the command's own.
    `attempted`: this process sent it and knows the answers, so its own intent is no doubt.
    """
    before = stored.accepted if stored is not None else None
    body = _completed(command.body, before)
    if isinstance(body, DeadOrder):
        return body
    state = state_hash(body)
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
        if command.event_time < before.event_time and not forced:
            return SuppressOrder(Suppressed.STALE)
    intent = OrderState(
        contact=command.contact,
        status="intent",
        hash=state,
        body=body,
        event_time=command.event_time,
        message_id=command.message_id,
        position=position,
        action=command.action,
        previous=before,
    )
    return SendOrder(body, intent, in_doubt=doubtful)


def _completed(body: Mapping[str, Any], before: Accepted | None) -> dict[str, Any] | DeadOrder:
    malformed = malformed_field(body)
    if malformed is not None:
        return DeadOrder(Dead.INVALID, malformed, f"{malformed} has the wrong type")
    completed = complete(body, before.body if before is not None else None)
    missing = missing_field(completed)
    if missing is not None:
        text = "neither the event nor an earlier state of the order says it"
        return DeadOrder(Dead.MISSING, missing, text)
    return completed


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
    """SHA-256 of the body as canonical JSON: sorted keys, 2.0 as 2."""
    canonical = json.dumps(_plain(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
