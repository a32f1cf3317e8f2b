"""A month replayed in any order leaves the contacts, lists and orders of its own order."""

import pytest

from tests.replay.month import events, orders_kept, plan, shuffled
from tests.replay.playing import Played, play

CONTACTS = 120
JOIN, LEAVE = "addContactsToList", "removeContactsFromList"


@pytest.fixture(scope="module", params=[1, 2, 3])
def runs(request: pytest.FixtureRequest) -> tuple[Played, Played]:
    month = events(request.param, CONTACTS)
    return play(month, plan()), play(shuffled(month, request.param + 100), plan())


def test_contacts_and_subscriptions_are_the_same(runs: tuple[Played, Played]) -> None:
    ordered, mixed = runs
    assert len(ordered.contacts()) == CONTACTS
    assert mixed.contacts() == ordered.contacts()


def test_nobody_is_told_what_cordial_would_ignore(runs: tuple[Played, Played]) -> None:
    for run in runs:
        assert run.ignored == []


def test_orders_are_the_same(runs: tuple[Played, Played]) -> None:
    ordered, mixed = runs
    assert len(ordered.orders()) > 40
    assert mixed.orders() == ordered.orders()


def test_only_what_comes_before_the_order_was_placed_dies(runs: tuple[Played, Played]) -> None:
    """A refund lacks the items until the order is there; what it says is not forgotten."""
    ordered, mixed = (run.dead() for run in runs)
    assert ordered == []
    assert {(one["action"], one["reason"]) for one in mixed} == {("upsertOrder", "missing")}


def test_nothing_dies_where_the_events_of_each_order_keep_theirs() -> None:
    month = events(6, CONTACTS)
    ordered, mixed = play(month, plan()), play(orders_kept(shuffled(month, 7)), plan())
    assert mixed.orders() == ordered.orders()
    assert (mixed.dead(), ordered.dead()) == ([], [])


def test_lists_are_the_same(runs: tuple[Played, Played]) -> None:
    ordered, mixed = (run.lists() for run in runs)
    assert mixed == ordered
    told = [line for run in runs for line in run.lines]
    left = [one for line in told for one in line["commands"] if one["action"] == LEAVE]
    stale = [one for line in told for one in line["suppressed"] if one["action"] in (JOIN, LEAVE)]
    assert len(left) > 40
    assert {(one["action"], one["reason"]) for one in stale} == {(JOIN, "stale"), (LEAVE, "stale")}
    assert {len(lists) for lists in ordered.values()} >= {0, 1, 2}


def test_a_month_that_is_read_twice_leaves_the_same() -> None:
    month = events(4, CONTACTS)
    once, twice = play(month, plan()), play([*month, *shuffled(month, 5)], plan())
    assert twice.contacts() == once.contacts()
    assert twice.lists() == once.lists()
    assert twice.ignored == []
    forced = [
        one for line in twice.lines for one in line["commands"] if one["body"].get("forceSubscribe")
    ]
    assert len(forced) == sum(
        1 for line in once.lines for one in line["commands"] if one["body"].get("forceSubscribe")
    )


def test_the_month_has_every_case(runs: tuple[Played, Played]) -> None:
    told = {one.get("reason") for run in runs for line in run.lines for one in line["suppressed"]}
    assert {"consent", "stale", "unchanged"} <= told
    statuses = {
        value
        for attributes, _ in runs[0].contacts().values()
        for name, value in attributes.items()
        if name.endswith("subscribeStatus")
    }
    assert statuses == {"subscribed", "unsubscribed", "pendingDOI"}
