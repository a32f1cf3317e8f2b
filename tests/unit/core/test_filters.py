"""Filters: what each word does, in which order, and what never happens."""

from dataclasses import replace
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.filters import passed
from streams.core.outcome import Suppressed
from streams.core.routed import Filtered, Routed, SuppressedCommand
from streams.core.routing import route
from streams.plan import compile_plan, plan_of
from tests.unit.core.made import KEYS, event

LINES = [{"sku": "S-1", "price": 9, "coupon": "X"}, {"price": 8}, "gift"]
GIVEN = event(
    properties={"a": 1, "b": {"c": 2, "d": 3}, "products": LINES, "none": {}},
    traits={"email": "ana@example.com", "address": {"city": "Lyon", "zip": "69001"}},
    context={"ip": "10.0.0.1"},
)


def rules(*said):
    named = [{"name": f"r{number}", **one} for number, one in enumerate(said, start=1)]
    return compile_plan(plan_of({"filters": named}), KEYS).filters


def after(*said, of=GIVEN):
    return passed(rules(*said), of).event


WITHOUT = {
    "a field": (["properties.a"], "properties", {"a"}, None),
    "a field of a field": (["properties.b.c"], "properties", set(), ("b", {"d": 3})),
    "all fields of a field, which goes too": (["properties.b.*"], "properties", {"b"}, None),
    "a field of every member": (
        ["properties.products.*.coupon"],
        "properties",
        set(),
        ("products", [{"sku": "S-1", "price": 9}, {"price": 8}, "gift"]),
    ),
    "every member": (["properties.products.*"], "properties", set(), ("products", [])),
    "a member left empty keeps its place": (
        ["properties.products.*.price"],
        "properties",
        set(),
        ("products", [{"sku": "S-1", "coupon": "X"}, {}, "gift"]),
    ),
    "what is not there": (["traits.x", "properties.a.b"], "properties", set(), None),
    "all traits": (["traits.*"], "traits", {"email", "address"}, None),
}


@pytest.mark.parametrize(("paths", "head", "gone", "changed"), WITHOUT.values(), ids=WITHOUT)
def test_drop_fields_takes_away(paths, head, gone, changed):
    expected = {name: one for name, one in getattr(GIVEN, head).items() if name not in gone}
    expected.update(dict([changed]) if changed else {})
    assert after({"drop_fields": paths}) == replace(GIVEN, **{head: expected})


ONLY = {
    "two fields": (["properties.a", "traits.email"], {"a": 1}, {"email": "ana@example.com"}),
    "nothing": ([], {}, {}),
    "a field of a field": (["traits.*.city"], {}, {"address": {"city": "Lyon"}}),
    "a field of every member, whose place stays": (
        ["properties.products.*.sku", "properties.none"],
        {"products": [{"sku": "S-1"}, {}], "none": {}},
        {},
    ),
    "all of an object": (["traits.*"], {}, GIVEN.traits),
    "a name where a list stands": (["properties.products.sku"], {}, {}),
}


@pytest.mark.parametrize(("paths", "properties", "traits"), ONLY.values(), ids=ONLY)
def test_allow_fields_leaves_only(paths, properties, traits):
    expected = replace(GIVEN, properties=properties, traits=traits, context={})
    assert after({"allow_fields": paths}) == expected


MOVED = {
    "to a new name": ({"properties.a": "properties.z"}, {"z": 1}, {"a"}),
    "over another": ({"properties.a": "properties.b"}, {"b": 1}, {"a"}),
    "into an object": ({"properties.a": "properties.b.e"}, {"b": {"c": 2, "d": 3, "e": 1}}, {"a"}),
    "in exchange": (
        {"properties.a": "properties.b", "properties.b": "properties.a"},
        {"a": {"c": 2, "d": 3}, "b": 1},
        set(),
    ),
    "below itself": ({"properties.a": "properties.a.b"}, {"a": {"b": 1}}, set()),
    "what is not there": ({"properties.x": "properties.a"}, {}, set()),
    "from the traits": ({"traits.email": "properties.email"}, {"email": "ana@example.com"}, set()),
}


