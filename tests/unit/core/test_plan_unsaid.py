"""What a plan asks of events and none of its sources says is noted by `plan check`."""

import json
from random import Random

import pytest

from streams.plan.event_fields import MEMBER, lacks
from streams.plan.noting import notes as found_in
from streams.plan.places import Text
from streams.plan.reading import parse_plan
from streams.plan.record_schemas import record_schema
from streams.plan.unsaid import unsaid
from tests.fuzz.plans import plan_data, repaired

SOURCES = """
sources:
  - topic: shop.orders
    keyed_by_user: false
    mapping:
      type: {const: track}
      event: state
      userId: buyer
      traits: {email: mail}
      properties:
        order_id: id
        lines: {each: lines, as: {sku: article, price: price}}
        amount: amount
  - topic: crm.news
    keyed_by_user: false
    mapping:
      type: {const: track}
      event: {fn: lookup, of: kind, table: {JOIN: Joined, LEAVE: Left}}
      userId: {fn: text, of: customer}
      properties: {medium: [medium, {const: email}]}
      context: {store: {when: store exists, use: store}}
"""
SCHEMA = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["PAID", "GONE"]}},
        {"name": "id", "type": "long"},
        {"name": "buyer", "type": "string"},
        {"name": "mail", "type": ["null", "string"]},
        {
            "name": "lines",
            "type": {
                "type": "array",
                "items": {
                    "type": "record",
                    "name": "Line",
                    "fields": [
                        {"name": "article", "type": "string"},
                        {"name": "price", "type": "double"},
                    ],
                },
            },
        },
        {
            "name": "amount",
            "type": {
                "type": "record",
                "name": "Amount",
                "fields": [
                    {"name": "total", "type": "double"},
                    {"name": "more", "type": {"type": "map", "values": "double"}},
                ],
            },
        },
    ],
}
ORDER = record_schema((json.dumps(SCHEMA),), None)
SCHEMAS = {("sources", 0): ORDER}


def notes(more, schemas=SCHEMAS, sources=SOURCES):
    return tuple(map(str, unsaid(parse_plan(sources + more), Text("plan", None), schemas)))


LOYAL = "actions:\n  a:\n    action: createContactactivities\n    trigger: "
SUPPLEMENT = """
actions:
  a:
    action: upsertSupplementRecords
    trigger: event = "PAID"
    supplement: {name: s, each: properties.lines, id: ID}
"""
NOTED = {
    "an event": (
        f'{LOYAL}event = "PAYED"',
        "a.trigger asks for the event PAYED, which no source makes; did you mean PAID?",
    ),
    "one event of several": (f'{LOYAL}event in ("PAID", "Order Completed")', "Completed, which"),
    "an event that is not to be": (f'{LOYAL}not event = "PAYED"', "did you mean PAID?"),
    "a pattern where none is": (f'{LOYAL}event = "PAI*"', "the event PAI*, which no source makes"),
    "a property": (
        f"{LOYAL}properties.mediun exists",
        "asks for properties.mediun, which no source says; did you mean properties.medium?",
    ),
    "a field below one that has none": (
        f"{LOYAL}properties.order_id.x exists",
        "asks for properties.order_id.x, which no source says; properties.order_id has no fields",
    ),
    "a field of a record": (
        f"{LOYAL}properties.amount.totl > 1",
        "did you mean properties.amount.total?",
    ),
    "a list without a place": (f"{LOYAL}properties.lines.sku exists", "its members have places"),
    "a trait that no source has": (f"{LOYAL}traits.vip is true", "traits has email"),
    "an id that no source has": (f"{LOYAL}groupId exists", "asks for groupId, which no source"),
    "a path of a mapping": (
        "actions: {upsertOrder: {mapping: {orderID: [properties.oder_id, properties.order_id]}}}",
        "did you mean properties.order_id?",
    ),
    "a path inside of each": (
        "actions: {upsertOrder: {mapping: {properties:"
        " {lines: {each: properties.lines, as: {sku: sku1}}}}}}",
        "asks for sku1, which no source says; did you mean sku?",
    ),
    "the whole event inside of each": (
        "actions: {upsertOrder: {mapping: {properties:"
        " {lines: {each: properties.lines, as: {sku: $.properties.sku}}}}}}",
        "asks for properties.sku, which no source says",
    ),
    "a condition of a mapping": (
        "actions: {upsertOrder: {mapping:"
        " {tax: {when: properties.taxed is true, use: {const: 1}}}}}",
        "asks for properties.taxed, which no source says",
    ),
    "an id of supplement records": (
        SUPPLEMENT.replace("id: ID", "id: properties.sku"),
        "supplement.id asks for properties.sku, which no source says; a member has price, sku",
    ),
    "the time of the event where a member is meant": (
        SUPPLEMENT.replace("id: ID", "id: sku, updated_date_field: d, updated: timestamp"),
        "supplement.updated asks for timestamp, which no source says; a member has price, sku",
    ),
    "a field that a filter drops": (
        "filters: [{name: a, drop_fields: [properties.lines.*.cost]}]",
        "asks for properties.lines.*.cost, which no source says",
    ),
    "a condition of a filter": ("filters: [{name: a, when: traits.mail exists, drop: true}]", "a"),
    "what tells the market": (
        "markets: {told_by: [context.stor], known: {de: {}}}",
        "markets.told_by.0 asks for context.stor, which no source says; did you mean context.store",
    ),
    "a market's condition": ("markets: {known: {de: {when: context.x exists}}}", "context.x"),
    "an identifier": (
        "identity: {priority: [user, card], keys: {card: {paths: [traits.card]}}}",
        "identity.keys.card.paths.0 asks for traits.card",
    ),
    "an event that is consent": (
        "consent: {since: 2026-01-01, channels: {email: {events:"
        ' [{name: a, when: event = "Join", status: subscribed}]}}}',
        "asks for the event Join, which no source makes; did you mean Joined?",
    ),
    "a status": (
        "consent: {channels: {email: {status: traits.newsletter}}}",
        "consent.channels.email.status asks for traits.newsletter",
    ),
    "a word for a state": (
        "orders: {statuses: {paid: Order Completed}}",
        "orders.statuses.paid asks for the event paid, which no source makes; did you mean PAID?",
    ),
}


