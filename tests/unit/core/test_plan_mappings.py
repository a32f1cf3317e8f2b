"""Mappings of the plan: laid over the action's own, and told where something is wrong."""

import json
import textwrap
from contextlib import suppress

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.actions import ACTIONS
from streams.core.functions import DECLARED
from streams.core.mapping import Unmappable, compile_mapping, record_of
from streams.core.mapping_part import NULL
from streams.core.records import Place
from streams.core.routed import Routed
from streams.core.routing import route
from streams.plan import PlanError, compile_plan, parse_plan, plan_of
from streams.plan.laying import laid_over, shaped
from streams.plan.mappings import MOST_NESTED, Check
from streams.sources.customer_event import Invalid, from_json
from tests.fuzz import mappings
from tests.unit.core.made import KEYS, TEN_O_CLOCK, event, plan
from tests.unit.core.test_actions import RAW

pytestmark = pytest.mark.slow


BASE = {"a": "event", "b": {"c": "name", "d": {"fn": "text", "of": "type"}}}
ITEMS = {"fn": "one", "of": {"sku": "properties.sku", "qty": "properties.quantity"}}
LINES = {"when": 'type = "track"', "use": {"each": "properties.products", "as": {"sku": "sku"}}}
LAID = {
    "nothing": (BASE, {}, BASE),
    "a field more": ({"a": "event"}, {"z": "name"}, {"a": "event", "z": "name"}),
    "another value": ({"a": "event"}, {"a": {"const": 1}}, {"a": {"const": 1}}),
    "inside an object": (
        {"b": {"c": "name", "d": "event"}},
        {"b": {"c": "type"}},
        {"b": {"c": "type", "d": "event"}},
    ),
    "null takes away": (BASE, {"b": {"d": None}}, {"a": "event", "b": {"c": "name"}}),
    "null takes an object away": (BASE, {"b": None}, {"a": "event"}),
    "a word replaces an object": (BASE, {"b": {"const": 1}}, {"a": "event", "b": {"const": 1}}),
    "an object replaces a path": ({"a": "event"}, {"a": {"x": "name"}}, {"a": {"x": "name"}}),
    "an object goes inside a word": (
        {"items": ITEMS},
        {"items": {"qty": {"const": 1}}},
        {"items": {"fn": "one", "of": {"sku": "properties.sku", "qty": {"const": 1}}}},
    ),
    "and through two words": (
        {"items": LINES},
        {"items": {"name": "title"}},
        {
            "items": {
                "when": 'type = "track"',
                "use": {"each": "properties.products", "as": {"sku": "sku", "name": "title"}},
            }
        },
    ),
    "an object replaces a word around a path": (
        {"a": {"fn": "properties", "of": "traits"}},
        {"a": {"x": "name"}},
        {"a": {"x": "name"}},
    ),
    "a word replaces a word": (
        {"a": {"fn": "cut", "length": 3, "of": "name"}},
        {"a": {"fn": "cut", "of": "event", "length": 4}},
        {"a": {"fn": "cut", "of": "event", "length": 4}},
    ),
}


@pytest.mark.parametrize(("base", "over", "made"), LAID.values(), ids=LAID)
def test_the_plan_is_laid_over_the_declaration(base, over, made):
    assert laid_over(base, over) == made


@pytest.mark.parametrize("name", ACTIONS)
def test_a_declaration_holds_no_mistake(name):
    assert list(Check().problems(ACTIONS[name].mapping, ())) == []


