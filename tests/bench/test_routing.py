"""The plans that `bench.routing` measures are what it says they are."""

from bench.routing import (
    FIELDS,
    INSTANCES,
    MAPPED,
    OWN,
    PLACES,
    PLANS,
    events,
    many_plan,
    wide_plan,
)
from streams.actions import ACTIONS
from streams.core.routed import Routed
from streams.core.routing import route
from streams.plan import compile_plan, plan_of
from tests.unit.core.made import KEYS


def mapped(actions):
    """How many fields a plan maps beside those that stand in for the action's own."""
    count = 0
    for name, said in actions.items():
        action = said.get("action", name)
        fields = said["mapping"]
        for step in PLACES[action]:
            fields = fields[step]
        count += len(set(fields) - set(OWN.get(action, {})))
    return count


def test_many_instances_are_30_with_200_fields():
    actions = many_plan()["actions"]
    assert len(actions) == INSTANCES == 30
    assert mapped(actions) == MAPPED == 200
    assert set(ACTIONS) < set(actions)


def test_wide_instances_are_ten_with_20_fields_each():
    assert mapped(wide_plan()["actions"]) == MAPPED
    assert len(FIELDS) * len(ACTIONS) == MAPPED


def test_every_plan_makes_as_many_commands_of_an_event_and_maps_its_fields():
    plans = {name: compile_plan(plan_of(make()), KEYS) for name, make in PLANS.items()}
    sizes = dict.fromkeys(plans, 0)
    for event in events(200):
        made = {name: route(event, plan) for name, plan in plans.items()}
        assert all(isinstance(one, Routed) and not one.dead for one in made.values())
        assert len({len(one.commands) for one in made.values()}) == 1
        for name, one in made.items():
            sizes[name] += len(str([command.body for command in one.commands]))
    assert sizes["default"] < sizes["30 instances"] < sizes["20 fields in each"]
