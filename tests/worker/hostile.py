"""Bad input of every kind, as bytes of the bus, and what the docs say becomes of it."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.worker.harness import CODEC, event

WHO = {"traits": {"email": "ana@shop.example"}}
ACTIVITY, CART = "createContactactivities", "addProductsToCart"
DELIVERED = ((ACTIVITY, "delivered", None),)
PRODUCT = {"product_id": "p", "sku": "s", "name": "Shirt", "category": "c", "quantity": 1}
NUMBERS = count()
MOMENT = 1_795_168_800_000


@dataclass(frozen=True, slots=True)
class Bad:
    """One bad record. `letter` is the field that its dead letter names, `note` what is noted."""

    value: bytes | None
    becomes: tuple[tuple[str, str, str | None], ...]
    letter: str | None = None
    note: str = ""
    headers: dict[str, bytes] = field(default_factory=dict)


def wrapped(value: Any) -> Any:
    """A value as the Avro record `Object` holds it."""
    if isinstance(value, dict):
        return {"fields": {name: wrapped(one) for name, one in value.items()}}
    return [wrapped(one) for one in value] if isinstance(value, list) else value


def raw(properties: dict[str, Any] | None = None, **fields: Any) -> bytes:
    """An event of a track call, encoded as it is."""
    record = {
        "type": "track",
        "event": "Seen",
        "messageId": f"bad-{next(NUMBERS)}",
        "userId": "u",
        **fields,
    }
    record = {"timestamp": MOMENT, **record, "context": wrapped({**WHO})}
    return CODEC.encode("customer_event", {**record, "properties": wrapped(properties or {})})


def dead(reason: str) -> tuple[tuple[str, str, str | None], ...]:
    return (("event", "dead_lettered", reason),)


def nested(levels: int) -> bytes:
    """As bytes: our encoder recurses."""
    ten: Any = "deep"
    for _ in range(10):
        ten = {"in": ten}
    value = raw({"in": ten})
    start, end = value.index(b"\x04in") + 3, value.index(b"deep")
    level = value[start : value.index(b"\x04in", start) + 3]
    inner = value[start + len(level) * 10 : end]
    tail = value[end + 4 + 10 :]
    return value[:start] + level * levels + inner + b"deep" + b"\0" * levels + tail


CART_DEAD = ((CART, "dead_lettered", "invalid"), *DELIVERED)
CART_FINE = ((CART, "delivered", None), *DELIVERED)
ADDED = "Product Added"

BAD = {
    "BAD-01 truncated": Bad(raw()[:30], dead("undecodable"), "timestamp"),
    "BAD-01 garbage": Bad(raw()[:5] + b"\xff" * 40, dead("undecodable"), "messageId"),
    "BAD-02 magic": Bad(b"\x07" + raw()[1:], dead("undecodable")),
    "BAD-03 schema": Bad(b"\0\0\0\0\x63" + raw()[5:], dead("unknown_schema")),
    "BAD-04 tombstone": Bad(None, (("event", "filtered", "tombstone"),)),
    "BAD-05 blank": Bad(raw(userId=" ", anonymousId="a-1"), DELIVERED, note="blank"),
    "BAD-05 no key": Bad(raw(userId=" "), dead("no_key"), "userId"),
    "BAD-06 nobody": Bad(
        event(event="Seen", userId="u"),
        ((ACTIVITY, "dead_lettered", "unidentifiable"),),
        "userId",
    ),
    "BAD-07 3 MB": Bad(b"\0" * 3_000_000, dead("too_large")),
    "BAD-07 grows": Bad(
        raw({f"p{number}": [False] * 10_000 for number in range(40)}),
        ((ACTIVITY, "dead_lettered", "too_large"),),
    ),
    "BAD-08 properties": Bad(
        raw({f"p{number}": 1 for number in range(10_000)}), DELIVERED, note="first 1000"
    ),
    "BAD-09 keys": Bad(raw({"a.b": 1, "7": 2}), DELIVERED, note="renamed"),
    "BAD-10 long": Bad(raw(event="x" * 60), DELIVERED, note="cut to 40"),
    "BAD-10 reserved": Bad(raw(event="open"), ((ACTIVITY, "dead_lettered", "invalid"),), "event"),
    "BAD-11 NaN": Bad(raw({"n": float("nan"), "i": float("inf")}), DELIVERED, note="finite"),
    "BAD-12 negative": Bad(
        raw({**PRODUCT, "quantity": -1}, event=ADDED), CART_DEAD, "properties.quantity"
    ),
    "BAD-12 fraction": Bad(
        raw({**PRODUCT, "quantity": 2.5}, event=ADDED), CART_DEAD, "properties.quantity"
    ),
    "BAD-13 price": Bad(raw({**PRODUCT, "price": "9.90"}, event=ADDED), CART_FINE, note="as text"),
    "BAD-14 seconds": Bad(raw(timestamp=MOMENT // 1000), DELIVERED, note="seconds"),
    "BAD-15 NUL": Bad(raw({"text": "a\0b"}), DELIVERED, note="NUL removed"),
    "BAD-15 surrogate": Bad(
        raw({"text": "\u0800"}).replace(b"\xe0\xa0\x80", b"\xed\xa0\x80"),
        DELIVERED,
        note="invalid characters",
    ),
    "BAD-16 name": Bad(raw({"n" * 900_000: "\0"}), DELIVERED, note="NUL removed"),
    "BAD-17 nested": Bad(nested(1_000), DELIVERED, note="nested deeper"),
    "BAD-18 future": Bad(raw(timestamp=MOMENT * 3), DELIVERED, note="in the future"),
    "BAD-18 past": Bad(raw(timestamp=-MOMENT), DELIVERED, note="before the year 2000"),
    "headers": Bad(
        raw(),
        DELIVERED,
        headers={
            "x-correlation-id": b"\xff\xfe",
            "x-source-topic": b"\xff",
            "x-source-partition": b"-7",
            "x-source-offset": b"9" * 40,
            "traceparent": b"\0" * 3_000,
            "__value_schema_id ": b"",
        },
    ),
    "a place that cannot be": Bad(
        raw(),
        DELIVERED,
        headers={
            "x-source-topic": b"theirs",
            "x-source-partition": b"9" * 12,
            "x-source-offset": b"9" * 40,
            "x-correlation-id": b"c" * 5_000,
        },
    ),
}