ERRORS = {
    "an unknown function": (
        "upsertOrder: {mapping: {tax: {fn: nmber, of: properties.tax}}}",
        "line 2: actions.upsertOrder.mapping.tax.fn nmber is no function; did you mean number?",
    ),
    "a function that is no text": (
        "upsertOrder: {mapping: {tax: {fn: [1], of: properties.tax}}}",
        "mapping.tax.fn [1] is no function",
    ),
    "lines that lack what Cordial requires": (
        "upsertOrder: {mapping: {items: {each: properties.lines, as: {productID: id, sku: ean}}}}",
        "line 2: actions.upsertOrder.mapping.items replaces the action's own and lacks name",
    ),
    "an activity that has no name": (
        "createContactactivities: {mapping: {contactActivities: {fn: one, of: {time: traits.x}}}}",
        "contactActivities replaces the action's own and lacks name: Cordial requires it; map it",
    ),
    "a directive of Segment": (
        'upsertOrder: {mapping: {tax: {"@path": "$.properties.tax"}}}',
        "tax.@path is a directive of Segment; write the path itself, like properties.total",
    ),
    "a template of one path": (
        'upsertOrder: {mapping: {tax: "{{ properties.tax }}"}}',
        "tax {{ properties.tax }} is no path; write properties.tax; a fixed text is {const: …}",
    ),
    "a template of more": (
        'upsertOrder: {mapping: {tax: "{{event}} of {{userId}}"}}',
        "is no path; write {fn: concat, of: …}; a fixed text is {const: …}",
    ),
    "an unknown option": (
        """
        upsertOrder:
          mapping:
            tax:
              fn: round
              digit: 2
              of: properties.tax
        """,
        "line 6: actions.upsertOrder.mapping.tax.digit is no option of round; did you mean digits?",
    ),
    "an option of a function that has none": (
        "upsertOrder: {mapping: {tax: {fn: number, digits: 2, of: properties.tax}}}",
        "tax.digits is no option of number; it has none",
    ),
    "a wrong type of an option": (
        'upsertOrder: {mapping: {tax: {fn: round, digits: "2", of: properties.tax}}}',
        "tax.digits does not fit round; a whole number from 0 to 10 is expected",
    ),
    "an option that lacks": (
        "upsertOrder: {mapping: {status: {fn: prefix, of: event}}}",
        "mapping.status lacks by: of prefix; a text of 1 to 1,000 characters is expected",
    ),
    "a zone that is none": (
        "upsertOrder: {mapping: {purchaseDate: {fn: date, zone: Europe/Berln, of: timestamp}}}",
        "zone does not fit date; the name of a time zone, like Europe/Berlin is expected",
    ),
    "a table with numbers for names": (
        "upsertOrder: {mapping: {status: {fn: lookup, table: {1: a}, of: event}}}",
        "status.table does not fit lookup; a table of",
    ),
    "an unknown root": (
        "upsertOrder: {mapping: {status: propertis.status}}",
        "mapping.status propertis.status is no field of an event; did you mean properties?",
    ),
    "a fixed text": (
        "addContactsToList: {mapping: {listName: VIP}}",
        'a fixed text is {const: "VIP"}',
    ),
    "a field of what has none": (
        "upsertOrder: {mapping: {status: event.name}}",
        "event.name is no field of an event; event has no fields",
    ),
    "a name that needs quotes": (
        "upsertOrder: {mapping: {orderID: properties.Order ID}}",
        'properties.Order ID is no path; write properties."Order ID"',
    ),
    "a place as elsewhere": (
        'upsertOrder: {mapping: {orderID: "properties.ids[0].id"}}',
        "properties.ids[0].id is no path; write properties.ids.0.id",
    ),
    "members as elsewhere": (
        'upsertOrder: {mapping: {orderID: "properties.ids[].id"}}',
        "of each member of a list it is {each: …, as: …}, of the first it is .0",
    ),
    "a list as elsewhere": (
        'upsertOrder: {mapping: {items: {each: "properties.lines[]", as: {sku: sku}}}}',
        "properties.lines[] is no path; write properties.lines;",
    ),
    "a call": (
        "upsertOrder: {mapping: {orderID: upper(properties.id)}}",
        "is no path; write {fn: upper, of: properties.id}",
    ),
    "a pipe": (
        "upsertOrder: {mapping: {orderID: properties.id | upper}}",
        "is no path; write {fn: upper, of: properties.id}",
    ),
    "a function by another name": (
        "upsertOrder: {mapping: {orderID: {fn: toUpperCase, of: properties.id}}}",
        "fn toUpperCase is no function; did you mean upper?",
    ),
    "a default as elsewhere": (
        "upsertOrder: {mapping: {orderID: {fn: coalesce, of: properties.id}}}",
        "coalesce is no function; write [path, {const: …}]",
    ),
    "what no market has": (
        "upsertOrder: {mapping: {status: market.lang}}",
        "market.lang is nothing that a market has; known are name, locale, currency",
    ),
    "an option that is a flag": (
        "upsertOrder: {mapping: {status: {fn: boolean, yes: [ja], of: event}}}",
        "status.yes is no option of boolean; YAML reads it as true or false; put it into quotes",
    ),
    "an if": (
        "upsertOrder: {mapping: {orderID: {if: properties.id exists, then: properties.id}}}",
        "mapping.orderID has if: and then:; write {when: condition, use: mapping}",
    ),
    "a when with then": (
        "upsertOrder: {mapping: {orderID: {when: properties.id exists, then: properties.id}}}",
        "mapping.orderID.then is unknown beside when:; write use:",
    ),
    "no path": ('upsertOrder: {mapping: {orderID: "properties..id"}}', "properties..id is no path"),
    "the whole event": (
        "upsertOrder: {mapping: {orderID: $}}",
        "is the whole event; name a field of it",
    ),
    "an unknown root of the whole event": (
        "upsertOrder: {mapping: {items: {name: $.propertis.x}}}",
        "items.name $.propertis.x is no field of an event; did you mean properties?",
    ),
    "half of a word": (
        "upsertOrder: {mapping: {items: {each: properties.lines}}}",
        "mapping.items has each: without as:; give it as:",
    ),
    "the other half": (
        "upsertOrder: {mapping: {tax: {func: number, of: properties.tax}}}",
        "tax.of is half of a word; it stands beside fn:",
    ),
    "a key too many": (
        "upsertOrder: {mapping: {tax: {const: 1, default: 2}}}",
        "tax.default is unknown beside const:",
    ),
    "two words": (
        "upsertOrder: {mapping: {tax: {const: 1, fn: number}}}",
        "tax is two words: const: and fn:; put one inside the other",
    ),
    "a bad condition": (
        "upsertOrder: {mapping: {tax: {when: type is 3, use: properties.tax}}}",
        "tax.when expected an operator",
    ),
    "a bad condition as structure": (
        "upsertOrder: {mapping: {tax: {when: {any: []}, use: properties.tax}}}",
        "tax.when any: expected a list of at least one condition",
    ),
    "no alternatives": (
        "upsertOrder: {mapping: {tax: []}}",
        "mapping.tax is an empty list; give it at least one alternative",
    ),
    "an alternative after a constant": (
        "upsertOrder: {mapping: {status: [{const: a}, event]}}",
        "status.0 is always there, so that what follows is not used; put it last",
    ),
    "a number": ("upsertOrder: {mapping: {tax: 3}}", "mapping.tax is no mapping; a path, a list"),
    "a null where nothing is": (
        "upsertOrder: {mapping: {totalAmout: null}}",
        "totalAmout takes away what is not there; did you mean totalAmount?",
    ),
    "a null inside": (
        "upsertOrder: {mapping: {properties: {store: {id: null}}}}",
        "properties.store.id is nothing and takes nothing away here; a null is {const: null}",
    ),
    "what Cordial requires": (
        "upsertOrder: {mapping: {orderID: null}}",
        "mapping.orderID takes away what Cordial requires",
    ),
    "what Cordial requires of an item": (
        "upsertOrder: {mapping: {items: {sku: null}}}",
        "items.sku takes away what Cordial requires",
    ),
    "who the contact is": (
        "upsertContact: {mapping: {identifiers: {email: traits.email}}}",
        "mapping.identifiers is not for a mapping to say",
    ),
    "who the contact of an activity is": (
        "createContactactivities: {mapping: {contact: {identifiers: traits}}}",
        "contact.identifiers is not for a mapping to say",
    ),
    "what holds the contact": (
        "upsertOrder: {mapping: {contact: traits.contact}}",
        "mapping.contact holds who the contact is",
    ),
    "consent": (
        "upsertContact: {mapping: {attributes: {channels.email.subscribeStatus: traits.optIn}}}",
        "attributes.channels.email.subscribeStatus changes consent",
    ),
    "a date that is no text": (
        "upsertOrder: {mapping: {purchaseDate: {const: 2026-11-20}}}",
        "purchaseDate.const is a date; a value as JSON has it is expected",
    ),
    "a constant that no function takes": (
        "upsertOrder: {mapping: {tax: {fn: number, of: {const: much}}}}",
        "tax.of cannot be used by number: it must be a number; give it another value",
    ),
    "a null of what is no path": (
        "upsertContact: {mapping: {attributes: {a: {fn: nullable, of: [traits.a]}}}}",
        "attributes.a.of is no path; it needs the path where a null may stand",
    ),
    "a name that is no text": (
        "upsertOrder: {mapping: {properties: {1: event}}}",
        "properties.1 is no name of a field; a text is expected; quote it",
    ),
    "a word for the whole body": (
        "upsertOrder: {mapping: {fn: properties, of: properties}}",
        "actions.upsertOrder.mapping is a word; an object of the body's fields is expected",
    ),
    "no object": ("upsertOrder: {mapping: event}", "actions.upsertOrder.mapping"),
    "nested too deep": (
        f"upsertOrder: {{mapping: {{tax: {'[' * MOST_NESTED}event{']' * MOST_NESTED}}}}}",
        "is nested too deep; at most 20 parts inside each other",
    ),
    "far too deep": (f"upsertOrder: {{mapping: {{tax: {'[' * 5_000}{']' * 5_000}}}}}", "too deep"),
    "a list that holds itself": ("upsertOrder: {mapping: {tax: &a [*a]}}", "is nested too deep"),
    "a constant that holds itself": (
        "upsertOrder: {mapping: {properties: {n: {const: &a [*a]}}}}",
        "n.const is nested too deep or too large",
    ),
    "too many parts": (
        "upsertOrder: {mapping: {"
        + ", ".join(f"f{n}: {{a: &a{n} [event, name]}}" for n in range(700))
        + "}}",
        "is too much: more than 2,000 parts; map less",
    ),
}


