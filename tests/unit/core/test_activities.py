"""Activities as Cordial takes them: names that stay apart, properties that are not stripped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cordial.sandbox.rules import problems
from streams.core.activities import MOST_PROPERTIES, RENAMED, TOO_MANY, fit
from streams.core.functions import FUNCTIONS, Noted, Refused
from streams.core.functions.names import MAX_NAME
from streams.core.routing import route
from streams.plan import PlanError, parse_plan
from tests.unit.core.made import event, plan

LONG = "Subscription Renewal Reminder Email Opened"
CUT = "Subscription Renewal Reminder E-fb3571f5"


def named(text):
    made = FUNCTIONS["activity_name"](text)
    return made.value if isinstance(made, Noted) else made


def test_a_name_that_looks_like_a_cut_one_is_not_taken_for_it():
    assert named(LONG) == CUT
    assert named(CUT) != CUT
    assert len(named(CUT)) == MAX_NAME


@given(st.lists(st.text(st.sampled_from("ab-0f"), min_size=1, max_size=60), unique=True))
def test_two_names_never_become_one(names):
    names = [*names, *(named(one) for one in names if len(named(one)) == MAX_NAME)]
    assert len({named(one) for one in names}) == len(set(names))


RESERVED = {
    "pageview": False,
    "crdl_anything": False,
    "crdl-pdm-anything": False,
    "PageView": True,
    "CRDL_anything": True,
    "Crdl-Pdm-anything": True,
}


@pytest.mark.parametrize(("name", "goes"), RESERVED.items())
def test_a_reserved_name_is_refused_and_one_in_another_case_is_noted(name, goes):
    if goes:
        assert isinstance(FUNCTIONS["activity_name"](name), Noted)
    else:
        with pytest.raises(Refused):
            FUNCTIONS["activity_name"](name)


def fitted(properties, *, shaped=True):
    body, said = {"contactActivities": [{"name": "Viewed", "properties": properties}]}, []
    fit(body, said, shaped=shaped)
    return body["contactActivities"][0].get("properties"), said


def test_names_that_a_mapping_makes_are_mended_at_any_depth_and_stay_apart():
    given_ = {"a.b": 1, "a_b": 2, "7": {"1.2": 3}, "list": [{"x.y": 4}]}
    made, said = fitted(given_)
    assert made == {"a_b_": 1, "a_b": 2, "_7": {"1_2": 3}, "list": [{"x_y": 4}]}
    assert {one.what for one in said} == {RENAMED}
    assert said[0].field == "properties.a.b"


def test_a_page_of_a_thousand_properties_keeps_a_thousand():
    properties = {f"p{number:04d}": number for number in range(MOST_PROPERTIES)}
    page = event("page", name="Home", properties=properties)
    (command,) = route(page, plan()).commands
    (activity,) = command.body["contactActivities"]
    assert len(activity["properties"]) == MOST_PROPERTIES
    assert [one.what for one in command.notes] == [TOO_MANY]


@pytest.mark.parametrize("properties", ["text", 7, [1]])
def test_properties_that_are_no_object_are_left_out(properties):
    made, said = fitted(properties)
    assert made is None
    assert len(said) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text("a.1", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("a.1", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("a.1", max_size=3), JSON, max_size=4))
def test_cordial_strips_nothing_of_what_is_left(properties):
    made, _ = fitted(properties)
    contact = {"identifiers": {"email": "a@shop.example"}}
    activity = {"name": "Viewed", "properties": made}
    body = {"contact": contact, "contactActivities": [activity]}
    assert list(problems("createContactactivities", body)) == []
    assert len(made) == len(properties)


WRONG = {"pageview": "reserves", "a" * 41: "is no name", "": "is no name", "crdl_page": "reserves"}


@pytest.mark.parametrize(("name", "said"), WRONG.items())
def test_a_page_cannot_be_called_what_cordial_would_not_take(name, said):
    with pytest.raises(PlanError, match=rf"page_name .*{said}"):
        parse_plan(f"actions: {{createContactactivities: {{page_name: '{name}'}}}}")


MAPPED = {"mapping": {"contactActivities": {"name": "properties.label"}}}


def shaped(label):
    said = event(event="Signed Up", properties={"label": label})
    return route(said, plan(createContactactivities=MAPPED))


def test_a_name_that_a_mapping_makes_is_one_that_cordial_takes():
    (command,) = shaped(LONG).commands
    assert command.body["contactActivities"][0]["name"] == CUT
    assert [one.what for one in command.notes] == ["cut to 40 characters, with a hash"]
    (dead,) = shaped("pageview").dead
    assert dead.reason == "invalid"
