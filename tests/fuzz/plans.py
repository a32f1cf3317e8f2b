"""Plans from the plan's own JSON Schema, so that a key that is new there is fuzzed, too.

What only reading knows to be wrong is taken out again, until the plan can be read.
"""

from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

from streams.actions import ACTIONS
from streams.plan import Plan, PlanError, plan_of
from streams.plan.places import Path
from tests.fuzz import mappings
from tests.fuzz.events import STATES, TRACKED
from tools.plan_schema import schema

MOST_KEYS = 5
MOST_REPAIRS = 10
FIELD_PATHS = [
    "properties.total",
    "properties.products",
    "properties.products.*.price",
    "properties.*",
    "properties.currency",
    "traits.email",
    "traits.plan",
    "traits.vip",
    "traits.*",
    "context.ip",
    "properties.new.place",
]
COMPARED = ["type", "event", "name", "userId", "groupId", "properties.total", *FIELD_PATHS]
PLAIN = [
    "type exists",
    'type = "identify"',
    'type = "group"',
    'type = "track"',
    "properties.total >= 2",
    "traits.plan exists",
    "not context.ip exists",
]
WORDS = ["VIP", "News", "Order Completed", "free", "u-1"]
REQUIRED = ["items.qty", "items.itemPrice", "properties.currency", "totalAmount", "price"]
MARKETS = ["de", "jp"]
INSTANCES = ["vip", "newsletter", "sales", "more_orders", "records", "catalogue", "leavers"]
WHO = ["user", "email", "phone"]
RULES = ["a", "b", "c", "staff"]
TOPICS = ["customer.events", "shop.events", "shop.orders"]
TYPES = ["shop.Order", "shop.Person"]
Making = Callable[[Random], Any]
Made = dict[str, Any]


def condition(chance: Random, depth: int = 0) -> Any:
    """Which events: a text or a structure."""
    kind = chance.random()
    if depth < 2 and kind < 0.2:
        parts = [condition(chance, depth + 1) for _ in range(chance.randint(1, 3))]
        return {"not": parts[0]} if kind < 0.05 else {chance.choice(("all", "any")): parts}
    if kind < 0.35:
        op = chance.choice(["=", "!=", "starts with", "contains", "matches"])
        return {"field": chance.choice(COMPARED), "op": op, "value": chance.choice(WORDS)}
    if kind < 0.65:
        name = chance.choice([*TRACKED, *STATES, "Product Added"])
        return f'type = "track" and event = "{name}"' if kind < 0.5 else f'event = "{name}"'
    return chance.choice(PLAIN)


def _some(among: list[Any], least: int = 0, most: int = 2) -> Making:
    def made(chance: Random) -> list[Any]:
        return chance.sample(among, chance.randint(least, min(most, len(among))))

    return made


def _one(*among: Any) -> Making:
    return lambda chance: chance.choice(among)


def _table(names: list[Any], inner: Making, least: int = 0) -> Making:
    def made(chance: Random) -> Made:
        return {chance.choice(names): inner(chance) for _ in range(chance.randint(least, 2))}

    return made


def _identity(chance: Random) -> Made:
    """Who a contact is; a further key has its place in the priority, and bounds their mode."""
    made = _part(chance, "IdentityPlan")
    keyed = [*WHO, "customer_number"] if "keys" in made else WHO
    made["priority"] = chance.sample(keyed, chance.choice((len(keyed), len(keyed), 1)))
    if "hold" in made:
        made["anonymous"] = "hold"
    if "anonymous_attribute" in made:
        made["anonymous"] = "send"
    return made


def _filters(chance: Random) -> list[Made]:
    names = chance.sample(RULES, chance.choice((1, 1, 2)))
    return [{**_filter(chance), "name": name} for name in names]


