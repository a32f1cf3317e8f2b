"""Records of a company's own, and the events that a mapping of the plan makes of them."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from uuid import UUID

import pytest
import yaml
from fastavro import parse_schema, schemaless_writer
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.event import Event, Note
from streams.core.mapping_part import Part
from streams.core.outcome import Dead
from streams.core.records import Place
from streams.kafka.codec import Codec, OtherRecord, Undecodable
from streams.plan import bus_of, plan_of
from streams.sources.bus import Bus, RecordType
from streams.sources.customer_event import Invalid
from streams.sources.mapped import Mapped, compile_mapped, mapped_event

PLACE = Place("shop", 3, 42, time=1_795_168_000_000)
NOW = 1_795_168_900_000
MOMENT = datetime(2026, 11, 20, 10, 0, 0, 120_000, UTC)


def logical(kind, name, **more):
    return {"type": kind, "logicalType": name, **more}


LINE = {
    "type": "record",
    "name": "Line",
    "fields": [
        {"name": "sku", "type": "string"},
        {"name": "price", "type": logical("bytes", "decimal", precision=10, scale=2)},
        {"name": "note", "type": ["null", "string"], "default": None},
    ],
}
STATES = {"type": "enum", "name": "State", "symbols": ["PLACED", "PAID", "CANCELLED"]}
ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "com.shop",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "customer", "type": ["null", "string"], "default": None},
        {"name": "state", "type": STATES},
        {"name": "placed", "type": logical("long", "timestamp-millis")},
        {"name": "changed", "type": logical("long", "timestamp-micros")},
        {"name": "local", "type": logical("long", "local-timestamp-millis")},
        {"name": "day", "type": logical("int", "date")},
        {"name": "hour", "type": logical("int", "time-millis")},
        {"name": "total", "type": logical("bytes", "decimal", precision=30, scale=2)},
        {"name": "uuid", "type": logical("string", "uuid")},
        {"name": "raw", "type": "bytes"},
        {"name": "lines", "type": {"type": "array", "items": LINE}},
        {"name": "tags", "type": {"type": "map", "values": ["null", "long", "string"]}},
        {"name": "either", "type": ["null", "long", "com.shop.Line"], "default": None},
    ],
}
RECORD = {
    "id": 7,
    "customer": "u-1",
    "state": "PAID",
    "placed": MOMENT,
    "changed": MOMENT,
    "local": MOMENT.replace(tzinfo=None),
    "day": date(2026, 11, 20),
    "hour": time(10, 30),
    "total": Decimal("104.70"),
    "uuid": UUID(int=5),
    "raw": b"\0\1",
    "lines": [{"sku": "s-1", "price": Decimal("49.90"), "note": None}],
    "tags": {"a.b": 1, "c": None, "d": "x\0y"},
    "either": {"sku": "s-2", "price": Decimal(1), "note": "gift"},
}
MAPPING = """
messageId: {fn: fingerprint, of: {order: id, state: state}}
type: {const: track}
event: {fn: lookup, of: state, table: {PAID: Order Completed, CANCELLED: Order Cancelled}}
userId: {fn: text, of: customer}
timestamp: changed
properties:
  order_id: {fn: text, of: id}
  total: total
  placed: placed
  local: local
  day: day
  hour: hour
  uuid: uuid
  first: {when: 'state = "PAID"', use: lines.0.sku}
  never: {when: 'state = "PLACED"', use: lines.0.sku}
  either: either.note
  tags: tags
  products: {each: lines, as: {sku: sku, price: price, order: $.id}}
