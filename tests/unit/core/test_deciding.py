"""Deciding: the rows of the table in `core.deciding`."""

from dataclasses import replace
from typing import Any

import pytest

from streams.core.deciding import decide
from streams.core.decisions import DeadLetter, Known, Seen, Send, Suppress, WasDelivered, seen_key
from streams.core.order_state import OrderState
from streams.core.orders import state_hash
from streams.core.outcome import CommandOutcome, Dead, Suppressed
from tests.unit.core.made import ELSEWHERE, HERE, TEN_O_CLOCK, command, instance

CONTACT: dict[str, Any] = {
    "identifiers": {"segment_id": "u-42"},
    "identifiersPriority": ["segment_id"],
    "attributes": {"plan": "vip"},
}
ORDER = {
    "contact": {"identifiers": {"segment_id": "u-42"}, "identifiersPriority": ["segment_id"]},
    "orderID": "o-500",
    "purchaseDate": "2026-11-20T10:00:00.000+00:00",
    "status": "Order Completed",
    "items": [{"productID": "p-100", "sku": "TSH-RED-M", "name": "Linen shirt"}],
}
REMOVAL: dict[str, Any] = {
    "contacts": {"identifiers": [{"segment_id": "u-42"}], "identifiersPriority": ["segment_id"]},
    "identifyListBy": {"segment_group_id": "g-77"},
}
LATER = {**ORDER, "status": "Order Updated"}
STORED = OrderState(
    contact="u-42",
    status="done",
    hash=state_hash(LATER),
    body=LATER,
    event_time=TEN_O_CLOCK + 1,
    message_id="m-0",
)


def seen(position=ELSEWHERE, outcome=CommandOutcome.DELIVERED):
    return Seen(position, TEN_O_CLOCK, outcome)


def decided(action="upsertContact", body=CONTACT, **known):
    return decide(command(action, body), Known(HERE, **known), instance(action))


SUPPRESSED = {
    "settled at this position": ({"seen": seen(HERE)}, Suppressed.REPLAY),
    "dead at this position": ({"seen": seen(HERE, "dead_lettered")}, Suppressed.REPLAY),
    "settled at this position and parked": (
        {"seen": seen(HERE), "parked": True},
        Suppressed.REPLAY,
    ),
    "settled at this position and forced": (
        {"seen": seen(HERE), "forced": True},
        Suppressed.REPLAY,
    ),
    "delivered at another": ({"seen": seen()}, Suppressed.DUPLICATE),
    "delivered at another and parked": ({"seen": seen(), "parked": True}, Suppressed.DUPLICATE),
}


@pytest.mark.parametrize(("known", "reason"), SUPPRESSED.values(), ids=SUPPRESSED)
def test_a_command_is_suppressed(known, reason):
    assert decided(**known) == Suppress(reason, recorded=True)


SENT = {
    "nothing known": {},
    "dead at another position": {"seen": seen(outcome=CommandOutcome.DEAD_LETTERED)},
    "delivered at another and forced": {"seen": seen(), "forced": True},
    "parked and a replay": {"parked": True, "replay": True},
}


@pytest.mark.parametrize("known", SENT.values(), ids=SENT)
def test_a_command_is_sent(known):
    said = decided(**known)
    assert isinstance(said, Send)
    assert said.body == CONTACT


def test_behind_a_parked_command_it_is_a_dead_letter():
    decision = decided(parked=True)
    assert isinstance(decision, DeadLetter)
    assert decision.reason is Dead.PARKED_BEHIND


def test_a_body_that_cordial_does_not_take_is_a_dead_letter_with_the_field():
    by_hand = command("upsertContact", {**CONTACT, "identifiers": {}}, position=None)
    decision = decide(by_hand, Known(HERE), instance("upsertContact"))
    assert isinstance(decision, DeadLetter)
    assert (decision.reason, decision.field) == (Dead.MISSING, "identifiers")


@pytest.mark.parametrize(
    ("locator", "group_name", "expected"),
    [
        ({"segment_group_id": "g-77"}, "VIP", {"name": "VIP", "segment_group_id": "g-77"}),
        ({"segment_group_id": "g-77"}, None, {"segment_group_id": "g-77"}),
        ({"name": "A", "segment_group_id": "g-77"}, "VIP", None),
    ],
)
def test_a_removal_without_a_name_is_completed_from_the_group(locator, group_name, expected):
    body = {**REMOVAL, "identifyListBy": locator}
    decision = decided("removeContactsFromList", body, group_name=group_name)
    assert isinstance(decision, Send)
    assert decision.body["identifyListBy"] == (expected or locator)


@pytest.mark.parametrize("locator", [None, {}])
def test_a_removal_that_nothing_names_is_a_dead_letter(locator):
    decision = decided("removeContactsFromList", {**REMOVAL, "identifyListBy": locator})
    assert isinstance(decision, DeadLetter)
    assert (decision.reason, decision.field) == (Dead.MISSING, "groupId")


def test_an_order_carries_its_intent():
    decision = decided("upsertOrder", ORDER)
    assert isinstance(decision, Send)
    assert decision.order_intent is not None
    assert decision.order_intent.message_id == "m-1"


def test_an_order_in_doubt_is_told_by_the_place_that_carries_it():
    sent = decided("upsertOrder", ORDER)
    assert isinstance(sent, Send)
    assert sent.order_intent is not None
    assert sent.order_intent.position == HERE
    again = decided("upsertOrder", ORDER, order=sent.order_intent)
    assert isinstance(again, Send)
    assert again.in_doubt


