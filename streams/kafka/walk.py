"""Walks an Avro body without building anything: is it whole, and not too deep?

fastavro recurses on the C stack, which a few thousand levels of nesting overflow: that kills the
process, and nothing can be caught. So a body that could be that deep is walked first; and a body
that fastavro refused is walked to say what is wrong and where. Pure, and slower than decoding.
It is stricter than fastavro in one thing: a union branch or enum symbol of negative number, which
fastavro counts from the end, is a fault here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_CONTAINERS = 2_400
"""Records, arrays and maps inside each other. Measured: 6,000 fit into a stack of 8 MiB."""

MAX_PATH = 100

_FIXED_SIZE = {"null": 0, "boolean": 1, "float": 4, "double": 8}
_VARINT = re.compile(rb"[\x80-\xff]*[\x00-\x7f]", re.DOTALL)
_VARINT_SIZE = 10


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a body, in which field of the schema and at which byte of the body."""

    what: str
    field: str
    at: int

    def __str__(self) -> str:
        """For people."""
        return f"{self.what} in {self.field or 'the record'} at byte {self.at:,}"


class _Broken(Exception):  # noqa: N818 - ends a walk; it becomes a `Fault`
    def __init__(self, what: str) -> None:
        self.what = what


@dataclass(slots=True)
class _Cursor:
    body: bytes
    at: int = 0

    def long(self) -> int:
        found = _VARINT.match(self.body, self.at, self.at + _VARINT_SIZE)
        if found is None:
            left = len(self.body) - self.at
            raise _Broken("truncated" if left < _VARINT_SIZE else "number of more than 10 bytes")
        number = 0
        for shift, byte in enumerate(found[0]):
            number |= (byte & 0x7F) << (7 * shift)
        self.at = found.end()
        return (number >> 1) ^ -(number & 1)

    def skip(self, size: int, what: str = "value") -> None:
        if size < 0:
            raise _Broken(f"{what} of negative length")
        left = len(self.body) - self.at
        if size > left:
            raise _Broken(f"truncated: {what} of {size:,} bytes where {left:,} are left")
        self.at += size


@dataclass(frozen=True, slots=True)
class _Step:
    """A value to walk; `left` items of it remain to be walked in the block of an array or map."""

    schema: Any
    field: str
    depth: int
    left: int | None = None


def walk(schema: Any, named: Mapping[str, Any], body: bytes) -> Fault | None:
    """What is wrong with `body` as a value of a parsed `schema`, or None."""
    cursor = _Cursor(body)
    steps = [_Step(schema, "", 0)]
    while steps:
        step = steps.pop()
        try:
            if step.left is None:
                _value(step, named, cursor, steps)
            else:
                _block(step, step.left, cursor, steps)
        except _Broken as broken:
            return Fault(broken.what, step.field, cursor.at)
    left = len(body) - cursor.at
    return Fault(f"{left:,} bytes too many", "", cursor.at) if left else None


def _value(step: _Step, named: Mapping[str, Any], cursor: _Cursor, steps: list[_Step]) -> None:
    schema = step.schema
    if isinstance(schema, str) and schema in named:
        schema = named[schema]
    if isinstance(schema, list):
        branch = _choose(schema, "union branch", cursor)
        steps.append(_Step(branch, step.field, step.depth))
        return
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind in ("record", "error"):
        _descend(step)
        dot = "." if step.field else ""
        steps += [
            _Step(field["type"], _within(step.field, f"{dot}{field['name']}"), step.depth + 1)
            for field in reversed(schema["fields"])
        ]
    elif kind in ("array", "map"):
        _descend(step)
        steps.append(_Step(schema, step.field, step.depth + 1, left=0))
    elif kind == "enum":
        _choose(schema["symbols"], "enum symbol", cursor)
    elif kind == "fixed":
        cursor.skip(schema["size"])
    elif kind in ("int", "long"):
        cursor.long()
    elif kind in ("string", "bytes"):
        cursor.skip(cursor.long(), kind)
    elif kind in _FIXED_SIZE:
        cursor.skip(_FIXED_SIZE[kind])
    else:
        steps.append(_Step(kind, step.field, step.depth))


def _descend(step: _Step) -> None:
    if step.depth >= MAX_CONTAINERS:
        raise _Broken(f"nested deeper than {MAX_CONTAINERS:,} levels")


def _choose(options: list[Any], what: str, cursor: _Cursor) -> Any:
    index = cursor.long()
    if not 0 <= index < len(options):
        raise _Broken(f"{what} {index} of {len(options)}")
    return options[index]


def _block(step: _Step, left: int, cursor: _Cursor, steps: list[_Step]) -> None:
    """The next item of an array or map, which come in blocks with a count in front."""
    what = step.schema["type"]
    if left == 0:
        left = cursor.long()
        if left == 0:
            return
        if left < 0:
            left = -left
            cursor.long()
        if left > len(cursor.body) - cursor.at:
            rest = len(cursor.body) - cursor.at
            raise _Broken(f"{what} of {left:,} items where {rest:,} bytes are left")
    if what == "map":
        cursor.skip(cursor.long(), "name")
    steps.append(_Step(step.schema, step.field, step.depth, left=left - 1))
    items = step.schema["values" if what == "map" else "items"]
    inside = _within(step.field, "{}" if what == "map" else "[]")
    steps.append(_Step(items, inside, step.depth))


def _within(field: str, part: str) -> str:
    """The path one step further in; a long one ends in dots."""
    if len(field) < MAX_PATH:
        return field + part
    return field if field.endswith("…") else field + "…"
