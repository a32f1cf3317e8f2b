"""A small part of `python -m tests.fuzz`, and that it finds what it looks for."""

from collections import Counter

import pytest

from streams.actions.declaration import Action
from streams.plan import plan_of
from streams.tracing.telling import trace
from tests.fuzz.__main__ import checked, round_of
from tests.fuzz.plans import repaired
from tests.unit.core.made import TEN_O_CLOCK, plan

SIGNED_UP = {"type": "track", "event": "Signed Up", "userId": "u-1"}
LINE = {"product_id": "p", "sku": "s", "name": "n", "price": 1, "quantity": 1}
ORDER = {
    "type": "track",
    "event": "Order Completed",
    "userId": "u-1",
    "properties": {"order_id": "o", "total": 1, "products": [LINE]},
}
ENDS = ("routed", "filtered", "dead_lettered")


def test_whatever_the_plan_and_the_events_each_ends_and_what_is_sent_is_valid():
    ends: Counter[str] = Counter()
    round_of(20_261_121, ends, plans=25)
    assert sum(ends[one] for one in ENDS) >= 25 * 16
    assert ends["plans"] >= 20


def test_a_plan_is_repaired_until_it_can_be_read():
    wrong = {
        "actions": {
            "upsertOrder": {"trigger": "type =", "in_doubt": "at_most_once", "prio": 1},
            "vip": {"action": "upsertOrders", "trigger": "type exists"},
        },
        "filters": [{"name": "a", "drop": True}, {"name": "a", "drop": True}],
    }
    made = repaired(wrong)
    assert made is not None
    assert made.actions["upsertOrder"].in_doubt == "at_most_once"
    assert plan_of(made.model_dump(exclude_unset=True)) == made


def test_a_bug_in_deciding_is_found(monkeypatch):
    def broken(command, known, instance):
        raise ZeroDivisionError

    monkeypatch.setattr("streams.tracing.history.decide", broken)
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        checked({}, [SIGNED_UP], Counter())


def test_a_body_that_cordial_would_not_take_is_found(monkeypatch):
    monkeypatch.setattr(Action, "misfit", lambda action, body: None)
    said = {"actions": {"upsertOrder": {"mapping": {"tax": {"const": -1}}}}}
    with pytest.raises(AssertionError, match="tax is too small"):
        checked(said, [ORDER], Counter())


HUGE = 1.8446744073709552e19


def test_a_number_of_more_than_64_bits_is_an_attribute_as_any_other():
    lines = list(
        trace(
            [
                {"type": "identify", "userId": "u", "messageId": str(n), "traits": {"n": HUGE}}
                for n in range(2)
            ],
            plan(),
            TEN_O_CLOCK,
        )
    )
    assert [one["dead"] for one in lines] == [[], []]


def test_a_refund_that_nobody_can_add_up_is_a_dead_letter():
    line = {"product_id": "p", "sku": "s", "name": "n"}
    order = {"type": "track", "userId": "u", "event": "Order Completed", "messageId": "1"}
    whole = {**order, "properties": {"order_id": "o", "total": 10, "products": [line]}}
    refund = {**order, "event": "Order Refunded", "messageId": "2"}
    huge = {**refund, "properties": {"order_id": "o", "total": 1e300}}
    _, told = trace([whole, huge], plan(), TEN_O_CLOCK)
    (dead,) = (one for one in told["dead"] if one["action"] == "upsertOrder")
    assert dead["reason"] == "invalid"


MISFITS = [
    ("upsertOrder", {"tax": {"const": -1}}),
    ("upsertOrder", {"totalAmount": {"const": "much"}}),
    ("upsertOrder", {"items": {"itemPrice": {"const": -1}}}),
    ("upsertOrder", {"removeItemsFromCart": {"const": "yes"}}),
    ("addContactsToList", {"listName": {"const": "x" * 129}}),
    ("addContactsToList", {"isAllowedToCreateLists": {"const": 1}}),
    ("removeContactsFromList", {"identifyListBy": {"name": {"const": False}}}),
    ("createContactactivities", {"contactActivities": {"name": {"const": "optout"}}}),
]


@pytest.mark.parametrize(("name", "mapping"), MISFITS)
def test_what_a_mapping_makes_of_the_wrong_kind_is_a_dead_letter_and_no_request(name, mapping):
    said = plan(**{name: {"trigger": "type exists", "mapping": mapping}})
    (told,) = trace([{**ORDER, "groupId": "g", "traits": {"name": "VIP"}}], said, TEN_O_CLOCK)
    (dead,) = (one for one in told["dead"] if one["action"] == name)
    assert dead["reason"] == "invalid"
