"""Which commands share a lane."""

import pytest

from streams.core.lane_order import ordering
from streams.core.lanes import Lanes, Planned

ACTIONS = {
    "cart": "addProductsToCart",
    "cart-late": "addProductsToCart",
    "uncart": "removeProductsFromCart",
    "activity": "createContactactivities",
}


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ("cart", "cart", True),
        ("cart", "cart-late", True),
        ("cart", "uncart", True),
        ("cart", "activity", False),
        ("activity", "nobody knows it", False),
    ],
)
def test_by_action_those_of_one_action_and_what_undoes_it_share_a_lane(one, other, share):
    by_action = ordering("action", ACTIONS)
    assert (by_action.lane("u-1", one) == by_action.lane("u-1", other)) is share
    assert by_action.lane("u-1", one) != by_action.lane("u-2", other)


def test_by_contact_all_share_one():
    assert ordering("contact", ACTIONS).lane("u-1", "cart") == "u-1"


def lanes(order):
    made = Lanes(start=0, max_commands=9, max_span=9, ordering=ordering(order, ACTIONS))
    planned = [Planned("cart", "m-1"), Planned("activity", "m-1")]
    made.read(0, "u-1", planned)
    for number, (action, message_id) in enumerate(planned):
        made.arrive(
            action,
            number,
            contact="u-1",
            action=action,
            offset=0,
            message_id=message_id,
            payload=None,
        )
    return made


@pytest.mark.parametrize(("order", "at_once"), [("contact", 1), ("action", 2)])
def test_actions_of_a_contact_go_at_once_only_where_the_plan_says_so(order, at_once):
    assert len(lanes(order).take_ready()) == at_once


@pytest.mark.parametrize("order", ["contact", "action"])
def test_an_event_is_open_while_any_of_its_commands_is(order):
    made = lanes(order)
    assert made.is_open("u-1", "m-1")
    assert not made.is_open("u-1", "m-2")
    for name in made.take_ready():
        while (head := made.head(name)) is not None:
            made.send([head])
            made.settle(head, facts=False)
    assert not made.is_open("u-1", "m-1")
