"""Orders: the rows of the table in `core.orders`, and what a thin state is completed with."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.command import Position
from streams.core.order_state import OrderState
from streams.core.order_times import later
from streams.core.orders import DeadOrder, SendOrder, SuppressOrder, decide_order, state_hash
from streams.core.outcome import Dead, Suppressed
from tests.unit.core.made import ELSEWHERE, HERE, TEN_O_CLOCK, command

ITEM = {"productID": "p-100", "sku": "TSH-RED-M", "name": "Linen shirt", "qty": 2}
BODY = {
    "orderID": "o-500",
    "purchaseDate": "2026-11-20T10:00:00.000+00:00",
    "status": "Order Completed",
    "items": [ITEM],
    "totalAmount": 104.7,
}
CANCELLED = {**BODY, "status": "Order Cancelled"}
THIN = {"orderID": "o-500", "purchaseDate": "2027-02-01T09:00:00.000+00:00"}
REFUND = {**THIN, "status": "Order Refunded"}


def stored(
    body=BODY,
    *,
    status="done",
    time=TEN_O_CLOCK,
    message="m-0",
    previous=None,
    position=ELSEWHERE,
    action="upsertOrder",
):
    return OrderState(
        contact="u-42",
        status=status,
        hash=state_hash(body),
        body=body,
        event_time=time,
        message_id=message,
        position=position,
        action=action,
        previous=previous,
    )


DONE = stored()
OWN = stored(CANCELLED, status="intent", message="m-1", previous=DONE.accepted, position=HERE)
OTHERS = stored(CANCELLED, status="intent", message="m-9", previous=DONE.accepted)
FIRST_OF_OTHERS = stored(CANCELLED, status="intent", message="m-9")


def decided(body, row, *, at=TEN_O_CLOCK + 1, in_doubt="resend", position=HERE, **known):
    return decide_order(
        command("upsertOrder", body, event_time=at, message_id=f"m-{position.offset}"),
        row,
        position=position,
        in_doubt=in_doubt,
        **known,
    )


SENT = {
    "nothing stored, complete": (BODY, None, {}, False),
    "done, another state": (CANCELLED, DONE, {}, False),
    "done, another state at the same time": (CANCELLED, DONE, {"at": TEN_O_CLOCK}, False),
    "done, older but forced": (CANCELLED, DONE, {"at": TEN_O_CLOCK - 1, "forced": True}, False),
    "own intent, resend": (CANCELLED, OWN, {}, True),
    "own intent, this process knows": (CANCELLED, OWN, {"attempted": True}, False),
    "own intent, this process knows, at_most_once": (
        CANCELLED,
        OWN,
        {"attempted": True, "in_doubt": "at_most_once"},
        False,
    ),
    "own intent, though a new plan says it otherwise": ({**CANCELLED, "tax": 1}, OWN, {}, True),
    "another's intent, the same state": (CANCELLED, OTHERS, {}, True),
    "another's intent, the same state, nothing before": (CANCELLED, FIRST_OF_OTHERS, {}, True),
    "another's intent, the same state, at_most_once but forced": (
        CANCELLED,
        OTHERS,
        {"forced": True, "in_doubt": "at_most_once"},
        True,
    ),
    "another instance's intent here, another state": (
        REFUND,
        replace(OWN, action="upsertOrder-eu"),
        {"in_doubt": "at_most_once"},
        False,
    ),
    "another's intent, another state": (REFUND, OTHERS, {}, False),
    "another's intent, another state, at_most_once": (
        REFUND,
        OTHERS,
        {"in_doubt": "at_most_once"},
        False,
    ),
    "another's intent, another state, nothing before": (BODY, FIRST_OF_OTHERS, {}, False),
}


@pytest.mark.parametrize(("body", "row", "known", "in_doubt"), SENT.values(), ids=SENT)
def test_a_state_is_sent(body, row, known, in_doubt):
    decision = decided(body, row, **known)
    assert isinstance(decision, SendOrder)
    assert decision.in_doubt is in_doubt
    assert decision.intent.status == "intent"
    assert decision.intent.hash == state_hash(decision.body)
    assert decision.intent.previous == (row.accepted if row else None)


SUPPRESSED = {
    "done, same hash": (BODY, DONE, {}, Suppressed.DUPLICATE),
    "done, same hash though older": (BODY, DONE, {"at": 1}, Suppressed.DUPLICATE),
    "done, its event is older": (CANCELLED, DONE, {"at": TEN_O_CLOCK - 1}, Suppressed.STALE),
    "another's intent, as before it": (BODY, OTHERS, {}, Suppressed.DUPLICATE),
    "another's intent, older": (REFUND, OTHERS, {"at": TEN_O_CLOCK - 1}, Suppressed.STALE),
}


@pytest.mark.parametrize(("body", "row", "known", "reason"), SUPPRESSED.values(), ids=SUPPRESSED)
def test_a_state_is_suppressed(body, row, known, reason):
    decision = decided(body, row, **known)
    assert isinstance(decision, SuppressOrder)
    assert decision.reason is reason


NAMELESS = {**BODY, "items": [ITEM, {"productID": "p-200", "sku": "MUG-BLU"}]}
DEAD = {
    "nothing stored, no items": (REFUND, None, {}, Dead.MISSING, "items"),
    "nothing stored, empty items": ({**REFUND, "items": []}, None, {}, Dead.MISSING, "items"),
    "an item without a name": (NAMELESS, DONE, {}, Dead.MISSING, "items[1].name"),
    "own intent, at_most_once": (
        CANCELLED,
        OWN,
        {"in_doubt": "at_most_once"},
        Dead.IN_DOUBT,
        None,
    ),
    "own intent, at_most_once, forced before it was in flight": (
        CANCELLED,
        OWN,
        {"in_doubt": "at_most_once", "forced": True},
        Dead.IN_DOUBT,
        None,
    ),
    "own intent, at_most_once, though a new plan says it otherwise": (
        {**CANCELLED, "tax": 1},
        OWN,
        {"in_doubt": "at_most_once"},
        Dead.IN_DOUBT,
        None,
    ),
    "another's intent, the same state, at_most_once": (
        CANCELLED,
        OTHERS,
        {"in_doubt": "at_most_once"},
        Dead.IN_DOUBT,
        None,
    ),
    "items that are no list": ({**BODY, "items": "p-100"}, DONE, {}, Dead.INVALID, "items"),
    "an item that is no object": ({**BODY, "items": [ITEM, 2]}, DONE, {}, Dead.INVALID, "items[1]"),
    "properties that are no object": (
        {**BODY, "properties": [1]},
        DONE,
        {},
        Dead.INVALID,
        "properties",
    ),
}


@pytest.mark.parametrize(("body", "row", "known", "reason", "field"), DEAD.values(), ids=DEAD)
def test_a_state_is_a_dead_letter(body, row, known, reason, field):
    decision = decided(body, row, **known)
    assert isinstance(decision, DeadOrder)
    assert (decision.reason, decision.field) == (reason, field)


def test_a_state_that_returns_is_sent_again():
    row = None
    for step, body in enumerate((BODY, CANCELLED, BODY)):
        decision = decided(body, row, at=TEN_O_CLOCK + step)
        assert isinstance(decision, SendOrder)
        row = decision.intent.done()


def complete(body, before):
    """The order after a later event."""
    return later(body, before, TEN_O_CLOCK, {}, TEN_O_CLOCK + 1)[0]


def test_what_a_thin_state_does_not_say_is_taken_from_the_stored_order():
    completed = complete(REFUND, BODY)
    assert completed == {**BODY, "status": "Order Refunded"}


def test_a_null_says_nothing():
    nulls = dict.fromkeys(("purchaseDate", "items", "totalAmount", "properties"))
    assert complete({**REFUND, **nulls}, BODY) == {**BODY, "status": "Order Refunded"}


def test_the_first_purchase_date_stays():
    assert complete({**BODY, **REFUND}, BODY)["purchaseDate"] == BODY["purchaseDate"]


def test_properties_of_states_add_up_and_the_later_wins():
    before = {**BODY, "properties": {"currency": "EUR", "shipping": 4.9}}
    said = {**REFUND, "properties": {"shipping": 0, "refundedAmount": 12}}
    assert complete(said, before)["properties"] == {
        "currency": "EUR",
        "shipping": 0,
        "refundedAmount": 12,
    }


def test_completing_changes_neither_body():
    before, said = {**BODY}, {**REFUND, "items": []}
    complete(said, before)
    assert before == BODY
    assert said == {**REFUND, "items": []}


def test_the_hash_knows_neither_order_nor_point_zero():
    assert state_hash({"a": 2.0, "b": [1]}) == state_hash({"b": [1.0], "a": 2})
    assert state_hash({"a": 2.5}) != state_hash({"a": 2})
    assert state_hash({"a": 1e17}) == state_hash({"a": 10**17})
    assert state_hash({"a": 1e300}) == state_hash({"a": 1e300}) != state_hash({"a": 2e300})


def test_an_intent_that_came_to_nothing_gives_way_to_the_state_before_it():
    assert OWN.without_intent() == replace(
        OWN,
        status="done",
        hash=DONE.hash,
        body=BODY,
        event_time=DONE.event_time,
        position=None,
        previous=None,
    )
    assert not OWN.without_intent().accepted_at(HERE, "upsertOrder")
    assert FIRST_OF_OTHERS.without_intent() is None


STATES = ("Order Completed", "Order Updated", "Order Cancelled")
HISTORY = st.lists(st.tuples(st.sampled_from(STATES), st.booleans(), st.booleans()), max_size=12)


def _requests(history, in_doubt):
    """What is sent of a history, as (hash, in doubt).

    Each step is a state, whether its answer is lost with the worker, and whether the next
    worker says the same state otherwise, as after a change of the plan.
    """
    row, sent = None, []
    for offset, (status, dies, changes) in enumerate(history):
        position = Position(1, "customer.events", 0, offset)
        for life in range(2 if dies else 1):
            body = {**BODY, "status": status, "tax": 1 if changes and life else 0}
            at = TEN_O_CLOCK + offset
            decision = decided(body, row, at=at, in_doubt=in_doubt, position=position)
            if not isinstance(decision, SendOrder):
                break
            sent.append((decision.intent.hash, decision.in_doubt))
            row = decision.intent if dies and life == 0 else decision.intent.done()
    return sent


@given(HISTORY)
def test_at_most_once_sends_no_state_twice_running_and_nothing_in_doubt(history):
    sent = _requests(history, "at_most_once")
    assert not any(in_doubt for _, in_doubt in sent)
    assert all(one != other for (one, _), (other, _) in pairwise(sent))


@given(HISTORY)
def test_resend_names_every_state_that_it_sends_twice_running(history):
    sent = _requests(history, "resend")
    doubled = [pair for pair in pairwise(sent) if pair[0][0] == pair[1][0]]
    assert all(in_doubt for _, (_, in_doubt) in doubled)
