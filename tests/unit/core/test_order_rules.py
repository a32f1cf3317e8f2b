"""Orders by the rules of the plan: which state may follow which, refunds, totals."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.command import Position
from streams.core.order_rules import ANY, OrderRules, late
from streams.core.orders import (
    LATE as LATE_NOTE,
)
from streams.core.orders import (
    OVER_REFUND,
    DeadOrder,
    SendOrder,
    SuppressOrder,
    decide_order,
    state_hash,
)
from streams.core.outcome import Dead, Suppressed
from streams.core.refunds import MOST_REFUNDS
from streams.plan import PlanError, parse_plan
from tests.unit.core.made import TEN_O_CLOCK, command

ITEM = {"productID": "p-100", "sku": "TSH-RED-M", "name": "Linen shirt", "qty": 2, "itemPrice": 50}
BODY = {
    "orderID": "o-500",
    "purchaseDate": "2026-11-20T10:00:00.000+00:00",
    "status": "Order Completed",
    "items": [ITEM],
    "totalAmount": 100,
    "removeItemsFromCart": True,
}
STRICT = OrderRules(after={"Order Cancelled": frozenset({"Order Refunded"})})


def refund(amount):
    told = {"refundedAmount": amount} if amount is not None else {}
    thin = {"orderID": "o-500", "purchaseDate": "2027-01-01T00:00:00.000+00:00"}
    return {**thin, "status": "Order Refunded", "properties": told, "removeItemsFromCart": False}


def state(status):
    return {**BODY, "status": status}


def told(steps, rules=ANY, **known):
    """The decisions of steps (message, minute, body), one after the other, all accepted."""
    row, decisions = None, []
    for offset, (message, minute, body) in enumerate(steps):
        at = TEN_O_CLOCK + minute * 60_000
        said = command("upsertOrder", body, event_time=at, message_id=message)
        place = Position(1, "customer.events", 0, offset)
        decision = decide_order(said, row, position=place, in_doubt="resend", rules=rules, **known)
        row = decision.intent.done() if isinstance(decision, SendOrder) else row
        decisions.append(decision)
    return decisions


def test_refunds_add_up_exactly():
    steps = [("m-1", 0, BODY), ("m-2", 1, refund(0.1)), ("m-3", 2, refund(0.2))]
    last = told(steps)[-1]
    assert last.body["properties"]["refundedAmount"] == 0.3
    assert [one.message_id for one in last.intent.refunds] == ["m-2", "m-3"]


def test_a_refund_counts_once_whatever_came_since():
    steps = [("m-1", 0, BODY), ("m-2", 1, refund(10)), ("m-3", 2, refund(20))]
    again = told([*steps, ("m-2", 1, refund(10))])[-1]
    assert again == SuppressOrder(Suppressed.DUPLICATE)


def test_a_late_refund_is_added_to_the_last_state_and_empties_no_cart():
    steps = [("m-1", 0, state("Order Updated")), ("m-2", 2, BODY), ("m-3", 1, refund(10))]
    last = told(steps)[-1]
    assert last.body == {
        **BODY,
        "properties": {"refundedAmount": 10},
        "removeItemsFromCart": False,
    }
    assert last.intent.event_time == TEN_O_CLOCK + 120_000
    assert [one.what for one in last.notes] == [LATE_NOTE]


@given(st.permutations([("m-2", 1, refund(10)), ("m-3", 2, refund(20)), ("m-4", 3, refund(7.5))]))
def test_refunds_in_any_order_leave_the_same_order(refunds):
    last = [one for one in told([("m-1", 0, BODY), *refunds]) if isinstance(one, SendOrder)][-1]
    whole = {**BODY, "status": "Order Refunded", "properties": {"refundedAmount": 37.5}}
    assert state_hash(last.body) == state_hash(whole)


def test_an_intent_that_is_sent_again_after_a_crash_counts_its_refund_once():
    row = told([("m-1", 0, BODY)])[0].intent.done()
    place = Position(1, "customer.events", 0, 9)
    said = command("upsertOrder", refund(10), event_time=TEN_O_CLOCK + 1, message_id="m-2")
    first = decide_order(said, row, position=place, in_doubt="resend")
    again = decide_order(said, first.intent, position=place, in_doubt="resend")
    assert again.body == first.body
    assert again.in_doubt
    gone = first.intent.without_intent()
    assert gone.refunds == ()
    assert decide_order(said, gone, position=place, in_doubt="resend").body == first.body


def test_a_refund_of_before_refunds_were_counted_is_counted_as_one():
    row = told([("m-1", 0, {**refund(10), "items": [ITEM], "totalAmount": 100})])[0].intent.done()
    old = replace(row, refunds=())
    said = command("upsertOrder", refund(5), event_time=TEN_O_CLOCK + 1, message_id="m-2")
    place = Position(1, "customer.events", 0, 9)
    decision = decide_order(said, old, position=place, in_doubt="resend")
    assert decision.body["properties"]["refundedAmount"] == 15


def test_more_refunded_than_paid_is_noted_or_a_dead_letter():
    steps = [("m-1", 0, BODY), ("m-2", 1, refund(100)), ("m-3", 2, refund(0.02))]
    assert [one.what for one in told(steps)[-1].notes] == [OVER_REFUND]
    dead = told(steps, OrderRules(on_over_refund="dead_letter"))[-1]
    assert (dead.reason, dead.field) == (Dead.INVALID, "properties.refundedAmount")
    within = [*steps[:2], ("m-3", 2, refund(0.01))]
    assert told(within)[-1].notes == ()


def test_an_order_has_no_end_of_refunds_but_a_bound():
    many = [(f"m-{number}", number, refund(0.01)) for number in range(1, MOST_REFUNDS + 2)]
    *sent, last = told([("m-0", 0, BODY), *many])
    assert all(isinstance(one, SendOrder) for one in sent)
    assert isinstance(last, DeadOrder)


def test_an_amount_that_is_no_number_is_a_dead_letter():
    for amount in ("10", True, [10]):
        dead = told([("m-1", 0, BODY), ("m-2", 1, refund(amount))])[-1]
        assert (dead.reason, dead.field) == (Dead.INVALID, "properties.refundedAmount")


LATE = {
    "older": ("Order Cancelled", "Order Completed", -1, True),
    "newer": ("Order Cancelled", "Order Completed", 1, False),
    "of one time, a lower rank": ("Order Cancelled", "Order Completed", 0, True),
    "of one time, a higher rank": ("Order Completed", "Order Cancelled", 0, False),
    "of one time, equal ranks": ("Order Cancelled", "Order Refunded", 0, False),
    "of one time, a word of the company's": ("Order Cancelled", "Order Shipped", 0, False),
}


@pytest.mark.parametrize(("last", "status", "minute", "expected"), LATE.values(), ids=LATE)
def test_what_is_late(last, status, minute, expected):
    assert late({"status": last}, 5, {"status": status}, 5 + minute) is expected


FOLLOWS = {
    "a refund after a cancellation": (["Order Cancelled", "Order Refunded"], None),
    "a completion after it": (["Order Cancelled", "Order Completed"], Suppressed.FORBIDDEN),
    "the same again with something new": (["Order Cancelled", "Order Cancelled"], None),
    "what the table does not name": (["Order Refunded", "Order Completed"], None),
}


@pytest.mark.parametrize(("states", "reason"), FOLLOWS.values(), ids=FOLLOWS)
def test_which_state_may_follow_which(states, reason):
    steps = [
        (f"m-{number}", number, {**state(one), "tax": number})
        for number, one in enumerate(["Order Completed", *states])
    ]
    last = told(steps, STRICT)[-1]
    assert isinstance(last, SendOrder) if reason is None else last == SuppressOrder(reason)


def test_a_forbidden_state_is_sent_where_it_is_forced():
    steps = [("m-1", 0, state("Order Cancelled")), ("m-2", 1, state("Order Completed"))]
    assert isinstance(told(steps, STRICT, forced=True)[-1], SendOrder)


def line(price, qty=1, **properties):
    return {**ITEM, "itemPrice": price, "qty": qty, "properties": properties}


SUMS = {
    "lines alone": ([line(50, 2)], 100, {}, True),
    "a cent more": ([line(50, 2)], 100.01, {}, True),
    "two cents more": ([line(50, 2)], 100.02, {}, False),
    "shipping and a discount": ([line(50, 2)], 99, {"shipping": 4, "discount": 5}, True),
    "tax beside the prices": ([line(50, 2)], 105, {"tax": 5}, True),
    "tax inside the prices": ([line(50, 2)], 100, {"tax": 5}, True),
    "a discount of the line": ([line(50, 2, discount=5)], 95, {}, True),
    "a discount of each piece": ([line(50, 2, discount=5)], 90, {}, True),
    "a discount that the price has": ([line(50, 2, discount=5)], 100, {}, True),
    "a discount, and another sum": ([line(50, 2, discount=5)], 98, {}, False),
    "a discount that is no number": ([line(50, 2, discount="WELCOME")], 100, {}, True),
    "tenths": ([line(0.1, 3)], 0.3, {}, True),
    "a line without a price": ([line(None), line(50)], 9, {}, True),
    "no total": ([line(50)], None, {}, True),
}


@pytest.mark.parametrize(("items", "total", "properties", "right"), SUMS.values(), ids=SUMS)
def test_lines_add_up_to_the_total(items, total, properties, right):
    body = {**BODY, "items": items, "totalAmount": total, "properties": properties}
    assert [one.field for one in OrderRules().wrong(body)] == ([] if right else ["totalAmount"])


WRONG_PLANS = {
    "an unknown key": ("{tolerances: 1}", "orders.tolerances is unknown; did you mean tolerance?"),
    "no such field": ("{required: [items.quantity]}", "items.quantity is no field of an order"),
    "no path": ("{status_from: propertys.state}", "propertys.state is no field of an event"),
    "a table that leads in a ring": (
        "{statuses: {Open: Order Completed, Order Completed: Order Updated}}",
        "is a word of the company's and one of Cordial's",
    ),
    "a transition in the company's words": (
        "{statuses: {STORNO: Order Cancelled}, transitions: {STORNO: [Order Refunded]}}",
        "transitions.STORNO STORNO is a word of the company's; write Order Cancelled",
    ),
    "a transition to one of the company's words": (
        "{statuses: {BACK: Order Refunded}, transitions: {Order Cancelled: [BACK]}}",
        "transitions.Order Cancelled.0 BACK is a word of the company's; write Order Refunded",
    ),
    "no table": ("{on_unknown_status: dead_letter}", "without statuses"),
    "a state that is no list": ("{transitions: {Order Cancelled: Order Refunded}}", "list"),
}


@pytest.mark.parametrize(("text", "said"), WRONG_PLANS.values(), ids=WRONG_PLANS)
def test_what_is_wrong_with_the_plan_is_said(text, said):
    with pytest.raises(PlanError, match="line 1: orders") as error:
        parse_plan(f"orders: {text}")
    assert said in str(error.value)
