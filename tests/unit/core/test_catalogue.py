"""The account's attributes: what fits, what the plan does with what does not, what is sent."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cordial.sandbox.attributes import dropped
from streams.core.attribute_use import kind_of, uses
from streams.core.catalogue import (
    Account,
    AttributeRules,
    CatalogueError,
    Verdict,
    catalogue_of,
    guarded,
)
from streams.core.command import Claim
from streams.core.deciding import decide
from streams.core.decisions import DeadLetter, Known, Send, Suppress, Wait
from streams.core.learning import merged
from streams.core.outcome import Dead
from tests.unit.core.made import HERE, command, instance, plan

VERDICTS = get_args(Verdict)
RAW = [
    {"key": "firstName", "name": "First name", "type": "string"},
    {"key": "tier", "type": "string", "validators": {"min": 2, "max": 5, "required": True}},
    {"key": "age", "type": "number", "validators": {"min": 0, "max": 130}},
    {"key": "birthday", "type": "date"},
    {"key": "address", "type": "geo"},
    {"key": "tags", "type": "array", "options": {"maxitems": 2}},
    {"key": "member_id", "type": "string", "unique": True},
]
LISTS = [{"name": "vip"}, {"name": "tags"}]
ACCOUNT = catalogue_of(RAW, LISTS)
VALUES = {
    "a text": ("firstName", "Ana", None),
    "a text of 128": ("firstName", "a" * 128, None),
    "a text of 129": ("firstName", "a" * 129, "over_limit"),
    "a text within its bounds": ("tier", "gold", None),
    "a text below them": ("tier", "g", "over_limit"),
    "a number for a text": ("firstName", 7, "wrong_type"),
    "a flag for a text": ("firstName", True, "wrong_type"),
    "a number": ("age", 30.5, None),
    "a number above its bounds": ("age", 131, "over_limit"),
    "a number below them": ("age", -1, "over_limit"),
    "a text for a number": ("age", "30", "wrong_type"),
    "a flag for a number": ("age", True, "wrong_type"),
    "a date": ("birthday", "1990-01-31", None),
    "a moment": ("birthday", "1990-01-31T10:00:00+01:00", None),
    "a text for a date": ("birthday", "soon", "wrong_type"),
    "a number for a date": ("birthday", 633744000, "wrong_type"),
    "a place": ("address", {"city": "Berlin"}, None),
    "a part of a place": ("address.city", "Berlin", None),
    "a text for a place": ("address", "Berlin", "wrong_type"),
    "a part of what is no place": ("firstName.nick", "A", "unknown"),
    "an array": ("tags", ["a", "b"], None),
    "an array that is too long": ("tags", ["a", "b", "c"], "over_limit"),
    "what is to be added": ("tags", {"add": ["a"], "remove": ["b", "c", "d"]}, None),
    "too much to add": ("tags", {"add": ["a", "b", "c"]}, "over_limit"),
    "an object for an array": ("tags", {"a": 1}, "wrong_type"),
    "a text for an array": ("tags", "a", "wrong_type"),
    "a null": ("firstName", None, None),
    "an unknown one": ("loyalty", 3, "unknown"),
    "an unknown null": ("loyalty", None, "unknown"),
    "in another case": ("firstname", "Ana", "unknown"),
    "the address": ("email", "ana@shop.example", None),
    "a channel": ("channels.email.subscribeStatus", "subscribed", None),
    "a flag named like a list": ("vip", False, "list_name"),
    "a flag named like a list and an attribute": ("tags", True, "list_name"),
    "a text named like a list": ("vip", "yes", "unknown"),
}


@pytest.mark.parametrize(("name", "value", "problem"), VALUES.values(), ids=VALUES)
def test_what_fits_an_attribute(name, value, problem):
    assert ACCOUNT.problem(name, value) == problem


JSON = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-200, 200),
    st.sampled_from(["Ana", "gold", "1990-01-31", "a" * 200]),
    st.lists(st.sampled_from("abc"), max_size=4),
    st.dictionaries(st.sampled_from(["city", "add"]), st.just("x"), max_size=2),
)
NAMES = st.sampled_from([*(one["key"] for one in RAW), "vip", "loyalty", "email", "address.city"])
BODIES = st.dictionaries(NAMES, JSON, max_size=6)


@given(BODIES)
def test_what_the_guard_leaves_cordial_does_not_drop(attributes):
    rules = AttributeRules("drop", "drop", "drop", "drop")
    kept = guarded({"attributes": attributes}, ACCOUNT, rules).body.get("attributes", {})
    known = {one["key"]: one for one in RAW}
    assert dict(dropped(kept, known, {"vip": 0, "tags": 0})) == {}


@given(BODIES)
def test_what_is_only_warned_of_is_sent_and_named(attributes):
    rules = AttributeRules("warn", "warn", "warn", "warn")
    told = guarded({"attributes": attributes, "source": "s"}, ACCOUNT, rules)
    assert told.body == {"attributes": attributes, "source": "s"}
    wrong = [name for name, value in attributes.items() if ACCOUNT.problem(name, value)]
    assert [one.name for one in told.found] == wrong
    assert [one.note.field for one in told.found] == [f"attributes.{name}" for name in wrong]


def contact(**attributes):
    block = {"identifiers": {"segment_id": "u-42"}, "identifiersPriority": ["segment_id"]}
    return {**block, "attributes": attributes}


def decided(body, unknown, *, action="upsertContact", **known):
    account = Account(ACCOUNT, AttributeRules(unknown=unknown))
    said = command(action, body)
    return decide(said, Known(HERE, account=account, **known), instance(action))


def test_each_verdict_does_what_it_says():
    body = contact(firstName="Ana", loyalty=3)
    made = {verdict: decided(body, verdict) for verdict in VERDICTS}
    assert made["warn"].body == body
    assert made["drop"].body == contact(firstName="Ana")
    assert isinstance(made["dead_letter"], DeadLetter)
    assert (made["dead_letter"].reason, made["dead_letter"].field) == (
        Dead.INVALID,
        "attributes.loyalty",
    )
    assert isinstance(made["hold"], Wait)
    assert all([one.problem for one in each.found] == ["unknown"] for each in made.values())


def test_what_an_operator_forces_is_sent():
    for verdict in VERDICTS:
        forced = decided(contact(loyalty=3), verdict, replay=True, forced=True)
        assert isinstance(forced, Send)
        assert forced.body["attributes"] == {"loyalty": 3}


def test_what_is_dropped_is_not_taken_for_sent():
    """Once the account has the attribute, the next event brings it."""
    first = decided(contact(firstName="Ana", loyalty=3), "drop")
    row = None
    for one in first.learned:
        row = merged(row, one) if one.table == "profiles" else row
    later = command("upsertContact", contact(loyalty=3), message_id="m-2", event_time=2**41)
    knows = catalogue_of([*RAW, {"key": "loyalty", "type": "number"}])
    later_place = replace(HERE, offset=8)
    known = Known(later_place, profile=row, account=Account(knows, AttributeRules()))
    sent = decide(later, known, instance("upsertContact"))
    assert sent.body["attributes"] == {"loyalty": 3}


def test_attributes_of_an_activity_are_guarded_too():
    block = {"identifiers": {"segment_id": "u-42"}, "attributes": {"loyalty": 3}}
    activity = {"name": "Signed Up", "time": "2026-11-20T10:00:00+00:00"}
    body = {"contact": block, "contactActivities": [activity]}
    made = decided(body, "drop", action="createContactactivities")
    assert made.body["contact"] == {"identifiers": {"segment_id": "u-42"}}
    assert len(made.found) == 1


def test_a_contact_of_whom_nothing_is_left_is_still_made():
    made = decided(contact(loyalty=3), "drop")
    assert isinstance(made, Send | Suppress)
    assert len(made.found) == 1


@pytest.mark.parametrize(
    ("raw", "lists", "said"),
    [
        ({}, [], "no list"),
        ([{"name": "a"}], [], "has no key"),
        ([{"key": "a", "type": "boolean"}], [], "known are string, number"),
        ([], [{"id": 1}], "a list has no name"),
    ],
)
def test_what_is_no_catalogue_says_why(raw, lists, said):
    with pytest.raises(CatalogueError, match=said):
        catalogue_of(raw, lists)


KINDS = {
    "text": ("Ana", "string"),
    "number": (3, "number"),
    "flag": (True, "string"),
    "date": ("2026-11-20", "date"),
    "moment": ("2026-11-20T10:00:00Z", "date"),
    "digits": ("20261120101010", "string"),
    "list": (["a"], "array"),
    "change": ({"add": ["a"]}, "array"),
    "object": ({"city": "Berlin"}, "geo"),
}


@pytest.mark.parametrize(("value", "kind"), KINDS.values(), ids=KINDS)
def test_the_type_of_a_value(value, kind):
    assert kind_of(value) == kind


def test_what_a_mapping_names_is_known_without_events():
    shaped = plan(
        upsertContact={
            "mapping": {
                "attributes": {
                    "firstName": "traits.firstName",
                    "loyalty": {"fn": "number", "of": "traits.points"},
                    "since": {"when": "traits.x exists", "use": {"fn": "date", "of": "traits.x"}},
                }
            }
        }
    )
    found = {one.name: one for one in uses(shaped.instances, [], ACCOUNT)}
    assert {name for name, one in found.items() if one.problems} == {"loyalty", "since"}
    assert (found["loyalty"].kind, found["since"].kind) == ("number", "date")
    assert not found["firstName"].sure


def test_what_tells_a_subscription_status_neither_waits_nor_dies():
    claim = Claim("email", "unsubscribed", "traits")
    for verdict in VERDICTS:
        said = replace(command("upsertContact", contact(loyalty=3)), consent=(claim,))
        account = Account(ACCOUNT, AttributeRules(unknown=verdict))
        made = decide(said, Known(HERE, account=account), instance("upsertContact"))
        assert isinstance(made, Send)
        assert made.body["attributes"]["channels.email.subscribeStatus"] == "unsubscribed"
        assert ("loyalty" in made.body["attributes"]) is (verdict == "warn")
