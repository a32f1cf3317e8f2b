"""docs/sources.md: its examples are plans, and it has every field that a mapping may say."""

import re
from pathlib import Path

import pytest
import yaml

from streams.plan import compile_plan, parse_plan
from streams.sources.customer_event import FIELDS
from tests.docs.test_plan_page import checker
from tests.unit.core.made import KEYS

PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_of_the_page_is_a_plan_and_fits_the_schema(text):
    compile_plan(parse_plan(text), KEYS)
    checker().validate(yaml.safe_load(text))


def test_every_field_of_an_event_is_on_the_page():
    section = PAGE.split("## Mapping a record")[1].split("## ")[0]
    for name in FIELDS:
        assert f"`{name}`" in section, name
