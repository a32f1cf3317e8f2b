"""`trace --explain`: which part of a trigger was true, and where each field of a body is from."""

import io
import json

import pytest
from hypothesis import example, given, settings
from rich.console import Console
from typer.testing import CliRunner

from streams.actions import ACTIONS
from streams.cli import app
from streams.core.mapping import Unmappable, compile_mapping, record_of
from streams.core.mapping_explained import mapped_fields
from streams.core.records import Place
from streams.plan import compile_plan, plan_of
from streams.plan.mappings import Check
from streams.sources.customer_event import Invalid, from_json
from streams.tracing.explained import explained_lines
from streams.tracing.page import Page
from streams.tracing.telling import tell
from tests.unit.core.made import KEYS, TEN_O_CLOCK
from tests.unit.core.test_actions import RAW
from tests.unit.core.test_plan_mappings import MAPPINGS

ORDER = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "userId": "u-42",
    "timestamp": "2026-11-20T10:00:00Z",
    "traits": {"email": "Ana@Example.com"},
    "properties": {
        "order_id": "o-1",
        "total": "61.90",
        "card": {"number": "4111"},
        "products": [
            {"product_id": "p-1", "sku": "A-1", "name": "Shirt", "price": 61.9},
            "strange",
        ],
    },
}
PLAN = {
    "filters": [{"name": "no-cards", "drop_fields": ["properties.card"]}],
    "actions": {
        "upsertOrder": {
            "mapping": {"properties": {"store": ["properties.store", {"const": "web"}]}}
        },
        "createContactactivities": {
            "filters": [{"name": "quiet", "when": 'type = "track"', "drop": True}]
        },
    },
}


def line_of(raw=ORDER, plan=PLAN):
    compiled = compile_plan(plan_of(plan), KEYS)
    (told,) = tell([raw], compiled, TEN_O_CLOCK, explain=True)
    return told, compiled


def instance(line, name):
    (one,) = (one for one in line["explain"]["instances"] if one["name"] == name)
    return one


def test_without_the_word_a_line_has_the_parts_of_its_contract_and_no_more():
    compiled = compile_plan(plan_of(PLAN), KEYS)
    (plain,) = tell([ORDER], compiled, TEN_O_CLOCK)
    told, _ = line_of()
    assert plain.line == {key: one for key, one in told.line.items() if key != "explain"}


def test_each_instance_says_whether_its_trigger_is_true_and_by_which_part():
    told, _ = line_of()
    assert {one["name"] for one in told.line["explain"]["instances"]} == set(ACTIONS)
    cart = instance(told.line, "addProductsToCart")
    assert cart["trigger"] == {
        "true": False,
        "and": [
            {"true": True, "text": 'type = "track"'},
            {"true": False, "text": 'event = "Product Added"'},
        ],
    }
    assert (cart["on"], cart["wanted"], cart["fields"]) == (True, False, [])
    off = instance(told.line, "removeContactsFromList")
    assert (off["on"], off["trigger"], off["wanted"]) == (False, None, False)
    assert instance(told.line, "upsertOrder")["wanted"]


def test_each_field_says_where_it_comes_from_and_what_made_it():
    told, _ = line_of()
    fields = {one["body"]: one for one in instance(told.line, "upsertOrder")["fields"]}
    assert fields["orderID"] == {
        "body": "orderID",
        "from": ["properties.order_id"],
        "by": ["text"],
        "value": "o-1",
    }
    assert fields["totalAmount"]["value"] == 61.9
    assert fields["items[0].sku"]["from"] == ["properties.products[0].sku"]
    assert fields["items[0].category"]["why"] == "the event lacks it"
    assert fields["items[1]"]["why"] == "is no object"
    assert (fields["properties.store"]["from"], fields["properties.store"]["value"]) == ([], "web")
    false = fields["properties.refundedAmount"]
    assert false["why"] == 'its condition is false: event = "Order Refunded"'
    assert fields["removeItemsFromCart"]["from"] == ["event"]


def test_an_alternative_that_refuses_is_the_one_that_is_told():
    spec = {"a": [{"fn": "number", "of": "properties.order_id"}, {"const": 1}]}
    one = from_json(ORDER, Place("events", 0, 0), TEN_O_CLOCK)
    (field,) = mapped_fields(spec, record_of(one), one)
    assert (field.sources, field.why) == (("properties.order_id",), "must be a number")


def test_what_rules_took_and_kept_back_is_told():
    told, _ = line_of()
    assert told.line["explain"]["rules"] == [
        {"name": "no-cards", "kept_back": False, "took": ["properties.card.number"], "put": []}
    ]
    activity = instance(told.line, "createContactactivities")
    assert activity["wanted"]
    assert activity["fields"] == []
    assert [one["name"] for one in activity["rules"]] == ["quiet"]
    assert activity["rules"][0]["kept_back"]


