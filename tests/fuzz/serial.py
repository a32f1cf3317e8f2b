"""A history as `trace` tells it, event by event, and what must be true of each event.

Raises `AssertionError` where it is not.
"""

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from streams.core.command import Command, Position
from streams.core.compiled import CompiledPlan
from streams.core.decisions import DeadLetter, Decision, Send, Suppress, Wait, WasDelivered
from streams.core.event import Event
from streams.core.outcome import Dead, EventOutcome, Suppressed
from streams.core.records import Place
from streams.core.routed import Filtered
from streams.core.routing import route
from streams.core.why_suppressed import WAITS
from streams.sources.bus import Bus, Reading, type_of
from streams.sources.customer_event import Invalid
from streams.tracing.history import History
from tests.fuzz.case import Given
from tests.fuzz.covered import Counts

NOW = 1_795_168_800_000
OFTEN = 4
Key = tuple[int, int, str]
"""Generation and offset of a command, and its instance."""


@dataclass(slots=True)
class Told(History):
    """Also remembers every command, what was decided of it, and message ids that are held."""

    commands: list[Command] = field(default_factory=list)
    decided: dict[Key, str] = field(default_factory=dict)
    bodies: list[tuple[str, str, dict[str, Any], str]] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)

    def _decide(self, command: Command, position: Position, instance: Any, key: bytes) -> Decision:
        self.commands.append(command)
        decision = History._decide(self, command, position, instance, key)
        self.decided[key_of(command)] = word(decision)
        if isinstance(decision, Send):
            said = (command.action, instance.action, decision.body, command.contact)
            self.bodies.append(said)
        return decision


def key_of(command: Command) -> Key:
    """What is one command, however often it is decided."""
    assert command.position is not None
    return command.position.generation, command.position.offset, command.action


def word(decision: Decision) -> str:
    """What was decided, in a word."""
    match decision:
        case DeadLetter():
            return f"dead {decision.reason}"
        case Suppress():
            return f"suppressed {decision.reason}"
        case Wait():
            return "waits"
        case Send() | WasDelivered():
            return "delivered"


def read(given: Given, number: int, bus: Bus, counts: Counts) -> Event | Invalid | None:
    """The event of a record; None where its type is none of its source."""
    place = Place(given.source or "customer.events", 0, number, NOW)
    kind = type_of(bus.types(place.topic), given.record or "")
    if kind is None:
        return None
    if kind.mapped is not None:
        counts["did", "of a mapped record"] += 1
    return Reading(place.topic, kind).event(given.raw, place, NOW)


def told(given: Given, number: int, bus: Bus, history: Told, counts: Counts) -> EventOutcome:
    """How the record ends; checks that it does, with a reason, and what routing makes of it."""
    event = read(given, number, bus, counts)
    if event is None:
        return EventOutcome.FILTERED
    if isinstance(event, Invalid):
        assert event.field
        assert event.message
        counts["dead", Dead.INVALID] += 1
        return EventOutcome.DEAD_LETTERED
    if event.contact is None:
        counts["dead", Dead.NO_KEY] += 1
        return EventOutcome.DEAD_LETTERED
    if number % OFTEN == 0:
        _routed(event, history.plan, given.source)
    history.explain = number % OFTEN == 1
    line = history.tell(event, given.source)
    for one in line["suppressed"]:
        _suppressed(one["reason"], counts)
    for one in line["dead"]:
        assert one["reason"] != Dead.BUG, history.ended.refused or line
        counts["dead", one["reason"]] += 1
    for one in line["notes"]:
        assert one["what"]
        counts["did", "stitched"] += one["what"].startswith("stitched")
        counts["did", "guarded attribute"] += (one["field"] or "").startswith("attributes.")
        for gone in (Suppressed.EXPIRED, Suppressed.CROWDED_OUT):
            counts["suppressed", gone] += one["what"].endswith(f"was held, and is {gone}")
    _held(history, line)
    if line["outcome"] == "filtered":
        assert line["filtered"]
        return EventOutcome.FILTERED
    ends = [one for part in ("commands", "suppressed", "dead") for one in line[part]]
    assert ends or event.type == "alias", "nothing becomes of a routed event"
    return EventOutcome.ROUTED


def _held(history: Told, line: dict[str, Any]) -> None:
    """What is held of visitors stays held, or ends with a reason or as a user's."""
    if any(one["reason"] == Suppressed.HELD for one in line["suppressed"]):
        history.waiting.add(line["messageId"])
    else:
        history.waiting.discard(line["messageId"])
    kinds = ("commands", "suppressed", "dead", "notes")
    parts = [one for part in kinds for one in line[part]]
    history.waiting -= {one["stitched"] for one in parts if "stitched" in one}
    gone = [one["what"].partition(" was held, and is ") for one in line["notes"]]
    history.waiting -= {message_id for message_id, said, _ in gone if said}
    held = {place.message_id for place in history.visits.events}
    lost = history.waiting - held
    assert not lost, f"held, and gone without a word: {lost}"


def _suppressed(reason: str, counts: Counts) -> None:
    if reason == WAITS:
        counts["did", "waits for the account"] += 1
    else:
        named = reason.startswith("filter:")
        counts["suppressed", Suppressed.FILTERED if named else Suppressed(reason)] += 1


def _routed(event: Event, plan: CompiledPlan, source: str | None) -> None:
    """The laws of routing alone."""
    before = deepcopy(event)
    routed = route(event, plan, source)
    assert event == before, "routing changes the event"
    assert routed == route(event, plan, source), "the same event gives something else"
    if isinstance(routed, Filtered):
        assert routed.reason
        return
    ends = [one.action for one in (*routed.commands, *routed.dead, *routed.suppressed)]
    assert ends, "nothing becomes of a routed event"
    assert max(Counter(ends).values()) == 1, f"two ends of one instance: {ends}"
    assert all(isinstance(one.reason, Dead) and one.message for one in routed.dead)
    assert all(isinstance(one.reason, Suppressed) and one.told for one in routed.suppressed)