@pytest.mark.parametrize(
    ("known", "expected"),
    [({"replay": True}, DeadLetter), ({"replay": True, "forced": True}, Send)],
)
def test_under_at_most_once_only_a_forced_replay_of_a_state_in_doubt_is_sent(known, expected):
    sent = decided("upsertOrder", ORDER)
    assert isinstance(sent, Send)
    decision = decide(
        command("upsertOrder", ORDER),
        Known(ELSEWHERE, order=sent.order_intent, **known),
        instance("upsertOrder", in_doubt="at_most_once"),
    )
    assert isinstance(decision, expected)


DUPLICATE = Suppress(Suppressed.DUPLICATE, recorded=True)
DIED_IN_DOUBT = {
    "a copy, at_most_once": ({}, "at_most_once", DUPLICATE),
    "a copy, at_most_once and parked": (
        {"parked": True},
        "at_most_once",
        DUPLICATE,
    ),
    "its replay, at_most_once": ({"replay": True}, "at_most_once", Dead.IN_DOUBT),
    "its forced replay, at_most_once": ({"replay": True, "forced": True}, "at_most_once", Send),
    "a copy, resend": ({}, "resend", Send),
}


@pytest.mark.parametrize(
    ("known", "in_doubt", "expected"), DIED_IN_DOUBT.values(), ids=DIED_IN_DOUBT
)
@pytest.mark.parametrize("row", [None, replace(STORED, event_time=TEN_O_CLOCK - 1)])
def test_after_a_death_in_doubt_only_a_person_has_it_sent(row, known, in_doubt, expected):
    decision = decide(
        command("upsertOrder", ORDER),
        Known(HERE, seen=seen(outcome=Dead.IN_DOUBT), order=row, **known),
        instance("upsertOrder", in_doubt=in_doubt),
    )
    said = decision.reason if isinstance(decision, DeadLetter) else decision
    assert isinstance(said, expected) if expected is Send else said == expected


@pytest.mark.parametrize("in_doubt", [True, False])
@pytest.mark.parametrize("body", [ORDER, {**ORDER, "status": "Order Updated"}])
@pytest.mark.parametrize("parked", [True, False])
def test_an_order_whose_row_is_done_here_was_delivered_and_keeps_its_doubt(body, in_doubt, parked):
    sent = decided("upsertOrder", ORDER)
    assert isinstance(sent, Send)
    assert sent.order_intent is not None
    done = sent.order_intent.done(in_doubt=in_doubt)
    again = decided("upsertOrder", body, order=done, parked=parked)
    assert again == WasDelivered(in_doubt, sent.learned)


@pytest.mark.parametrize("other", [{"position": ELSEWHERE}, {"action": "upsertOrder-eu"}])
def test_an_order_that_another_command_brought_here_is_a_duplicate(other):
    sent = decided("upsertOrder", ORDER)
    assert isinstance(sent, Send)
    assert sent.order_intent is not None
    done = replace(sent.order_intent.done(), **other)
    assert decided("upsertOrder", ORDER, order=done) == Suppress(Suppressed.DUPLICATE)
    changed = {**ORDER, "status": "Order Updated"}
    assert isinstance(decided("upsertOrder", changed, order=done), Send)


@pytest.mark.parametrize("field", ["items", "properties"])
def test_a_hand_made_order_of_wrong_types_is_a_dead_letter_with_the_field(field):
    by_hand = command("upsertOrder", {**ORDER, field: "x"}, position=None)
    decision = decide(by_hand, Known(HERE, order=STORED), instance("upsertOrder"))
    assert isinstance(decision, DeadLetter)
    assert (decision.reason, decision.field) == (Dead.INVALID, field)


@pytest.mark.parametrize(
    ("items", "field"),
    [
        ([], "properties.products"),
        (["x"], "properties.products[0]"),
        ([*ORDER["items"], {"productID": "p", "name": "n"}], "properties.products[1].sku"),
    ],
)
def test_what_an_order_of_an_event_lacks_is_named_as_the_event_has_it(items, field):
    decision = decided("upsertOrder", {**ORDER, "items": items})
    assert isinstance(decision, DeadLetter)
    assert decision.field == field


def test_a_stale_order_is_suppressed_and_its_replay_a_dead_letter():
    assert decided("upsertOrder", ORDER, order=STORED) == Suppress(Suppressed.STALE)
    replay = decided("upsertOrder", ORDER, order=STORED, replay=True)
    assert isinstance(replay, DeadLetter)
    assert replay.reason is Dead.STALE
    assert isinstance(decided("upsertOrder", ORDER, order=STORED, forced=True), Send)


ABOVE = replace(HERE, offset=HERE.offset + 1)


@pytest.mark.parametrize(
    ("known", "stale"),
    [
        ({"applied": ABOVE}, True),
        ({"applied": ABOVE, "forced": True}, False),
        ({"applied": ELSEWHERE}, False),
        ({"applied": HERE}, False),
        ({"applied": None}, False),
        ({"applied": replace(ABOVE, partition=9)}, False),
        ({"applied": replace(ABOVE, topic="another clock")}, False),
    ],
)
def test_a_replay_is_stale_where_something_newer_was_applied(known, stale):
    decision = decided(replay=True, **known)
    assert isinstance(decision, DeadLetter if stale else Send)
    assert isinstance(decided(**known), Send)


def test_the_seen_key_tells_contact_message_and_action_apart_and_holds_no_contact():
    keys = {
        seen_key("u-42", "m-1", "upsertContact"),
        seen_key("u-42", "m-1", "upsertOrder"),
        seen_key("u-42", "m-11", "upsertContact"),
        seen_key("u-4", "2m-1", "upsertContact"),
        seen_key("\ud800", "m-1", "upsertContact"),
    }
    assert len(keys) == 5
    assert all(len(key) == 16 and b"u-42" not in key for key in keys)
