"""Writers' schemas other than ours: what is read is what Avro's own resolution gives."""

import io
import json
from collections.abc import Callable
from typing import Any

import avro.io
import avro.schema
import pytest

from streams.core.event import Event
from streams.core.outcome import Dead
from streams.core.records import Place
from streams.kafka.codec import Codec, Undecodable
from streams.kafka.registry import Found
from streams.kafka.schemas import own_schemas
from streams.sources.customer_event import to_event

PLACE = Place("shop.events", 0, 7)
OURS = own_schemas()[1_900_000_001].text
PROPERTIES = {"fields": {"price": 49.9, "quantity": 2, "tags": ["a", {"fields": {"b": True}}]}}
RECORD: dict[str, Any] = {
    "messageId": "m-1",
    "type": "track",
    "event": "Product Added",
    "userId": "u-42",
    "timestamp": 1_795_168_800_120,
    "properties": PROPERTIES,
}


def changed(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(OURS)
    change(schema)
    return schema


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return next(item for item in schema["fields"] if item["name"] == name)


def without(schema: dict[str, Any], *names: str) -> None:
    schema["fields"] = [item for item in schema["fields"] if item["name"] not in names]


def add_fields(schema: dict[str, Any]) -> None:
    schema["fields"].insert(3, {"name": "tenant", "type": "string"})
    schema["fields"].append({"name": "scores", "type": {"type": "array", "items": "float"}})


def reorder(schema: dict[str, Any]) -> None:
    """All but the last three: they refer to a type that `traits` defines."""
    fields = schema["fields"]
    schema["fields"] = [*reversed(fields[:-3]), *fields[-3:]]


def swap_unions(schema: dict[str, Any]) -> None:
    for item in schema["fields"]:
        if isinstance(item["type"], list):
            item["type"].reverse()
            item.pop("default", None)


def tighten(schema: dict[str, Any]) -> None:
    for name in ("event", "userId"):
        item = field(schema, name)
        item["type"] = "string"
        item.pop("default", None)


def narrow_time(schema: dict[str, Any]) -> None:
    field(schema, "originalTimestamp")["type"] = ["null", "int"]


def longer_enum(schema: dict[str, Any]) -> None:
    field(schema, "type")["type"]["symbols"].insert(0, "delete")


EVOLUTIONS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("the same", json.loads(OURS), {}),
    ("fields added", changed(add_fields), {"tenant": "de", "scores": [0.5, 1.0]}),
    ("optional fields removed", changed(lambda s: without(s, "name", "channel", "context")), {}),
    ("fields reordered", changed(reorder), {}),
    ("union branches reordered", changed(swap_unions), {}),
    ("optional made required", changed(tighten), {}),
    ("int promoted to long", changed(narrow_time), {"originalTimestamp": 1_795_168_800}),
    ("a symbol added, not used", changed(longer_enum), {}),
]


