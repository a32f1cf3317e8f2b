"""Triggers: what the text means, and how its errors point."""

import contextlib
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streams.core.trigger import (
    Comparison,
    Explained,
    TriggerError,
    compile_node,
    explain,
    types_expected,
)
from streams.core.trigger_operators import OPERATORS
from streams.core.trigger_sense import never
from streams.core.trigger_text import parse
from streams.core.trigger_yaml import parse_any
from tests.unit.core.made import event


def compiled(text):
    return compile_node(parse(text))


ADDED = event(
    event="Product Added",
    properties={
        "total": 12.5,
        "n": 3,
        "gift": True,
        "price": {"net": 10},
        "code": "3",
        "card": 4_000_123_456_789,
        "tags": ["sale", "new", 7],
        "Product ID": "p-1",
        "sum": "100",
    },
    context={"os": {"name": "iOS"}},
    traits={"plan": "vip"},
)

TABLE = [
    ('type = "track"', True),
    ('type = "page"', False),
    ('type != "page"', True),
    ('type = "track" and event = "Product Added"', True),
    ('type = "track" and event = "Product Removed"', False),
    ('event = "A" or event = "Product Added"', True),
    ('type = "page" and event = "A" or event = "Product Added"', True),
    ('type = "page" and (event = "A" or event = "Product Added")', False),
    ('not type = "page"', True),
    ('not (type = "page" or event = "Product Added")', False),
    ('not not type = "track"', True),
    ("properties.total exists", True),
    ("properties.coupon exists", False),
    ("properties.total.net exists", False),
    ("properties.price.net = 10", True),
    ("properties.total = 12.5", True),
    ("properties.n = 3.0", True),
    ('properties.n = "3"', True),
    ('properties.code = "3"', True),
    ("properties.code = 3", False),
    ("properties.gift = true", True),
    ("properties.gift = false", False),
    ('properties.gift = "true"', False),
    ("properties.n = true", False),
    ("properties.gift = 1", False),
    ('context.os.name = "iOS"', True),
    ('traits.plan = "vip"', True),
    ('groupId = "g-77"', False),
    ('groupId != "g-77"', True),
    ('userId = "u-42"', True),
    ("previousId exists", False),
    ('event = "Product \\"Added\\""', False),
    ('properties.card = "4000123456789"', True),
    ('properties."Product ID" = "p-1"', True),
    ("properties.total > 12", True),
    ("properties.total > 12.5", False),
    ("properties.total >= 12.5", True),
    ("properties.total < 12.5", False),
    ("properties.n <= 3", True),
    ("properties.sum > 1", False),
    ("properties.gift > 0", False),
    ("properties.coupon < 1", False),
    ('event contains "duct"', True),
    ('event contains "Duct"', False),
    ('event not contains "cart"', True),
    ('properties.tags contains "sale"', True),
    ('properties.tags contains "sal"', False),
    ('properties.tags contains "7"', True),
    ('properties.gift contains "r"', False),
    ('properties.coupon contains "x"', False),
    ('properties.coupon not contains "x"', True),
    ('event starts with "Product"', True),
    ('event not starts with "Product"', False),
    ('event ends with "Added"', True),
    ('event not ends with "Added"', False),
    ('properties.n starts with "3"', True),
    ('event matches "Product *"', True),
    ('event matches "Product"', False),
    ('event matches "?roduct Added"', True),
    ('event matches "[P]roduct *"', False),
    ('event not matches "Order *"', True),
    ('event in ("A", "Product Added")', True),
    ("properties.n in (1, 2)", False),
    ('properties.n not in (1, "x", true)', True),
    ("properties.coupon not exists", True),
    ("properties.n not exists", False),
    ("properties.gift is true", True),
    ("properties.gift is false", False),
    ("properties.n is true", False),
    ("properties.coupon is false", False),
    ('not event contains "cart" and properties.total >= 10', True),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_a_trigger_means_what_it_says(text, expected):
    assert compiled(text)(ADDED) is expected


def test_a_missing_field_equals_nothing_not_even_itself():
    nobody = event(user_id=None, anonymous_id=None)
    assert not compiled('userId = ""')(nobody)
    assert not compiled('userId = "None"')(nobody)


def test_a_quote_in_a_text_is_escaped():
    assert compiled('event = "a \\"b\\""')(event(event='a "b"'))


ERRORS = [
    ("", 1, "a field"),
    ('kind = "track"', 1, "a field"),
    ('type "track"', 6, "an operator: ="),
    ("type = track", 8, "a value"),
    ("type =", 7, "a value"),
    ('type = "track" event = "A"', 16, "and, or, or the end"),
    ('(type = "track"', 16, "a closing parenthesis"),
    ('type = "track" and', 19, "a field"),
    ('type = "track', 8, "a field, a value"),
    ("properties = 1", 1, "a field"),
    ("properties. = 1", 1, "a field"),
    ("properties..a = 1", 1, "a field"),
    ('type > "a"', 8, "a number"),
    ("type contains 3", 15, "a text in quotes"),
    ('type in "a"', 9, "values in parentheses"),
    ('type in ("a" "b")', 14, "a comma or a closing parenthesis"),
    ("type in ()", 10, "a value"),
    ("type not = 3", 6, "an operator"),
    ("type ~ 3", 6, "a field, a value"),
    ("(" * 60 + 'type = "a"', 51, "at most 50 parts"),
]


@pytest.mark.parametrize(("text", "character", "expected"), ERRORS)
def test_an_error_points_at_the_character(text, character, expected):
    with pytest.raises(TriggerError) as caught:
        compiled(text)
    said, shown, caret = str(caught.value).split("\n")
    assert f"expected {expected}" in said
    assert re.search(rf" at character {character}(;.*)?:$", said)
    assert shown == f"  {text}"
    assert caret.index("^") == character + 1


STRUCTURES = [
    ('type = "track"', True),
    ({"all": ['type = "track"', {"field": "properties.total", "op": ">=", "value": 13}]}, False),
    ({"any": ['type = "page"', {"field": "properties.n", "op": "=", "value": 3}]}, True),
    ({"not": {"field": "event", "op": "in", "value": ["A", "B"]}}, True),
    ({"field": 'properties."Product ID"', "op": "exists"}, True),
    ({"field": "properties.gift", "op": "=", "value": True}, True),
]


@pytest.mark.parametrize(("data", "expected"), STRUCTURES)
def test_a_structure_means_what_it_says(data, expected):
    assert compile_node(parse_any(data))(ADDED) is expected


MISBUILT = [
    (3, "expected a text, or all:"),
    ({}, "expected all:"),
    ({"all": []}, "all: expected a list"),
    ({"all": ['type = "page"', {"any": [7]}]}, "all.1.any.0: expected a text"),
    ({"all": ["type"]}, "all.0: expected an operator"),
    ({"field": "kind", "op": "="}, "field: expected type"),
    ({"field": "type", "op": "is"}, "op: expected one of =, <"),
    ({"field": "type", "op": ">", "value": "3"}, "value: expected a number"),
    ({"field": "type", "op": ">", "value": True}, "value: expected a number"),
    ({"field": "type", "op": "contains", "value": 3}, "value: expected a text"),
    ({"field": "type", "op": "in", "value": "a"}, "value: expected a list"),
    ({"field": "type", "op": "exists", "value": 1}, "value: expected no value"),
    ({"field": "type", "op": "=", "valeu": 1}, "valeu: expected field:"),
    ({"all": ['type = "a"'], "any": ['type = "a"']}, "expected all:"),
]


@pytest.mark.parametrize(("data", "said"), MISBUILT)
def test_an_error_in_a_structure_names_its_place(data, said):
    with pytest.raises(TriggerError) as caught:
        parse_any(data)
    assert str(caught.value).startswith(said)


def test_a_structure_is_not_nested_without_end():
    data: object = 'type = "a"'
    for _ in range(500):
        data = {"not": data}
    with pytest.raises(TriggerError, match="inside each other"):
        parse_any(data)


def test_each_part_is_explained():
    node = parse('type = "track" and (event = "A" or not properties.n > 3)')
    assert explain(node, ADDED) == Explained(
        True,
        "",
        "and",
        (
            Explained(True, 'type = "track"'),
            Explained(
                True,
                "",
                "or",
                (
                    Explained(False, 'event = "A"'),
                    Explained(True, "", "not", (Explained(False, "properties.n > 3"),)),
                ),
            ),
        ),
    )


NAMES = st.text(min_size=1, max_size=5)
PATHS = st.sampled_from([("type",), ("userId",)]) | st.tuples(
    st.sampled_from(["properties", "traits"]), NAMES, NAMES
)
SINGLES = st.text(max_size=5) | st.booleans() | st.integers(-999, 999).map(float)
VALUES = {
    "value": SINGLES,
    "number": st.integers(-999, 999).map(lambda n: n / 8),
    "text": st.text(max_size=5),
    "values": st.lists(SINGLES, min_size=1, max_size=3).map(tuple),
    "nothing": st.none(),
}


@st.composite
def comparisons(draw):
    name = draw(st.sampled_from(list(OPERATORS)))
    return Comparison(draw(PATHS), name, draw(VALUES[OPERATORS[name].takes]))


@given(comparisons())
def test_a_test_is_shown_as_it_is_written(test):
    assume(not types_expected(test))
    assert parse(str(test)) == test
    compile_node(test)(ADDED)


@given(st.text(max_size=40))
def test_any_text_is_a_trigger_or_an_error(text):
    with contextlib.suppress(TriggerError):
        compiled(text)(ADDED)


HINTS = {
    "event = 'Order Completed'": 'quotes are "',
    "event = “Order Completed”": 'quotes are "',
    'event = "Order Completed': "a closing quote is missing",
    'event == "a"': "write = once",
    'event = "a" && type exists': "write and",
    'event = "a" || type exists': "write or",
    'event = "a" AND type exists': "write and",
    'NOT event = "a"': "write not",
    'event IN ("a")': "write in",
    'event in ["a", "b"]': "lists of values stand in parentheses",
    'event =~ "a.*"': "write matches, with * and ?",
    'event ends_with "a"': "write ends with",
    'event notContains "a"': "write not contains",
    'properties.total > "100"': "numbers stand without quotes",
    "event = Completed": "texts stand in quotes",
    "event != null": "write exists, or not exists",
    "properties.total is not null": "write exists, or not exists",
    'event equals "a"': "write =",
    'Event = "a"': "did you mean event?",
    "userid exists": "did you mean userId?",
    "property.total > 3": "did you mean properties?",
    'properties = "a"': "name a field of it: properties.…",
    'event.name = "a"': "event has no fields",
    'type exists AND event = "a"': "write and",
    "properties.vip is not true": "write != true, or != false",
    "properties.vip is_true": "write is true",
    "properties.total number_equals 5": "write =",
    'event not_starts_with "a"': "write not starts with",
    "exists properties.total": "the field comes before exists",
    'event = "a" or "b"': 'name the field again, or write in ("a", "b")',
}


@pytest.mark.parametrize("text", HINTS)
def test_an_error_says_what_was_probably_meant(text):
    with pytest.raises(TriggerError) as caught:
        parse(text)
    assert str(caught.value).split("\n")[0].endswith(f"; {HINTS[text]}:")


@pytest.mark.parametrize(
    "said",
    [
        'type = "tracks"',
        'type in ("track", "purchase")',
        "type = 3",
        {"field": "type", "op": "=", "value": "tracks"},
    ],
)
def test_a_type_that_no_event_has_is_an_error(said):
    with pytest.raises(TriggerError, match="expected a type of event: track, identify"):
        parse_any(said)


NEVER = {
    'type = "track" and type = "identify"': True,
    'event in ("A", "B") and event = "C"': True,
    'event = "A" and (event = "A" and event = "B")': True,
    "properties.total > 100 and properties.total < 5": True,
    "properties.total > 5 and properties.total <= 5": True,
    "properties.gift is true and properties.gift is false": True,
    'traits.plan not exists and traits.plan = "vip"': True,
    '(type = "page" and type = "track") or (event = "A" and event = "B")': True,
    'type = "page" or (event = "A" and event = "B")': False,
    'event in ("A", "B") and event in ("B", "C")': False,
    "properties.total >= 5 and properties.total <= 5": False,
    'event = "3" and event = 3': False,
    'event = "A" and event != "B" and name = "C"': False,
    'not (event = "A" and event = "B")': False,
    'properties.tags contains "a" and properties.tags contains "b"': False,
}


@pytest.mark.parametrize("text", NEVER)
def test_a_condition_that_no_event_fulfils_is_known(text):
    assert never(parse(text)) is NEVER[text]
