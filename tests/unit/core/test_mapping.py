"""Mappings: what each word gives, how they nest, and which path of the event an error names."""

import itertools
from typing import Any

import pytest

from streams.core.event import Note
from streams.core.mapping import Unmappable, compile_mapping, record_of
from streams.core.mapping_part import ORIGINS
from tests.unit.core.made import event

LINES = [
    {"sku": "A-1", "price": 10, "sizes": [{"eu": 42}, {"eu": 43}]},
    {"sku": "B-2", "price": None},
]
EVENT = event(
    event="Order Completed",
    user_id="u-42",
    properties={
        "total": 104.7,
        "blank": "",
        "null": None,
        "Product ID": "p-100",
        "dotted.name": 1,
        "products": LINES,
        "address": {"city": "Berlin", "street": None, "lines": [None, {"a": None}]},
        "tags": ["new", "sale"],
        "list": [LINES[0], "strange", LINES[1]],
    },
    traits={"plan": "vip"},
)
WHOLE = 'event = "Order Completed"'
OTHER = 'event = "Order Refunded"'

GIVEN = {
    "a constant": ({"const": [1]}, [1]),
    "a null that is asked for": ({"a": {"const": None}}, {"a": None}),
    "a field": ("event", "Order Completed"),
    "a path": ("properties.total", 104.7),
    "a path to nothing": ("properties.nothing.at.all", None),
    "a path through what is no object": ("properties.total.cents", None),
    "a name in quotes": ('properties."Product ID"', "p-100"),
    "a name with a dot": ('properties."dotted.name"', 1),
    "a member of a list": ("properties.products.0.sku", "A-1"),
    "the last name is a place": ("properties.tags.1", "sale"),
    "a member that is not there": ("properties.products.2.sku", None),
    "a place with very many digits": (f"properties.products.{'9' * 50}.sku", None),
    "an object without its nulls": ("properties.address", {"city": "Berlin", "lines": [{}]}),
    "the whole event": ("$.traits.plan", "vip"),
    "the first that is there": (["properties.nothing", "properties.null", "traits.plan"], "vip"),
    "blank is not there": (["properties.blank", "traits.plan"], "vip"),
    "a default": (["properties.nothing", {"const": "none"}], "none"),
    "any words": ([{"fn": "lower", "of": "properties.nothing"}, {"const": 1}], 1),
    "a null where nothing is": ({"a": ["properties.nothing", {"const": None}]}, {"a": None}),
    "where a condition holds": ({"when": WHOLE, "use": "traits.plan"}, "vip"),
    "where it does not": ({"when": OTHER, "use": "traits.plan"}, None),
    "one thing or the other": ([{"when": OTHER, "use": {"const": 1}}, {"const": 2}], 2),
    "a condition as structure": (
        {"when": {"field": "event", "op": "exists"}, "use": {"const": 1}},
        1,
    ),
    "a function": ({"fn": "upper", "of": "traits.plan"}, "VIP"),
    "a function with options": ({"fn": "prefix", "by": "plan-", "of": "traits.plan"}, "plan-vip"),
    "functions inside each other": (
        {"fn": "join", "by": "+", "of": {"fn": "sort", "of": "properties.tags"}},
        "new+sale",
    ),
    "a function of nothing": ({"fn": "upper", "of": "properties.nothing"}, None),
    "a function of a null": ({"a": {"fn": "upper", "of": {"const": None}}}, {"a": None}),
    "a function of an object": (
        {"fn": "concat", "by": "/", "of": {"a": "traits.plan", "b": "properties.total"}},
        "vip/104.7",
    ),
    "an object": (
        {"a": "traits.plan", "b": {"c": "properties.total"}},
        {"a": "vip", "b": {"c": 104.7}},
    ),
    "what is absent is left out": (
        {"a": "traits.plan", "b": {"c": "traits.nothing"}},
        {"a": "vip"},
    ),
    "an empty object is absent": ({"a": {"b": "traits.nothing"}}, None),
    "an empty text is kept": ({"a": "properties.blank"}, {"a": ""}),
    "a list is of its members": (
        {"each": "properties.products", "as": {"id": "sku", "price": "price"}},
        [{"id": "A-1", "price": 10}, {"id": "B-2"}],
    ),
    "members that are no object are left out": (
        {"each": "properties.list", "as": {"id": "sku"}},
        [{"id": "A-1"}, {"id": "B-2"}],
    ),
    "a member of which nothing is mapped stays": (
        {"each": "properties.products", "as": {"price": "price"}},
        [{"price": 10}, {}],
    ),
    "values of the members": ({"each": "properties.products", "as": "price"}, [10]),
    "only some members": (
        {
            "fn": "length",
            "of": {"each": "properties.products", "as": {"when": WHOLE, "use": "sku"}},
        },
        2,
    ),
    "the whole event inside each": (
        {"each": "properties.products", "as": {"id": "sku", "plan": "$.traits.plan"}},
        [{"id": "A-1", "plan": "vip"}, {"id": "B-2", "plan": "vip"}],
    ),
    "each in each": (
        {"each": "properties.products", "as": {"sizes": {"each": "sizes", "as": {"eu": "eu"}}}},
        [{"sizes": [{"eu": 42}, {"eu": 43}]}, {}],
    ),
    "each of a list that was made": (
        {"each": {"fn": "take", "count": 1, "of": "properties.products"}, "as": {"id": "sku"}},
        [{"id": "A-1"}],
    ),
    "each of the whole event's list": (
        {"each": "$.properties.products", "as": "sku"},
        ["A-1", "B-2"],
    ),
    "each of what is absent": ({"each": "properties.nothing", "as": {"id": "sku"}}, None),
    "each of an empty list": ({"each": {"const": []}, "as": {"id": "sku"}}, None),
    "lists that are added and removed": (
        {"tags": {"add": "properties.tags", "remove": {"const": ["old"]}}},
        {"tags": {"add": ["new", "sale"], "remove": ["old"]}},
    ),
}


