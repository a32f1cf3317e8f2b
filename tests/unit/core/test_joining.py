"""Joining, as laws: nothing is lost, the order stays, and only what is alike is joined."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.actions import ACTIONS
from streams.core.joining import Join, join, join_key

NAMES = st.text("abc", min_size=1, max_size=2)
VALUES = st.one_of(st.integers(-3, 3), st.booleans(), st.text("xyz", max_size=2))
MEMBERS = st.lists(st.dictionaries(NAMES, VALUES, max_size=3), min_size=1, max_size=3)
RESTS = st.dictionaries(st.sampled_from(["source", "listName", "flag"]), VALUES)
ITEMS = Join(("items",))
CONTACTS = Join(("contacts", "identifiers"), across_contacts=True)
ATTRIBUTES = Join(("attributes",))


@given(RESTS, st.lists(MEMBERS, min_size=1, max_size=6))
def test_members_are_kept_in_their_order(rest, lists):
    bodies = [{**rest, "items": members} for members in lists]
    kept = deepcopy(bodies)
    together = join(bodies, ITEMS)
    assert together == {**rest, "items": [one for members in lists for one in members]}
    assert bodies == kept


@given(RESTS, st.lists(MEMBERS, min_size=1, max_size=6))
def test_members_at_depth_are_kept_in_their_order(rest, lists):
    bodies = [
        {**rest, "contacts": {"identifiers": members, "identifiersPriority": ["email"]}}
        for members in lists
    ]
    together = join(bodies, CONTACTS)["contacts"]
    assert together["identifiers"] == [one for members in lists for one in members]
    assert together["identifiersPriority"] == ["email"]


@given(RESTS, st.lists(st.none() | st.dictionaries(NAMES, VALUES), min_size=1, max_size=6))
def test_of_attributes_the_later_wins_also_where_one_says_none(rest, said):
    bodies = [rest if one is None else {**rest, "attributes": one} for one in said]
    merged = {key: value for one in said if one is not None for key, value in one.items()}
    together = join(bodies, ATTRIBUTES)
    assert together.get("attributes", {}) == merged
    assert {key: value for key, value in together.items() if key != "attributes"} == rest


@given(RESTS, st.lists(MEMBERS, min_size=1, max_size=6))
def test_what_was_joined_can_be_split_again(rest, lists):
    together = join([{**rest, "items": members} for members in lists], ITEMS)["items"]
    for members in lists:
        assert together[: len(members)] == members
        together = together[len(members) :]
    assert together == []


CONTACT = {"identifiers": {"email": "ana@example.com"}, "identifiersPriority": ["email"]}
VALID = {
    "upsertContact": [{**CONTACT, "attributes": {"plan": plan}} for plan in ("free", "vip")],
    "createContactactivities": [
        {"contact": CONTACT, "contactActivities": [{"name": name, "time": "2026-11-20T10:00:00Z"}]}
        for name in ("Signed Up", "pageView")
    ],
    "addContactsToList": [
        {"contacts": {"identifiers": [{"email": email}]}, "listName": "VIP"}
        for email in ("ana@example.com", "bo@example.com")
    ],
    "removeContactsFromList": [
        {"contacts": {"identifiers": [{"email": email}]}, "identifyListBy": {"name": "VIP"}}
        for email in ("ana@example.com", "bo@example.com")
    ],
    "addProductsToCart": [
        {
            "contact": CONTACT,
            "items": [{"productID": sku, "sku": sku, "name": sku, "category": "c", "qty": 1}],
        }
        for sku in ("p-1", "p-2")
    ],
    "removeProductsFromCart": [
        {"contact": CONTACT, "items": [{"productID": sku, "qty": 1}]} for sku in ("p-1", "p-2")
    ],
    "upsertSupplementRecords": [
        {"contact": CONTACT, "supplement": "visits", "records": [{"id": one}]} for one in ("1", "2")
    ],
}


def test_every_action_that_joins_has_an_example():
    assert set(VALID) == {name for name, action in ACTIONS.items() if action.join}


@pytest.mark.parametrize("name", VALID)
def test_valid_bodies_join_into_a_valid_body(name):
    action, bodies = ACTIONS[name], VALID[name]
    assert action.join is not None
    assert [action.validate(body) for body in bodies] == [None, None]
    assert len({join_key(name, body, action.join) for body in bodies}) == 1
    assert action.validate(join(bodies, action.join)) is None


def _strict(value):
    return sorted((key, type(inner), inner) for key, inner in value.items())


@given(RESTS, MEMBERS, RESTS, MEMBERS)
def test_keys_are_equal_only_for_the_alike(one, members, other, others):
    left = join_key("addProductsToCart", {**one, "items": members}, ITEMS)
    right = join_key("addProductsToCart", {**other, "items": others}, ITEMS)
    assert (left == right) is (_strict(one) == _strict(other))


@given(RESTS, MEMBERS)
def test_keys_of_two_actions_differ(rest, members):
    body = {**rest, "items": members}
    assert join_key("addProductsToCart", body, ITEMS) != join_key(
        "removeProductsFromCart", body, ITEMS
    )


def test_keys_know_no_order_of_names():
    left = join_key("a", {"x": 1, "y": {"p": 1, "q": 2}, "items": []}, ITEMS)
    assert left == join_key("a", {"y": {"q": 2, "p": 1}, "x": 1, "items": [1]}, ITEMS)


def test_another_contact_or_list_is_another_key():
    def key(email: str, name: str) -> bytes:
        contacts = {"identifiers": [{"email": email}], "identifiersPriority": ["email"]}
        return join_key("a", {"contacts": contacts, "listName": name}, CONTACTS)

    assert key("ana@example.com", "VIP") == key("bo@example.com", "VIP")
    assert key("ana@example.com", "VIP") != key("ana@example.com", "vip")


@pytest.mark.parametrize("name", ["upsertOrder", "mergeContacts", "upsertProducts"])
def test_orders_merges_and_products_travel_alone(name):
    assert ACTIONS[name].join is None


def test_only_lists_join_across_contacts():
    across = {name for name, one in ACTIONS.items() if one.join and one.join.across_contacts}
    assert across == {"addContactsToList", "removeContactsFromList"}