@pytest.mark.parametrize(("text", "said"), ERRORS.values(), ids=ERRORS)
def test_an_error_names_the_place_and_the_remedy(text, said):
    text = textwrap.indent(textwrap.dedent(text).strip(), "  ")
    with pytest.raises(PlanError) as caught:
        parse_plan(f"actions:\n{text}\n")
    assert said in str(caught.value)


def test_every_error_is_told():
    text = "actions: {upsertOrder: {mapping: {tax: propertis.tax, status: {fn: nmber, of: 3}}}}"
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    assert len(str(caught.value).splitlines()) == 3


def _routed(name, mapping, one):
    return route(one, plan(**{name: {"mapping": mapping}}))


PRODUCT = {"product_id": "p-100", "sku": "TSH", "name": "Shirt", "category": "C", "quantity": 1}
DEAD = {
    "another path": (
        "upsertOrder",
        {"orderID": {"fn": "text", "of": "properties.id"}},
        event(event="Order Completed", properties={"products": [PRODUCT]}),
        "properties.id",
    ),
    "of a line": (
        "addProductsToCart",
        {"items": {"sku": "properties.ean"}},
        event(event="Product Added", properties=PRODUCT),
        "properties.ean",
    ),
    "a constant that is missing is the body's": (
        "addProductsToCart",
        {"items": {"sku": {"const": ""}}},
        event(event="Product Added", properties=PRODUCT),
        "items[0].sku",
    ),
    "of other lines, which say no name": (
        "addProductsToCart",
        {
            "items": {
                "each": "properties.lines",
                "as": {
                    "productID": "id",
                    "sku": "$.userId",
                    "name": {"const": ""},
                    "category": "c",
                    "qty": "n",
                },
            }
        },
        event(event="Product Added", properties={"lines": [{"id": "p-1"}, {}]}),
        "items[0].name",
    ),
    "of other lines, by a path of the whole event": (
        "addProductsToCart",
        {
            "items": {
                "each": "$.properties.lines",
                "as": {
                    "productID": "id",
                    "sku": {"const": "TSH"},
                    "name": {"const": "Shirt"},
                    "category": {"const": "C"},
                    "qty": {"const": 1},
                },
            }
        },
        event(event="Product Added", properties={"lines": [{"id": "p-1"}, {}]}),
        "properties.lines[1].id",
    ),
    "as it was": (
        "addProductsToCart",
        {"items": {"name": "properties.title"}},
        event(event="Product Added", properties={"title": "Shirt"}),
        "properties.product_id",
    ),
}


