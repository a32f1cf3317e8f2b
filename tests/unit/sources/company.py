"""The worked example of docs/examples/company: its files, and its records as the bus has them."""

import json
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from fastavro import parse_schema, schemaless_writer

FOLDER = Path(__file__).parents[3] / "docs" / "examples" / "company"
PLAN = FOLDER / "plan.yaml"
RECORDS = {
    "shop/orders.json": ("shop.orders", None, "shop/order.avsc"),
    "app/tracked.json": ("app.tracking", None, "app/tracked.avsc"),
    "crm/customers_changed.json": (
        "crm.customers",
        "com.example.crm.CustomerChanged",
        "crm/customer_changed.avsc",
    ),
    "crm/segments_joined.json": (
        "crm.customers",
        "com.example.crm.SegmentJoined",
        "crm/segment_joined.avsc",
    ),
    "crm/notes_written.json": ("crm.customers", None, "crm/note_written.avsc"),
}
"""The files of records: topic, name of the type where the topic has several, schema."""
IDS = {file: number for number, (_, _, file) in enumerate(RECORDS.values(), start=501)}


def records(file: str) -> list[dict[str, Any]]:
    return json.loads((FOLDER / file).read_text())


@cache
def texts() -> dict[int, str]:
    """The schemas by id."""
    return {number: (FOLDER / file).read_text() for file, number in IDS.items()}


def on_the_wire(file: str, record: dict[str, Any]) -> bytes:
    """A record of one of the files in the Confluent wire format."""
    schema_file = RECORDS[file][2]
    number, body = IDS[schema_file], BytesIO()
    given = json.loads(texts()[number])
    schemaless_writer(body, parse_schema(given), _avro(record, given, {}))
    return number.to_bytes(5, "big") + body.getvalue()


def _avro(value: Any, schema: Any, named: dict[str, Any]) -> Any:
    """JSON as the values that Avro's logical types take."""
    if isinstance(schema, str):
        schema = named.get(schema, {"type": schema})
    if isinstance(schema, list):
        return _branch(value, schema, named)
    if isinstance(schema["type"], dict | list):
        return _avro(value, schema["type"], named)
    if "name" in schema:
        named[schema["name"]] = schema
    match schema.get("logicalType") or schema["type"]:
        case "record":
            return {one["name"]: _avro(value[one["name"]], one, named) for one in schema["fields"]}
        case "array":
            return [_avro(one, schema["items"], named) for one in value]
        case "map":
            return {name: _avro(one, schema["values"], named) for name, one in value.items()}
        case "decimal":
            return Decimal(str(value)).quantize(Decimal(1).scaleb(-schema["scale"]))
        case "timestamp-millis" | "timestamp-micros":
            return datetime.fromisoformat(value)
        case "date":
            return date.fromisoformat(value)
        case "uuid":
            return UUID(value)
        case "fixed":
            return bytes.fromhex(value)
    return value


def _branch(value: Any, union: list[Any], named: dict[str, Any]) -> Any:
    if value is None:
        return None
    for branch in (one for one in union if isinstance(one, dict)):
        names = {one["name"] for one in branch.get("fields", ())}
        if not names or names == set(value):
            return _avro(value, branch, named)
    return value