"""


def wire(schema, record, number=7):
    body = BytesIO()
    schemaless_writer(body, parse_schema(json.loads(json.dumps(schema))), record)
    return number.to_bytes(5, "big") + body.getvalue()


def source(**said):
    return plan_of({"sources": [{"topic": "shop", "keyed_by_user": False, **said}]})


async def decoded(registry, found, value, said, place=PLACE, schemas=None):
    given = {7: ORDER} | (schemas or {})
    answers = {number: found((json.dumps(schema),)) for number, schema in given.items()}
    codec = Codec(registry(answers), bus=bus_of(source(**said)))
    return await codec.decode_event(value, None, place, now=NOW)


def mapping(text=MAPPING, **other):
    return {"mapping": yaml.safe_load(text), **other}


def made(spec, record, place=PLACE):
    return mapped_event(record, place, compile_mapped(yaml.safe_load(spec)), now=NOW)


async def test_a_record_of_the_company_becomes_an_event_with_values_as_json_has_them(
    registry, found
):
    event = await decoded(registry, found, wire(ORDER, RECORD), mapping())
    assert isinstance(event, Event)
    assert (event.type, event.event, event.user_id) == ("track", "Order Completed", "u-1")
    assert event.timestamp == int(MOMENT.timestamp() * 1000)
    assert event.properties == {
        "order_id": "7",
        "total": 104.7,
        "placed": "2026-11-20T10:00:00.120000+00:00",
        "local": "2026-11-20T10:00:00.120000",
        "day": "2026-11-20",
        "hour": "10:30:00",
        "uuid": str(UUID(int=5)),
        "first": "s-1",
        "either": "gift",
        "tags": {"a_b": 1, "d": "xy"},
        "products": [{"sku": "s-1", "price": 49.9, "order": 7}],
    }
    assert len(event.message_id) == 64
    assert Note("tags.d", "NUL removed") in event.notes
    assert not any("bytes" in note.what for note in event.notes), "what is not mapped is not told"


async def test_an_order_and_its_next_state_have_two_message_ids_and_each_is_stable(registry, found):
    ids = [
        (await decoded(registry, found, wire(ORDER, RECORD | {"state": state}), mapping()))
        for state in ("PAID", "PAID", "CANCELLED")
    ]
    assert ids[0].message_id == ids[1].message_id != ids[2].message_id


IDS = {
    "the record's place": ("", "shop-3-42"),
    "a path": ("messageId: uuid", "u"),
    "the first path that is there": ("messageId: [missing, blank, id]", "7"),
    "a number": ("messageId: id", "7"),
    "a path that is not there": ("messageId: missing", "shop-3-42"),
}


@pytest.mark.parametrize(("rule", "message_id"), IDS.values(), ids=IDS)
def test_the_message_id_follows_the_rule(rule, message_id):
    event = made(f"type: {{const: track}}\n{rule}", {"id": 7, "uuid": "u", "blank": ""})
    assert event.message_id == message_id
    blank = [note for note in event.notes if note.what.startswith("blank")]
    assert len(blank) == (rule == "messageId: missing")


def test_without_a_rule_the_time_is_that_of_the_record_and_no_note_is_made():
    event = made("{type: {const: identify}, userId: id}", {"id": "u-1"})
    assert (event.timestamp, event.notes) == (PLACE.time, ())


def test_a_time_that_is_missing_is_that_of_the_record_with_a_note():
    event = made("{type: {const: identify}, timestamp: at}", {"at": None})
    assert event.timestamp == PLACE.time
    assert [note.field for note in event.notes] == ["timestamp"]


def test_a_number_of_some_unit_and_a_text_in_some_format_become_times():
    spec = "{type: {const: track}, timestamp: {fn: date, format: '%d.%m.%Y', of: day}, sentAt: at}"
    event = made(spec, {"day": "20.11.2026", "at": 1_795_168_000})
    assert (event.timestamp, event.sent_at) == (1_795_132_800_000, 1_795_168_000_000)


FAULTS = {
    "a function refuses": ("total: {fn: number, of: amount}", {"amount": "x"}, "amount"),
    "inside a list": (
        "lines: {each: lines, as: {n: {fn: number, of: n}}}",
        {"lines": [{"n": 1}, {"n": "x"}]},
        "lines[1].n",
    ),
}


@pytest.mark.parametrize(("spec", "record", "field"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_mapped_names_the_field_of_the_record(spec, record, field):
    wrong = made(f"type: {{const: track}}\nproperties:\n  {spec}", record)
    assert isinstance(wrong, Invalid)
    assert (wrong.field, "x" in wrong.message.split()) == (field, False)
    assert wrong.message.endswith("(for properties)")


FIELDS = {
    "a type that is none": ("type: kind", {"kind": "sale"}, "kind", "is not one of"),
    "no type": (
        "type: {fn: lookup, of: kind, table: {a: track}}",
        {"kind": "b"},
        "kind",
        "missing",
    ),
    "no text": ("{type: {const: track}, userId: id}", {"id": [1]}, "id", "is not a text"),
    "no time": ("{type: {const: track}, timestamp: at}", {"at": "x"}, "at", "no"),
    "no object": ("{type: {const: track}, traits: t}", {"t": 1}, "t", "is not an object"),
}


@pytest.mark.parametrize(("spec", "record", "field", "said"), FIELDS.values(), ids=FIELDS)
def test_what_is_no_event_names_the_field_of_the_record(spec, record, field, said):
    wrong = made(spec, record)
    assert isinstance(wrong, Invalid)
    assert wrong.field == field
    assert said in wrong.message


async def test_a_mapping_error_is_an_invalid_dead_letter(registry, found):
    said = mapping("{type: {const: track}, userId: lines}")
    wrong = await decoded(registry, found, wire(ORDER, RECORD), said)
    assert wrong == Undecodable(Dead.INVALID, "lines is not a text (for userId)", "lines")


OTHER = {"type": "record", "name": "Refund", "namespace": "com.shop", "fields": []}


async def test_a_record_of_another_type_is_told_by_its_name(registry, found):
    value, said = wire(OTHER, {}, 8), mapping(record="com.shop.Order")
    other = await decoded(registry, found, value, said, schemas={8: OTHER})
    assert other == OtherRecord("com.shop.Refund")
    text = (9).to_bytes(5, "big") + b"\x02x"
    other = await decoded(registry, found, text, said, schemas={9: "string"})
    assert other == OtherRecord("")


async def test_several_types_of_records_on_a_topic_have_a_mapping_each(registry, found):
    refund = OTHER | {"fields": [{"name": "who", "type": "string"}]}
    records = [
        mapping(subject="shop-com.shop.Order"),
        {"record": "com.shop.Refund", "mapping": {"type": {"const": "track"}, "userId": "who"}},
    ]
    said, schemas = {"records": records}, {8: refund}
    order = await decoded(registry, found, wire(ORDER, RECORD), said, schemas=schemas)
    other = await decoded(registry, found, wire(refund, {"who": "u-2"}, 8), said, schemas=schemas)
    assert (order.user_id, other.user_id) == ("u-1", "u-2")


async def test_one_schema_is_read_as_a_canonical_event_and_as_a_company_s_own(registry, found):
    answers = {7: found((json.dumps(ORDER),))}
    both = plan_of(
        {
            "sources": [
                {"topic": "shop", "keyed_by_user": False, **mapping()},
                {"topic": "web", "keyed_by_user": False},
            ]
        }
    )
    codec = Codec(registry(answers), bus=bus_of(both))
    value = wire(ORDER, RECORD)
    assert isinstance(await codec.decode_event(value, None, PLACE), Event)
    canonical = await codec.decode_event(value, None, Place("web", 0, 0))
    assert canonical.message == "schema 7 has no field type, so it is no customer event"
    gone = await codec.decode_event(value, None, Place("gone", 0, 0))
    assert "its topic is of no source in the plan" in gone.message


async def test_a_time_beyond_what_python_knows_is_a_dead_letter(registry, found):
    plain = json.loads(json.dumps(ORDER).replace('"logicalType": "date"', '"x": "y"'))
    value = wire(plain, RECORD | {"day": 2**31 - 1})
    wrong = await decoded(registry, found, value, mapping())
    assert (wrong.reason, wrong.message) == (
        Dead.UNDECODABLE,
        "unreadable (OverflowError) in the record at byte 0",
    )


async def test_what_a_newer_schema_no_longer_has_is_told_once(registry, found):
    newer = ORDER | {"fields": [one for one in ORDER["fields"] if one["name"] != "day"]}
    answers, told = {7: found((json.dumps(newer),))}, []
    bus = bus_of(source(**mapping()))
    codec = Codec(registry(answers), bus=bus, unfit=lambda *said: told.append(said))
    for _ in range(2):
        event = await codec.decode_event(wire(newer, RECORD), None, PLACE, now=NOW)
        assert "day" not in event.properties
    ((topic, ref, what),) = told
    assert (topic, ref) == ("shop", 7)
    assert what.startswith("properties.day: day is not in com.shop.Order: the record has id,")


def test_a_hash_over_fields_goes_by_their_names_and_not_by_their_order():
    one, other = ({"const": {"a": 1, "b": 2}}, {"const": {"b": 2, "a": 1}})
    spec = "{{type: {{const: track}}, messageId: {{fn: fingerprint, of: {}}}}}"
    ids = {made(spec.format(json.dumps(of)), {}).message_id for of in (one, other)}
    assert len(ids) == 1
    assert made(spec.format("{a: a, b: b}"), {"a": 2, "b": 1}).message_id not in ids


async def test_a_bug_while_mapping_is_the_outcome_of_one_record(registry, found):
    def broken(*_):
        raise ZeroDivisionError

    mapped = Mapped((("type", Part(broken, broken)),), frozenset())
    bus = Bus({"shop": (RecordType(mapped=mapped),)})
    codec = Codec(registry({7: found((json.dumps(ORDER),))}), bus=bus)
    dead = await codec.decode_event(wire(ORDER, RECORD), None, PLACE)
    assert dead == Undecodable(Dead.BUG, "ZeroDivisionError while reading the event")


def test_a_decimal_of_many_digits_is_noted():
    event = made(
        "{type: {const: track}, properties: {n: n}}", {"n": Decimal("0.1234567890123456789")}
    )
    assert [note.field for note in event.notes] == ["n"]
    assert "less exact" in event.notes[0].what


def test_a_null_that_is_asked_for_is_a_trait_and_no_field():
    spec = "{type: {const: identify}, userId: {const: null}, traits: {phone: {const: null}}}"
    event = made(spec, {})
    assert (event.user_id, event.traits) == (None, {"phone": None})


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=3)
    | st.decimals()
    | st.datetimes()
    | st.dates()
    | st.uuids()
    | st.just(timedelta(1)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)
WHOLE = compile_mapped(
    yaml.safe_load(
        """
        messageId: {fn: fingerprint, of: {a: a, b: b}}
        type: [{when: a exists, use: {const: track}}, {const: identify}]
        event: a
        userId: [b, {fn: text, of: c}]
        timestamp: [{fn: date, of: b}, c]
        traits: a
        properties: {a: a, b: {each: b, as: {c: c, d: $.a}}, c: {fn: number, of: c}}
        integrations: c
        """
    )
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), VALUES))
def test_whatever_the_record_it_is_an_event_or_names_a_field(record):
    event = mapped_event(record, PLACE, WHOLE, now=NOW)
    assert isinstance(event, Event) or event.field
