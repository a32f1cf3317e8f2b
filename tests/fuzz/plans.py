"""Plans from the plan's own JSON Schema, so that a key that is new there is fuzzed, too.

What only reading knows to be wrong is taken out again, until the plan can be read.
"""

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from streams.plan import Plan, PlanError, plan_of
from streams.plan.places import Path
from tests.unit.core.test_actions import EVENTS, WORDS
from tests.unit.core.test_plan_mappings import CONSTANTS, MAPPINGS, NAMES, PATHS
from tools.plan_schema import schema

MOST_KEYS = 4
MOST_REPAIRS = 8
FIELD_PATHS = st.sampled_from(
    [
        "properties.total",
        "properties.products",
        "properties.products.*.price",
        "properties.*",
        "properties.currency",
        "traits.email",
        "traits.phone",
        "traits.plan",
        "traits.vip",
        "traits.*",
        "context.ip",
        "context.device",
        "properties.new.place",
    ]
)
COMPARED = st.sampled_from(["type", "event", "name", "userId", "groupId", "properties.total"])
COMPARISONS = st.one_of(
    st.sampled_from(["type exists", "event exists", 'type = "identify"', 'type = "group"']),
    EVENTS.map(lambda name: f'event = "{name}"'),
    EVENTS.map(lambda name: f'type = "track" and event = "{name}"'),
    st.sampled_from(["properties.total >= 2", "traits.plan exists", "not context.ip exists"]),
    st.builds(
        lambda path, op, value: {"field": path, "op": op, "value": value},
        COMPARED | FIELD_PATHS,
        st.sampled_from(["=", "!=", "starts with", "contains", "matches"]),
        WORDS | EVENTS,
    ),
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=3,
)
RULE_NAMES = st.sampled_from(["a", "b", "c", "staff"])
INSTANCES = st.sampled_from(["vip", "newsletter", "sales", "more_orders", "records"])
STATES = st.sampled_from(["Order Completed", "Order Refunded", "Purchased", "Signed In"])
MARKETS = st.sampled_from(["de", "jp"])
REQUIRED = ("items.qty", "items.itemPrice", "properties.currency", "totalAmount", "price")
BY_KEY: dict[str, st.SearchStrategy[Any]] = {
    "trigger": CONDITIONS,
    "when": CONDITIONS,
    "since": PATHS | st.sampled_from(["timestamp", "2026-01-01T00:00:00Z"]),
    "mapping": st.dictionaries(NAMES, MAPPINGS, max_size=3),
    "record": st.dictionaries(NAMES, MAPPINGS, max_size=3) | WORDS,
    "id": MAPPINGS,
    "updated": PATHS,
    "status": PATHS | st.sampled_from(["subscribed", "unsubscribed", "none"]),
    "status_from": PATHS,
    "value": CONSTANTS,
    "each": PATHS,
    "paths": st.lists(FIELD_PATHS, min_size=1, max_size=2, unique=True),
    "drop_fields": st.lists(FIELD_PATHS, min_size=1, max_size=2),
    "allow_fields": st.lists(FIELD_PATHS, max_size=3),
    "rename": st.dictionaries(FIELD_PATHS, FIELD_PATHS, min_size=1, max_size=2),
    "priority": st.permutations(["user", "email", "phone"]).map(lambda one: one[:2])
    | st.integers(-2, 2),
    "statuses": st.dictionaries(STATES, STATES, max_size=2),
    "transitions": st.dictionaries(STATES, st.lists(STATES, max_size=2), max_size=2),
    "required": st.lists(st.sampled_from(REQUIRED), max_size=2, unique=True),
    "told_by": st.lists(PATHS, min_size=1, max_size=2),
    "words": st.lists(STATES, max_size=2),
    "known": st.dictionaries(MARKETS, st.deferred(lambda: _part("MarketPlan", PARTS)), min_size=1),
    "lists": st.dictionaries(STATES, STATES, max_size=1),
    "currency": st.sampled_from(["EUR", "JPY", "kwd", "EURO"]),
    "phone_region": st.sampled_from(["DE", "JP"]),
    "locale": st.sampled_from(["de-DE", "ja-JP"]),
    "unknown": st.sampled_from(["default", "dead_letter", "warn", "drop"]),
    "default": MARKETS,
    "serve": st.lists(MARKETS, min_size=1, max_size=2, unique=True),
    "topic": st.sampled_from(["customer.events", "shop.events"]),
    "page_name": st.sampled_from(["pageView", "Seen", "optout"]),
    "name": RULE_NAMES,
    "mergeableSecondaryKeys": st.just(["email"]),
}


