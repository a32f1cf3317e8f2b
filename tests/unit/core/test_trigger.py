"""Triggers: what the text means, and how its errors point."""

import pytest

from streams.core.trigger import TriggerError, compile_trigger
from tests.unit.core.made import event

ADDED = event(
    event="Product Added",
    properties={"total": 12.5, "n": 3, "gift": True, "price": {"net": 10}, "code": "3"},
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
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_a_trigger_means_what_it_says(text, expected):
    assert compile_trigger(text)(ADDED) is expected


def test_a_missing_field_equals_nothing_not_even_itself():
    nobody = event(user_id=None, anonymous_id=None)
    assert not compile_trigger('userId = ""')(nobody)
    assert not compile_trigger('userId = "None"')(nobody)


def test_a_quote_in_a_text_is_escaped():
    assert compile_trigger('event = "a \\"b\\""')(event(event='a "b"'))


ERRORS = [
    ("", 1, "a field"),
    ('kind = "track"', 1, "a field"),
    ('type "track"', 6, "=, != or exists"),
    ("type = track", 8, "a value"),
    ("type =", 7, "a value"),
    ('type = "track" event = "A"', 16, "and, or, or the end"),
    ('(type = "track"', 16, "a closing parenthesis"),
    ('type = "track" and', 19, "a field"),
    ('type = "track', 8, "a field, a value"),
    ("properties = 1", 1, "a field"),
    ("properties. = 1", 1, "a field"),
    ("properties..a = 1", 1, "a field"),
    ('type > "a"', 6, "a field, a value"),
]


@pytest.mark.parametrize(("text", "character", "expected"), ERRORS)
def test_an_error_points_at_the_character(text, character, expected):
    with pytest.raises(TriggerError) as caught:
        compile_trigger(text)
    said, shown, caret = str(caught.value).split("\n")
    assert f"expected {expected}" in said
    assert said.endswith(f"at character {character}:")
    assert shown == f"  {text}"
    assert caret.index("^") == character + 1
