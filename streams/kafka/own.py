"""Records of our own schemas as bytes: our ids in front, times as plain numbers. Pure.

Every version that `ids.json` knows is read, as the newest one has it; the newest is written.
"""

import json
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from fastavro import parse_schema, schemaless_reader, schemaless_writer

from streams.kafka.framing import ID_FRAME, frame
from streams.kafka.packing import Pack, pack_of
from streams.kafka.schemas import FOLDER, own_schemas


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why bytes are no record of a schema; `ours` where they at least claim to be."""

    why: str
    ours: bool = True


@dataclass(frozen=True, slots=True)
class _Version:
    id: int
    schema: Any
    pack: Pack | None


def encode(name: str, record: dict[str, Any], *, folder: Path = FOLDER) -> bytes:
    """A record of the newest version of a schema."""
    version = _newest(name, folder)
    if version.pack is not None:
        packed = bytearray(ID_FRAME.pack(0, version.id))
        version.pack(packed, record)
        return bytes(packed)
    stream = BytesIO()
    stream.write(ID_FRAME.pack(0, version.id))
    schemaless_writer(stream, version.schema, record)
    return stream.getvalue()


def decode(name: str, value: bytes | None, *, folder: Path = FOLDER) -> dict[str, Any] | Unreadable:
    """The record of a schema that any of its versions wrote."""
    if value is None:
        return Unreadable("no value")
    framed = frame(value, None)
    if isinstance(framed, str):
        return Unreadable(framed)
    ref, start = framed
    written = _versions(name, folder).get(ref) if isinstance(ref, int) else None
    if written is None:
        return Unreadable(f"schema {ref} is no {name} of ours", ours=False)
    newest = _newest(name, folder)
    stream = BytesIO(value)
    stream.seek(start)
    try:
        record = schemaless_reader(
            stream, written.schema, None if written is newest else newest.schema
        )
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - foreign bytes raise whatever they like
        return Unreadable(f"no {name}: {type(error).__name__}")
    if stream.tell() != len(value) or not isinstance(record, dict):
        return Unreadable(f"no {name}: {len(value):,} bytes do not fit")
    return record


@cache
def _versions(name: str, folder: Path) -> dict[int, _Version]:
    schemas = {
        own.id: parse_schema(without_logical_types(json.loads(own.text)))
        for own in own_schemas(folder).values()
        if own.name == name
    }
    return {number: _Version(number, one, pack_of(one)) for number, one in schemas.items()}


@cache
def _newest(name: str, folder: Path) -> _Version:
    versions = _versions(name, folder)
    return versions[max(versions)]


def without_logical_types(schema: Any) -> Any:
    """The schema without logical types, so that times stay numbers."""
    if isinstance(schema, dict):
        return {
            key: without_logical_types(value)
            for key, value in schema.items()
            if key != "logicalType"
        }
    if isinstance(schema, list):
        return [without_logical_types(item) for item in schema]
    return schema
