"""A shop's events, made from a seed, each with what must become of it. Pure.

Few contacts are busy and many are not (Zipf 1.0). The share of events: 35 % pages, 25 % other
tracks, 15 % products added, 5 % removed, 5 % orders and their later states, 10 % identifies, 5 %
groups. Besides: aliases, visitors without a user id, refunds of unknown orders, events kept back
by a flag, tombstones, events without a key, garbage, and events that are published twice.
It shares no code with the product; `mark` is what the verifier finds again at Cordial.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

START_MS = 1_795_000_000_000
STEP_MS = 40
MARKS = 128
"""More profile updates in a row than that would overwrite each other's marks when joined; fewer are
joined, also where nothing of the contact stands between them."""
COPIES = 0.02
COPY_WITHIN = 300
LATER = ("Order Updated", "Order Refunded", "Order Cancelled")
REGISTERED = 0.9
BUSY = 5
"""As many of the busiest contacts are registered, so that they make requests."""

Fields = dict[str, Any]
Wish = tuple[str, str, str]
"""Action, mark, outcome."""


@dataclass(frozen=True, slots=True)
class Made:
    """A record to publish. `event` is None for `raw` bytes, which are None for a tombstone."""

    key: bytes | None
    contact: str | None
    message_id: str | None
    event: Fields | None = None
    raw: bytes | None = None
    outcome: str | None = None
    expect: tuple[Wish, ...] = ()
    copy: bool = False


@dataclass(slots=True)
class Visitor:
    """A contact and what it has done so far."""

    number: int
    registered: bool
    events: int = 0
    made: int = 0
    profiles: int = 0
    cart: list[str] = field(default_factory=list)
    orders: dict[str, list[str]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{'u' if self.registered else 'a'}-{self.number:05d}"

    def another(self, kind: str) -> str:
        """A name that this contact has not used yet."""
        self.made += 1
        return f"{kind}-{self.made}"


class Shop:
    """Its events, in order."""

    def __init__(self, *, seed: int, contacts: int) -> None:
        self._random = random.Random(seed)
        self._visitors = [
            Visitor(number, registered=number < BUSY or self._random.random() < REGISTERED)
            for number in range(contacts)
        ]
        self._weights = [1 / (rank + 1) for rank in range(contacts)]
        self._made = 0
        self._again: list[tuple[int, Made]] = []

    def records(self, count: int) -> Iterator[Made]:
        """`count` records, those published twice included; what is due again comes in the end."""
        for number in range(count):
            if self._again and (self._again[0][0] <= number or count - number <= len(self._again)):
                yield self._again.pop(0)[1]
                continue
            record = self._odd() if self._random.random() < 0.015 else self._next()
            if self._may_come_again(record) and self._random.random() < COPIES:
                due = number + self._random.randrange(1, COPY_WITHIN)
                self._again.append((due, _again(record)))
                self._again.sort(key=lambda one: one[0])
            yield record

    def _may_come_again(self, record: Made) -> bool:
        """Not a group: which of its two records a changed plan delivers would be open."""
        return record.event is not None and record.event["type"] != "group"

    def _next(self) -> Made:
        (visitor,) = self._random.choices(self._visitors, self._weights)
        kinds: tuple[tuple[float, Callable[[Visitor], tuple[Fields, list[Wish]]]], ...] = (
            (0.35, self._page),
            (0.24, self._track),
            (0.15, self._added),
            (0.05, self._removed),
            (0.05, self._order),
            (0.10, self._identify),
            (0.05, self._group),
            (0.01, self._alias),
        )
        makers = [make for _, make in kinds]
        (make,) = self._random.choices(makers, [share for share, _ in kinds])
        if not visitor.registered and make not in (self._page, self._track, self._added):
            make = self._page
        visitor.events += 1
        event, wishes = make(visitor)
        if not visitor.registered:
            wishes = [(action, mark, "suppressed") for action, mark, _ in wishes]
        return self._event(visitor, event, tuple(wishes))

    def _event(self, visitor: Visitor, event: Fields, wishes: tuple[Wish, ...]) -> Made:
        self._made += 1
        who = {"userId" if visitor.registered else "anonymousId": visitor.key}
        message_id = f"m-{self._made}"
        whole = {"messageId": message_id, "timestamp": START_MS + self._made * STEP_MS}
        return Made(
            key=visitor.key.encode(),
            contact=visitor.key,
            message_id=message_id,
            event=whole | who | event,
            expect=wishes,
        )

    def _page(self, visitor: Visitor) -> tuple[Fields, list[Wish]]:
        properties = {"n": visitor.events, "url": "https://shop.example/", "title": "Shirts"}
        page = {"type": "page", "name": "Shirts", "properties": properties}
        return page, [_activity(visitor)]

    def _track(self, visitor: Visitor, name: str = "Product Viewed") -> tuple[Fields, list[Wish]]:
        properties = {"n": visitor.events, "product_id": "p-view", "price": 9.5}
        return {"type": "track", "event": name, "properties": properties}, [_activity(visitor)]

    def _added(self, visitor: Visitor) -> tuple[Fields, list[Wish]]:
        product = visitor.another("p")
        visitor.cart.append(product)
        properties = {"n": visitor.events, "cart_id": "c", **_line(product)}
        event = {"type": "track", "event": "Product Added", "properties": properties}
        return event, [("addProductsToCart", product, "delivered"), _activity(visitor)]

    def _removed(self, visitor: Visitor) -> tuple[Fields, list[Wish]]:
        if not visitor.cart:
            return self._added(visitor)
        product = visitor.cart.pop(self._random.randrange(len(visitor.cart)))
        properties = {"n": visitor.events, **_line(product)}
        event = {"type": "track", "event": "Product Removed", "properties": properties}
        return event, [("removeProductsFromCart", product, "delivered"), _activity(visitor)]

    def _order(self, visitor: Visitor) -> tuple[Fields, list[Wish]]:
        open_orders = [order for order, left in visitor.orders.items() if left]
        if open_orders and self._random.random() < 0.5:
            order = self._random.choice(open_orders)
            left = visitor.orders[order]
            status = left.pop(self._random.randrange(len(left)))
        else:
            order = f"o-{visitor.number}-{visitor.another('order')}"
            visitor.orders[order] = list(LATER)
            status = "Order Completed"
        properties = {"n": visitor.events, "order_id": order, **self._said(status)}
        event = {"type": "track", "event": status, "properties": properties}
        return event, [("upsertOrder", f"{order}/{status}", "delivered"), _activity(visitor)]

    def _said(self, status: str) -> Fields:
        """An order is told whole, a refund says some of it or nothing, a cancellation nothing."""
        whole = {"total": 104.7, "tax": 5.0, "currency": "EUR", "products": [_line("p-a")]}
        if status == "Order Refunded" and self._random.random() < 0.5:
            return {"total": 49.9, "products": [_line("p-a")]}
        thin: dict[str, Fields] = {"Order Refunded": {}, "Order Cancelled": {"products": []}}
        return thin.get(status, whole)

    def _identify(self, visitor: Visitor) -> tuple[Fields, list[Wish]]:
        number = visitor.events
        visitor.profiles += 1
        traits = {
            f"mark_{visitor.profiles % MARKS}": number,
            "email": f"visitor{visitor.number}@shop.example",
            "firstName": "Ana",
            "visits": number,
        }
        return {"type": "identify", "traits": traits}, [("upsertContact", str(number), "delivered")]

    def _group(self, visitor: Visitor) -> tuple[Fields, list[Wish]]:
        name = visitor.another("list")
        event = {"type": "group", "groupId": f"g-{name}", "traits": {"name": name}}
        return event, [("addContactsToList", name, "delivered")]

    def _alias(self, visitor: Visitor) -> tuple[Fields, list[Wish]]:
        previous = f"{visitor.key}-{visitor.another('was')}"
        event = {"type": "alias", "previousId": previous}
        return event, [("mergeContacts", previous, "delivered")]

    def _odd(self) -> Made:
        kinds = (self.garbage, self._tombstone, self._nobody, self._kept_back, self._unknown_order)
        return self._random.choice(kinds)()

    def _somebody(self) -> Visitor:
        visitor = self._random.choice([one for one in self._visitors if one.registered])
        visitor.events += 1
        return visitor

    def garbage(self) -> Made:
        """Bytes that are no event, under somebody's key."""
        key = self._somebody().key
        raw = self._random.choice(
            (b"garbage", b"\x00\x71\x3f\xb3\x01", b"\x07\x00\x00\x00\x00\x00")
        )
        return Made(key.encode(), None, None, raw=raw, outcome="dead_lettered")

    def _tombstone(self) -> Made:
        return Made(self._somebody().key.encode(), None, None, raw=None, outcome="filtered")

    def _nobody(self) -> Made:
        self._made += 1
        message_id = f"m-{self._made}"
        event = {
            "messageId": message_id,
            "timestamp": START_MS + self._made * STEP_MS,
            "type": "track",
            "event": "Product Viewed",
            "userId": " ",
        }
        return Made(None, None, message_id, event=event, outcome="dead_lettered")

    def _kept_back(self) -> Made:
        visitor = self._somebody()
        event, _ = self._track(visitor)
        kept = self._event(visitor, event | {"integrations": {"All": False}}, ())
        return Made(kept.key, kept.contact, kept.message_id, event=kept.event, outcome="filtered")

    def _unknown_order(self) -> Made:
        visitor = self._somebody()
        order = f"o-{visitor.number}-{visitor.another('unknown')}"
        properties = {"n": visitor.events, "order_id": order}
        event = {"type": "track", "event": "Order Refunded", "properties": properties}
        wish = ("upsertOrder", f"{order}/Order Refunded", "dead_lettered")
        return self._event(visitor, event, (wish, _activity(visitor)))


def _activity(visitor: Visitor) -> Wish:
    return ("createContactactivities", str(visitor.events), "delivered")


def _line(product: str) -> Fields:
    return {
        "product_id": product,
        "sku": f"sku-{product}",
        "category": "Shirts",
        "name": "Linen shirt",
        "brand": "Acme",
        "price": 49.9,
        "quantity": 1,
    }


def _again(record: Made) -> Made:
    return Made(
        key=record.key,
        contact=record.contact,
        message_id=record.message_id,
        event=record.event,
        outcome=record.outcome,
        expect=record.expect,
        copy=True,
    )
