"""Hostile and broken bytes: always a value, with a message that says what and where."""

import asyncio
import io
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastavro import parse_schema, schemaless_writer
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.event import Event
from streams.core.outcome import Dead
from streams.core.records import Place
from streams.kafka.codec import Codec, NeedsSchema, Tombstone, Undecodable
from streams.kafka.registry import Found, RegistryAway
from streams.kafka.schemas import own_schemas
from streams.kafka.walk import walk
from streams.kafka.writer import Unusable, Writer, ready
from streams.sources.customer_event import from_json

PLACE = Place("shop.events", 3, 42)
EVENT_ID = 1_900_000_001
FRAME = b"\0" + EVENT_ID.to_bytes(4, "big")
GUID = own_schemas()[EVENT_ID].guid
HEADER = "__value_schema_id"
MARKER = "ana@example.com"

CODEC = Codec()
SAMPLE = from_json(
    {
        "type": "track",
        "event": "Order Completed",
        "messageId": "m-1",
        "userId": MARKER,
        "timestamp": 1_795_168_800_120,
        "properties": {
            "total": 104.7,
            "email": MARKER,
            "products": [{"sku": "TSH-RED-M", "quantity": 2}, {"sku": None, "gift": True}],
        },
        "integrations": {"Cordial": True},
    },
    PLACE,
)
assert isinstance(SAMPLE, Event)
SAMPLE_BYTES = CODEC.encode_event(SAMPLE)
BODY = SAMPLE_BYTES[5:]


@pytest.fixture(autouse=True, scope="module")
def _cached() -> None:
    for ref in (EVENT_ID, GUID):
        assert asyncio.run(CODEC.fetch_schema(ref)) is None


def read(value: bytes | None, headers: Any = None) -> Any:
    return CODEC.decode_cached(value, headers, PLACE)


FRAMES: list[tuple[str, bytes, Any]] = [
    ("an id in front", SAMPLE_BYTES, None),
    ("an id in front, other headers", SAMPLE_BYTES, [("traceparent", b"00-1")]),
    ("a GUID in front", b"\1" + GUID.bytes + BODY, None),
    ("a GUID in the header", BODY, [(HEADER, b"\1" + GUID.bytes)]),
    ("an id in the header", BODY, {HEADER: FRAME}),
]


@pytest.mark.parametrize(
    ("value", "headers"), [case[1:] for case in FRAMES], ids=[c[0] for c in FRAMES]
)
def test_the_schema_is_told_in_front_or_in_a_header(value: bytes, headers: Any) -> None:
    assert read(value, headers) == SAMPLE


BROKEN: list[tuple[str, bytes, Any, str]] = [
    ("empty", b"", None, "empty"),
    ("garbage", b"{not avro}", None, "wrong magic byte 0x7b"),
    ("id cut", FRAME[:3], None, "truncated in the schema id: 3 bytes"),
    ("GUID cut", b"\1" + GUID.bytes[:8], None, "truncated in the schema GUID: 9 bytes"),
    ("header empty", BODY, {HEADER: b""}, f"header {HEADER}: empty"),
    ("header garbage", BODY, {HEADER: b"\7"}, f"header {HEADER}: wrong magic byte 0x07"),
    ("header long", BODY, {HEADER: FRAME + b"x"}, f"header {HEADER}: 6 bytes long instead of 5"),
    ("no body", FRAME, None, "truncated in messageId at byte 0"),
    ("cut", SAMPLE_BYTES[:-1], None, "truncated"),
    ("too long", SAMPLE_BYTES + b"\0\0", None, "2 bytes too many in the record"),
    ("enum", FRAME + b"\2m" + b"\x0e", None, "enum symbol 7 of 6 in type at byte 3"),
    ("branch", FRAME + b"\2m" + b"\0" + b"\4", None, "union branch 2 of 2 in event"),
    (
        "string",
        FRAME + b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        None,
        "truncated: string of 9,223,372,036,854,775,807 bytes where 0 are left in messageId",
    ),
    ("negative string", FRAME + b"\1" + BODY, None, "string of negative length in messageId"),
    ("varint", FRAME + b"\xff" * 30, None, "number of more than 10 bytes in messageId"),
]


@pytest.mark.parametrize(
    ("value", "headers", "message"), [case[1:] for case in BROKEN], ids=[c[0] for c in BROKEN]
)
def test_what_is_broken_is_said(value: bytes, headers: Any, message: str) -> None:
    got = read(value, headers)
    assert isinstance(got, Undecodable)
    assert got.reason is Dead.UNDECODABLE
    assert message in got.message


