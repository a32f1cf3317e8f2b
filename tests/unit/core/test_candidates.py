"""Which instances an event can be for: never one too few, whatever the triggers and the event."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.candidates import Candidates, Reach, reach
from streams.core.routing import wants
from streams.core.trigger import All, AnyOf, Comparison, Not, compile_node
from streams.core.trigger_text import parse
from streams.plan import compile_plan, plan_of
from tests.unit.core.made import KEYS, event

pytestmark = pytest.mark.slow


WORDS = ["track", "page", "Order Completed", "Order Updated", "A", "5"]
SINGLE = st.sampled_from([*WORDS, 5.0, True])
COMPARISONS = st.one_of(
    st.builds(
        Comparison,
        st.sampled_from([("type",), ("event",), ("name",), ("properties", "event")]),
        st.sampled_from(["=", "!="]),
        SINGLE,
    ),
    st.builds(
        Comparison,
        st.sampled_from([("type",), ("event",)]),
        st.sampled_from(["in", "not in"]),
        st.lists(SINGLE, min_size=1, max_size=3).map(tuple),
    ),
    st.builds(
        Comparison,
        st.sampled_from([("type",), ("event",)]),
        st.sampled_from(["starts with", "contains", "matches", "not matches"]),
        st.sampled_from([*WORDS, "Order *"]),
    ),
    st.builds(Comparison, st.just(("event",)), st.sampled_from(["exists", "not exists"])),
)
NODES = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
EVENTS = st.builds(
    event,
    st.sampled_from(["track", "page", "identify"]),
    event=st.none() | st.sampled_from(WORDS),
    name=st.none() | st.sampled_from(WORDS),
    properties=st.just({}) | st.just({"event": "A"}),
)


@settings(max_examples=500)
@given(st.lists(NODES, max_size=4), st.lists(EVENTS, min_size=1, max_size=4))
def test_whatever_a_trigger_is_true_of_is_a_candidate(nodes, events):
    waiting = [SimpleNamespace(trigger=node, names_matter=True) for node in nodes]
    candidates = Candidates(waiting)
    for one in events:
        found = candidates.of(one)
        true = [each for each in waiting if compile_node(each.trigger)(one)]
        assert [each for each in found if compile_node(each.trigger)(one)] == true
        assert [each for each in waiting if each in found] == list(found)


@pytest.mark.parametrize(
    ("text", "types", "names"),
    [
        ('type = "track"', {"track"}, None),
        ('type = "track" and event = "A"', {"track"}, {"A"}),
        ('type = "track" and (event = "A" or event in ("B", "C"))', {"track"}, {"A", "B", "C"}),
        ('type = "track" or type = "page"', {"track", "page"}, None),
        ('event = "A" or properties.total > 3', None, None),
        ('type = "track" and not event = "A"', {"track"}, None),
        ('type = "track" and event = "A" and event = "B"', {"track"}, set()),
        ('event in ("A", 3)', None, None),
        ('event != "A"', None, None),
        ('name = "A"', None, None),
    ],
)
def test_what_a_condition_may_be_true_of(text, types, names):
    assert reach(parse(text)) == Reach(
        None if types is None else frozenset(types), None if names is None else frozenset(names)
    )


def test_what_is_sure_not_to_match_is_not_evaluated():
    triggers = ['type = "page"', 'event = "A"', 'event = "B"', "properties.total > 3"]
    waiting = [SimpleNamespace(trigger=parse(text), names_matter=True) for text in triggers]
    found = Candidates(waiting).of(event(event="A"))
    assert found == (waiting[1], waiting[3])
    assert Candidates(waiting).of(event(event="Z")) == (waiting[3],)


PLANS = [
    {},
    {"actions": {"a": {"action": "upsertOrder", "trigger": 'event = "Order Completed"'}}},
    {"actions": {"upsertContact": {"enabled": False}}},
    {"orders": {"statuses": {"A": "Order Completed"}}},
]


@pytest.mark.parametrize("plan", PLANS)
@given(EVENTS)
def test_of_a_plan_the_candidates_that_want_an_event_are_all_that_want_it(plan, one):
    compiled = compile_plan(plan_of(plan), KEYS)
    among = [each.name for each in compiled.candidates.of(one) if wants(each, one) is not None]
    assert among == [each.name for each in compiled.instances if wants(each, one) is not None]