@pytest.mark.parametrize(("spec", "made"), GIVEN.values(), ids=GIVEN)
def test_what_a_mapping_gives(spec, made):
    assert compile_mapping(spec)(record_of(EVENT), EVENT, []) == made


DEAD = {
    "a path": ({"fn": "number", "of": "traits.plan"}, "traits.plan"),
    "inside functions": (
        {"fn": "number", "of": {"fn": "lower", "of": "traits.plan"}},
        "traits.plan",
    ),
    "the alternative that was there": (
        {"fn": "number", "of": ["traits.nothing", "traits.plan"]},
        "traits.plan",
    ),
    "inside a condition": (
        {"fn": "number", "of": {"when": WHOLE, "use": "traits.plan"}},
        "traits.plan",
    ),
    "a member": (
        {"each": "properties.products", "as": {"n": {"fn": "number", "of": "sku"}}},
        "properties.products[0].sku",
    ),
    "a member of a member": (
        {
            "each": "properties.products",
            "as": {"each": "sizes", "as": {"fn": "pluck", "field": "x", "of": "eu"}},
        },
        "properties.products[0].sizes[0].eu",
    ),
    "each of what is no list": ({"each": "traits.plan", "as": {"id": "sku"}}, "traits.plan"),
    "each of a list without an object": (
        {"each": "properties.tags", "as": {"id": "sku"}},
        "properties.tags",
    ),
    "the whole event inside each": (
        {"each": "properties.products", "as": {"fn": "number", "of": "$.traits.plan"}},
        "traits.plan",
    ),
    "what routing adds": ({"fn": "number", "of": "attributes"}, "traits"),
    "the first path of an object": (
        {"fn": "number", "of": {"a": {"const": 1}, "b": "traits.plan"}},
        "traits.plan",
    ),
    "a name in quotes": (
        {"fn": "number", "of": 'properties."Product ID"'},
        'properties."Product ID"',
    ),
}


@pytest.mark.parametrize(("spec", "field"), DEAD.values(), ids=DEAD)
def test_what_cannot_be_mapped_names_the_path_and_not_the_value(spec, field):
    record = {**record_of(EVENT), "attributes": EVENT.traits}
    with pytest.raises(Unmappable) as caught:
        compile_mapping(spec)(record, EVENT, [])
    assert caught.value.field == field
    assert "vip" not in str(caught.value)


