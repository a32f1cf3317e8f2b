"""A small part of `python -m tests.fuzz`, and that it finds what it looks for."""

from collections import Counter
from typing import Any

import pytest

from streams.actions.declaration import Action
from streams.plan import compile_plan, plan_of
from streams.tracing.telling import trace
from tests.fuzz.__main__ import events_in, round_of
from tests.fuzz.case import EVENTS_OF_A_CASE, Case, Given, case_of
from tests.fuzz.covered import documented, holes, keys_of, wanted
from tests.fuzz.plans import repaired
from tests.fuzz.playing import failure
from tests.fuzz.shrinking import shrunk
from tests.unit.core.made import KEYS, TEN_O_CLOCK, plan

SIGNED_UP = {"type": "track", "event": "Signed Up", "userId": "u-1"}
LINE = {"product_id": "p", "sku": "s", "name": "n", "price": 1, "quantity": 1}
ORDER = {
    "type": "track",
    "event": "Order Completed",
    "userId": "u-1",
    "properties": {"order_id": "o", "total": 1, "products": [LINE]},
}


def found_in(plan_: dict[str, Any], *raws: dict[str, Any], seed: int = 1) -> Exception | None:
    said = [Given({**raw, "messageId": f"m-{number}"}) for number, raw in enumerate(raws)]
    return failure(Case(plan_, said, seed=seed), Counter())


def test_whatever_the_plan_and_the_events_each_ends_and_what_is_sent_is_valid():
    found = round_of(20_261_121, cases=40)
    assert found.failed is None
    assert events_in(found.counts) >= 35 * EVENTS_OF_A_CASE
    assert found.counts["plans", "used"] >= 35
    assert found.counts["did", "compared histories"] >= 10


def test_the_same_seed_is_the_same_case():
    assert repr(case_of(7)) == repr(case_of(7))
    assert repr(case_of(7)) != repr(case_of(8))


def test_what_a_run_never_had_is_told():
    counts = Counter(dict.fromkeys(wanted(), 1))
    assert holes(counts) == []
    counts["key", "identity.hold.days"] = 0
    counts["action", "upsertProducts"] = 0
    assert holes(counts) == ["key identity.hold.days", "action upsertProducts"]


def test_every_key_of_the_plan_is_looked_for():
    assert len(documented()) > 100
    said = {"sources": [{"topic": "a", "filters": [{"name": "x", "drop": True}]}]}
    assert keys_of(plan_of(said)) == {"sources", "sources[].topic", "sources[].filters"}


def test_a_case_that_fails_is_made_small():
    case = case_of(20_261_121)
    small = shrunk(case, lambda one: any("userId" in given.raw for given in one.given))
    assert [set(given.raw) for given in small.given] == [{"userId"}]
    assert small.plan == {}


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
    assert "ZeroDivisionError" in str(found_in({}, SIGNED_UP))


def test_a_body_that_cordial_would_not_take_is_found(monkeypatch):
    monkeypatch.setattr(Action, "misfit", lambda action, body: None)
    said = {"actions": {"upsertOrder": {"mapping": {"tax": {"const": -1}}}}}
    assert "tax is too small" in str(found_in(said, ORDER))


def test_a_join_that_loses_a_member_is_found(monkeypatch):
    monkeypatch.setattr("streams.kafka.batch.join", lambda bodies, spec: dict(bodies[0]))
    visits = [{**SIGNED_UP, "event": f"Visit {number}"} for number in range(20)]
    found = failure(Case({}, [Given({**one}) for one in visits], lag=20), Counter())
    assert "activities" in str(found)


def test_a_worker_that_decides_otherwise_than_trace_is_found(monkeypatch):
    monkeypatch.setattr("streams.kafka.tables.Tables.learned", lambda *_: [])
    said = {"type": "identify", "userId": "u-1", "traits": {"plan": "vip"}}
    assert "trace says one thing" in str(found_in({}, said, said))


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


def test_what_was_held_and_is_filtered_as_the_users_is_told_by_trace():
    """A sample draws the user anew: the visitor was in it, the user is not."""
    held = {"type": "identify", "anonymousId": "a-2", "messageId": "m-1"}
    tie = {"type": "track", "userId": "u-1", "anonymousId": "a-2", "messageId": "m-2"}
    names = {"name": "staff", "when": 'userId = "u-1" and type = "identify"', "drop": True}
    said = plan_of({"identity": {"anonymous": "hold"}, "filters": [names]})
    _, told = trace([held, {**tie, "event": "Seen"}], compile_plan(said, KEYS), TEN_O_CLOCK)
    (note,) = (one for one in told["notes"] if one.get("stitched") == "m-1")
    assert note["what"] == "stitched, and filtered: filter:staff"
