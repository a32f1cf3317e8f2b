"""An order that is found wrong when its turn comes starts no campaign: its activity is not sent."""

import pytest

from streams.core.deciding import decide
from streams.core.decisions import DeadLetter, Known, Seen, Send, Suppress, remembered_as
from streams.core.event import Note
from streams.core.outcome import CommandOutcome, Dead, Suppressed
from streams.core.routing import route
from streams.plan import compile_plan, plan_of
from tests.unit.core.made import ELSEWHERE, HERE, KEYS, command, event, instance, plan

ORDER, ACTIVITY = "upsertOrder", "createContactactivities"
WHO = {"identifiers": {"segment_id": "u-42"}, "identifiersPriority": ["segment_id"]}
BODY = {"contact": WHO, "contactActivities": [{"name": "Order Refunded", "time": "2026-11-20"}]}
INSTANCE = instance(ACTIVITY)
REFUND = event(event="Order Refunded", properties={"order_id": "o-1", "total": 5})


def decided(outcome, *, position=HERE, order=ORDER, **known):
    told = None if outcome is None else Seen(position, 0, outcome)
    return decide(
        command(ACTIVITY, BODY, order=order), Known(HERE, told_order=told, **known), INSTANCE
    )


def test_the_activity_is_not_sent_and_its_receipt_names_the_order():
    note = Note(ORDER, "its order is a dead letter as invalid")
    assert decided(Dead.INVALID) == Suppress(Suppressed.MALFORMED_ORDER, notes=(note,))


@pytest.mark.parametrize(
    "outcome", [None, *CommandOutcome, Dead.IN_DOUBT], ids=lambda outcome: str(outcome)
)
def test_whatever_else_became_of_the_order_it_is_sent(outcome):
    assert isinstance(decided(outcome), Send)


def test_another_record_of_the_message_says_nothing_of_this_one():
    assert isinstance(decided(Dead.INVALID, position=ELSEWHERE), Send)
    assert isinstance(decided(Dead.INVALID, order=None), Send)


def test_what_is_early_is_not_malformed():
    """A refund that comes before its order lacks the lines, and is told when the order comes."""
    letter = DeadLetter(Dead.MISSING, "properties.products", "")
    assert remembered_as(letter, ORDER) is CommandOutcome.DEAD_LETTERED


def test_what_cordial_rejects_can_be_replayed_with_its_activity():
    letter = DeadLetter(Dead.REJECTED, None, "")
    assert remembered_as(letter, ORDER) is CommandOutcome.DEAD_LETTERED


def test_of_other_actions_a_row_says_but_that_it_died():
    letter = DeadLetter(Dead.INVALID, "time", "")
    assert remembered_as(letter, ACTIVITY) is CommandOutcome.DEAD_LETTERED
    assert remembered_as(DeadLetter(Dead.IN_DOUBT, None, ""), ACTIVITY) is Dead.IN_DOUBT


def test_an_activity_knows_who_tells_the_order_of_its_event():
    told = {one.action: one.order for one in route(REFUND, plan()).commands}
    assert told == {ORDER: None, ACTIVITY: ORDER}
    named = plan(
        **{ORDER: {"enabled": False}, "refunds": {"action": ORDER, "trigger": 'type = "track"'}}
    )
    assert {one.order for one in route(REFUND, named).commands} == {None, "refunds"}


def test_it_goes_by_no_order_where_the_event_has_none_or_the_plan_says_so():
    assert {one.order for one in route(event(event="Viewed"), plan()).commands} == {None}
    sends = compile_plan(plan_of({"orders": {"on_malformed": "send_activities"}}), KEYS)
    assert {one.order for one in route(REFUND, sends).commands} == {None}
