"""Orders, where a small error would go unnoticed: rows, words, times and refunds."""

import hashlib
from dataclasses import replace

import pytest

from streams.core.decisions import DeadLetter, remembered_as
from streams.core.order_rules import OrderRules
from streams.core.order_state import OrderState
from streams.core.order_times import earlier, later, said
from streams.core.orders import LOOK_AND_FORCE, DeadOrder, SendOrder, SuppressOrder, state_hash
from streams.core.outcome import CommandOutcome, Dead, Suppressed
from streams.core.refunds import MOST_LINES, MOST_REFUNDS, Counted, Refund, counted, total
from tests.unit.core.made import TEN_O_CLOCK
from tests.unit.core.test_orders import BODY, CANCELLED, DONE, OTHERS, OWN, REFUND, decided

AMOUNT = "properties.refundedAmount"
STRICT = OrderRules(on_over_refund="dead_letter")


def refund(amount, **more):
    return {**REFUND, "properties": {"refundedAmount": amount, **more}}


def refunded(amount):
    """The row of an order with this refund."""
    decision = decided(refund(amount), DONE)
    assert isinstance(decision, SendOrder)
    return decision.intent.done()


SAID_OF_DEATH = {
    "missing": (REFUND, None, {}, Dead.MISSING, "items", "neither the event nor another of the"),
    "in doubt": (CANCELLED, OWN, {"in_doubt": "at_most_once"}, Dead.IN_DOUBT, None, LOOK_AND_FORCE),
    "malformed": ({**BODY, "items": "p"}, DONE, {}, Dead.INVALID, "items", "items has the wrong"),
    "forbidden": (
        CANCELLED,
        DONE,
        {"rules": OrderRules(after={"Order Completed": frozenset()}, on_forbidden="dead_letter")},
        Dead.INVALID,
        "status",
        "this state may not follow the last one",
    ),
    "over the total": (
        refund(500.0),
        DONE,
        {"rules": STRICT},
        Dead.INVALID,
        AMOUNT,
        "refunds are more than the order's total",
    ),
}


@pytest.mark.parametrize(
    ("body", "row", "known", "reason", "field", "message"),
    SAID_OF_DEATH.values(),
    ids=SAID_OF_DEATH,
)
def test_a_dead_letter_names_the_field_and_says_why(body, row, known, reason, field, message):
    decision = decided(body, row, **known)
    assert isinstance(decision, DeadOrder)
    assert (decision.reason, decision.field) == (reason, field)
    assert decision.message.startswith(message)


def test_more_refunds_than_are_remembered_are_dead_letters():
    many = tuple(Refund(f"r-{number}", 0.01, number) for number in range(MOST_REFUNDS))
    row = replace(DONE, refunds=many)
    decision = decided(refund(0.01), row)
    assert isinstance(decision, DeadOrder)
    assert (decision.reason, decision.field) == (Dead.INVALID, AMOUNT)
    assert decision.message == "more than 500 refunds of one order"


def test_too_much_that_is_sent_all_the_same_is_noted_at_its_field():
    decision = decided(refund(500.0), DONE)
    assert isinstance(decision, SendOrder)
    assert [note.field for note in decision.notes] == [AMOUNT]


def test_what_was_heard_of_an_order_is_a_row_of_its_own():
    decision = decided(REFUND, None)
    assert isinstance(decision, DeadOrder)
    assert decision.row is not None
    assert (decision.row.contact, decision.row.status) == ("u-42", "heard")
    assert decision.row.hash == state_hash(REFUND)


def test_what_is_sent_is_the_row_of_its_contact():
    decision = decided(BODY, None)
    assert isinstance(decision, SendOrder)
    assert decision.intent.contact == "u-42"


def test_a_state_that_is_done_is_in_doubt_only_where_somebody_says_so():
    assert (OWN.done().in_doubt, OWN.done(in_doubt=True).in_doubt) == (False, True)
    assert OWN.done().previous is None


def test_what_an_intent_leaves_behind_is_the_whole_row_before_it():
    before = replace(DONE, event_time=5, older={"tax": 3}, first=2)
    intent = replace(OWN, event_time=9, older={"tax": 8}, first=7, previous=before.accepted)
    row = intent.without_intent()
    assert row is not None
    assert (row.status, row.event_time, row.older, row.first) == ("done", 5, {"tax": 3}, 2)
    heard = replace(before, status="heard")
    row = replace(intent, previous=heard.accepted).without_intent()
    assert row is not None
    assert row.status == "heard"


def test_a_suppressed_event_changes_the_times_of_what_is_done_and_no_open_intent():
    first = replace(DONE, first=TEN_O_CLOCK)
    decision = decided(BODY, first, at=TEN_O_CLOCK - 5)
    assert isinstance(decision, SuppressOrder)
    assert decision.row == replace(first, first=TEN_O_CLOCK - 5)
    decision = decided(BODY, replace(OTHERS, first=TEN_O_CLOCK), at=TEN_O_CLOCK - 5)
    assert isinstance(decision, SuppressOrder)
    assert decision.row is None


