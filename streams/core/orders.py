"""Orders: complete what an event says from the stored order, and send each state once.

| stored             | this state              | then                        |
|--------------------|-------------------------|-----------------------------|
| nothing            | complete                | send                        |
| nothing            | required fields missing | dead letter `missing`       |
| done               | same hash               | suppress `duplicate`        |
| done               | its event is older      | suppress `stale`            |
| done               | another state           | send, also one that returns |
| own intent         | `resend`                | send, in doubt              |
| own intent         | `at_most_once`          | dead letter `in_doubt`      |
| another's intent   | against the one before  | as above                    |

An event may be thin: what it does not say is taken from the stored order. Missing or empty
items mean "not said". The first purchase date stays; a refund strips nothing. Pure.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from streams.core.command import Command, Position
from streams.core.outcome import Dead, Suppressed

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
    """The last state of one order. While an intent is open `previous` is the accepted one."""

    contact: str
    status: Literal["intent", "done"]
    hash: str
    body: Mapping[str, Any]
    event_time: int
    message_id: str
    position: Position | None = None
    previous: Accepted | None = None

    @property
    def accepted(self) -> Accepted | None:
        """The last state that Cordial accepted."""
        if self.status == "done":
            return Accepted(self.hash, self.event_time, self.body)
        return self.previous

    def done(self) -> "OrderState":
        """The same state, accepted."""
        return replace(self, status="done", previous=None)

    def without_intent(self) -> "OrderState | None":
        """The row as it was before an intent that came to nothing."""
        before = self.previous
        if before is None:
            return None
        return replace(
            self,
            status="done",
            hash=before.hash,
            body=before.body,
            event_time=before.event_time,
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
    in_doubt: str,
    attempted: bool = False,
    forced: bool = False,
) -> OrderDecision:
    """What the table above says. `in_doubt` is `resend` or `at_most_once`.

    `attempted`: this process sent it and knows the answers, so its own intent is no doubt.
    """
    before = stored.accepted if stored is not None else None
    body = complete(command.body, before.body if before is not None else None)
    missing = missing_field(body)
    if missing is not None:
        text = "the event lacks it and no earlier state of the order is known"
        return DeadOrder(Dead.MISSING, missing, text)
    state = state_hash(body)
    doubtful = _is_own_intent(command, stored, state)
    if doubtful and not attempted and in_doubt == "at_most_once":
        text = "its request was in flight when the worker died; Cordial may have it"
        return DeadOrder(Dead.IN_DOUBT, None, text)
    if before is not None and not doubtful:
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
        position=command.position,
        previous=before,
    )
    return SendOrder(body, intent, in_doubt=doubtful and not attempted)


def _is_own_intent(command: Command, stored: OrderState | None, state: str) -> bool:
    return (
        stored is not None
        and stored.status == "intent"
        and stored.message_id == command.message_id
        and stored.hash == state
    )


def complete(body: Mapping[str, Any], stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body with what it does not say taken from the stored one."""
    completed = dict(body)
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
