"""Whatever stands in a source's mapping: it is refused when the plan is read, or it works."""

from typing import Any

import pytest
from fastavro import parse_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.event import Event
from streams.core.functions import DECLARED
from streams.core.records import Place
from streams.plan import PlanError, bus_of, plan_of
from streams.plan.record_schemas import RecordSchema, problems
from streams.sources.customer_event import FIELDS, Invalid
from streams.sources.mapped import mapped_event

pytestmark = pytest.mark.slow


PLACE = Place("shop", 0, 7, time=1_795_168_000_000)
PATHS = st.sampled_from(["a", "b.c", "b.d.0.e", "$.a", "l", "l.0", '"x y"', "a..b", "", "$", "m.k"])
CONDITIONS = st.sampled_from(['a = "x"', "b.c exists", "l contains 3", "not a is true", "a is", 3])
WITHOUT_OPTIONS = [
    name
    for name, one in DECLARED.items()
    if not any(option.required for option in one.options.values())
]
SINGLE = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3) | st.floats()


def words(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from([*WITHOUT_OPTIONS, "nothing"])
    return (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.fixed_dictionaries({"each": inner, "as": inner})
        | st.fixed_dictionaries({"when": CONDITIONS, "use": inner})
        | st.fixed_dictionaries({"fn": names, "of": inner})
        | st.fixed_dictionaries({"fn": st.just("date"), "of": inner, "unit": SINGLE})
    )


SPECS = st.recursive(PATHS | st.fixed_dictionaries({"const": SINGLE}) | SINGLE, words, max_leaves=6)
MAPPINGS = st.fixed_dictionaries(
    {"type": st.just({"const": "track"}) | SPECS},
    optional=dict.fromkeys((*FIELDS[2:], "another"), SPECS),
)
VALUES = st.recursive(
    SINGLE | st.binary(max_size=2) | st.datetimes() | st.decimals(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "c", "d", "e", "k", "x y"]), inner, max_size=3)
    ),
    max_leaves=8,
)
RECORDS = st.dictionaries(st.sampled_from(["a", "b", "l", "m", "x y"]), VALUES)
SCHEMA = {
    "type": "record",
    "name": "R",
    "fields": [
        {"name": "a", "type": ["null", "string", {"type": "map", "values": "R"}]},
        {"name": "b", "type": ["null", "R", {"type": "array", "items": "R"}]},
        {"name": "l", "type": {"type": "array", "items": ["null", "bytes", "R"]}},
    ],
}


@settings(max_examples=400, deadline=None)
@given(MAPPINGS, RECORDS)
def test_a_mapping_is_refused_with_its_place_or_makes_something_of_every_record(mapping, record):
    source = {"topic": "shop", "keyed_by_user": False, "mapping": mapping}
    try:
        plan = plan_of({"sources": [source]})
    except PlanError:
        return
    (kind,) = bus_of(plan).types("shop")
    made = mapped_event(record, PLACE, kind.mapped, now=PLACE.time)
    assert isinstance(made, Event | Invalid)
    named: dict[str, Any] = {}
    schema = RecordSchema(parse_schema(SCHEMA, named_schemas=named), named)
    for at, what, _ in problems(mapping, schema, ("mapping",)):
        assert at[0] == "mapping"
        assert what