def test_no_value_is_a_tombstone() -> None:
    assert read(None) == Tombstone()


def test_a_value_over_the_limit_is_too_large() -> None:
    got = read(FRAME + bytes(3_000_000))
    assert got == Undecodable(Dead.TOO_LARGE, "value of 3,000,005 bytes: more than 1,000,000")
    assert Codec(max_bytes=10).decode_cached(bytes(11), None, PLACE) == Undecodable(
        Dead.TOO_LARGE, "value of 11 bytes: more than 10"
    )


PREFIX = b"\2m" + b"\0" + b"\0" * 8 + b"\0" + b"\0" * 3 + b"\0"
"""A track event up to its properties."""


def nested(levels: int, opening: bytes, closing: bytes, inmost: bytes) -> bytes:
    return PREFIX + b"\2" + opening * levels + inmost + closing * levels + b"\0\0"


def objects(levels: int) -> bytes:
    return nested(levels, b"\2\0\x0c", b"\0", b"\0")


def test_a_bomb_of_depth_is_refused_before_it_overflows_the_stack() -> None:
    for levels in (1_200, 5_000, 100_000):
        got = read(FRAME + objects(levels))
        assert isinstance(got, Undecodable)
        assert "nested deeper than 2,400 levels in properties.fields{}" in got.message[:200]
        assert len(got.message) < 300
    mixed = nested(50_000, b"\2\0\x0a\2\x0a", b"\0\0", b"\0")
    assert "nested deeper than" in read(FRAME + mixed).message


SAME_BRANCH = [b"\x0c", b"\x8c\0", b"\x8c\x80\0", b"\x01", b"\x81\x80\0"]


@pytest.mark.parametrize("branch", SAME_BRANCH)
def test_no_way_to_write_a_branch_hides_a_bomb(branch: bytes) -> None:
    got = read(FRAME + nested(20_000, b"\2\0" + branch, b"\0", b"\0"))
    assert isinstance(got, Undecodable)
    assert got.reason is Dead.UNDECODABLE


def test_a_nesting_of_a_thousand_is_cut_with_a_note() -> None:
    got = read(FRAME + objects(1_000))
    assert isinstance(got, Event)
    assert got.notes[-1].what == "left out: nested deeper than 20"


BOMBS: list[tuple[str, bytes, str]] = [
    (
        "array count",
        b"\2\2\0\x0a" + b"\xfe" * 9 + b"\1",
        "array of 9,187,059,548,520,701,887 items where 0 bytes are left",
    ),
    ("array block size", b"\2\2\0\x0a\1\0", "array of 1 items where 0 bytes are left"),
    (
        "map count",
        b"\2" + b"\xfe" * 9 + b"\1",
        "map of 9,187,059,548,520,701,887 items where 0 bytes are left",
    ),
    ("name", b"\2\2\xfe\xff\xff\xff\x0f", "truncated: name of 2,147,483,647 bytes"),
]


@pytest.mark.parametrize(("body", "message"), [c[1:] for c in BOMBS], ids=[c[0] for c in BOMBS])
def test_a_bomb_of_size_is_refused(body: bytes, message: str) -> None:
    got = read(FRAME + PREFIX + body)
    assert isinstance(got, Undecodable)
    assert message in got.message
    assert got.field is not None
    assert got.field.startswith("properties.fields")


def test_a_megabyte_of_small_things_is_read_and_cut() -> None:
    many = 240_000
    count = (2 * many).to_bytes(4, "big")
    varint = b"\x80\xa6\x1d"
    assert int.from_bytes(count, "big") == 480_000
    body = PREFIX + b"\2\2\0\x0a" + varint + b"\0" * many + b"\0\0\0\0"
    got = read(FRAME + body)
    assert isinstance(got, Event)
    assert got.properties == {"": [None] * 10_000}


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_value(junk: bytes) -> None:
    for value in (junk, FRAME + junk, FRAME + PREFIX + b"\2" + junk):
        assert isinstance(read(value), Event | Undecodable | NeedsSchema)
    assert isinstance(read(junk, {HEADER: junk}), Event | Undecodable | NeedsSchema)


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(BODY) - 1), st.binary(max_size=12), st.integers(0, 12))
def test_a_damaged_event_gives_a_value_without_content(at: int, junk: bytes, gone: int) -> None:
    got = read(FRAME + BODY[:at] + junk + BODY[at + gone :])
    assert isinstance(got, Event | Undecodable)
    if isinstance(got, Undecodable):
        assert got.reason in (Dead.UNDECODABLE, Dead.INVALID)
        assert MARKER not in got.message


