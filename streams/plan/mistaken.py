"""What a plan says in words that mean something else here: `plan check` notes it and goes on.

Regular expressions and patterns where there are none, lists where an object is meant, flags where
YAML took a `no` for one, names that Cordial refuses.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import yaml

from streams.core.functions import FUNCTIONS, Refused
from streams.core.trigger import (
    EQUAL,
    OF_EVENT,
    OF_RECORD,
    Comparison,
    TriggerError,
    comparisons,
)
from streams.core.trigger_yaml import parse_any
from streams.plan.model import Plan
from streams.plan.places import FLAG, Finding, Path, Text, Wrong, said

EXPRESSION = re.compile(r"\.[*+]|\\|^\^|\$$|\[[^\]]*\]|\([^)]*\|")
OF_PARTS = ("concat", "join", "merge")
"""Functions for which a list of mappings is easily taken for a list of their parts."""
ACTIVITY_NAME = ("contactActivities", "name", "const")
FLAGS = ("yes", "no", "on", "off")
ANYTHING = ("const", "table", "default")
CONSTANTS = ("attributes", "properties")


def mistaken(plan: Plan, text: Text) -> tuple[Wrong, ...]:
    """Each with its place."""
    data = plan.model_dump(by_alias=True, exclude_unset=True)
    return tuple(said(text, *one) for one in (*_doubts(data, ()), *_flags(text.root, ())))


def _doubts(value: Any, at: Path) -> Iterator[Finding]:
    if at[-3:] == ACTIVITY_NAME and value is not None:
        yield from _refused(value, at)
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _doubts(one, (*at, number))
    if not isinstance(value, dict):
        return
    of = value.get("of")
    if value.get("fn") in OF_PARTS and isinstance(of, list) and len(of) > 1:
        what = "is the first of these mappings that gives something"
        yield (*at, "of"), what, _parts(str(value["fn"]))
    for name, inner in value.items():
        if name in ("when", "trigger"):
            yield from _condition(inner, (*at, name))
        elif name != "const" or at[-2:] == ACTIVITY_NAME[:2]:
            yield from _doubts(inner, (*at, name))


def _parts(function: str) -> str:
    if function == "join":
        return "join takes a list of the event; for parts there is {fn: concat, of: {a: …, b: …}}"
    return f"for the parts of a {function} write an object: of: {{a: …, b: …}}"


def _refused(value: Any, at: Path) -> Iterator[Finding]:
    try:
        FUNCTIONS["activity_name"](value)
    except Refused as refused:
        yield at, f"makes every such activity a dead letter: it {refused}", ""


def _condition(spec: Any, at: Path) -> Iterator[Finding]:
    of_record = at[0] == "sources" and "mapping" in at
    with suppress(TriggerError):
        for one in comparisons(parse_any(spec, (), OF_RECORD if of_record else OF_EVENT)):
            yield from _test(one, at)


def _test(test: Comparison, at: Path) -> Iterator[Finding]:
    for text in (one for one in test.values if isinstance(one, str)):
        if test.operator.endswith("matches") and EXPRESSION.search(text):
            what = f"has a pattern that looks like a regular expression: {text}"
            yield at, what, "in a pattern * is any text and ? any letter, all else is itself"
        elif test.operator in EQUAL and "*" in text:
            what = f"compares with {text} as it stands"
            yield at, what, "a pattern, in which * is any text, stands behind matches"


def _flags(node: yaml.Node | None, at: Path) -> Iterator[Finding]:
    """Flags by the words yes, no, on, off, where a text might be meant: NO is a country, too."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            yield from _flags(value, (*at, name))
    elif isinstance(node, yaml.SequenceNode):
        for number, one in enumerate(node.value):
            yield from _flags(one, (*at, number))
    elif node is not None and node.tag == FLAG and node.value.lower() in FLAGS:
        of_market = at[0] == "markets" and any(one in CONSTANTS for one in at)
        if of_market or any(one in ANYTHING for one in at):
            flag = str(node.value.lower() in ("yes", "on")).lower()
            remedy = f"write {flag}, or put the text into quotes"
            yield at, f"is {flag}: so YAML reads {node.value}", remedy