@pytest.mark.parametrize(("name", "mapping", "one", "field"), DEAD.values(), ids=DEAD)
def test_what_is_missing_is_named_by_the_path_that_the_plan_says(name, mapping, one, field):
    (dead,) = _routed(name, mapping, one).dead
    assert dead.field == field


def test_of_other_lines_what_is_missing_is_named_by_their_path():
    mapping = {"each": "properties.lines", "as": {"productID": "id", "sku": "ean", "name": "n"}}
    action = shaped(ACTIONS["upsertOrder"], {"items": mapping})
    assert action.source("items[2].sku") == "properties.lines[2].ean"
    assert action.source("items") == "properties.lines"
    assert ACTIONS["upsertOrder"].source("items[2].sku") == "properties.products[2].sku"


def test_an_event_cannot_change_consent_or_membership_by_the_names_of_a_mapping():
    one = event(
        "identify",
        traits={"channels.email.subscribeStatus": "subscribed", "plan": "vip", "channels": {}},
    )
    (command,) = _routed(
        "upsertContact", {"attributes": {"fn": "omit", "names": ["x"], "of": "traits"}}, one
    ).commands
    assert command.body["attributes"] == {"plan": "vip"}
    assert any("consent" in note.what for note in command.notes)


def test_other_fields_of_the_contact_go_beside_who_it_is():
    mapping = {"contact": {"attributes": {"country": "context.location.country"}}}
    one = event(event="Signed In", context={"location": {"country": "DE"}})
    (command,) = _routed("createContactactivities", mapping, one).commands
    assert command.body["contact"]["attributes"] == {"country": "DE"}
    assert command.body["contact"]["identifiers"] == {"segment_id": "u-42"}


