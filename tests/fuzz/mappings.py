"""Mappings of actions, and of a company's own records, from a seed."""

from random import Random
from typing import Any

from streams.core.functions import DECLARED

EVENT_PATHS = [
    "event",
    "userId",
    "timestamp",
    "properties",
    "properties.total",
    "properties.products",
    "properties.products.0",
    "properties.products.0.price",
    "properties.price",
    'properties."image_url"',
    "traits",
    "traits.email",
    "traits.address",
    "traits.plan",
    "context.location.latitude",
    "$.properties.currency",
    "attributes",
    "activity_properties",
    "default_list_name",
    "completes_order",
    "market.name",
    "market.attributes",
]
RECORD_PATHS = [
    "id",
    "state",
    "customer",
    "customer.id",
    "customer.email",
    "changed_at",
    "day",
    "amount.total",
    "amount.currency",
    "lines",
    "lines.0.title",
    "extra",
    "blob",
    "$.state",
    "nowhere",
]
NAMES = ["a", "plan", "name", "orderID", "attributes", "items", "properties", "x.y"]
TESTS = ['type = "track"', "properties.total > 10", {"not": {"field": "event", "op": "exists"}}]
RECORD_TESTS = ['state = "PAID"', "amount.total > 10", {"field": "customer.id", "op": "exists"}]
CONSTANTS: list[Any] = [None, 1, "", "VIP", [1, None], {"a": {}}, True]
FUNCTIONS = sorted(DECLARED)
DEEPEST = 2


def constant(chance: Random) -> Any:
    """Any value."""
    return chance.choice(CONSTANTS)


def mapping(chance: Random, *, of_record: bool = False, depth: int = 0) -> Any:
    """One of the words of mappings, around others."""
    if depth >= DEEPEST or chance.random() < 0.4:
        if chance.random() < 0.25:
            return {"const": constant(chance)}
        return chance.choice(RECORD_PATHS if of_record else EVENT_PATHS)

    def inner() -> Any:
        return mapping(chance, of_record=of_record, depth=depth + 1)

    match chance.choice(("list", "object", "each", "when", "fn", "fn", "fn")):
        case "list":
            return [inner() for _ in range(chance.randint(1, 3))]
        case "object":
            return {chance.choice(NAMES): inner() for _ in range(chance.randint(1, 3))}
        case "each":
            return {"each": inner(), "as": inner()}
        case "when":
            return {"when": chance.choice(RECORD_TESTS if of_record else TESTS), "use": inner()}
    name = chance.choice(FUNCTIONS)
    return {"fn": name, "of": inner(), **DECLARED[name].example.options}


def fields(chance: Random) -> dict[str, Any]:
    """What a plan lays over the mapping of an action."""
    return {chance.choice(NAMES): mapping(chance) for _ in range(chance.randint(0, 3))}


KIND = {"fn": "lookup", "of": "kind", "table": {"order": "track", "person": "identify"}}
STATE = {
    "fn": "lookup",
    "of": "state",
    "table": {"PAID": "Order Completed", "BACK": "Order Refunded", "CANCELLED": "Order Cancelled"},
}
LINES = {
    "each": "lines",
    "as": {
        "product_id": "sku",
        "sku": "sku",
        "name": "title",
        "category": {"const": "Shirts"},
        "quantity": "count",
        "price": "unit_price",
    },
}
ORDER = {
    "order_id": {"fn": "text", "of": "id"},
    "total": "amount.total",
    "currency": "amount.currency",
    "products": LINES,
    "subscriptions": "lines",
}
USUAL: dict[str, list[Any]] = {
    "type": [KIND, {"const": "track"}, {"const": "identify"}],
    "messageId": [{"fn": "fingerprint", "of": {"order": "id", "state": "state"}}, "message"],
    "event": [STATE, STATE, {"const": "Order Completed"}],
    "userId": ["customer.id", {"fn": "text", "of": "customer.id"}],
    "anonymousId": ["visitor"],
    "timestamp": ["changed_at", ["changed_at", "day"]],
    "properties": [ORDER, ORDER, {"order_id": "id", "day": "day", "word": "answer"}],
    "traits": [{"email": "customer.email", "plan": "state", "newsletter": "newsletter"}],
    "context": [{"store": "store"}],
    "integrations": [{"All": {"const": True}}],
}
NEEDED = ("type", "event", "userId", "properties")


def of_record(chance: Random) -> dict[str, Any]:
    """How a record of the company is an event, mostly as it should be."""
    made = {
        name: chance.choice(usual)
        for name, usual in USUAL.items()
        if name in NEEDED or chance.random() < 0.6
    }
    if chance.random() < 0.25:
        made[chance.choice([*USUAL, "name", "sentAt", "channel"])] = mapping(chance, of_record=True)
    return made