def test_notes_name_the_path_too():
    spec = {
        "each": "properties.list",
        "as": {"n": {"fn": "number", "of": ["n", {"fn": "text", "of": "$.properties.total"}]}},
    }
    notes = []
    compile_mapping(spec)(record_of(EVENT), EVENT, notes)
    assert notes == [
        Note("properties.total", "number written as text"),
        Note("properties.total", "number written as text"),
        Note("properties.list", "members that are no object left out: 1"),
    ]


def test_a_note_of_a_member_has_its_place():
    order = event(properties={"products": [{}, {"price": "10"}]})
    spec = {"each": "properties.products", "as": {"fn": "number", "of": "price"}}
    notes = []
    assert compile_mapping(spec)(record_of(order), order, notes) == [10]
    assert notes == [Note("properties.products[1].price", "number written as text")]


def test_what_routing_adds_has_its_place_in_the_event():
    assert set(ORIGINS) == {
        "attributes",
        "activity_properties",
        "default_list_name",
        "completes_order",
    }


NULLED = event(
    "identify", traits={"plan": None, "tier": "gold", "lines": [{"gift": None}, {"gift": 1}, {}]}
)


@pytest.mark.parametrize(
    ("spec", "made"),
    [
        ("traits.plan", {}),
        ({"fn": "nullable", "of": "traits.plan"}, {"a": None}),
        ({"fn": "nullable", "of": "$.traits.plan"}, {"a": None}),
        ({"fn": "nullable", "of": "traits.tier"}, {"a": "gold"}),
        ({"fn": "nullable", "of": "traits.nothing"}, {}),
        ({"fn": "nullable", "of": "traits.nothing.at.all"}, {}),
        ({"fn": "nullable", "of": "name"}, {}),
        ({"fn": "upper", "of": {"fn": "nullable", "of": "traits.plan"}}, {"a": None}),
        ([{"fn": "nullable", "of": "traits.plan"}, {"const": 1}], {"a": None}),
        (
            {"each": "traits.lines", "as": {"g": {"fn": "nullable", "of": "gift"}}},
            {"a": [{"g": None}, {"g": 1}, {}]},
        ),
    ],
)
def test_a_null_of_the_event_is_one_where_it_is_asked_for(spec, made):
    rule = compile_mapping({"a": spec})
    assert (rule(record_of(NULLED), NULLED, []) or {}) == made


PLACE = {"city": "properties.at.city", "geo": {"lat": "properties.at.lat", "x": "properties.at.x"}}
NOWHERE: list[Any] = [None, {}, "", "x", 0, 7, [], [{}], {"city": None}, {"lat": {}}]


@pytest.mark.parametrize(
    ("properties", "at"), list(itertools.product([None, {}, {"n": 1}], NOWHERE))
)
def test_fields_of_an_object_that_is_not_there_give_nothing(properties: Any, at: Any) -> None:
    said = properties if at is None else {**(properties or {}), "at": at}
    one = event(properties=said) if said is not None else event()
    assert compile_mapping(PLACE)(record_of(one), one, []) is None
    beside = {"place": PLACE, "n": {"const": 1}, "none": {"fn": "text", "of": "traits.at.city"}}
    assert compile_mapping(beside)(record_of(one), one, []) == {"n": 1}


@pytest.mark.parametrize(
    ("at", "made"),
    [
        ({"city": "Bonn"}, {"city": "Bonn"}),
        ({"lat": 0}, {"geo": {"lat": 0}}),
        ({"x": [None, 1]}, {"geo": {"x": [1]}}),
        ({"city": "", "lat": False}, {"city": "", "geo": {"lat": False}}),
    ],
)
def test_an_object_that_is_there_gives_what_it_has(at: Any, made: Any) -> None:
    one = event(properties={"at": at})
    assert compile_mapping(PLACE)(record_of(one), one, []) == made


def test_what_needs_no_field_of_the_object_beside_it_is_given_without_it() -> None:
    spec = {"a": "properties.at.city", "b": ["properties.at.x", {"const": 5}]}
    one = event(properties={})
    assert compile_mapping(spec)(record_of(one), one, []) == {"b": 5}
    nulls = {"a": "properties.at.city", "b": {"fn": "nullable", "of": "properties.gone"}}
    one = event(properties={"gone": None})
    assert compile_mapping(nulls)(record_of(one), one, []) == {"b": None}
