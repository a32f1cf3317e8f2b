"""Our own records as bytes: what writes them fast writes what fastavro writes."""

import json
from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.kafka.own import without_logical_types
from streams.kafka.packing import pack_of
from streams.kafka.schemas import FOLDER

SCHEMAS = {
    path.name: parse_schema(without_logical_types(json.loads(path.read_text())))
    for path in sorted(FOLDER.glob("*.avsc"))
}
FOREIGN = "customer_event.avsc"
"""It has unions of several types; it is written by publishers, and by us in trials."""
LONGS = st.integers(-(2**63), 2**63 - 1) | st.integers(-200, 200)
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=100),
    "bytes": st.binary(max_size=100) | st.just(b"x" * 9_000),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": LONGS,
    "boolean": st.booleans(),
    "double": st.floats(),
}


def values(schema: Any, named: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a schema; a union's branch is named, as we name it."""
    if isinstance(schema, list):
        other = schema[1]
        inner = named.get(other, other) if isinstance(other, str) else other
        name = inner["name"] if isinstance(inner, dict) and "name" in inner else None
        given_by_name = values(other, named)
        return st.none() | (given_by_name.map(lambda one: (name, one)) if name else given_by_name)
    if isinstance(schema, str):
        return PLAIN[schema] if schema in PLAIN else values(named[schema], named)
    if "name" in schema:
        named[schema["name"]] = schema
    kind = schema["type"]
    if kind == "record":
        return st.fixed_dictionaries(
            {field["name"]: values(field["type"], named) for field in schema["fields"]}
        )
    if kind == "enum":
        return st.sampled_from(schema["symbols"])
    if kind == "array":
        return st.lists(values(schema["items"], named), max_size=3)
    if kind == "map":
        return st.dictionaries(st.text(max_size=5), values(schema["values"], named), max_size=3)
    return PLAIN[kind]


def packed(schema: Any, record: Any) -> bytes:
    pack = pack_of(schema)
    assert pack is not None
    out = bytearray()
    pack(out, record)
    return bytes(out)


def written(schema: Any, record: Any) -> bytes:
    stream = BytesIO()
    schemaless_writer(stream, schema, record)
    return stream.getvalue()


@pytest.mark.parametrize("name", [name for name in SCHEMAS if name != FOREIGN])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_bytes_are_those_of_fastavro(name: str, data: st.DataObject) -> None:
    schema = SCHEMAS[name]
    record = data.draw(values(schema, {}))
    assert packed(schema, record) == written(schema, record)


def test_what_has_unions_of_several_types_is_left_to_fastavro() -> None:
    assert pack_of(SCHEMAS[FOREIGN]) is None


@pytest.mark.parametrize(
    "number", [0, -1, 63, 64, -64, -65, 2**31, 2**63 - 1, -(2**63), 1.5, -1.5, 1e10, True]
)
def test_numbers_at_the_edges(number: float) -> None:
    assert packed("long", number) == written("long", number)
    assert schemaless_reader(BytesIO(packed("long", number)), "long", None) == int(number)


@pytest.mark.parametrize("size", [0, 63, 64, 8_191, 8_192, 2_000_000])
def test_sizes_at_the_edges(size: int) -> None:
    assert packed("bytes", b"x" * size) == written("bytes", b"x" * size)
    assert packed("string", "x" * size) == written("string", "x" * size)
    counted = parse_schema({"type": "array", "items": "boolean"})
    assert packed(counted, [True] * size) == written(counted, [True] * size)


@pytest.mark.parametrize("record", [{}, {"plain": 1, "named": "b"}])
def test_a_field_that_is_not_there_has_its_default(record: dict[str, Any]) -> None:
    schema = parse_schema(
        {
            "type": "record",
            "name": "R",
            "fields": [
                {"name": "plain", "type": "int", "default": 7},
                {"name": "named", "type": ["null", "string"], "default": None},
            ],
        }
    )
    assert packed(schema, record) == written(schema, record)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("long", 2**63),
        ("long", -(2**63) - 1),
        ("long", "1"),
        ("long", float("inf")),
        ("long", None),
        ("string", None),
        ("string", b"x"),
        ("string", "\ud800"),
        ("bytes", "x"),
        ("bytes", None),
        ("double", "x"),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, "B"),
        ({"type": "array", "items": "long"}, None),
        ({"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}]}, {}),
    ],
)
def test_what_does_not_fit_is_an_error_there_and_here(schema: Any, value: Any) -> None:
    parsed = parse_schema(schema)
    with pytest.raises(Exception):  # noqa: B017 - each in its own way
        written(parsed, value)
    with pytest.raises(Exception):  # noqa: B017 - each in its own way
        packed(parsed, value)
