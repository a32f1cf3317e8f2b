"""docs/plan.md and docs/plan.schema.json: examples load, and the schema says what reading says."""

import json
import re
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import yaml

from streams.core.trigger_operators import OPERATORS
from streams.core.trigger_text import parse
from streams.plan import PlanError, instance_names, parse_plan
from tools.plan_schema import FILE, written

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plan.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
STORIES = sorted((ROOT / "tests" / "examples").glob("*/*.json"))


@cache
def checker():
    schema = json.loads(FILE.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_schema_is_fresh():
    assert FILE.read_text() == written(), "run: make docs"


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.split("\n")[0])
def test_every_example_of_the_page_is_a_plan_and_fits_the_schema(text):
    parse_plan(text)
    checker().validate(yaml.safe_load(text))


def test_the_worked_example_says_what_its_words_say():
    plan = parse_plan(EXAMPLES[0])
    assert [source.topic for source in plan.sources] == ["shop.events", "app.events"]
    assert [one.name for one in plan.filters] == ["staff", "no-cards"]
    assert "memberPurchases" in instance_names(plan)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_plan_of_every_story_fits_the_schema(path):
    checker().validate(json.loads(path.read_text()).get("plan", {}))


WRONG = {
    "an unknown key": "source: []",
    "no source": "sources: []",
    "a record that is no name": "sources: [{topic: a, record: shop.Order-1}]",
    "a source's mapping without a type": "sources: [{topic: a, mapping: {userId: id}}]",
    "a source's mapping of no field": "sources: [{topic: a, mapping: {type: t, userID: id}}]",
    "an unknown key of a record": "sources: [{topic: a, records: [{recrd: a.B}]}]",
    "an unknown key of an action": "actions: {upsertOrder: {in_doubts: resend}}",
    "a wrong word": "actions: {upsertOrder: {in_doubt: drop}}",
    "a wrong type": "actions: {upsertOrder: {enabled: 'yes'}}",
    "an instance without an action": "actions: {vip: {trigger: type exists}}",
    "an instance without a trigger": "actions: {vip: {action: upsertOrder}}",
    "an instance of no action": "actions: {vip: {action: upsertOrders, trigger: type exists}}",
    "a name that is no topic's": "actions: {v.i.p: {action: upsertOrder, trigger: type exists}}",
    "a filter without a name": "filters: [{drop: true}]",
    "a filter that does nothing": "filters: [{name: a}]",
    "a filter that does two things": "filters: [{name: a, drop: true, sample: 0.1}]",
    "a filter that drops not": "filters: [{name: a, drop: false}]",
    "a share above 1": "filters: [{name: a, sample: 10}]",
    "a trigger of another type": "actions: {upsertOrder: {trigger: 3}}",
    "an operator that is none": "actions: {upsertOrder: {trigger: {field: event, op: is}}}",
    "a structure of two words": "actions: {upsertOrder: {trigger: {all: [a], any: [b]}}}",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_reading_refuses_the_schema_refuses(text):
    with pytest.raises(PlanError):
        parse_plan(text)
    with pytest.raises(jsonschema.ValidationError):
        checker().validate(yaml.safe_load(text))


def test_every_operator_is_on_the_page():
    section = PAGE.split("## Conditions")[1].split("## ")[0]
    for name in OPERATORS:
        assert f"`{name.removeprefix('not ')}`" in section, name


def test_the_conditions_of_the_page_are_conditions():
    (text,) = re.findall(r"```text\n(.*?)```", PAGE.split("## Conditions")[1], re.DOTALL)
    parse(text)
