"""Events of a shop, mostly as they should be, and with anything in place of one of their parts.

Each user has addresses of his own, and orders; some events are published twice.
"""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

Raw = dict[str, Any]
DAY = datetime(2026, 11, 20, tzinfo=UTC)
USERS = ["u-1", "u-2", "u-3"]
SHARES = (6, 2, 1)
VISITORS = ["a-1", "a-2", "a-3"]
TRACKED = [
    "Signed In",
    "optout",
    "Left List",
    "L" * 60,
    "Purchased",
    "Newsletter Joined",
    "Newsletter Joined",
    "Newsletter Left",
    "Products Told",
    "Records Told",
]
ORDERED = ["Order Completed", "Order Completed", "Order Updated", "Order Refunded"]
STATES = [*ORDERED, "Order Cancelled", "Purchased"]
LEAVES: list[Any] = [
    None,
    True,
    -1,
    2**70,
    1e300,
    float("nan"),
    "",
    " ",
    "49.90",
    "1e400",
    "a\0b",
    "\ud800",
    "ana@example.com",
    "x" * 200,
    "5f3e9c1b2a4d6e8f00112233",
    "2026-11-20T10:00:00Z",
]
STATUSES: list[Any] = ["yes", "no", "subscribed", "unsubscribed", "pendingDOI", True, "?"]
STORES = ["de", "DE store", "jp", "JP", "nowhere"]
OFTEN = {
    "order": 5.0,
    "cart": 3.0,
    "track": 5.0,
    "identify": 5.0,
    "group": 3.0,
    "alias": 1.0,
    "page": 1.0,
    "screen": 0.3,
}
WRONG = 0.12


def junk(chance: Random, depth: int = 0) -> Any:
    """Anything that JSON has, and more."""
    kind = chance.random() + depth * 0.2
    if kind < 0.25:
        return [junk(chance, depth + 1) for _ in range(chance.randint(0, 3))]
    if kind < 0.5:
        names = ("a", "b.c", "7", "", "price", "id")
        return {chance.choice(names): junk(chance, depth + 1) for _ in range(chance.randint(0, 3))}
    return chance.choice(LEAVES)


def when(chance: Random) -> str:
    """A time within some days, mostly of whole hours, so that some are equal."""
    hours = chance.choice((0, 1, 2, 24, 40 * 24, -24, -400 * 24))
    seconds = chance.choice((0, 0, chance.randint(1, 3_000)))
    return (DAY + timedelta(hours=hours, seconds=seconds)).isoformat()


def line(chance: Random) -> Raw:
    """A product, as carts and orders have it."""
    number = chance.randint(1, 4)
    made = {
        "product_id": f"p-{number}",
        "sku": f"s-{number}",
        "category": "Shirts",
        "name": "Linen shirt",
        "brand": "Lino",
        "price": chance.choice([49.9, 10, "12.50", 1e-9]),
        "quantity": chance.choice([1, 1, 2, "3", 2.0]),
        "url": "https://shop.example/p",
        "image_url": "https://shop.example/p.png",
    }
    for name in chance.sample(sorted(made), chance.choice((0, 0, 0, 0, 0, 1))):
        made[name] = junk(chance)
    return made


def order(chance: Random, user: str) -> Raw:
    """What an event says of an order."""
    lines = [line(chance) for _ in range(chance.randint(1, 2))]
    made: Raw = {
        "order_id": f"{user}-o-{chance.choice((1, 1, 1, 2))}",
        "total": chance.choice([49.9, 99.8, 12]),
        "tax": 1,
        "currency": chance.choice(["EUR", "EUR", "eur", "JPY", "XXQ"]),
        "products": lines,
        "state": chance.choice(STATES),
    }
    for name in chance.sample(sorted(made), chance.choice((0, 0, 0, 0, 1, 2))):
        if chance.random() < 0.7:
            del made[name]
        else:
            made[name] = junk(chance)
    return made


def traits(chance: Random, user: str) -> Raw:
    """What an event says of a person."""
    whole: Raw = {
        "email": f"{user}.{chance.randint(0, 2)}@Shop.example",
        "phone": f"+49301234{user[-1]}{chance.randint(10, 12)}",
        "plan": chance.choice(["free", "vip", "gold"]),
        "age": chance.choice([7, 70]),
        "vip": chance.choice([True, False]),
        "newsletter": chance.choice(STATUSES),
        "sms": chance.choice(STATUSES),
        "colors": chance.sample(["red", "blue", "green"], 2),
        "address": {"city": "Rome", "postalCode": "00100"},
        "customer_number": f"C-{user}",
        "name": chance.choice(["News", "VIP"]),
        "since": "2026-11-20",
        chance.choice(["a.b", "channels.email.subscribeStatus", "forceSubscribe", "7"]): 1,
    }
    made = {name: value for name, value in whole.items() if chance.random() < 0.4}
    if made and chance.random() < WRONG:
        made[chance.choice(sorted(made))] = junk(chance)
    return made


