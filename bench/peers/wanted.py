"""What the peers in Python tell Cordial of an event: the product's requests, one command each."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
from fastavro import parse_schema, schemaless_reader

from bench.journal import ID_KEY

Request = tuple[str, bytes]
SCHEMA = Path(__file__).parents[2] / "avro" / "customer_event.avsc"
FRAME = 5
SOURCE = "cordial-streams"


def decoder() -> Callable[[bytes], dict[str, Any]]:
    """From a record's value to the event; times stay milliseconds."""
    said = json.loads(SCHEMA.read_text())
    schema = parse_schema(_without_logical_types(said))
    return lambda value: schemaless_reader(BytesIO(value[FRAME:]), schema)


def requests(event: dict[str, Any]) -> list[Request]:
    """(path, body) of each command, in the order in which they must leave."""
    who = {"identifiers": {ID_KEY: event["userId"]}, "identifiersPriority": [ID_KEY]}
    match event["type"]:
        case "identify":
            body = {"source": SOURCE, **who, "attributes": _plain(event["traits"])}
            return [("/api/upsertContact", orjson.dumps(body))]
        case "group":
            members = {"identifiers": [who["identifiers"]], "identifiersPriority": [ID_KEY]}
            name = _plain(event["traits"])["name"]
            body = {"source": SOURCE, "listName": name, "isAllowedToCreateLists": True}
            return [("/api/addContactsToList", orjson.dumps({**body, "contacts": members}))]
        case kind:
            properties = _plain(event["properties"])
            name = "pageView" if kind == "page" else event["event"]
            return [*_beside(name, who, event, properties), _activity(name, who, event, properties)]


def _activity(name: str, who: Any, event: Any, properties: Any) -> Request:
    said = {"name": name, "time": _iso(event["timestamp"]), "properties": properties}
    body = {"source": SOURCE, "contact": {**who, "canBeCreated": True}, "contactActivities": [said]}
    return "/api/createContactactivities", orjson.dumps(body)


def _beside(name: str, who: Any, event: Any, properties: Any) -> list[Request]:
    match name:
        case "Product Added" | "Product Removed":
            path = "addProductsToCart" if name == "Product Added" else "removeProductsFromCart"
            item = _item(properties)
            item["properties"]["n"] = properties["n"]
            body = {"source": SOURCE, "contact": who, "items": [item]}
            return [(f"/api/{path}", orjson.dumps(body))]
        case "Order Completed":
            body = {
                "source": SOURCE,
                "contact": who,
                "orderID": properties["order_id"],
                "purchaseDate": _iso(event["timestamp"]),
                "status": name,
                "totalAmount": properties["total"],
                "tax": properties["tax"],
                "items": [_item(line) for line in properties["products"]],
                "properties": {key: properties[key] for key in ("tax", "currency", "n")},
                "removeItemsFromCart": True,
            }
            return [("/api/upsertOrder", orjson.dumps(body))]
    return []


def _item(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "productID": line["product_id"],
        "sku": line["sku"],
        "name": line["name"],
        "category": line["category"],
        "manufacturerName": line["brand"],
        "itemPrice": line["price"],
        "qty": line["quantity"],
        "properties": {"brand": line["brand"]},
    }


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value["fields"].items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _without_logical_types(said: Any) -> Any:
    if isinstance(said, dict):
        return {key: _without_logical_types(v) for key, v in said.items() if key != "logicalType"}
    return [_without_logical_types(one) for one in said] if isinstance(said, list) else said