STATED = ["traits.newsletter", "traits.sms", ["traits.newsletter", {"const": "subscribed"}]]
BY_KEY: dict[str, Making] = {
    "trigger": condition,
    "when": condition,
    "mapping": mappings.fields,
    "record": mappings.fields,
    "id": _one("id", "id", "properties.sku", ["userId"]),
    "updated": _one("at", "timestamp", "properties.at"),
    "each": _one("properties.records", "properties.products"),
    "since": _one("2026-01-01T00:00:00Z", "2026-11-20T00:30:00Z"),
    "status": _one(*STATED, "subscribed", "unsubscribed", "none"),
    "value": _one("properties.word", "traits.newsletter", {"const": "subscribed"}),
    "status_from": _one("event", "properties.state"),
    "paths": _some(["traits.email", "traits.customer_number", "properties.sku"], 1),
    "drop_fields": _some(FIELD_PATHS, 1),
    "allow_fields": _some(FIELD_PATHS, 0, 3),
    "rename": _table(FIELD_PATHS, _one(*FIELD_PATHS), 1),
    "priority": lambda chance: chance.randint(-2, 2),
    "filters": _filters,
    "statuses": _table([*STATES, "PAID"], _one(*STATES)),
    "transitions": _table(["Order Completed", *STATES], _some(STATES), 1),
    "required": _some(REQUIRED),
    "told_by": _some(["context.store", "properties.brand"], 1),
    "lists": _table(["News", "VIP"], _one("Neues", "Stammkunden")),
    "list_prefix": _one("DE | ", "x" * 120),
    "currency": _one("EUR", "JPY", "kwd", "EURO"),
    "phone_region": _one("DE", "JP"),
    "locale": _one("de-DE", "ja-JP"),
    "default": _one(*MARKETS),
    "serve": _some(MARKETS, 1),
    "page_name": _one("pageView", "Seen", "optout"),
    "name": _one(*RULES),
    "mergeableSecondaryKeys": lambda _: ["email"],
    "link_days": _one(0, 1, 30),
    "days": _one(0, 1, 30),
    "megabytes": _one(0, 0.001, 64),
    "join_members": _one(1, 2, 5),
    "join_bytes": _one(1, 300, 5_000),
    "updated_date_field": _one("updated_at", "at"),
    "anonymous": _one("hold", "send", "drop"),
    "alias_domains": lambda _: {"shop.example": "store.example"},
    "attributes": _table(["market", "plan", "vip"], _one("de", True, None, 3, [1])),
    "properties": _table(["store", "currency"], _one("de", 3, {"a": 1})),
}
BY_PART: dict[tuple[str, str], Making] = {
    ("Plan", "identity"): _identity,
    ("Plan", "attributes"): lambda chance: _part(chance, "AttributesPlan"),
    ("ListedPlan", "status"): _one("subscribed", "subscribed", "unsubscribed", "none"),
    ("ListedPlan", "when"): _one('event = "Newsletter Joined"', 'event = "Newsletter Left"'),
    ("MarketPlan", "words"): _some(["DE store", "shop.de", "JP"]),
    ("ChannelPlan", "words"): _table(["yes", "no", "?", True], _one("subscribed", "unsubscribed")),
    ("Plan", "orders"): lambda chance: _orders(chance),
    ("Plan", "markets"): lambda chance: _markets(chance),
    ("MarketsPlan", "known"): lambda chance: {
        name: _part(chance, "MarketPlan") for name in chance.sample(MARKETS, chance.randint(1, 2))
    },
    ("IdentityPlan", "keys"): lambda chance: {
        "customer_number": {"paths": ["traits.customer_number"], **_part(chance, "KeyPlan")}
    },
    ("ChannelPlan", "events"): lambda chance: [
        {**_part(chance, "ListedPlan"), "name": name} for name in _some(RULES, 1)(chance)
    ],
    ("ConsentPlan", "channels"): lambda chance: {
        name: _part(chance, "ChannelPlan") for name in _some(["email", "sms"], 1)(chance)
    },
    ("Plan", "sources"): lambda chance: _sources(chance),
    ("Plan", "actions"): lambda chance: _actions(chance),
}
WHOLE: dict[str, Made] = {
    "upsertProducts": {"productID": "properties.product_id", "productName": "properties.name"},
    "upsertSupplementRecords": {
        "supplement": {"const": "visits"},
        "records": {"fn": "one", "of": {"id": ["properties.sku", "userId"], "n": "properties.n"}},
    },
    "removeContactsFromList": {"identifyListBy": {"name": ["traits.plan", {"const": "VIP"}]}},
    "upsertContact": {"attributes": {"plan": "traits.plan", "tags": {"add": "traits.vip"}}},
}
"""Mappings with which an action that has none of its own can be told."""
LIKELY = {
    "upsertProducts": 'event = "Products Told"',
    "upsertSupplementRecords": 'event = "Records Told"',
    "removeContactsFromList": 'event = "Left List"',
}


