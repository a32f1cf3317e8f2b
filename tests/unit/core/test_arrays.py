"""Array attributes, as laws: two changes as one do what they do one after the other."""

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from streams.cordial.sandbox.state import State
from streams.core.arrays import as_change, is_change, together
from streams.core.joining import Join, join

MEMBERS = st.lists(st.sampled_from(["a", "b", "c", 1, 2]), max_size=4, unique=True)
CHANGES = st.fixed_dictionaries({}, optional={"add": MEMBERS, "remove": MEMBERS}).filter(bool)
VALUES = MEMBERS | CHANGES
CONTACT = {"identifiers": {"email": "ana@example.com"}, "identifiersPriority": ["email"]}


def told(*values):
    """What the stand-in for Cordial has after these."""
    state = State()
    for value in values:
        assert state.process("upsertContact", {**CONTACT, "attributes": {"tags": value}}) == "ok"
    return set(state.contacts[0].attributes["tags"])


@given(MEMBERS, st.lists(VALUES, min_size=1, max_size=4))
def test_joined_changes_do_what_they_do_one_after_the_other(had, values):
    bodies = [{**CONTACT, "attributes": {"tags": value}} for value in values]
    kept = deepcopy(bodies)
    joined = join(bodies, Join(("attributes",)))["attributes"]["tags"]
    assert told(had, joined) == told(had, *values)
    assert bodies == kept


def test_a_change_that_comes_after_something_else_is_itself():
    for first in (None, "red", {"city": "Berlin"}, {}):
        assert together(first, {"add": ["a"]}) == {"add": ["a"]}
    assert together({"add": ["a"]}, None) is None
    assert together({"add": []}, {"add": []}) == {"add": []}


def test_what_is_a_change():
    assert is_change({"add": []})
    for other in ({}, [], {"add": [], "city": "Berlin"}, None):
        assert not is_change(other)


def test_a_single_value_is_a_list_of_it_and_nothing_is_no_change():
    assert as_change({"add": "a", "remove": []}) == {"add": ["a"]}
    assert as_change({"add": []}) is None


def test_true_is_not_one():
    assert together([1], {"remove": [True]}) == [1]