def test_every_cut_is_noticed() -> None:
    for end in range(len(BODY)):
        assert isinstance(read(FRAME + BODY[:end]), Undecodable)


WRITER = ready([own_schemas()[EVENT_ID].text])


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(BODY) - 1), st.binary(max_size=12), st.integers(0, 12))
def test_whatever_the_walk_passes_is_read(at: int, junk: bytes, gone: int) -> None:
    assert isinstance(WRITER, Writer)
    body = BODY[:at] + junk + BODY[at + gone :]
    fault = walk(WRITER.schema, WRITER.named, body)
    # It is stricter than fastavro, which takes negative indexes and numbers longer than need be.
    assert fault is not None or isinstance(WRITER.read(body, 0), dict)


def test_invalid_utf8_is_mended_and_noted() -> None:
    value = FRAME + BODY.replace(b"TSH-RED-M", b"TSH\xff\xfeED-M")
    got = read(value)
    assert isinstance(got, Event)
    assert got.properties["products"][0]["sku"] == "TSH\ufffdED-M"
    assert [(note.field, note.what) for note in got.notes] == [
        ("properties.products[0].sku", "invalid characters replaced")
    ]


def test_an_invalid_event_names_the_field() -> None:
    record = {"messageId": "m", "type": "track", "userId": MARKER * 100, "timestamp": 0}
    got = read(CODEC.encode("customer_event", record))
    assert got == Undecodable(Dead.INVALID, "userId is longer than 1,000 characters", "userId")


async def test_an_unknown_schema_is_asked_for_again_after_a_minute(
    registry: Callable[..., Any],
) -> None:
    clock = iter([0.0, 1.0, 59.9, 60.1])
    answers = registry({})
    codec = Codec(answers, clock=lambda: next(clock))
    value = (7).to_bytes(5, "big")
    assert codec.decode_cached(value, None, PLACE) == NeedsSchema(7)
    assert await codec.fetch_schema(7) is None
    unknown = Undecodable(Dead.UNKNOWN_SCHEMA, "schema 7 is not in the registry")
    assert codec.decode_cached(value, None, PLACE) == unknown
    assert codec.decode_cached(value, None, PLACE) == unknown
    assert codec.decode_cached(value, None, PLACE) == NeedsSchema(7)
    assert answers.asked == [7]


async def test_unknown_schemas_do_not_pile_up(registry: Callable[..., Any]) -> None:
    codec = Codec(registry({}))
    for number in range(1_100):
        assert await codec.fetch_schema(number) is None
    assert codec.decode_cached((5).to_bytes(5, "big"), None, PLACE) == NeedsSchema(5)
    assert isinstance(codec.decode_cached((1_099).to_bytes(5, "big"), None, PLACE), Undecodable)


async def test_a_registry_that_is_away_is_no_verdict(registry: Callable[..., Any]) -> None:
    away = RegistryAway("HTTP 503, code -1")
    codec = Codec(registry({7: away}))
    value = (7).to_bytes(5, "big")
    assert await codec.decode_event(value, None, PLACE) == away
    assert codec.decode_cached(value, None, PLACE) == NeedsSchema(7)


SCHEMAS_REFUSED: list[tuple[str, str, str]] = [
    ("no JSON", "{", "is no Avro schema (JSONDecodeError)"),
    ("no schema", '{"type": "rekord"}', "is no Avro schema (UnknownType)"),
    ("no record", '"string"', "is not a record"),
    (
        "other record",
        '{"type": "record", "name": "A", "fields": [{"name": "b", "type": "int"}]}',
        "has no field type, so it is no customer event",
    ),
    (
        "endless",
        '{"type": "record", "name": "A", "fields": [{"name": "type", "type": "string"},'
        ' {"name": "a", "type": "A"}]}',
        "is a record that contains itself without end",
    ),
    (
        "nothing for ever",
        '{"type": "record", "name": "A", "fields": [{"name": "type", "type": "string"},'
        ' {"name": "a", "type": {"type": "array", "items": "null"}}]}',
        "has an array of items that take no bytes",
    ),
]


@pytest.mark.parametrize(
    ("text", "why"), [c[1:] for c in SCHEMAS_REFUSED], ids=[c[0] for c in SCHEMAS_REFUSED]
)
async def test_a_schema_that_cannot_be_used_is_refused(
    text: str, why: str, registry: Callable[..., Any]
) -> None:
    codec = Codec(registry({7: Found((text,))}))
    got = await codec.decode_event((7).to_bytes(5, "big") + b"\0\0", None, PLACE)
    assert got == Undecodable(Dead.UNDECODABLE, f"schema 7 {why}")


