"""A writer's schema, made ready once: what it takes to read the events that it wrote.

An event is read by its writer's schema and matched to ours by field name afterwards, so fields
may be added, left out and reordered, and the record may have any name. A company's own record is
read whole, for a mapping of the plan. Pure.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_reader

from streams.kafka.walk import MAX_CONTAINERS, Fault, walk

_CONTAINERS = ("record", "error", "array", "map")
_TIMES = (
    "timestamp-millis",
    "timestamp-micros",
    "local-timestamp-millis",
    "local-timestamp-micros",
)
_FIRST_BYTES = 64
"""Union branches whose index takes one byte."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why events cannot be read by a schema."""

    why: str


@dataclass(frozen=True, slots=True)
class Writer:
    """A writer's schema. `wrapped`: its objects are records with the one field `fields`.

    `marks` are the bytes that begin a deeper level wherever levels are not bounded by the schema,
    None where any byte may.
    """

    schema: Any
    named: dict[str, Any]
    wrapped: bool
    recursive: bool
    marks: bytes | None
    containers: int

    def read(self, value: bytes, start: int) -> dict[str, Any] | Fault:
        """The record whose body begins at `start`, or what is wrong with it."""
        if self.recursive and self._may_be_deep(value):
            fault = walk(self.schema, self.named, value[start:])
            if fault is not None:
                return fault
        stream = BytesIO(value)
        stream.seek(start)
        try:
            record = schemaless_reader(
                stream, self.schema, None, handle_unicode_errors="surrogateescape"
            )
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - hostile bytes raise whatever they like
            fault = walk(self.schema, self.named, value[start:])
            return fault or Fault(f"unreadable ({type(error).__name__})", "", 0)
        if stream.tell() != len(value):
            return Fault(
                f"{len(value) - stream.tell():,} bytes too many", "", stream.tell() - start
            )
        return dict(record) if isinstance(record, dict) else Fault("no record", "", 0)

    def _may_be_deep(self, value: bytes) -> bool:
        marks = len(value)
        if self.marks is not None:
            marks -= len(value.translate(None, self.marks))
        return (marks + 1) * self.containers > MAX_CONTAINERS


def ready(texts: Sequence[str], *, own: bool = False) -> Writer | Unusable:
    """Make a schema ready; `texts` are the schemas that it refers to, then itself.

    `own`: its records are a company's own, and need no field of an event.
    """
    named: dict[str, Any] = {}
    schema: Any = None
    try:
        for text in texts:
            given = json.loads(text)
            schema = parse_schema(given if own else _raw_times(given), named_schemas=named)
    except Exception as error:  # noqa: BLE001 - every way in which a schema can be wrong
        return Unusable(f"is no Avro schema ({type(error).__name__})")
    if not isinstance(schema, dict) or schema.get("type") != "record":
        return Unusable("is not a record")
    if not own and not any(field["name"] == "type" for field in schema["fields"]):
        return Unusable("has no field type, so it is no customer event")
    shape = _Shape(named)
    if shape.smallest(schema, ()) == math.inf:
        return Unusable("is a record that contains itself without end")
    nodes = list(shape.nodes(schema))
    if any(shape.smallest(node["items"], ()) == 0 for node in nodes if node["type"] == "array"):
        return Unusable("has an array of items that take no bytes")
    recursive = [name for name in named if shape.reaches(name, name, unions=True)]
    return Writer(
        schema=schema,
        named=named,
        wrapped=any(_is_object(node) for node in nodes),
        recursive=bool(recursive),
        marks=shape.marks(recursive),
        containers=len(nodes),
    )


def _raw_times(schema: Any) -> Any:
    """The times of the event itself as plain numbers: fastavro makes slow objects of them."""
    if isinstance(schema, dict) and isinstance(schema.get("fields"), list):
        fields = [field | {"type": _raw_time(field["type"])} for field in schema["fields"]]
        return schema | {"fields": fields}
    return schema


def _raw_time(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_raw_time(branch) for branch in schema]
    if isinstance(schema, dict) and schema.get("logicalType") in _TIMES:
        return schema["type"]
    return schema


def _is_object(node: Any) -> bool:
    fields = node.get("fields", ())
    if len(fields) != 1 or fields[0]["name"] != "fields":
        return False
    inner = fields[0]["type"]
    return isinstance(inner, dict) and inner.get("type") == "map"


@dataclass(frozen=True, slots=True)
class _Shape:
    """Questions about a parsed schema; names lead to `named`."""

    named: dict[str, Any]

    def children(self, schema: Any) -> list[Any]:
        """The schemas directly inside one; a name is not followed."""
        if isinstance(schema, list):
            return schema
        if not isinstance(schema, dict):
            return []
        kind = schema["type"]
        if kind in ("record", "error"):
            return [field["type"] for field in schema["fields"]]
        return [schema[key] for key in ("items", "values") if key in schema]

    def nodes(self, schema: Any, visited: set[str] | None = None) -> Iterator[dict[str, Any]]:
        """Every record, array and map, once."""
        visited = set() if visited is None else visited
        schema = self.named.get(schema, schema) if isinstance(schema, str) else schema
        if isinstance(schema, dict):
            if schema.get("name") in visited:
                return
            visited |= {schema["name"]} if "name" in schema else set()
            if schema["type"] in _CONTAINERS:
                yield schema
        for child in self.children(schema):
            yield from self.nodes(child, visited)

    def smallest(self, schema: Any, above: tuple[str, ...]) -> float:
        """The bytes that a value takes at least; infinite where it contains itself always."""
        if isinstance(schema, str) and schema in self.named:
            schema = self.named[schema]
        if isinstance(schema, list):
            return 1 + min((self.smallest(branch, above) for branch in schema), default=0)
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind not in ("record", "error"):
            return int(schema["size"]) if kind == "fixed" else int(kind != "null")
        if schema["name"] in above:
            return math.inf
        return sum(self.smallest(f["type"], (*above, schema["name"])) for f in schema["fields"])

    def reaches(self, name: str, target: str, *, unions: bool) -> bool:
        """Whether a value of the type `name` may hold one of `target`, through unions or not."""
        visited: set[str] = set()
        waiting = self.children(self.named[name])
        while waiting:
            schema = waiting.pop()
            if schema == target or (isinstance(schema, dict) and schema.get("name") == target):
                return True
            if isinstance(schema, str) and schema in self.named and schema not in visited:
                visited.add(schema)
                waiting = [*waiting, self.named[schema]]
            elif unions or not isinstance(schema, list):
                waiting = [*waiting, *self.children(schema)]
        return False

    def marks(self, recursive: list[str]) -> bytes | None:
        """The bytes that begin the index of a union branch that may lead deeper.

        fastavro also takes an index from the end (-1 is the last branch), and a number in more
        bytes than it needs: then its first byte has the top bit.
        """
        found: set[int] = set()
        for name in recursive:
            if self.reaches(name, name, unions=False):
                return None
            for union in self._unions(self.named[name]):
                if len(union) > _FIRST_BYTES:
                    return None
                deep = [index for index, branch in enumerate(union) if self._deep(branch)]
                found.update(2 * index for index in deep)
                found.update(2 * (len(union) - index) - 1 for index in deep)
        return bytes(sorted(found | {byte | 0x80 for byte in found}))

    def _unions(self, schema: Any) -> Iterator[list[Any]]:
        if isinstance(schema, list):
            yield schema
        for child in self.children(schema):
            yield from self._unions(child)

    def _deep(self, schema: Any) -> bool:
        if isinstance(schema, str):
            schema = self.named.get(schema, schema)
        return isinstance(schema, dict) and schema["type"] in _CONTAINERS
