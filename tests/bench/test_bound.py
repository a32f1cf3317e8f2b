import pytest

from bench.backlog import KINDS, Work, backlog
from bench.bound import MEMBERS, bound, least_waits


def work(*told: tuple[str, str]) -> list[Work]:
    """(contact, kind) of each event; a group names its list after a colon."""
    made = []
    for n, (contact, kind) in enumerate(told, 1):
        name, _, list_name = kind.partition(":")
        made.append(Work(n, contact, name, {}, list_name or None))
    return made


def test_neighbours_of_one_contact_travel_together() -> None:
    least = bound(work(("a", "page"), ("b", "page"), ("a", "track"), ("a", "identify")))
    assert (least.commands, least.requests, least.hottest) == (4, 3, 2)


def test_a_cart_splits_the_activities_before_and_after_it() -> None:
    least = bound(work(("a", "page"), ("a", "added"), ("a", "page")))
    assert least.by_action["createContactactivities"] == 2
    assert least.hottest == 3


def test_orders_travel_alone() -> None:
    assert bound(work(("a", "order"), ("a", "order"))).by_action["upsertOrder"] == 2


def test_a_list_takes_contacts_of_several_lanes_and_one_contact_one_by_one() -> None:
    least = bound(work(("a", "group:x"), ("b", "group:x"), ("a", "page"), ("a", "group:x")))
    assert least.by_action["addContactsToList"] == 2


def test_no_request_has_more_members_than_it_may() -> None:
    least = bound(work(*[("a", "page")] * (MEMBERS + 1)))
    assert least.requests == 2


def test_the_time_is_the_longest_chain_or_the_tightest_limit() -> None:
    least = bound(work(("a", "page"), ("a", "identify"), ("b", "page"), ("c", "page")))
    assert least.seconds(0.05) == 0.1
    assert least.seconds(0.05, limit=10) == 0.3
    assert least.seconds(0, limit=0) == 0


def test_the_backlog_is_the_same_for_a_seed_and_has_the_shares_it_tells() -> None:
    events = list(backlog(5_000, seed=3))
    assert events == list(backlog(5_000, seed=3))
    for kind, share in KINDS.items():
        assert abs(sum(one.kind == kind for one in events) / 5_000 - share) < 0.03
    hottest = max({one.contact for one in events}, key=[one.contact for one in events].count)
    assert hottest == "u-00000"


def test_where_each_action_keeps_its_own_order_a_cart_splits_no_activities() -> None:
    told = work(("a", "page"), ("a", "added"), ("a", "removed"), ("a", "page"))
    least = bound(told, per_action=True)
    assert least.by_action["createContactactivities"] == 1
    assert least.hottest == 2


def test_in_a_flow_an_activity_waits_for_the_requests_of_its_contact_before_it() -> None:
    told = work(("a", "page"), ("b", "page"), ("a", "identify"), ("a", "page"), ("a", "page"))
    assert least_waits(told, 100, 0.05) == pytest.approx(
        {1: 0.0, 2: 0.0, 4: 0.1 - 0.03, 5: 0.1 - 0.04}
    )
    assert least_waits(told, 100, 0.05, per_action=True) == pytest.approx(
        {1: 0.0, 2: 0.0, 4: 0.05 - 0.03, 5: 0.05 - 0.04}
    )
    assert set(least_waits(told, 1, 0.05).values()) == {0.0}