def test_an_older_state_is_stale_though_refunds_are_known():
    row = refunded(10.0)
    decision = decided(CANCELLED, row, at=TEN_O_CLOCK - 1)
    assert isinstance(decision, SuppressOrder)
    assert decision.reason is Suppressed.STALE


def test_an_order_refunded_too_much_may_change_otherwise():
    row = refunded(500.0)
    decision = decided(CANCELLED, row, at=TEN_O_CLOCK + 9, rules=STRICT)
    assert isinstance(decision, SendOrder)


def test_of_two_first_events_of_one_time_the_purchase_date_of_the_one_read_first_stays():
    row = replace(DONE, event_time=TEN_O_CLOCK + 5, first=TEN_O_CLOCK)
    body = {**CANCELLED, "purchaseDate": "2026-11-19T10:00:00.000+00:00", "tax": 1}
    decision = decided(body, row, at=TEN_O_CLOCK)
    assert isinstance(decision, SendOrder)
    assert (decision.body["tax"], decision.body["purchaseDate"]) == (1, BODY["purchaseDate"])


def test_of_what_was_only_heard_nothing_is_late():
    heard = OrderState(
        contact="u-42",
        status="heard",
        hash=state_hash(REFUND),
        body=REFUND,
        event_time=TEN_O_CLOCK,
        message_id="m-0",
    )
    decision = decided(BODY, heard, at=TEN_O_CLOCK - 1)
    assert isinstance(decision, SendOrder)
    assert decision.notes == ()


def test_the_hash_is_that_of_the_text_as_it_is_written():
    told = hashlib.sha256('{"name":"Zoë"}'.encode()).hexdigest()
    assert state_hash({"name": "Zoë"}) == told


def test_empty_items_are_not_said():
    assert said({"orderID": "o-1", "items": []}) == {"orderID": "o-1"}


def test_a_field_said_at_the_same_time_needs_no_time_of_its_own():
    _, older = later({"orderID": "o-1"}, {"tax": 1}, 5, {}, 5)
    assert older == {}
    _, older = later({"orderID": "o-1"}, {"tax": 1}, 4, {}, 5)
    assert older == {"tax": 4}


def test_an_earlier_event_of_the_same_time_changes_nothing():
    whole, _ = earlier({"tax": 2}, {"tax": 1}, 5, {}, 5, first=False)
    assert whole == {"tax": 1}


def test_a_property_may_have_a_dot_in_its_name():
    told = {"properties": {"gift.note": "hi"}}
    whole, older = earlier(told, {}, 5, {}, 3, first=False)
    assert (whole, older) == (told, {"properties.gift.note": 3})


def test_a_refund_from_before_they_were_counted_counts_with_its_lines():
    before = {"properties": {"refundedAmount": 12, "refundedItems": [{"sku": "a"}]}}
    told = counted(refund(3, refundedItems=[{"sku": "b"}]), "m-1", 7, before, ())
    assert told.refunds == (Refund("", 12, lines=1), Refund("m-1", 3, 7, 1))
    assert told.properties == {
        "refundedAmount": 15,
        "refundedItems": [{"sku": "a"}, {"sku": "b"}],
    }


def test_the_last_lines_are_kept():
    lines = [{"sku": str(number)} for number in range(MOST_LINES)]
    before = {"properties": {"refundedAmount": 1, "refundedItems": lines}}
    told = counted(refund(1, refundedItems=[{"sku": "new"}]), "m-1", 7, before, ())
    assert told.properties["refundedItems"] == [*lines[1:], {"sku": "new"}]


def test_where_nothing_was_refunded_nothing_is_told():
    assert counted(BODY, "m-1", 7, None, ()) == Counted((), {}, new=False)
    assert counted(BODY, "m-1", 7, None, ()).new is False
    assert total(()) == 0


def test_lines_that_are_no_list_are_none():
    told = counted(refund(3, refundedItems="p-100"), "m-1", 7, None, ())
    assert told.properties == {"refundedAmount": 3}


REMEMBERED = [
    (Dead.INVALID, "upsertOrder", Dead.INVALID),
    (Dead.INVALID, "upsertContact", CommandOutcome.DEAD_LETTERED),
    (Dead.IN_DOUBT, "upsertContact", Dead.IN_DOUBT),
    (Dead.MISSING, "upsertOrder", CommandOutcome.DEAD_LETTERED),
]


@pytest.mark.parametrize(("reason", "action", "outcome"), REMEMBERED)
def test_what_is_remembered_of_a_death(reason, action, outcome):
    assert remembered_as(DeadLetter(reason, None, ""), action) == outcome
