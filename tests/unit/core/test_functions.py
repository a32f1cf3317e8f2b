"""The functions of mappings: each does what its example says, and gives JSON or refuses."""

import inspect
import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.functions import DECLARED, FUNCTIONS, THEMES, Noted, Refused
from streams.core.functions.declaring import KINDS
from streams.core.trigger import PLAIN

pytestmark = pytest.mark.slow


MOST_NAMES = [one for one in DECLARED if one != "json"]


def _made(name, value, **options):
    made = FUNCTIONS[name](value, **options)
    return made.value if isinstance(made, Noted) else made


@pytest.mark.parametrize("name", DECLARED)
def test_a_function_does_what_its_example_says(name):
    example = DECLARED[name].example
    assert _made(name, example.value, **example.options) == example.result


@pytest.mark.parametrize("name", DECLARED)
def test_a_function_is_declared_whole(name):
    one = DECLARED[name]
    assert PLAIN.fullmatch(name)
    assert one.says.endswith(".")
    assert "\n" not in one.says
    assert set(one.example.options) <= set(one.options)
    for option in one.options.values():
        assert not option.required or option.name in one.example.options
        assert option.name not in ("fn", "of")
    for option, value in one.example.options.items():
        assert one.options[option].kind.fits(value)
    keywords = list(inspect.signature(one.call).parameters.values())[1:]
    assert all(given.kind is inspect.Parameter.KEYWORD_ONLY for given in keywords)


def test_no_two_functions_have_one_name():
    assert len(DECLARED) == sum(map(len, THEMES.values()))


REFUSED = [
    ("from_json", "{", {}),
    ("from_json", "NaN", {}),
    ("from_json", {"a": 1}, {}),
    ("from_json", "[" * 25 + "]" * 25, {}),
    ("from_json", "[" * 5_000 + "]" * 5_000, {}),
    ("number", "-1", {}),
    ("number", "1e400", {}),
    ("quantity", 2.5, {}),
    ("round", "1e400", {"digits": 2}),
    ("multiply", "ten", {"by": 2}),
    ("multiply", True, {"by": 2}),
    ("divide", [1], {"by": 2}),
    ("iso_date", "today", {}),
    ("date", "20.11.2026", {"format": "%Y-%m-%d"}),
    ("date", "soon", {}),
    ("date", "x" * 1_000, {"format": "%Y"}),
    ("date", 1e300, {"unit": "s"}),
    ("add_time", "9999-12-31", {"days": 1}),
    ("start_of_day", None, {}),
    ("lower", {"a": 1}, {}),
    ("replace", "a" * 2_000, {"find": "a", "by": "b" * 1_000}),
    ("join", "red", {}),
    ("join", [["a"]], {}),
    ("concat", "red", {}),
    ("sort", [1, "a"], {}),
    ("sort", [True, False], {}),
    ("sum", ["one"], {}),
    ("first", "abc", {}),
    ("length", 3, {}),
    ("merge", {"a": 1}, {}),
    ("pick", "red", {"names": ["a"]}),
    ("boolean", "perhaps", {}),
    ("lookup", ["DE"], {"table": {"DE": 1}}),
    ("sha256", ["a"], {}),
    ("activity_name", "pageview", {}),
    ("list_name", "L" * 129, {}),
]


@pytest.mark.parametrize(("name", "value", "options"), REFUSED)
def test_a_value_that_cannot_be_used_is_refused_and_not_repeated(name, value, options):
    with pytest.raises(Refused) as caught:
        FUNCTIONS[name](value, **options)
    assert str(value) not in str(caught.value)


