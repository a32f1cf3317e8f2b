"""A month of events of some contacts: profiles, consent, orders and lists, from a seed.

Each event has a time of its own. What a shop's systems send is sent here: profiles with some of
their traits, addresses that change, statuses that lag behind, consent given and taken back, orders
that are placed, changed, refunded in parts and cancelled.
"""

import random
from collections.abc import Iterator
from typing import Any

from streams.core.compiled import CompiledPlan
from streams.core.identity import AccountKeys
from streams.plan import compile_plan, plan_of

START = 1_793_491_200_000
MONTH = 30 * 86_400_000
PLAN: dict[str, Any] = {
    "consent": {
        "since": "2026-01-01T00:00:00Z",
        "channels": {
            "email": {
                "status": "traits.newsletter",
                "words": {"yes": "subscribed", "no": "unsubscribed", "?": "none"},
                "events": [
                    {"name": "form", "when": 'event = "Newsletter Joined"', "status": "subscribed"},
                    {"name": "link", "when": 'event = "Newsletter Left"', "status": "unsubscribed"},
                ],
            },
            "sms": {
                "status": "traits.sms",
                "words": {"in": "subscribed", "out": "unsubscribed", "asked": "pendingDOI"},
                "events": [
                    {
                        "name": "keyword",
                        "when": 'event = "SMS Answered"',
                        "value": "properties.word",
                    }
                ],
            },
        },
    },
    "actions": {
        "createContactactivities": {"enabled": False},
        "removeContactsFromList": {"trigger": 'event = "Left List"'},
    },
}

Event = dict[str, Any]


def plan() -> CompiledPlan:
    """The plan of the shop."""
    return compile_plan(plan_of(PLAN), AccountKeys(segment_id="segment_id"))


def events(seed: int, contacts: int) -> list[Event]:
    """The month in its own order."""
    chance = random.Random(seed)
    made = []
    for number in range(contacts):
        own = list(_of_contact(chance, f"u-{number}"))
        times = sorted(chance.sample(range(START, START + MONTH), len(own)))
        made += [
            {**one, "messageId": f"m-{number}-{place}", "timestamp": time}
            for place, (one, time) in enumerate(zip(own, times, strict=True))
        ]
    return sorted(made, key=lambda one: (one["timestamp"], one["messageId"]))


def shuffled(month: list[Event], seed: int) -> list[Event]:
    """The month in another order."""
    return random.Random(seed).sample(month, len(month))


def orders_kept(month: list[Event]) -> list[Event]:
    """The month with the events of each order in their own order, in the places that they have."""
    places: dict[str, list[int]] = {}
    for place, one in enumerate(month):
        order = one.get("properties", {}).get("order_id")
        if order is not None:
            places.setdefault(order, []).append(place)
    kept = list(month)
    for own in places.values():
        for place, one in zip(own, sorted((month[at] for at in own), key=_when), strict=True):
            kept[place] = one
    return kept


def _when(one: Event) -> int:
    return int(one["timestamp"])


def _of_contact(chance: random.Random, user: str) -> Iterator[Event]:
    orders = 0
    for _ in range(chance.randint(3, 14)):
        kind = chance.choices(("profile", "consent", "order", "list"), (5, 4, 2, 2))[0]
        if kind == "order":
            yield from _order(chance, user, f"o-{user}-{orders}")
            orders += 1
        elif kind == "profile":
            yield {"type": "identify", "userId": user, "traits": _traits(chance, user)}
        elif kind == "consent":
            yield _track(user, *_consent(chance))
        else:
            yield from _list(chance, user)


def _traits(chance: random.Random, user: str) -> dict[str, Any]:
    every = {
        "email": f"{user}.{chance.randint(0, 2)}@shop.example",
        "plan": chance.choice(["free", "vip", "gold"]),
        "visits": chance.randint(1, 5),
        "city": chance.choice(["Rome", "Berlin"]),
        "colors": chance.sample(["red", "blue", "green"], 2),
        "newsletter": chance.choice(["yes", "no", "?", "yes"]),
        "sms": chance.choice(["in", "out", "asked"]),
    }
    return {name: value for name, value in every.items() if chance.random() < 0.5}


def _consent(chance: random.Random) -> tuple[str, dict[str, Any]]:
    name = chance.choice(["Newsletter Joined", "Newsletter Left", "SMS Answered"])
    return name, {"word": chance.choice(["in", "out", "asked"])} if name == "SMS Answered" else {}


def _order(chance: random.Random, user: str, order: str) -> Iterator[Event]:
    lines = [
        {
            "product_id": f"p-{number}",
            "sku": f"s-{number}",
            "name": "Shirt",
            "category": "Shirts",
            "price": 10.0 + number,
            "quantity": chance.randint(1, 3),
        }
        for number in range(chance.randint(1, 3))
    ]
    total = sum(line["price"] * line["quantity"] for line in lines)
    whole = {"order_id": order, "products": lines, "total": total, "currency": "EUR"}
    yield _track(user, "Order Completed", whole)
    if chance.random() < 0.4:
        lines = [{**line, "quantity": 1} for line in lines]
        total = sum(line["price"] for line in lines)
        whole = {**whole, "products": lines, "total": total}
        yield _track(user, "Order Updated", whole)
    for line in lines:
        if chance.random() < 0.2:
            yield _track(
                user, "Order Refunded", {**whole, "products": [line], "total": line["price"]}
            )
    if chance.random() < 0.15:
        yield _track(user, "Order Cancelled", whole)


def _list(chance: random.Random, user: str) -> Iterator[Event]:
    group = f"g-{chance.randint(0, 3)}"
    named = {"traits": {"name": f"List {group}"}}
    for _ in range(chance.randint(1, 3)):
        yield {"type": "group", "userId": user, "groupId": group, **named}
        if chance.random() < 0.6:
            yield {**_track(user, "Left List", {}), "groupId": group}


def _track(user: str, name: str, properties: dict[str, Any]) -> Event:
    return {"type": "track", "userId": user, "event": name, "properties": properties}