def _value(chance: Random, part: str, key: str, said: Made) -> Any:
    """What may stand at a key: mostly what its name says, else what its schema says."""
    making = BY_PART.get((part, key)) or BY_KEY.get(key)
    return making(chance) if making else _schema(chance, said)


def _schema(chance: Random, said: Made) -> Any:
    reference = said.get("$ref") or (said.get("allOf") or [{}])[0].get("$ref")
    if reference:
        return _part(chance, reference.rpartition("/")[2])
    if "const" in said:
        return said["const"]
    if "enum" in said:
        return chance.choice(said["enum"])
    match said.get("type"):
        case "boolean":
            return chance.choice((True, False))
        case "integer":
            return chance.randint(said.get("minimum", -3), min(said.get("maximum", 20), 20))
        case "number":
            most = min(said.get("maximum", 10), 10)
            return chance.choice([said.get("minimum", 0), most / 2, most])
        case "string":
            return chance.choice(["email", "custom_id", "segment_id", "DE", "Shop", "VIP"])
        case "array":
            least = said.get("minItems", 0)
            return [_schema(chance, said["items"]) for _ in range(least + chance.randint(0, 1))]
        case "object" if isinstance(said.get("additionalProperties"), dict):
            inner = said["additionalProperties"]
            return {chance.choice(RULES): _schema(chance, inner) for _ in range(2)}
    return mappings.constant(chance)


def _part(chance: Random, name: str, leaving: tuple[str, ...] = ()) -> Made:
    """Some keys of a part of the plan, and those that it needs."""
    if name == "FilterPlan":
        return _filter(chance)
    said = PARTS[name]
    keys, needed = said["properties"], said.get("required", [])
    others = [key for key in keys if key not in needed and key not in leaving]
    chosen = chance.sample(others, min(len(others), chance.randint(1, MOST_KEYS)))
    if name == "ListedPlan":
        chosen = [chance.choice(("status", "value"))]
    return {key: _value(chance, name, key, keys[key]) for key in [*needed, *chosen]}


def _filter(chance: Random) -> Made:
    """A rule with one of the words; those that keep all events back are rare."""
    words = ["sample", "drop_fields", "allow_fields", "rename", "drop"]
    word = chance.choice(words)
    keys = PARTS["FilterPlan"]["properties"]
    made = {"name": chance.choice(RULES), word: _value(chance, "FilterPlan", word, keys[word])}
    if chance.random() < 0.4 or word == "drop":
        made["when"] = condition(chance)
    return made


def _type(chance: Random, record: str | None) -> Made:
    """A type of record, or a source of one."""
    made: Made = {} if record is None else {"record": record}
    if record is not None and chance.random() < 0.3:
        made = {"subject": record}
    if chance.random() < 0.7:
        made["mapping"] = mappings.of_record(chance)
        if chance.random() < 0.2:
            made["schema"] = "shop/order.avsc"
    return made


def _markets(chance: Random) -> Made:
    made = _part(chance, "MarketsPlan")
    known = [*made["known"]]
    if chance.random() < 0.6:
        made |= {"unknown": "default", "default": chance.choice(known)}
    if "serve" in made:
        made["serve"] = chance.sample(known, chance.randint(1, len(known)))
    return made