def reference_bytes(schema: dict[str, Any], record: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    parsed = avro.schema.parse(json.dumps(schema))
    avro.io.DatumWriter(parsed).write(record, avro.io.BinaryEncoder(stream))
    return stream.getvalue()


def reference_reads(schema: dict[str, Any], body: bytes) -> dict[str, Any]:
    reader = avro.io.DatumReader(avro.schema.parse(json.dumps(schema)), avro.schema.parse(OURS))
    datum: dict[str, Any] = reader.read(avro.io.BinaryDecoder(io.BytesIO(body)))
    return datum


def codec_for(registry: Callable[..., Any], *texts: str) -> Codec:
    return Codec(registry({7: Found(texts)}))


@pytest.mark.parametrize(
    ("schema", "more"), [case[1:] for case in EVOLUTIONS], ids=[case[0] for case in EVOLUTIONS]
)
async def test_another_version_is_read_as_the_reference_resolves_it(
    schema: dict[str, Any], more: dict[str, Any], registry: Callable[..., Any]
) -> None:
    body = reference_bytes(schema, RECORD | more)
    codec = codec_for(registry, json.dumps(schema))
    got = await codec.decode_event((7).to_bytes(5, "big") + body, None, PLACE)
    assert isinstance(got, Event)
    assert got == to_event(reference_reads(schema, body), PLACE)
    assert got.event == "Product Added"
    assert got.properties == {"price": 49.9, "quantity": 2, "tags": ["a", {"b": True}]}


async def test_a_symbol_that_we_do_not_know_is_an_invalid_type(
    registry: Callable[..., Any],
) -> None:
    schema = changed(longer_enum)
    body = reference_bytes(schema, RECORD | {"type": "delete"})
    codec = codec_for(registry, json.dumps(schema))
    got = await codec.decode_event((7).to_bytes(5, "big") + body, None, PLACE)
    assert isinstance(got, Undecodable)
    assert (got.reason, got.field) == (Dead.INVALID, "type")


FOREIGN: list[tuple[str, list[dict[str, Any]], dict[str, Any]]] = [
    (
        "a subset under another name, with plain maps and records",
        [
            {"name": "type", "type": "string"},
            {"name": "userId", "type": "long"},
            {"name": "timestamp", "type": "long"},
            {"name": "event", "type": "string"},
            {
                "name": "properties",
                "type": {
                    "type": "record",
                    "name": "Line",
                    "fields": [
                        {"name": "price", "type": "double"},
                        {"name": "fields", "type": {"type": "array", "items": "string"}},
                    ],
                },
            },
            {"name": "traits", "type": {"type": "map", "values": "string"}},
        ],
        {
            "type": "track",
            "userId": 42,
            "timestamp": 1_795_168_800,
            "event": "Product Added",
            "properties": {"price": 1.5, "fields": ["x"]},
            "traits": {"fields": "y"},
        },
    ),
    (
        "a time as text",
        [
            {"name": "type", "type": "string"},
            {"name": "userId", "type": "string"},
            {"name": "timestamp", "type": "string"},
        ],
        {"type": "page", "userId": "42", "timestamp": "2026-11-20T11:00:00+01:00"},
    ),
]


@pytest.mark.parametrize(
    ("fields", "record"), [case[1:] for case in FOREIGN], ids=[case[0] for case in FOREIGN]
)
async def test_a_foreign_record_is_matched_by_field_name(
    fields: list[dict[str, Any]], record: dict[str, Any], registry: Callable[..., Any]
) -> None:
    schema = {"type": "record", "name": "Click", "namespace": "com.shop", "fields": fields}
    codec = codec_for(registry, json.dumps(schema))
    value = (7).to_bytes(5, "big") + reference_bytes(schema, record)
    got = await codec.decode_event(value, None, PLACE)
    assert isinstance(got, Event)
    assert got.user_id == "42"
    assert got.timestamp == 1_795_168_800_000
    assert got.message_id == "shop.events-0-7"
    assert got.properties == record.get("properties", {})
    assert got.traits == record.get("traits", {})


async def test_names_are_matched_with_their_case(registry: Callable[..., Any]) -> None:
    schema = {
        "type": "record",
        "name": "Click",
        "fields": [{"name": name, "type": "string"} for name in ("type", "userid", "timestamp")],
    }
    record = {"type": "page", "userid": "42", "timestamp": "2026-11-20T11:00:00Z"}
    codec = codec_for(registry, json.dumps(schema))
    value = (7).to_bytes(5, "big") + reference_bytes(schema, record)
    got = await codec.decode_event(value, None, PLACE)
    assert isinstance(got, Event)
    assert got.contact is None


async def test_a_schema_may_refer_to_another(registry: Callable[..., Any]) -> None:
    address = {
        "type": "record",
        "name": "Address",
        "namespace": "com.shop",
        "fields": [{"name": "city", "type": "string"}],
    }
    main = {
        "type": "record",
        "name": "Signup",
        "namespace": "com.shop",
        "fields": [
            {"name": "type", "type": "string"},
            {"name": "userId", "type": "string"},
            {"name": "timestamp", "type": "long"},
            {"name": "traits", "type": "com.shop.Address"},
        ],
    }
    whole = main | {"fields": [*main["fields"][:-1], {"name": "traits", "type": address}]}
    record = {"type": "identify", "userId": "42", "timestamp": 1, "traits": {"city": "Berlin"}}
    codec = codec_for(registry, json.dumps(address), json.dumps(main))
    value = (7).to_bytes(5, "big") + reference_bytes(whole, record)
    got = await codec.decode_event(value, None, PLACE)
    assert isinstance(got, Event)
    assert got.traits == {"city": "Berlin"}