PATHS, NAMES = st.sampled_from(mappings.EVENT_PATHS), st.sampled_from(mappings.NAMES)
TRIGGERS, CONSTANTS = st.sampled_from(mappings.TESTS), st.sampled_from(mappings.CONSTANTS)


def _words(inner):
    functions = st.sampled_from(sorted(DECLARED)).flatmap(
        lambda name: inner.map(lambda of: {"fn": name, "of": of, **DECLARED[name].example.options})
    )
    return (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(NAMES, inner, max_size=3)
        | st.builds(lambda each, one: {"each": each, "as": one}, inner, inner)
        | st.builds(lambda when, use: {"when": when, "use": use}, TRIGGERS, inner)
        | functions
        | functions
    )


MAPPINGS = st.recursive(PATHS | CONSTANTS.map(lambda value: {"const": value}), _words, max_leaves=8)


@settings(max_examples=600, deadline=None)
@given(MAPPINGS, RAW)
def test_whatever_the_event_only_unmappable_leaves_a_rule(spec, raw):
    one = from_json(raw, Place("customer.events", 0, 0), TEN_O_CLOCK)
    if isinstance(one, Invalid) or list(Check().problems(spec, ())):
        return
    record = {**record_of(one), "attributes": one.traits, "activity_properties": one.properties}
    notes = []
    try:
        made = compile_mapping(spec)(record, one, notes)
    except Unmappable:
        return
    if made is not NULL:
        assert json.loads(orjson.dumps(made)) == made


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(ACTIONS)), st.dictionaries(NAMES, MAPPINGS, max_size=3), RAW)
def test_whatever_the_plan_maps_routing_goes_on_and_what_is_sent_is_valid(name, mapping, raw):
    one = from_json(raw, Place("customer.events", 0, 0), TEN_O_CLOCK)
    said = {"trigger": "type exists", "mapping": mapping}
    try:
        compiled = compile_plan(plan_of({"actions": {name: said}}), KEYS)
    except PlanError:
        return
    if isinstance(one, Invalid) or one.contact is None:
        return
    routed = route(one, compiled)
    for command in routed.commands if isinstance(routed, Routed) else ():
        assert json.loads(orjson.dumps(command.body)) == command.body
        assert ACTIONS[command.action].validate_thin(command.body) is None


ANYTHING = st.recursive(
    PATHS | CONSTANTS | st.sampled_from([3, 1.5, "VIP", "a b", "$", "event.x", float("nan")]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["const", "each", "as", "when", "use", "fn", "of", "by", "a"]),
            inner | st.sampled_from(sorted(DECLARED)),
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(sorted(ACTIONS)), st.dictionaries(NAMES, ANYTHING, max_size=3))
def test_whatever_stands_there_is_compiled_or_a_plan_error(name, mapping):
    text = yaml.safe_dump({"actions": {name: {"mapping": mapping}}})
    with suppress(PlanError):
        compile_plan(parse_plan(text), KEYS)


def test_what_is_laid_over_a_line_of_an_order_reads_the_line():
    mapping = {"items": {"giftWrap": "gift"}, "properties": {"gift": "properties.gift"}}
    made = compile_plan(plan_of({"actions": {"upsertOrder": {"mapping": mapping}}}), KEYS)
    line = {"product_id": "p", "sku": "s", "name": "n", "gift": True}
    said = event(event="Order Completed", properties={"order_id": "1", "products": [line]})
    routed = route(said, made)
    (order,) = (one for one in routed.commands if one.action == "upsertOrder")
    assert order.body["items"][0]["giftWrap"] is True