def _orders(chance: Random) -> Made:
    made = _part(chance, "OrdersPlan")
    if chance.random() < 0.4:
        made["transitions"] = {chance.choice(STATES[:3]): chance.sample(STATES, 1)}
    return made


def _sources(chance: Random) -> list[Made]:
    """One that is keyed by the contact, or some that are not."""
    alone = chance.random() < 0.3
    made = []
    for topic in chance.sample(TOPICS, 1 if alone else chance.randint(1, 3)):
        one = {"topic": topic, "keyed_by_user": alone, **_type(chance, None)}
        kind = chance.random()
        if kind < 0.3:
            one = {"topic": topic, "keyed_by_user": alone, **_type(chance, chance.choice(TYPES))}
        elif kind < 0.55:
            types = [_type(chance, name) for name in TYPES]
            one = {"topic": topic, "keyed_by_user": alone, "records": types}
        if chance.random() < 0.4:
            one["filters"] = _filters(chance)
        for key, share in (("enabled", 0.1), ("paused", 0.1)):
            if chance.random() < share:
                one[key] = chance.choice((True, False))
        made.append(one)
    return made


def _actions(chance: Random) -> Made:
    """Some of the actions, and some instances with names of their own."""
    made: Made = {}
    for name in chance.sample(sorted(ACTIONS), chance.randint(0, 4)):
        made[name] = _action(chance, name)
    for name in chance.sample(INSTANCES, chance.randint(0, 3)):
        action = chance.choice(sorted(ACTIONS))
        trigger = LIKELY.get(action) if chance.random() < 0.5 else None
        made[name] = {"trigger": condition(chance)} | _action(chance, action)
        made[name] |= {"action": action} | ({"trigger": trigger} if trigger else {})
    return made


def _action(chance: Random, action: str) -> Made:
    leaving = () if action == "upsertSupplementRecords" else ("supplement",)
    made = _part(chance, "ActionPlan", ("action", *leaving))
    if action == "upsertOrder":
        made["in_doubt"] = chance.choice(("resend", "at_most_once"))
    if action in LIKELY and chance.random() < 0.5:
        made.setdefault("trigger", LIKELY[action])
    if action in WHOLE and "supplement" not in made and chance.random() < 0.7:
        made["mapping"] = WHOLE[action] | made.get("mapping", {})
    elif chance.random() < 0.5:
        made.pop("mapping", None)
    return made


SCHEMA = schema()
PARTS = {**SCHEMA["$defs"], "Plan": SCHEMA}
SHARES = {"actions": 0.8, "consent": 0.5, "identity": 0.5}


def plan_data(chance: Random) -> Made:
    """A plan as the schema has it, and maybe not as it can be read."""
    keys = SCHEMA["properties"]
    return {
        key: _value(chance, "Plan", key, keys[key])
        for key in keys
        if chance.random() < SHARES.get(key, 0.35)
    }


def repaired(data: Made) -> Plan | None:
    """The plan without what is wrong with it; None where that does not end."""
    rest = deepcopy(data)
    for _ in range(MOST_REPAIRS):
        try:
            return plan_of(rest)
        except PlanError as error:
            if not error.wrong:
                raise
            for wrong in error.wrong:
                _take_away(rest, wrong.path)
    return None


def _take_away(data: Any, path: Path) -> None:
    """Take away what stands there; of a list the whole, as the places of its members would move."""
    holders: list[tuple[Any, Any]] = []
    here = data
    for step in path:
        holders.append((here, step))
        there = isinstance(here, list) and isinstance(step, int) and step < len(here)
        there = there or (isinstance(here, dict) and step in here)
        if not there:
            break
        here = here[step]
    for holder, step in reversed(holders):
        if isinstance(holder, dict) and step in holder:
            del holder[step]
            return
    if isinstance(data, dict):
        data.clear()