def test_identifiers_say_where_they_come_from():
    told, _ = line_of()
    assert told.line["explain"]["identifiers"] == [
        {"body": "segment_id", "from": ["userId"], "by": [], "value": "u-42"},
        {
            "body": "email",
            "from": ["traits.email"],
            "by": ["normalised"],
            "value": "ana@example.com",
        },
    ]


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"products": []}, "Cordial requires orderID and the event lacks it"),
        ({"order_id": "o-1"}, "neither the event nor another of the order says it"),
        ({"order_id": "o-1", "total": "much"}, "must be a number"),
    ],
)
def test_why_a_command_is_refused_is_said_in_words(properties, said):
    told, _ = line_of({**ORDER, "properties": properties})
    assert said in instance(told.line, "upsertOrder")["refused"]


def test_an_event_that_a_rule_keeps_back_says_which_and_no_more():
    plan = {"filters": [{"name": "all", "drop": True}]}
    told, _ = line_of(plan=plan)
    explained = told.line["explain"]
    assert [(one["name"], one["kept_back"]) for one in explained["rules"]] == [("all", True)]
    assert (explained["identifiers"], explained["instances"]) == ([], [])


def test_the_page_has_it_all_and_obeys_no_control_characters():
    raw = {**ORDER, "properties": {**ORDER["properties"], "total": "x\x1b[2J"}}
    told, compiled = line_of(raw)
    out = io.StringIO()
    Page(compiled, Console(file=out, width=200)).show(told.line, told.event)
    said = out.getvalue()
    assert "\x1b" not in said
    assert "  upsertOrder: trigger ✓\n    ✓ and\n      ✓ type = " in said
    assert 'items[0].sku ← properties.products[0].sku by text = "A-1"' in said
    assert "left out, the event lacks it: " in said
    assert "  filter no-cards: takes properties.card.number" in said
    assert "  removeContactsFromList: off" in said
    assert "    refused: must be a number" in said
    assert "    email" not in said
    assert "  email ← traits.email by normalised = " in said
    assert "not for" not in said


def test_the_command_has_it_in_text_and_json(tmp_path):
    path = tmp_path / "events.json"
    path.write_text(json.dumps(ORDER))
    done = CliRunner().invoke(app, ["trace", str(path), "--explain"])
    assert "upsertOrder: trigger ✓" in done.output
    done = CliRunner().invoke(app, ["trace", str(path), "--explain", "--json"])
    assert set(json.loads(done.output)["explain"]) == {"rules", "identifiers", "instances"}
    plain = CliRunner().invoke(app, ["trace", str(path)])
    assert "trigger ✓" not in plain.output


@settings(max_examples=300, deadline=None)
@given(MAPPINGS, RAW)
@example(
    {"each": "traits.email", "as": "event"},
    {"type": "identify", "userId": "u", "traits": {"email": [None]}},
)
def test_whatever_the_mapping_it_is_explained_and_what_it_gave_is_told(spec, raw):
    one = from_json(raw, Place("customer.events", 0, 0), TEN_O_CLOCK)
    if isinstance(one, Invalid) or list(Check().problems(spec, ())):
        return
    record = {**record_of(one), "attributes": one.traits, "activity_properties": one.properties}
    fields = list(mapped_fields({"made": spec}, record, one))
    try:
        made = compile_mapping({"made": spec})(record, one, [])
    except Unmappable:
        assert any(field.why for field in fields)
        return
    if made is not None and made["made"] not in ({}, [], [{}]):
        assert any(not field.why for field in fields)


def test_what_a_market_makes_of_a_field_after_its_mapping_is_told_beside_it():
    known = {"DE": {"currency": "EUR", "minor_units": True}}
    plan = {"markets": {"told_by": ["properties.market"], "known": known}}
    properties = {**ORDER["properties"], "market": "DE", "total": 6190}
    lines = [{"product_id": "p-1", "sku": "A-1", "name": "Shirt", "category": "c", "price": 6190}]
    raw = {**ORDER, "properties": {**properties, "products": lines}}
    told, _ = line_of(raw, plan)
    fields = {one["body"]: one for one in instance(told.line, "upsertOrder")["fields"]}
    assert (fields["totalAmount"]["value"], fields["totalAmount"]["sent"]) == (6190, 61.9)
    assert fields["properties.currency"]["sent"] == "EUR"
    assert "sent" not in fields["orderID"]
    said = [line for line, _ in explained_lines(told.line["explain"])]
    assert "    totalAmount ← properties.total by number = 6190, sent as 61.9" in said