async def test_a_schema_of_another_kind_is_refused(registry: Callable[..., Any]) -> None:
    guid = UUID(int=9)
    codec = Codec(registry({guid: Found(("{}",), "PROTOBUF")}))
    got = await codec.decode_event(b"x", {HEADER: b"\1" + guid.bytes}, PLACE)
    assert got == Undecodable(Dead.UNDECODABLE, f"schema {guid} is PROTOBUF, not AVRO")


RECURSIVE = [
    '{"name": "next", "type": ["null", "Node"]}',
    '{"name": "next", "type": {"type": "array", "items": "Node"}}',
    '{"name": "next", "type": {"type": "map", "values": ["null", "Node"]}}',
    '{"name": "next", "type": ["null", {"type": "record", "name": "M", "fields": ['
    '{"name": "back", "type": ["string", "Node"]}]}]}',
]


@pytest.mark.parametrize("field", RECURSIVE)
@pytest.mark.parametrize("unit", [b"\2", b"\2\0\2", b"\2\2", b"\2\0\2\0"])
def test_no_recursive_schema_overflows_the_stack(field: str, unit: bytes) -> None:
    node = f'{{"type": "record", "name": "Node", "fields": [{field}]}}'
    fields = f'{{"name": "type", "type": "string"}}, {{"name": "properties", "type": {node}}}'
    writer = ready([f'{{"type": "record", "name": "A", "fields": [{fields}]}}'])
    assert isinstance(writer, Writer)
    assert not isinstance(writer.read(b"\0" + unit * 40_000, 0), dict)


def test_a_text_of_many_lines_is_walked_and_read() -> None:
    lines = {"fields": {"description": "a line\n" * 2_000}}
    record = {"messageId": "m", "type": "track", "timestamp": 0, "properties": lines}
    got = read(CODEC.encode("customer_event", record))
    assert isinstance(got, Event)
    assert got.properties == lines["fields"]


def test_logical_types_of_a_foreign_schema_are_understood() -> None:
    schema = json.dumps(
        {
            "type": "record",
            "name": "shop.Event",
            "fields": [
                {"name": "type", "type": "string"},
                {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-micros"}},
                {
                    "name": "properties",
                    "type": {
                        "type": "record",
                        "name": "P",
                        "fields": [
                            {"name": "day", "type": {"type": "int", "logicalType": "date"}},
                            {
                                "name": "total",
                                "type": {
                                    "type": "bytes",
                                    "logicalType": "decimal",
                                    "precision": 9,
                                    "scale": 2,
                                },
                            },
                        ],
                    },
                },
            ],
        }
    )
    writer = ready([schema])
    assert isinstance(writer, Writer)
    assert not writer.wrapped
    assert not writer.recursive
    stream = io.BytesIO()
    raw = {"type": "track", "timestamp": 1_795_168_800_120_000}
    plain = parse_schema(json.loads(schema.replace('"logicalType": "', '"was": "')))
    schemaless_writer(stream, plain, raw | {"properties": {"day": 20_000, "total": b"\x28\xe6"}})
    record = writer.read(stream.getvalue(), 0)
    assert isinstance(record, dict)
    assert record["timestamp"] == raw["timestamp"]
    event = from_json(record, PLACE)
    assert isinstance(event, Event)
    assert event.timestamp == 1_795_168_800_120
    assert event.properties == {"day": "2024-10-04", "total": 104.7}


@pytest.mark.parametrize("kind", ["record", "array", "map", "union"])
def test_a_schema_of_any_depth_is_read_or_refused(kind: str) -> None:
    for levels in (50, 100, 150, 200, 250, 300, 320, 400, 500, 800, 2_000, 20_000):
        around = {
            "record": ('{"type":"record","name":"R%d","fields":[{"name":"f","type":', "}]}"),
            "array": ('{"type":"array","items":', "}"),
            "map": ('{"type":"map","values":', "}"),
            "union": ('["null",{"type":"array","items":', "}]"),
        }[kind]
        opened = "".join(around[0].replace("%d", str(level)) for level in range(levels))
        deep = f'{opened}"string"{around[1] * levels}'
        fields = f'{{"name":"type","type":"string"}},{{"name":"deep","type":{deep}}}'
        made = ready([f'{{"type":"record","name":"A","fields":[{fields}]}}'])
        assert isinstance(made, Writer | Unusable)
