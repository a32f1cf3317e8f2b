"""The work that every contestant does: a shop's events from a seed. Pure.

35 % page, 25 % other track, 15 % Product Added, 5 % Product Removed, 5 % orders, 10 % identify,
5 % group, by registered contacts of which few are busy and many are not (Zipf 1.0). Event number
`n` can be found again in whatever request carries it.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

START_MS = 1_795_000_000_000
STEP_MS = 40
LISTS = 20
KINDS = {
    "page": 0.35,
    "track": 0.25,
    "added": 0.15,
    "removed": 0.05,
    "order": 0.05,
    "identify": 0.10,
    "group": 0.05,
}
ACTIONS = {
    "page": ("createContactactivities",),
    "track": ("createContactactivities",),
    "added": ("addProductsToCart", "createContactactivities"),
    "removed": ("removeProductsFromCart", "createContactactivities"),
    "order": ("upsertOrder", "createContactactivities"),
    "identify": ("upsertContact",),
    "group": ("addContactsToList",),
}
"""What each kind asks of Cordial, in the order in which it must leave."""


@dataclass(frozen=True, slots=True)
class Work:
    """One event; `list_name` is what a group joins."""

    n: int
    contact: str
    kind: str
    event: dict[str, Any]
    list_name: str | None = None


def backlog(
    events: int, *, contacts: int = 2_000, seed: int = 1, first: int = 1, hot: float = 0.0
) -> Iterator[Work]:
    """`events` events of `contacts` contacts, numbered from `first`.

    `hot` is the share that one more contact has.
    """
    chance = random.Random(seed)
    names = [f"u-{number:05d}" for number in range(contacts)]
    weights = [1 / (rank + 1) for rank in range(contacts)]
    kinds = chance.choices(list(KINDS), list(KINDS.values()), k=events)
    names.append("u-hot")
    weights.append(sum(weights) * hot / (1 - hot))
    for n, (contact, kind) in enumerate(
        zip(chance.choices(names, weights, k=events), kinds, strict=True), first
    ):
        list_name = f"list-{chance.randrange(LISTS)}" if kind == "group" else None
        said = {"messageId": f"m-{n}", "userId": contact, "timestamp": START_MS + n * STEP_MS}
        yield Work(n, contact, kind, said | _event(kind, n, list_name), list_name)


def _event(kind: str, n: int, list_name: str | None) -> dict[str, Any]:
    line = {
        "product_id": f"p-{n}",
        "sku": f"sku-{n}",
        "category": "Shirts",
        "name": "Linen shirt",
        "brand": "Acme",
        "price": 49.9,
        "quantity": 1,
    }
    match kind:
        case "page":
            properties = {"n": n, "url": "https://shop.example/shirts", "title": "Shirts"}
            return {"type": "page", "name": "Shirts", "properties": properties}
        case "track":
            return _track("Product Viewed", {"n": n, "product_id": "p-view", "price": 9.5})
        case "added":
            return _track("Product Added", {"n": n, "cart_id": "c"} | line)
        case "removed":
            return _track("Product Removed", {"n": n} | line)
        case "order":
            order = {"n": n, "order_id": f"o-{n}", "total": 104.7, "tax": 5.0, "currency": "EUR"}
            return _track("Order Completed", order | {"products": [line]})
        case "identify":
            return {"type": "identify", "traits": {"n": n, "firstName": "Ana", "visits": n}}
        case _:
            return {"type": "group", "groupId": f"g-{list_name}", "traits": {"name": list_name}}


def _track(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "track", "event": name, "properties": properties}