def _track(name: str, properties: Any) -> Raw:
    return {"type": "track", "event": name, "properties": properties}


def _usual(chance: Random, user: str, favoured: str) -> Raw:
    """What the event says, besides whose it is and when."""
    often = {**OFTEN, favoured: OFTEN[favoured] * 12}
    kind = chance.choices([*often], [*often.values()])[0]
    group = f"g-{chance.randint(1, 3)}"
    match kind:
        case "order":
            return _track(chance.choice(STATES), order(chance, user))
        case "cart":
            return _track(chance.choice(["Product Added", "Product Removed"]), line(chance))
        case "track":
            return _track(chance.choice(TRACKED), _said(chance, user)) | {"groupId": group}
        case "identify":
            return {"type": "identify", "traits": traits(chance, user)}
        case "group":
            named = {"name": chance.choice(["News", "VIP"])} if chance.random() < 0.7 else {}
            return {"type": "group", "groupId": group, "traits": {**traits(chance, user), **named}}
        case "alias":
            return {"type": "alias", "previousId": chance.choice([*VISITORS, *USERS])}
    return {"type": kind, "name": "Home", "properties": {"category": "Shop", "x.y": 1}}


def _said(chance: Random, user: str) -> Raw:
    word = chance.choice(STATUSES)
    return {**line(chance), "word": word, "records": records(chance, user), "n": 1}


def records(chance: Random, user: str) -> list[Raw]:
    """What supplement records are made of."""
    ids: list[Any] = [f"{user}-r-1", f"{user}-r-2", 7, "5f3e9c1b2a4d6e8f00112233"]
    return [
        {"id": chance.choice(ids), "at": when(chance), "title": "Monthly"}
        for _ in range(chance.randint(0, 3))
    ]


def _event(chance: Random, favoured: str) -> Raw:
    (user,) = chance.choices(USERS, SHARES)
    made: Raw = {"userId": user, "timestamp": when(chance), **_usual(chance, user, favoured)}
    if chance.random() < 0.25:
        made["anonymousId"] = chance.choice(VISITORS)
        if chance.random() < 0.6:
            del made["userId"]
            made.get("traits", {}).pop("email", None)
            made.get("traits", {}).pop("phone", None)
    if chance.random() < 0.5:
        made["context"] = {
            "ip": "10.0.0.1",
            "store": chance.choice(STORES),
            "locale": chance.choice(["de-DE", "ja-JP"]),
            "traits": traits(chance, user),
            "location": {"city": "Rome", "latitude": 41.9, "longitude": 12.5},
        }
    if chance.random() < 0.05:
        made["integrations"] = chance.choice([{"All": False}, {"Cordial (Actions)": True}])
    if chance.random() < WRONG:
        made[chance.choice(sorted(made))] = junk(chance)
    return made


def events(chance: Random, count: int) -> list[Raw]:
    """A history, much of it of one kind; some are published twice, some have another's id."""
    favoured = chance.choice([*OFTEN])
    made: list[Raw] = []
    for number in range(count):
        again = chance.random()
        if made and again < 0.08:
            made.append(deepcopy(chance.choice(made)))
            continue
        one = {"messageId": f"m-{number}", **_event(chance, favoured)}
        if made and again < 0.14:
            one["messageId"] = chance.choice(made).get("messageId")
        made.append(one)
    return made


def record(chance: Random, number: int) -> Raw:
    """A record of the company, with what Avro's logical types give."""
    (user,) = chance.choices(USERS, SHARES)
    made: Raw = {
        "id": chance.choice([f"{user}-o-1", f"{user}-o-2", UUID(int=7), 7]),
        "message": f"r-{number}",
        "kind": chance.choice(["order", "order", "order", "person", "other"]),
        "state": chance.choice(["PAID", "PAID", "BACK", "CANCELLED", "LOST"]),
        "answer": chance.choice(STATUSES),
        "customer": {"id": user, "email": f"{user}.0@Shop.example"},
        "visitor": chance.choice([None, *VISITORS]),
        "changed_at": DAY + timedelta(seconds=chance.randint(0, 9_000)),
        "day": date(2026, 11, 20),
        "amount": {"total": Decimal("49.90"), "currency": "EUR"},
        "lines": [_company_line(chance) for _ in range(chance.randint(1, 2))],
        "newsletter": chance.choice(STATUSES),
        "store": chance.choice(STORES),
        "blob": b"\x00",
        "extra": junk(chance),
    }
    if chance.random() < WRONG:
        made[chance.choice(sorted(made))] = junk(chance)
    return made


def _company_line(chance: Random) -> Raw:
    number = chance.randint(1, 4)
    return {
        "id": f"l-{number}",
        "sku": f"s-{number}",
        "title": "Linen shirt",
        "count": chance.choice([1, 1, 2, 2, 0]),
        "unit_price": Decimal("10.50"),
    }