WHOLE: dict[str, dict[str, Any]] = {
    "upsertProducts": {"productID": "properties.product_id", "productName": "properties.name"},
    "upsertSupplementRecords": {
        "supplement": {"const": "visits"},
        "records": {"fn": "one", "of": {"id": ["properties.sku", "userId"], "n": "properties.n"}},
    },
    "removeContactsFromList": {"identifyListBy": {"name": ["traits.plan", {"const": "vip"}]}},
    "upsertContact": {"attributes": {"plan": "traits.plan", "tags": {"add": "traits.vip"}}},
}
"""Mappings with which an action that has none of its own can be told."""


def _value(key: str, said: dict[str, Any], parts: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What may stand at a key: mostly what its name says, else what its schema says."""
    return BY_KEY[key] if key in BY_KEY else _schema(said, parts)


def _schema(said: dict[str, Any], parts: dict[str, Any]) -> st.SearchStrategy[Any]:
    reference = said.get("$ref") or (said.get("allOf") or [{}])[0].get("$ref")
    if reference:
        name = reference.rpartition("/")[2]
        return CONDITIONS if name == "Condition" else st.deferred(lambda: _part(name, parts))
    if "const" in said:
        return st.just(said["const"])
    if "enum" in said:
        return st.sampled_from(said["enum"])
    match said.get("type"):
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(said.get("minimum", -3), min(said.get("maximum", 20), 20))
        case "number":
            most = min(said.get("maximum", 10), 10)
            return st.sampled_from([said.get("minimum", 0), most / 2, most])
        case "string":
            return st.sampled_from(["email", "custom_id", "segment_id", "DE", "Shop", "vip"])
        case "array":
            least = said.get("minItems", 0)
            return st.lists(_schema(said["items"], parts), min_size=least, max_size=least + 1)
        case "object" if isinstance(said.get("additionalProperties"), dict):
            inner = _schema(said["additionalProperties"], parts)
            return st.dictionaries(RULE_NAMES | st.just("email"), inner, max_size=2)
    return CONSTANTS


@st.composite
def _object(draw: st.DrawFn, said: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    keys = said["properties"]
    needed = said.get("required", [])
    others = [key for key in keys if key not in needed]
    chosen = (
        draw(st.lists(st.sampled_from(others), max_size=MOST_KEYS, unique=True)) if others else []
    )
    return {key: draw(_value(key, keys[key], parts)) for key in [*needed, *chosen]}


def _part(name: str, parts: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return _object(parts[name], parts)


@st.composite
def _plan(draw: st.DrawFn) -> dict[str, Any]:
    whole = SCHEMA["properties"]
    chosen = draw(st.lists(st.sampled_from(list(whole)), max_size=3, unique=True))
    made = {key: draw(_schema(whole[key], PARTS)) for key in chosen if key != "actions"}
    names = st.sampled_from(list(whole["actions"]["properties"]))
    own = draw(st.dictionaries(names, _part("ActionPlan", PARTS), max_size=3))
    for said in own.values():
        said.pop("action", None)
    more = draw(st.dictionaries(INSTANCES, _part("ActionPlan", PARTS), max_size=2))
    for said in more.values():
        said |= {"action": draw(names), "trigger": draw(CONDITIONS)}
    for name, said in (own | more).items():
        if draw(st.booleans()):
            said["mapping"] = WHOLE.get(said.get("action", name), {}) | said.get("mapping", {})
    return made | {"actions": own | more}


SCHEMA = schema()
PARTS = SCHEMA["$defs"]
PLANS = _plan()
"""Plans as the schema has them; most of them cannot be read as they are."""


def repaired(data: dict[str, Any]) -> Plan | None:
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
