"""Sources of the plan: what is wrong with them, and how their filters come before the others."""

import pytest

from streams.core.routed import Filtered, Routed
from streams.core.routing import route
from streams.plan import PlanError, bus_of, compile_plan, parse_plan, plan_of
from streams.sources.bus import type_of
from tests.unit.core.made import KEYS, event

SOURCE = "sources:\n  - topic: shop\n    keyed_by_user: false\n"
MAPPED = f"{SOURCE}    mapping:\n      type: {{const: track}}\n"
ERRORS = {
    "a topic twice": (
        f"{SOURCE}  - {{topic: shop, keyed_by_user: false}}\n",
        "line 4: sources.1.topic is the topic of an earlier source; give that one records:",
    ),
    "an unknown key of a record": (
        f"{SOURCE}    records: [{{recrd: shop.Order}}]\n",
        "line 4: sources.0.records.0.recrd is unknown; did you mean record?",
    ),
    "the key of the schema is known by its name": (
        f"{MAPPED}    shema: a.avsc\n",
        "line 6: sources.0.shema is unknown; did you mean schema?",
    ),
    "records beside a record": (
        f"{SOURCE}    record: shop.Order\n    records: [{{record: shop.Order}}]\n",
        "line 4: sources.0.record stands beside records:; say it of one of the records",
    ),
    "a schema beside records": (
        f"{SOURCE}    schema: a.avsc\n    records: [{{record: shop.Order}}]\n",
        "line 4: sources.0.schema stands beside records:",
    ),
    "no name of a record": (
        f"{SOURCE}    record: shop.Order-1\n",
        "line 4: sources.0.record is no full name of a record; namespace and name are expected",
    ),
    "no subject of the topic": (
        f"{SOURCE}    subject: web-value\n",
        "line 4: sources.0.subject is no subject of this topic; shop-value, shop-<record> or",
    ),
    "a subject of another record": (
        f"{SOURCE}    subject: shop-a.B\n    record: a.C\n",
        "line 4: sources.0.subject is of a.B, and record: says a.C; leave one of them out",
    ),
    "a record twice": (
        f"{SOURCE}    records:\n      - record: a.B\n      - subject: shop-a.B\n",
        "line 6: sources.0.records.1.subject is the record of an earlier one",
    ),
    "two for any record": (
        f"{SOURCE}    records:\n      - record: a.B\n      - {{}}\n      - subject: shop-value\n",
        "line 7: sources.0.records.2 is for any record as another is; give each a record:",
    ),
    "a schema without a mapping": (
        f"{SOURCE}    schema: a.avsc\n",
        "line 4: sources.0.schema is for a mapping, and there is none",
    ),
    "a mapping without a type": (
        f"{SOURCE}    mapping:\n      userId: id\n",
        "line 4: sources.0.mapping has no type; give it type: {const: …}, one of track,",
    ),
    "a type that is none": (
        f"{SOURCE}    mapping:\n      type: {{const: trak}}\n",
        "line 5: sources.0.mapping.type.const is no type of an event; did you mean track?",
    ),
    "an unknown field of an event": (
        f"{MAPPED}      userID: id\n",
        "line 6: sources.0.mapping.userID is no field of an event; did you mean userId?",
    ),
    "nothing below a field": (f"{MAPPED}      userId:\n", "userId has nothing below it"),
    "an unknown function": (
        f"{MAPPED}      userId: {{fn: txt, of: id}}\n",
        "line 6: sources.0.mapping.userId.fn txt is no function; did you mean text?",
    ),
    "no path": (
        f"{MAPPED}      userId: a..b\n",
        "line 6: sources.0.mapping.userId a..b is no path",
    ),
    "a bad condition over the record": (
        f"{MAPPED}      event: {{when: status is 3, use: name}}\n",
        "line 6: sources.0.mapping.event.when expected an operator: =, <",
    ),
    "no field in a condition's structure": (
        f"{MAPPED}      event: {{when: {{field: a..b, op: exists}}, use: name}}\n",
        "event.when field: expected a field of the record, by its names",
    ),
    "a bad filter of a source": (
        f"{SOURCE}    filters:\n      - {{name: a, drops: true}}\n",
        "line 5: sources.0.filters.0.drops is unknown; did you mean drop?",
    ),
    "a filter of a source that does nothing": (
        f"{SOURCE}    filters:\n      - {{name: a}}\n",
        "line 5: sources.0.filters.0 does nothing",
    ),
}


@pytest.mark.parametrize(("text", "said"), ERRORS.values(), ids=ERRORS)
def test_an_error_names_the_place_and_the_remedy(text, said):
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    assert said in str(caught.value)


def test_a_mapping_may_name_whatever_the_record_has():
    parse_plan(
        f"{MAPPED}"
        '      userId: {when: status = "A" and lines.0.sku exists, use: customer."the id"}\n'
        "      properties: {each: lines, as: {sku: sku, order: $.id}}\n"
    )


SUBJECTS = {
    "shop-value": None,
    "shop-com.shop.Order": "com.shop.Order",
    "com.shop.Order": "com.shop.Order",
}


@pytest.mark.parametrize(("subject", "name"), SUBJECTS.items())
def test_a_subject_says_the_record(subject, name):
    bus = bus_of(parse_plan(f"{SOURCE}    subject: {subject}\n"))
    assert [one.name for one in bus.types("shop")] == [name]


def test_the_type_with_the_name_wins_over_the_one_for_any_record():
    bus = bus_of(parse_plan(f"{SOURCE}    records: [{{}}, {{record: a.B}}]\n"))
    assert type_of(bus.types("shop"), "a.B").name == "a.B"
    assert type_of(bus.types("shop"), "a.C").name is None


def test_of_a_keyed_source_every_record_is_its_own_whatever_its_headers_say():
    bus = bus_of(parse_plan("sources: [{topic: shop, record: a.B}]"))
    assert bus.types("elsewhere") == bus.types("shop")
    assert bus.source("elsewhere") == "shop"


FILTERED = {
    "sources": [
        {
            "topic": "web",
            "keyed_by_user": False,
            "filters": [{"name": "plan-a", "rename": {"properties.plan": "properties.tier"}}],
        },
        {
            "topic": "app",
            "keyed_by_user": False,
            "filters": [{"name": "no-app", "drop": True}],
        },
    ],
    "filters": [{"name": "no-free", "when": 'properties.tier = "free"', "drop": True}],
}


def test_filters_of_a_source_come_before_those_at_the_top_and_are_for_it_alone():
    made, track = (
        compile_plan(plan_of(FILTERED), KEYS),
        event(event="Signed Up", properties={"plan": "free"}),
    )
    assert route(track, made, "web") == Filtered("filter:no-free")
    assert route(track, made, "app") == Filtered("filter:no-app")
    assert isinstance(route(track, made, "another"), Routed)
    assert isinstance(route(track, made), Routed)
