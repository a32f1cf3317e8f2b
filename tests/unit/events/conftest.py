"""What the tests of this folder share: an event, its bytes, and a registry that is a dict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from streams.core.event import Event
from streams.core.records import Place
from streams.kafka.codec import Codec
from streams.kafka.registry import Found, Lookup, SchemaRef, UnknownSchema
from streams.sources.customer_event import from_json

PLACE = Place("shop.events", 3, 42)
NOW = 1_795_168_900_000  # 2026-11-20T10:01:40Z

PRODUCT_ADDED: Mapping[str, Any] = {
    "type": "track",
    "event": "Product Added",
    "messageId": "m-1",
    "userId": "u-42",
    "anonymousId": "a-9",
    "timestamp": "2026-11-20T10:00:00.120Z",
    "properties": {
        "cart_id": "c-7",
        "product_id": "p-100",
        "name": "Linen shirt",
        "price": 49.9,
        "quantity": 2,
        "tags": ["summer", 3, None, {"deep": True}],
    },
    "context": {"page": {"url": "https://shop.example/p/100", "referrer": {}}, "ip": None},
    "integrations": {"All": False, "Cordial": True},
}


@dataclass(slots=True)
class DictRegistry:
    """A registry whose answers are written down. Counts what it was asked."""

    answers: Mapping[SchemaRef, Lookup]
    asked: list[SchemaRef] = field(default_factory=list)

    async def lookup(self, ref: SchemaRef) -> Lookup:
        self.asked.append(ref)
        return self.answers.get(ref, UnknownSchema(ref))

    async def latest(self, subject: str) -> Lookup:
        return UnknownSchema(subject)

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def registry() -> type[DictRegistry]:
    return DictRegistry


@pytest.fixture
def found() -> type[Found]:
    return Found


@pytest.fixture
def place() -> Place:
    return PLACE


@pytest.fixture
def now() -> int:
    return NOW


@pytest.fixture
def product_added() -> dict[str, Any]:
    return dict(PRODUCT_ADDED)


@pytest.fixture
def event(product_added: dict[str, Any]) -> Event:
    event = from_json(product_added, PLACE, NOW)
    assert isinstance(event, Event)
    return event


@pytest.fixture
async def codec(event: Event) -> Codec:
    """A codec that knows the canonical schema already."""
    codec = Codec()
    assert await codec.decode_event(codec.encode_event(event), None, PLACE) == event
    return codec