@pytest.mark.parametrize(("more", "said"), NOTED.values(), ids=NOTED)
def test_what_no_source_says_is_noted(more, said):
    (note,) = notes(more)
    assert said in note


WELL = {
    "events that there are": f'{LOYAL}event in ("PAID", "Joined")',
    "a field that there is": f"{LOYAL}traits.email exists",
    "the other words of states": (
        f'orders: {{statuses: {{PAID: Order Completed}}}}\n{LOYAL}event = "Order Completed"'
    ),
    "what stands in a map": f"{LOYAL}properties.amount.more.whatever > 1",
    "a place of a list": "actions: {upsertOrder: {mapping: {tax: properties.lines.0.price}}}",
    "members": "filters: [{name: a, drop_fields: [properties.lines.*.price]}]",
    "what a filter moves there": (
        "filters: [{name: a, rename: {properties.medium: traits.way}}]\n"
        f"{LOYAL}traits.way exists"
    ),
    "what routing prepares": (
        "actions: {upsertContact: {mapping: {attributes: {a: attributes.x, m: market.name}}}}"
    ),
    "its time": "actions: {upsertOrder: {mapping: {tax: {fn: epoch, of: timestamp}}}}",
    "a member's own field": SUPPLEMENT.replace("id: ID", "id: sku"),
}


@pytest.mark.parametrize("more", WELL.values(), ids=WELL)
def test_what_a_source_may_say_is_not_noted(more):
    assert notes(more) == ()


@pytest.mark.parametrize(
    "more",
    [f'{LOYAL}event = "PAYED"', f"{LOYAL}properties.amount.totl > 1"],
    ids=["an event", "a field of a record"],
)
def test_without_the_schema_what_a_path_gives_is_not_judged(more):
    assert notes(more, {}) == ()


@pytest.mark.parametrize(
    "source",
    ["{topic: web, keyed_by_user: false}", "{topic: web, keyed_by_user: false, records: [{}]}"],
)
def test_where_a_source_takes_events_as_they_are_nothing_is_noted(source):
    assert notes(f'{LOYAL}event = "PAYED"', sources=f"{SOURCES}  - {source}\n") == ()


def test_a_filter_of_a_source_is_judged_by_the_events_of_that_source():
    rule = "    filters: [{name: a, when: traits.email exists, drop: true}]\n"
    (note,) = notes("", sources=SOURCES + rule)
    assert note.startswith("plan, line 1: sources.1.filters.0.when asks for traits.email")


def test_names_that_are_changed_on_the_way_are_not_judged():
    given = SOURCES.replace("{medium: [", "{a.b: medium, medium: [")
    assert notes(f"{LOYAL}properties.a_b exists", sources=given) == ()


def test_a_record_that_holds_itself_is_looked_into_so_far():
    child = {"name": "child", "type": ["null", "Node"]}
    schema = {"type": "record", "name": "Node", "fields": [child]}
    shape = record_schema((json.dumps(schema),), None).shape()
    assert lacks(shape, ("child",) * 20) is None
    assert lacks(shape, ("child", "x")) == 1


def test_a_member_of_a_list_has_its_fields():
    assert lacks(ORDER.shape(), ("lines", "0", "price")) is None
    assert lacks(ORDER.shape(), ("lines", "*", "cost")) == 1
    assert MEMBER not in ORDER.shape()


@pytest.mark.parametrize("seed", range(60))
def test_whatever_a_plan_says_its_notes_can_be_told(seed):
    plan = repaired(plan_data(Random(seed)))
    assert plan is not None
    for note in found_in(plan, Text("plan", None), {}):
        assert note.what