@pytest.mark.parametrize(("moves", "new", "gone"), MOVED.values(), ids=MOVED)
def test_rename_moves(moves, new, gone):
    kept = {name: one for name, one in GIVEN.properties.items() if name not in gone}
    left = after({"rename": moves})
    assert left.properties == {**kept, **new}
    assert ("email" in left.traits) is ("traits.email" not in moves)


def test_a_rule_is_for_the_events_of_its_condition():
    rule = {"when": "properties.a = 1", "drop": True}
    assert passed(rules(rule), GIVEN).kept_back_by == "r1"
    assert passed(rules(rule), event()).kept_back_by is None
    structured = {"when": {"any": [{"field": "properties.a", "op": ">", "value": 1}]}, "drop": True}
    assert passed(rules(structured), GIVEN).kept_back_by is None


RENAME = {"rename": {"properties.a": "properties.z"}}
DROP = {"when": "properties.z exists", "drop": True}
AWAY = {"drop_fields": ["properties.z"]}
ORDERS = {
    "renamed, then seen": ((RENAME, DROP), "r2"),
    "seen, then renamed": ((DROP, RENAME), None),
    "renamed, taken away, not seen": ((RENAME, AWAY, DROP), None),
    "renamed, seen, taken away": ((RENAME, DROP, AWAY), "r2"),
    "the first that keeps it back is named": ((RENAME, DROP, {"drop": True}), "r2"),
}


@pytest.mark.parametrize(("said", "by"), ORDERS.values(), ids=ORDERS)
def test_a_rule_sees_what_those_before_it_left(said, by):
    assert passed(rules(*said), GIVEN).kept_back_by == by


def kept(share, name="tenth", contacts=range(20_000)):
    (rule,) = rules({"name": name, "sample": share})
    return {number for number in contacts if rule.step(event(user_id=f"u-{number}")) is not None}


@pytest.mark.parametrize("share", [0, 0.01, 0.1, 0.5, 1])
def test_the_share_of_contacts_that_stay_is_met(share):
    # Six standard deviations of a fair draw.
    assert abs(len(kept(share)) - 20_000 * share) <= 6 * (20_000 * share * (1 - share)) ** 0.5


def test_a_contact_is_always_in_or_always_out():
    contacts = range(500)
    tenth = kept(0.1, contacts=contacts)
    assert tenth == kept(0.1, contacts=contacts) < kept(0.2, contacts=contacts)
    assert tenth != kept(0.1, name="other", contacts=contacts)
    drawn = blake2b(b"u-7", digest_size=8, key=blake2b(b"tenth", digest_size=16).digest())
    inside = int.from_bytes(drawn.digest(), "big") < 0.1 * 2**64
    assert (7 in tenth) is inside, "workers of another release draw alike"


def test_an_event_that_a_rule_keeps_back_is_filtered_by_its_name():
    plan = compile_plan(plan_of({"filters": [{"name": "no-test", "drop": True}]}), KEYS)
    assert route(event(event="Signed Up"), plan) == Filtered("filter:no-test")


def test_the_flags_of_an_event_come_before_the_filters():
    plan = compile_plan(plan_of({"filters": [{"name": "no-test", "drop": True}]}), KEYS)
    assert route(event(integrations={"All": False}), plan) == Filtered("integrations")


def routed(said, given):
    return route(given, compile_plan(plan_of({"actions": said}), KEYS))


def test_an_action_of_which_a_rule_keeps_an_event_back_is_suppressed_alone():
    drop = {"createContactactivities": {"filters": [{"name": "no-log", "drop": True}]}}
    product = {"product_id": "p", "sku": "s", "name": "n", "category": "c", "quantity": 1}
    found = routed(drop, event(event="Product Added", properties=product))
    assert [one.action for one in found.commands] == ["addProductsToCart"]
    by_rule = SuppressedCommand("createContactactivities", Suppressed.FILTERED, "no-log")
    assert found.suppressed == (by_rule,)
    assert by_rule.told == "filter:no-log"


