"""docs/mappings.md: examples are plans, and equivalents give what they say."""

import re
from pathlib import Path

import pytest
import yaml

from streams.core.functions import DECLARED
from streams.core.mapping import WORDS, compile_mapping, record_of
from streams.core.records import Place
from streams.plan import directives, parse_plan
from streams.plan.mapping_hints import FUNCTIONS as ELSEWHERE
from streams.plan.mappings import ROOTS, Check
from streams.sources.customer_event import from_json
from tools.equivalents import EQUIVALENTS, EVENT
from tools.mappings import flow

PAGE = (Path(__file__).parents[2] / "docs" / "mappings.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
WORD_ROWS = re.findall(r"^\| `(.+?)` \|", PAGE.split("## Words")[1].split("## ")[0], re.MULTILINE)
DIRECTIVES = [
    "@path",
    "@template",
    "@if",
    "@arrayPath",
    "@case",
    "@replace",
    "@merge",
    "@transform",
    "@flatten",
    "@json",
    "@liquid",
    "@literal",
    "@excludeWhenNull",
    "@length",
    "@cdpresolution",
]
WITH_ONE = [one for one in EQUIVALENTS if one.ours is not None]


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_is_a_plan(text):
    parse_plan(text)


def test_the_six_words_stand_in_their_table_and_are_mappings():
    words = [yaml.safe_load(cell) for cell in WORD_ROWS]
    kinds = [next((word for word in WORDS if word in one), type(one)) for one in words]
    assert sorted(map(str, kinds)) == sorted(map(str, [*WORDS, str, list]))
    for one in words:
        assert list(Check().problems(one, ())) == []


def test_every_root_of_a_path_is_told():
    section = PAGE.split("**Paths**")[1].split("**")[0]
    assert set(ROOTS) <= set(re.findall(r"`(\w+)`", section))


def test_every_directive_has_its_row():
    told = {one.directive.split()[0] for one in EQUIVALENTS}
    assert told == set(DIRECTIVES)


def test_what_errors_suggest_for_functions_is_there():
    assert set(ELSEWHERE.values()) <= set(DECLARED)
    assert not set(ELSEWHERE) & set(DECLARED)
    assert {one.directive for one in EQUIVALENTS if one.ours is None} == {
        "@liquid",
        "@cdpresolution",
    }


@pytest.mark.parametrize("one", WITH_ONE, ids=lambda one: one.directive)
def test_what_stands_for_a_directive_gives_what_the_page_says(one):
    event = from_json(EVENT, Place("events", 0, 0), 1_795_168_800_000)
    ours = yaml.safe_load(flow(one.ours))
    assert list(Check().problems(ours, ())) == []
    made = compile_mapping({"made": ours})(record_of(event), event, [])
    assert made == {"made": one.gives}


def test_a_plan_that_holds_a_directive_is_told_what_stands_for_it_here():
    theirs = {one.directive.split()[0] for one in EQUIVALENTS}
    assert theirs == set(directives.DIRECTIVES)
