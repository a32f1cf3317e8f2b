"""Laws of learning: whatever crashes and whatever order, Cordial ends with the same contacts.

A lane of one contact is routed and decided by the product's code and told to the sandbox's state.
A crash keeps of each table a prefix of what was written, no shorter than the commit records are,
and Cordial keeps everything.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.cordial.sandbox.state import State
from streams.core.command import Position
from streams.core.compiled import CompiledPlan
from streams.core.deciding import decide
from streams.core.decisions import Known, Seen, Send, Suppress, seen_key
from streams.core.event import Event
from streams.core.identity import AccountKeys
from streams.core.learning import Learned, merged
from streams.core.outcome import CommandOutcome
from streams.core.routed import Routed
from streams.core.routing import route
from streams.plan import compile_plan, plan_of
from tests.unit.core.made import KEYS, TEN_O_CLOCK

pytestmark = pytest.mark.slow


WITH_KEY = compile_plan(plan_of({}), KEYS)
BY_EMAIL = compile_plan(plan_of({}), AccountKeys())
ADDRESSES = ["ana@a.example", "ana@b.example", "ana@c.example"]
TABLES = ("identities", "profiles")


def identify(number: int, address: str | None) -> Event:
    traits = {"number": number, **({"email": address} if address else {})}
    return Event("identify", f"i-{number}", TEN_O_CLOCK + number, user_id="u-1", traits=traits)


def viewed(number: int, address: str | None) -> Event:
    said = {"email": address} if address else {}
    return Event(
        "track",
        f"t-{number}",
        TEN_O_CLOCK + number,
        user_id="u-1",
        event="Viewed",
        properties=said,
    )


@st.composite
def histories(draw: st.DrawFn, *, activities_say: bool = True) -> list[Event]:
    count = draw(st.integers(1, 8))
    events = []
    for number in range(count):
        address = draw(st.sampled_from([None, *ADDRESSES]))
        if draw(st.booleans()):
            events.append(identify(number, address))
        else:
            events.append(viewed(number, address if activities_say else None))
    return events


@dataclass
class Lane:
    """One contact's lane, its tables and what they were after each command."""

    plan: CompiledPlan
    cordial: State = field(default_factory=State)
    rows: dict[str, Any] = field(default_factory=dict)
    seen: dict[bytes, Seen] = field(default_factory=dict)
    after: list[dict[str, Any]] = field(default_factory=lambda: [{}])

    def run(self, events: list[Event], start: int = 0, stop: int | None = None) -> None:
        """The events from `start` on, as they stand on the bus."""
        for offset, event in list(enumerate(events))[start:stop]:
            made = route(event, self.plan)
            assert isinstance(made, Routed)
            for command in made.commands:
                place = Position(0, "customer.events", 0, offset)
                self._turn(replace(command, position=place), place)
            self.after.append(dict(self.rows))

    def _turn(self, command: Any, place: Position) -> None:
        [instance] = [one for one in self.plan.instances if one.name == command.action]
        key = seen_key(command.contact, command.message_id, command.action)
        known = Known(
            position=place,
            seen=self.seen.get(key),
            identities=self.rows.get("identities"),
            profile=self.rows.get("profiles") if command.action == "upsertContact" else None,
        )
        decision = decide(command, known, instance)
        if isinstance(decision, Send):
            self.cordial.process(instance.action, decision.body)
        if isinstance(decision, Send | Suppress):
            for one in decision.learned:
                self._learn(one)
        self.seen[key] = Seen(place, 0, CommandOutcome.DELIVERED)

    def _learn(self, one: Learned) -> None:
        self.rows[one.table] = merged(self.rows.get(one.table), one)

    def crash(self, recorded: int, written: dict[str, int]) -> None:
        """Of each table the rows after so many events are left, of `seen` those of `recorded`."""
        kept = {
            table: self.after[count][table]
            for table, count in written.items()
            if table in self.after[count]
        }
        self.seen = {key: row for key, row in self.seen.items() if row.position.offset < recorded}
        self.rows, self.after = kept, self.after[: recorded + 1]


def contacts(state: State) -> list[Any]:
    return sorted((sorted(one.identifiers.items()), one.attributes) for one in state.contacts)


def newest(events: list[Event]) -> str | None:
    said = [one for one in events if one.type == "identify" and "email" in one.traits]
    return max(said, key=lambda one: one.timestamp).traits["email"] if said else None


@given(histories(), st.data())
@settings(max_examples=400, deadline=None)
def test_a_crash_anywhere_leaves_the_same_contact(events, data):
    calm, lane = Lane(WITH_KEY), Lane(WITH_KEY)
    calm.run(events)
    sent = data.draw(st.integers(0, len(events)))
    recorded = data.draw(st.integers(0, sent))
    written = {table: data.draw(st.integers(recorded, sent)) for table in TABLES}
    lane.run(events, 0, sent)
    lane.crash(recorded, written)
    lane.run(events, recorded)
    [contact] = lane.cordial.contacts
    assert contact.identifiers["segment_id"] == "u-1"
    assert contact.identifiers.get("email") == calm.cordial.contacts[0].identifiers.get("email")
    assert contact.attributes == calm.cordial.contacts[0].attributes


@pytest.mark.parametrize("plan", [WITH_KEY, BY_EMAIL], ids=["user key", "e-mail alone"])
@given(events=histories(activities_say=False), data=st.data())
@settings(max_examples=200, deadline=None)
def test_any_order_of_the_bus_ends_with_the_same_contact(plan, events, data):
    ordered, shuffled = Lane(plan), Lane(plan)
    ordered.run(events)
    shuffled.run(data.draw(st.permutations(events)))
    if plan is WITH_KEY:
        assert contacts(shuffled.cordial) == contacts(ordered.cordial)
    assert len(shuffled.cordial.contacts) <= 1
    for lane in (ordered, shuffled):
        for contact in lane.cordial.contacts:
            assert contact.identifiers.get("email") == newest(events)


@given(histories(), st.data())
@settings(max_examples=200, deadline=None)
def test_the_newest_profile_has_the_address_whatever_activities_said(events, data):
    lane = Lane(WITH_KEY)
    lane.run(data.draw(st.permutations(events)))
    [contact] = lane.cordial.contacts
    if newest(events) is not None:
        assert contact.identifiers["email"] == newest(events)
        assert contact.attributes["email"] == newest(events)


@given(histories(activities_say=False))
@settings(max_examples=100, deadline=None)
def test_after_a_crash_without_loss_the_same_bodies_are_made(events):
    """What was not committed and not sent before is completed as if nothing had happened."""
    calm = Lane(WITH_KEY)
    calm.run(events)
    for at in range(len(events)):
        lane = Lane(WITH_KEY)
        lane.run(events, 0, at)
        lane.crash(at, dict.fromkeys(TABLES, at))
        lane.run(events, at)
        assert contacts(lane.cordial) == contacts(calm.cordial)
        assert lane.rows == calm.rows


@given(histories(activities_say=False))
@settings(max_examples=100, deadline=None)
def test_by_the_address_alone_every_event_reaches_the_contact_once_it_is_known(events):
    lane = Lane(BY_EMAIL)
    lane.run(events)
    known = [one for one in events if one.type == "identify" and "email" in one.traits]
    since = events[events.index(known[0]) :] if known else []
    activities = [one["name"] for one in lane.cordial.activities]
    assert len(activities) == sum(one.type == "track" for one in since)
