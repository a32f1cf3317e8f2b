"""A shop's day, made from a seed: what its visitors do, as events in the Segment shape.

Every event of a contact carries its running number `n`, by which the demo tells afterwards
whether Cordial was told in order. Some events are published twice and some are malformed,
as on a real bus. The clock starts at `START`; nothing here reads the real one.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
PRODUCTS = (
    ("p-100", "TSH-RED-M", "Linen shirt", "Shirts", "Acme", 49.9),
    ("p-101", "TSH-BLU-L", "Oxford shirt", "Shirts", "Acme", 59.0),
    ("p-200", "SHO-BRN-42", "Desert boot", "Shoes", "Norden", 119.0),
    ("p-300", "BAG-TAN", "Weekend bag", "Bags", "Valise", 189.5),
    ("p-400", "CAP-GRN", "Wool cap", "Hats", "Norden", 24.0),
)
PAGES = ("Home", "Shirts", "Shoes", "Bags", "Sale", "About us")
LISTS = ("CIO | Cart | 0-4h | No Purchase", "Newsletter", "VIP")


@dataclass(frozen=True, slots=True)
class Published:
    """One record to put on the bus: an event, or bytes that are none."""

    key: str
    event: dict[str, Any] | None
    garbage: bytes | None = None

    @property
    def label(self) -> str:
        """What the event is, in a few words."""
        event = self.event or {}
        return str(event.get("event") or f"{event.get('type')} {event.get('name') or ''}".strip())


@dataclass(slots=True)
class Visitor:
    """Somebody in the shop and what she has done so far."""

    number: int
    registered: bool
    steps: int = 0
    cart: list[tuple[str, str, str, str, str, float]] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)

    @property
    def user_id(self) -> str:
        """The id of a registered visitor."""
        return f"u-{self.number:04d}"

    @property
    def anonymous_id(self) -> str:
        """The id of the browser."""
        return f"a-{self.number:04d}"

    @property
    def key(self) -> str:
        """The contact key of her events."""
        return self.user_id if self.registered else self.anonymous_id

    @property
    def email(self) -> str:
        """Her address."""
        return f"visitor{self.number}@shop.example"


class Day:
    """The events of one day, in order."""

    def __init__(self, *, seed: int, visitors: int) -> None:
        self._random = random.Random(seed)
        self._visitors = [Visitor(n, registered=n % 5 != 0) for n in range(1, visitors + 1)]
        self._time = START
        self._made = 0

    def events(self, count: int) -> Iterator[Published]:
        """At least `count` records, doubled and malformed ones included."""
        made = 0
        for visitor in self._visitors:
            if visitor.registered:
                yield self._published(self._identify(visitor))
                made += 1
        while made < count:
            for record in self._step():
                yield record
                made += 1

    def _step(self) -> Iterator[Published]:
        visitor = self._random.choice(self._visitors)
        chance = self._random.random()
        if chance < 0.01:
            yield self._malformed(visitor)
            return
        for event in self._act(visitor):
            record = self._published(event)
            yield record
            if self._random.random() < 0.02:
                yield record

    def _act(self, visitor: Visitor) -> Iterator[dict[str, Any]]:
        choices: list[tuple[float, Callable[[Visitor], Iterator[dict[str, Any]]]]] = [
            (0.45, self._browse),
            (0.22, self._add),
            (0.07, self._remove),
            (0.12, self._order),
            (0.05, self._refund),
            (0.06, self._join),
            (0.03, self._merge),
        ]
        weights = [weight for weight, _ in choices]
        (act,) = self._random.choices([act for _, act in choices], weights)
        yield from act(visitor)

    def _browse(self, visitor: Visitor) -> Iterator[dict[str, Any]]:
        page = self._random.choice(PAGES)
        yield self._event(
            visitor, "page", name=page, properties={"title": page, "path": f"/{page}"}
        )

    def _add(self, visitor: Visitor) -> Iterator[dict[str, Any]]:
        product = self._random.choice(PRODUCTS)
        visitor.cart.append(product)
        yield self._track(visitor, "Product Added", _product(product))

    def _remove(self, visitor: Visitor) -> Iterator[dict[str, Any]]:
        if visitor.cart:
            yield self._track(visitor, "Product Removed", _product(visitor.cart.pop()))

    def _order(self, visitor: Visitor) -> Iterator[dict[str, Any]]:
        if not visitor.cart or not visitor.registered:
            return
        order = f"o-{visitor.number}-{len(visitor.orders) + 1}"
        visitor.orders.append(order)
        lines = [_product(product) for product in visitor.cart]
        visitor.cart.clear()
        total = round(sum(float(line["price"]) for line in lines), 2)
        details = {"order_id": order, "total": total, "tax": round(total * 0.05, 2)}
        yield self._track(
            visitor, "Order Completed", {**details, "currency": "EUR", "products": lines}
        )

    def _refund(self, visitor: Visitor) -> Iterator[dict[str, Any]]:
        if visitor.orders:
            order = self._random.choice(visitor.orders)
            yield self._track(visitor, "Order Refunded", {"order_id": order, "total": 10.0})

    def _join(self, visitor: Visitor) -> Iterator[dict[str, Any]]:
        name = self._random.choice(LISTS)
        yield self._event(visitor, "group", groupId=f"g-{LISTS.index(name)}", traits={"name": name})

    def _merge(self, visitor: Visitor) -> Iterator[dict[str, Any]]:
        if visitor.registered:
            yield self._event(visitor, "alias", previousId=visitor.anonymous_id)

    def _identify(self, visitor: Visitor) -> dict[str, Any]:
        traits = {"email": visitor.email, "firstName": f"Visitor {visitor.number}", "plan": "basic"}
        return self._event(visitor, "identify", traits=traits)

    def _malformed(self, visitor: Visitor) -> Published:
        kind = self._random.randrange(3)
        if kind == 0:
            return Published(visitor.key, None, garbage=b"\x00\x00\x00")
        if kind == 1:
            return Published(visitor.key, None, garbage=b"{not avro}")
        product = {**_product(PRODUCTS[0]), "quantity": -1}
        return self._published(self._track(visitor, "Product Added", product))

    def _track(self, visitor: Visitor, event: str, properties: dict[str, Any]) -> dict[str, Any]:
        return self._event(visitor, "track", event=event, properties=properties)

    def _event(self, visitor: Visitor, kind: str, **fields: Any) -> dict[str, Any]:
        self._made += 1
        self._time += timedelta(seconds=self._random.uniform(1, 30))
        visitor.steps += 1
        place = "traits" if kind == "identify" else "properties"
        numbered = {**fields.pop(place, {}), "n": visitor.steps}
        event: dict[str, Any] = {
            "type": kind,
            "messageId": f"m-{self._made:06d}",
            "anonymousId": visitor.anonymous_id,
            "timestamp": self._time.isoformat(timespec="milliseconds"),
            place: numbered,
            **fields,
        }
        if visitor.registered:
            event["userId"] = visitor.user_id
        return event

    def _published(self, event: dict[str, Any]) -> Published:
        return Published(str(event.get("userId") or event["anonymousId"]), event)


def _product(product: tuple[str, str, str, str, str, float]) -> dict[str, Any]:
    product_id, sku, name, category, brand, price = product
    return {
        "product_id": product_id,
        "sku": sku,
        "name": name,
        "category": category,
        "brand": brand,
        "price": price,
        "quantity": 1,
    }
