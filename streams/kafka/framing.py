"""How a record says which schema wrote it: in front of its value, or in a header.

In front: the byte 0 and a four-byte id, or the byte 1 and a sixteen-byte GUID. In the header
`__value_schema_id`: the same, and the value is bare. Pure.
"""

from collections.abc import Iterable, Mapping
from struct import Struct
from uuid import UUID

from streams.kafka.registry import SchemaRef

HEADER = "__value_schema_id"
ID_FRAME = Struct(">BI")
GUID_SIZE = 17

Headers = Mapping[str, bytes] | Iterable[tuple[str, bytes]] | None
Frame = tuple[SchemaRef, int]
"""The writer's schema and where in the value its body begins."""


def frame(value: bytes, headers: Headers) -> Frame | str:
    """The frame of a value, or what is wrong with it."""
    told = _told(headers) if headers else None
    if told is not None:
        found = _ref(told)
        if isinstance(found, str):
            return f"header {HEADER}: {found}"
        ref, size = found
        if size != len(told):
            return f"header {HEADER}: {len(told)} bytes long instead of {size}"
        return ref, 0
    return _ref(value)


def _ref(value: bytes) -> Frame | str:
    if not value:
        return "empty"
    magic = value[0]
    if magic == 0:
        if len(value) < ID_FRAME.size:
            return f"truncated in the schema id: {len(value)} bytes"
        return ID_FRAME.unpack_from(value)[1], ID_FRAME.size
    if magic == 1:
        if len(value) < GUID_SIZE:
            return f"truncated in the schema GUID: {len(value)} bytes"
        return UUID(bytes=bytes(value[1:GUID_SIZE])), GUID_SIZE
    return f"wrong magic byte 0x{magic:02x}: neither 0x00 with an id nor 0x01 with a GUID"


def _told(headers: Headers) -> bytes | None:
    if isinstance(headers, Mapping):
        return headers.get(HEADER)
    told = None
    for name, content in headers or ():
        if name == HEADER:
            told = content
    return told