def test_what_an_action_would_not_want_its_rules_do_not_suppress():
    drop = {"createContactactivities": {"filters": [{"name": "all", "drop": True}]}}
    found = routed(drop, event("identify"))
    assert ([one.action for one in found.commands], found.suppressed) == (["upsertContact"], ())


def test_an_action_and_its_trigger_see_what_its_rules_left_and_others_the_event():
    own = {
        "trigger": "properties.plan exists",
        "filters": [
            {"name": "plan", "rename": {"properties.tier": "properties.plan"}},
            {"name": "no-mail", "drop_fields": ["traits.email"]},
        ],
    }
    given = event(
        "identify", event="x", properties={"tier": "gold"}, traits={"email": "ana@example.com"}
    )
    contact, activity = routed({"createContactactivities": own}, given).commands
    assert contact.body["identifiers"] == {"segment_id": "u-42", "email": "ana@example.com"}
    assert activity.body["contact"]["identifiers"] == {"segment_id": "u-42"}
    assert activity.body["contactActivities"][0]["properties"] == {"plan": "gold"}


NAMES = st.sampled_from(["a", "b", "c", "*"])
VALUES = st.recursive(
    st.none() | st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=3)
EVENTS = st.builds(event, properties=OBJECTS, traits=OBJECTS, context=OBJECTS)
PATHS = st.lists(
    st.tuples(st.sampled_from(["properties", "traits"]), st.lists(NAMES, min_size=1, max_size=3)),
    min_size=1,
    max_size=4,
).map(lambda paths: [".".join((head, *names)) for head, names in paths])


def leaves(value, path=()):
    """Where a value stands, with the places of members left out: members may move up."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, (*path, name))
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one, (*path, []))
    else:
        yield (str(path), value)


def of(one):
    return list(leaves({"p": one.properties, "t": one.traits, "c": one.context}))


@given(EVENTS, PATHS, st.sampled_from(["drop_fields", "allow_fields"]))
def test_an_event_never_gains_a_field_and_nothing_but_fields_changes(given, paths, word):
    left = after({word: paths}, of=given)
    assert (
        replace(left, properties=given.properties, traits=given.traits, context=given.context)
        == given
    )
    remaining = of(given)
    for leaf in of(left):
        remaining.remove(leaf)


@given(EVENTS, PATHS)
def test_what_is_dropped_and_what_is_allowed_make_up_the_event(given, paths):
    dropped = of(after({"drop_fields": paths}, of=given))
    allowed = of(after({"allow_fields": paths}, of=given))
    nulls = [one for one in of(given) if one[1] is None]
    assert len(dropped) + len(allowed) <= len(of(given)) <= len(dropped) + len(allowed) + len(nulls)


@given(
    st.lists(st.sampled_from([RENAME, DROP, AWAY, {"sample": 0.5}, {"drop": True}]), max_size=3),
    st.lists(st.sampled_from([RENAME, DROP, AWAY, {"sample": 0.5}, {"drop": True}]), max_size=3),
    st.sampled_from(["track", "identify", "screen"]),
    st.integers(0, 50),
)
def test_every_action_that_wants_an_event_has_one_outcome(every, own, kind, number):
    named = [
        [{"name": f"r{place}", **one} for place, one in enumerate(said)] for said in (every, own)
    ]
    said = {
        "filters": named[0],
        "actions": {
            name: {"filters": named[1]} for name in ("upsertContact", "createContactactivities")
        },
    }
    plan = compile_plan(plan_of(said), KEYS)
    given = event(kind, event="x", user_id=f"u-{number}", properties={"a": 1})
    found = route(given, plan)
    assert found == route(given, plan)
    wanted = {"track": ["createContactactivities"], "identify": ["upsertContact"]}.get(kind, [])
    if isinstance(found, Routed):
        told = [one.action for one in (*found.commands, *found.dead, *found.suppressed)]
        assert told == wanted
    else:
        assert found.reason == "no_action" or found.reason.startswith("filter:r")
        assert not wanted or found.reason != "no_action"