MADE = [
    ("text", 2.0, {}, "2"),
    ("text", "  ", {}, None),
    ("title", "they're o'neill", {}, "They're O'neill"),
    ("trim", " ", {}, None),
    ("prefix", "segment_77", {"by": "segment_"}, "segment_77"),
    ("prefix", "", {"by": "segment_"}, None),
    ("cut", "abc", {"length": 3}, "abc"),
    ("cut", "abcd", {"length": 1, "ending": "..."}, "."),
    ("join", ["a", None, "", 2], {"by": "-"}, "a-2"),
    ("split", ", ,", {"by": ","}, None),
    ("number", "12", {}, 12),
    ("round", 2.675, {"digits": 2}, 2.68),
    ("round", -2.5, {}, -3),
    ("multiply", 0.1, {"by": 3}, 0.3),
    ("divide", "10", {"by": 4}, 2.5),
    ("clamp", -3, {"least": 0}, 0),
    ("from_minor_units", "1234", {"digits": 3}, 1.234),
    ("from_minor_units", 500, {"digits": 0}, 500),
    ("date", 1_795_168_800, {}, "2026-11-20T10:00:00.000+00:00"),
    ("date", 1_795_168_800_000, {}, "2026-11-20T10:00:00.000+00:00"),
    ("date", 1_795_168_800_000_000, {}, "2026-11-20T10:00:00.000+00:00"),
    ("date", "86400", {"unit": "s"}, "1970-01-02T00:00:00.000+00:00"),
    ("date", "2026-11-20T10:00", {"zone": "Europe/Berlin"}, "2026-11-20T10:00:00.000+01:00"),
    ("date", "2026-11-20T10:00Z", {"zone": "Europe/Berlin"}, "2026-11-20T11:00:00.000+01:00"),
    (
        "date",
        "20.11.2026 10:00 +0000",
        {"format": "%d.%m.%Y %H:%M %z", "zone": "Europe/Berlin"},
        "2026-11-20T11:00:00.000+01:00",
    ),
    ("date", 1_795_168_800, {"format": "%d.%m.%Y"}, "2026-11-20T10:00:00.000+00:00"),
    (
        "start_of_day",
        "2026-03-29T12:00:00Z",
        {"zone": "Europe/Berlin"},
        "2026-03-29T00:00:00.000+01:00",
    ),
    (
        "add_time",
        "2026-03-28T12:00:00+01:00",
        {"days": 1, "zone": "Europe/Berlin"},
        "2026-03-29T12:00:00.000+02:00",
    ),
    (
        "add_time",
        "2026-03-29T01:30:00+01:00",
        {"hours": 1, "zone": "Europe/Berlin"},
        "2026-03-29T03:30:00.000+02:00",
    ),
    ("epoch", "1970-01-01T00:00:01Z", {"unit": "us"}, 1_000_000),
    ("lookup", True, {"table": {"true": "on"}}, "on"),
    ("lookup", "IT", {"table": {"DE": "Germany"}}, None),
    ("boolean", " NEIN ", {"yes": ["ja"], "no": ["nein"]}, False),
    ("first", [], {}, None),
    ("last", [], {}, None),
    ("unique", [1, True, 1.0, 1], {}, [1, True, 1.0]),
    ("sort", ["b", None, "a"], {}, ["a", "b", None]),
    ("sum", [], {}, 0),
    ("rename", {"a": 1, "b": 2}, {"names": {"a": "b"}}, {"b": 1}),
    ("merge", {"a": {"x": 1}, "b": {"x": 2}}, {}, {"x": 2}),
    ("properties", {}, {}, None),
    ("sha256", "  ", {}, None),
]


@pytest.mark.parametrize(("name", "value", "options", "made"), MADE)
def test_what_a_function_makes(name, value, options, made):
    found = _made(name, value, **options)
    assert orjson.dumps(found) == orjson.dumps(made)


def test_a_note_says_what_was_changed():
    assert FUNCTIONS["number"]("49.90") == Noted(49.9, "number written as text")
    assert isinstance(FUNCTIONS["activity_name"]("Optout"), Noted)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", " ", "49.90", "1e400", "1e999999999", "NaN", "-0", "9" * 70, "12:00"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=60, deadline=None)
@given(value=JSON.filter(lambda value: value is not None))
def test_a_function_gives_json_or_refuses(name, value):
    try:
        made = _made(name, value, **DECLARED[name].example.options)
    except Refused:
        return
    assert json.loads(orjson.dumps(made)) == made


OPTIONS = [
    ("date", "zone", "Europe/Berln"),
    ("date", "zone", "../etc/passwd"),
    ("date", "zone", "Europe"),
    ("date", "format", "%d %d"),
    ("date", "format", "%Q"),
    ("date", "format", ""),
    ("date", "format", "%Y" * 60),
    ("date", "unit", "minutes"),
    ("divide", "by", 0),
    ("multiply", "by", float("inf")),
    ("multiply", "by", True),
    ("round", "digits", 2.0),
    ("round", "digits", 11),
    ("lookup", "table", {1: "a"}),
    ("lookup", "table", {"a": [1]}),
    ("lookup", "table", {}),
    ("replace", "find", ""),
    ("replace", "by", "b" * 1_001),
    ("pick", "names", []),
    ("pick", "names", [1]),
    ("rename", "names", {"a": 1}),
    ("boolean", "yes", "yes"),
    ("sort", "descending", "yes"),
]


@pytest.mark.parametrize(("name", "option", "value"), OPTIONS)
def test_an_option_of_the_wrong_kind_does_not_fit(name, option, value):
    assert not DECLARED[name].options[option].kind.fits(value)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.expected)
@given(value=JSON)
def test_a_kind_judges_whatever_it_is_given(kind, value):
    assert kind.fits(value) in (True, False)
