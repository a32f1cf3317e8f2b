"""A month in any order, as the worker delivers it: what waits together travels together."""

from collections import Counter
from random import Random

from streams.core.records import Place
from streams.sources.customer_event import Invalid, from_json
from tests.fuzz.account import Asked
from tests.fuzz.covered import Counts
from tests.fuzz.delivery import Delivery
from tests.fuzz.serial import Told
from tests.replay.month import Event, events, plan, shuffled
from tests.replay.playing import NOW, Played, play

LAG = 120
"""Events that are routed before anything is sent."""


def together(month: list[Event], counts: Counts) -> Played:
    """The month through lanes, joins and the tables' own rows."""
    history = Told(plan())
    asked = Asked(history.plan, None, counts)
    delivery = Delivery(history.plan, None, asked, Random(1), 0.0, counts)
    for number, raw in enumerate(month):
        event = from_json(raw, Place("customer.events", 0, number), NOW)
        assert not isinstance(event, Invalid)
        known = len(history.commands)
        history.tell(event)
        for command in history.commands[known:]:
            delivery.comes(command)
        if number % LAG == 0:
            delivery.deliver()
    delivery.deliver()
    return Played(asked.state)


def test_what_travels_together_leaves_the_contacts_lists_and_orders_of_the_months_own_order() -> (
    None
):
    month, counts = events(11, 100), Counter[tuple[str, str]]()
    ordered, mixed = play(month, plan()), together(shuffled(month, 12), counts)
    assert counts["joined", "upsertContact"] > 10
    assert counts["joined", "addContactsToList"] > 0
    assert mixed.contacts() == ordered.contacts()
    assert mixed.lists() == ordered.lists()
    assert mixed.orders() == ordered.orders()
