"""Records of our own schemas as Avro bytes, by callables that are made of the schema once.

fastavro asks the schema anew at every value, and takes more than twice as long. What none of our
own tables and topics has, such as a union of several types, it still writes. Pure.
"""

from collections.abc import Callable
from struct import Struct
from typing import Any

Pack = Callable[[bytearray, Any], None]
"""Puts a value behind the bytes."""
FIRST_BYTE = 64
"""Counts below this take one byte."""
LONGS = 2**63
DOUBLE = Struct("<d")


def pack_of(schema: Any) -> Pack | None:
    """What writes values of a parsed schema without logical types; None where fastavro must."""
    try:
        return _pack(schema, {})
    except KeyError:
        return None


def _pack(schema: Any, named: dict[str, Pack]) -> Pack:
    """Raises KeyError where there is no such callable."""
    if isinstance(schema, str):
        return PLAIN[schema] if schema in PLAIN else named[schema]
    if isinstance(schema, list):
        if len(schema) != 2 or schema[0] != "null":
            raise KeyError("union")
        return _or_null(_pack(schema[1], named))
    if schema["type"] == "record":
        made = named[schema["name"]] = _record(
            [(one, _pack(one["type"], named)) for one in schema["fields"]]
        )
        return made
    if schema["type"] == "enum":
        made = named[schema["name"]] = _enum(schema["symbols"])
        return made
    if schema["type"] == "array":
        return _array(_pack(schema["items"], named))
    if schema["type"] == "map":
        return _map(_pack(schema["values"], named))
    return PLAIN[schema["type"]]


def _long(out: bytearray, value: float) -> None:
    if type(value) is not int:
        value = _whole(value)
    left = value << 1 if value >= 0 else ~(value << 1)
    if not -LONGS <= value < LONGS:
        raise OverflowError("beyond 64 bits")
    while left > 127:
        out.append(left & 127 | 128)
        left >>= 7
    out.append(left)


def _whole(value: Any) -> int:
    """fastavro takes what is a number, and cuts what is behind the point."""
    if not isinstance(value, int | float):
        raise TypeError("no number")
    return int(value)


def _bytes(out: bytearray, value: bytes) -> None:
    size = len(value)
    if size < FIRST_BYTE:
        out.append(size << 1)
    else:
        _long(out, size)
    out += value


def _text(out: bytearray, value: str) -> None:
    _bytes(out, value.encode())


def _flag(out: bytearray, value: Any) -> None:
    out.append(1 if value else 0)


def _double(out: bytearray, value: float) -> None:
    out += DOUBLE.pack(value)


PLAIN: dict[str, Pack] = {
    "string": _text,
    "bytes": _bytes,
    "int": _long,
    "long": _long,
    "boolean": _flag,
    "double": _double,
}


def _or_null(pack: Pack) -> Pack:
    """A value, also with the name of its branch beside it, or null."""

    def or_null(out: bytearray, value: Any) -> None:
        if value is None:
            out.append(0)
        else:
            out.append(2)
            pack(out, value[1] if type(value) is tuple else value)

    return or_null


def _record(fields: list[tuple[dict[str, Any], Pack]]) -> Pack:
    """All fields of a record; one that is not there has its default."""
    packs = tuple((field["name"], pack) for field, pack in fields)
    defaults = {field["name"]: field["default"] for field, _ in fields if "default" in field}

    def record(out: bytearray, value: dict[str, Any]) -> None:
        for name, pack in packs:
            pack(out, value[name] if name in value else defaults[name])

    return record


def _enum(symbols: list[str]) -> Pack:
    places = {symbol: place for place, symbol in enumerate(symbols)}
    return lambda out, value: _long(out, places[value])


def _array(pack: Pack) -> Pack:
    def array(out: bytearray, values: list[Any]) -> None:
        count = len(values)
        if count:
            _long(out, count)
            for one in values:
                pack(out, one)
        out.append(0)

    return array


def _map(pack: Pack) -> Pack:
    def mapped(out: bytearray, values: dict[str, Any]) -> None:
        count = len(values)
        if count:
            _long(out, count)
            for name, one in values.items():
                _text(out, name)
                pack(out, one)
        out.append(0)

    return mapped
