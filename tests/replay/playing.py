"""Plays events into the sandbox on the pure path: route, decide, accept, remember."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from streams.cordial.sandbox.rules import ROUTES
from streams.cordial.sandbox.state import State
from streams.core.compiled import CompiledPlan
from streams.tracing.telling import trace

CART = "removeItemsFromCart"
NOW = 1_800_000_000_000


@dataclass(slots=True)
class Played:
    """What a run left: the sandbox, what it would have ignored, and the trace lines."""

    cordial: State = field(default_factory=State)
    ignored: list[str] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)

    def contacts(self) -> dict[str, Any]:
        """Attributes, subscriptions and identifiers of every contact, by user id."""
        return {
            one.identifiers["segment_id"]: (one.attributes, one.identifiers)
            for one in self.cordial.contacts
        }

    def lists(self) -> dict[str, set[str]]:
        """The lists of every contact."""
        return {one.identifiers["segment_id"]: one.lists for one in self.cordial.contacts}

    def orders(self) -> dict[str, Any]:
        """Every order: whose it is, and all of it that Cordial keeps."""
        return {
            order: {
                **{name: value for name, value in body.items() if name not in ("contact", CART)},
                "user": body["contact"]["identifiers"]["segment_id"],
            }
            for order, body in self.cordial.orders.items()
        }

    def dead(self) -> list[dict[str, Any]]:
        """What became a dead letter."""
        return [one for line in self.lines for one in line["dead"]]


def play(events: Iterable[dict[str, Any]], plan: CompiledPlan) -> Played:
    """The events, one after the other, each accepted and settled before the next."""
    played = Played()
    for line in trace(events, plan, NOW):
        played.lines.append(line)
        for command in line["commands"]:
            result = played.cordial.process(ROUTES[command["path"]], command["body"])
            if result != "ok":
                played.ignored.append(f"{line['messageId']}: {result}")
    return played
