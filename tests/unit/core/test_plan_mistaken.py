"""What YAML, a condition or a mapping takes otherwise than it was meant."""

import json

import pytest

from streams.plan import PlanError, parse_plan
from streams.plan.enum_rows import enum_rows
from streams.plan.mistaken import mistaken
from streams.plan.places import Text
from streams.plan.reading import _parsed
from streams.plan.record_schemas import problems, record_schema

ACTION = "actions:\n  a:\n    action: createContactactivities\n    trigger: "
NAMED = 'actions: {createContactactivities: {mapping: {contactActivities: {name: {const: "%s"}}}}}'


def notes(text):
    return tuple(map(str, mistaken(*_parsed(text, "plan"))))


NOTED = {
    "a regular expression": (
        f'{ACTION}event matches ".*Completed$"',
        "plan, line 4: actions.a.trigger has a pattern that looks like a regular expression",
    ),
    "alternatives of one": (f'{ACTION}event matches "(A|B)"', "regular expression"),
    "a pattern where texts are compared": (
        f'{ACTION}event = "Order *"',
        "compares with Order * as it stands; a pattern, in which * is any text",
    ),
    "a pattern in a list": (f'{ACTION}event in ("A", "B*")', "compares with B* as it stands"),
    "inside of not": (f'{ACTION}not (event = "A*")', "compares with A*"),
    "a pattern of a filter": (
        'filters: [{name: a, when: traits.email = "*@a.example", drop: true}]',
        "filters.0.when compares with",
    ),
    "parts of a concat in a list": (
        "actions: {upsertOrder: {mapping: {orderID: {fn: concat, of: [name, event]}}}}",
        "orderID.of is the first of these mappings that gives something; for the parts of a concat",
    ),
    "parts of a join in a list": (
        "actions: {upsertOrder: {mapping: {orderID: {fn: join, of: [name, event]}}}}",
        "join takes a list of the event",
    ),
    "a reserved name": (NAMED % "open", "makes every such activity a dead letter: it is a name"),
    "a country that is a flag": (
        "markets: {told_by: [context.c], known: {a: {attributes: {country: NO}}}}",
        "country is false: so YAML reads NO; write false, or put the text into quotes",
    ),
    "a constant that is a flag": (
        "actions: {upsertOrder: {mapping: {status: {const: on}}}}",
        "status.const is true: so YAML reads on; write true",
    ),
}


@pytest.mark.parametrize(("text", "said"), NOTED.values(), ids=NOTED)
def test_what_is_probably_meant_otherwise_is_noted(text, said):
    (note,) = notes(text)
    assert said in note


@pytest.mark.parametrize(
    "text",
    [
        f'{ACTION}event matches "Order *" and event != "a.b"',
        NAMED % "Purchase",
        "markets: {told_by: [context.c], known: {a: {minor_units: no, attributes: {b: false}}}}",
        "actions: {upsertOrder: {enabled: no, mapping: {status: {const: 'no'}}}}",
        "actions: {upsertOrder: {mapping: {properties: {const: {when: 'a.*'}}}}}",
        "actions: {upsertOrder: {mapping: {orderID: {fn: concat, of: {a: event, b: name}}}}}",
    ],
)
def test_what_means_what_it_says_is_not_noted(text):
    assert notes(text) == ()


@pytest.mark.parametrize("written", ["12:30", "0123", "1_000", "0x1F", "0b11", "1:30.5"])
def test_a_number_that_yaml_reads_otherwise_is_an_error(written):
    text = f"actions:\n  upsertOrder:\n    mapping:\n      status: {{const: {written}}}\n"
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    said = f"line 4: actions.upsertOrder.mapping.status.const has {written}, which YAML reads as"
    assert said in str(caught.value)
    assert parse_plan(text.replace(written, f'"{written}"'))


@pytest.mark.parametrize("written", ["0", "-1", "0.05", "12.50", "1e3", ".5", "1.5e+3", "100"])
def test_a_number_as_it_is_written_is_none(written):
    assert parse_plan(f"actions: {{upsertOrder: {{mapping: {{tax: {{const: {written}}}}}}}}}")


SCHEMA = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["PAID", "GONE"]}},
        {"name": "page", "type": {"type": "record", "name": "Page", "fields": []}},
        {"name": "lines", "type": {"type": "array", "items": "string"}},
        {"name": "id", "type": "string"},
    ],
}
ORDER = record_schema((json.dumps(SCHEMA),), None)
SOURCE = """
sources:
  - topic: shop
    mapping:
      type: {const: track}
      event: {fn: lookup, of: state, table: TABLE}
"""
ROWS = {
    "another symbol": (
        "{PAID: A, GON: B, GONE: B}",
        ["event.table.GON is nothing that state says; did you mean GONE?"],
    ),
    "a symbol without a row": (
        "{PAID: A}",
        ["event.table has no row for GONE; such a record makes an event without event; add it"],
    ),
    "every symbol": ("{PAID: A, GONE: B}", []),
    "another symbol and a default": ("{PAID: A}, default: B", []),
}


@pytest.mark.parametrize(("table", "said"), ROWS.values(), ids=ROWS)
def test_a_table_is_compared_with_the_enum_that_it_is_for(table, said):
    plan = parse_plan(SOURCE.replace("TABLE", table))
    found = enum_rows(plan, Text("plan", None), {("sources", 0): ORDER})
    assert len(found) == len(said)
    assert all(one in str(note) for one, note in zip(said, found, strict=True))


@pytest.mark.parametrize("spec", ["page", "lines", ["page"]])
def test_a_record_or_a_list_where_an_event_has_a_text_is_an_error(spec):
    ((_, what, remedy),) = problems({"type": spec}, ORDER, ())
    assert "where an event has a text" in what
    assert "a fixed text is {const: " in remedy


def test_a_text_and_an_object_of_the_event_are_well():
    assert list(problems({"type": "id", "properties": "page", "event": "state"}, ORDER, ())) == []


def test_a_text_in_place_of_a_constant_is_told():
    ((_, what, remedy),) = problems({"type": "track"}, ORDER, ())
    assert what.startswith("track is not in Order")
    assert remedy == "a fixed text is {const: track}"
