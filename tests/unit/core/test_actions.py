"""Laws over all actions: what a name says, and what every routed command is."""

import importlib
import json
import math
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.actions import ACTIONS
from streams.actions.declaration import RANKS
from streams.core.outcome import Dead
from streams.core.records import Place
from streams.core.routed import Filtered, Routed
from streams.core.routing import route
from streams.sources.customer_event import Invalid, from_json
from tests.unit.core.made import TEN_O_CLOCK, event, plan

PATHS = {"mergeContacts": "/api/segment/mergeContacts", "upsertProducts": "/v2/products"}
"""The two whose path is not their name: the asynchronous API has neither."""


def _snake(name: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name)


@pytest.mark.parametrize("name", ACTIONS)
def test_file_constant_and_path_derive_from_the_name(name):
    module = importlib.import_module(f"streams.actions.{_snake(name)}")
    assert getattr(module, _snake(name).upper()) is ACTIONS[name]
    assert ACTIONS[name].path == PATHS.get(name, f"/api/{name}")
    assert ACTIONS[name].method == "POST"
    assert ACTIONS[name].rank in RANKS


@pytest.mark.parametrize("name", ACTIONS)
def test_an_instance_and_so_its_topic_has_the_name_of_its_action(name):
    (one,) = (one for one in plan().instances if one.action == name)
    assert one.name == name


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(
        ["", " ", "49.90", "1e400", "-1", "p-100", "a\0b", "\ud800", "ana@example.com"]
    )
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
PRODUCT_FIELDS = [
    "product_id",
    "sku",
    "category",
    "name",
    "brand",
    "variant",
    "price",
    "quantity",
    "coupon",
    "url",
    "image_url",
    "description",
    "n",
]


def _usual(**usual: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object whose fields are mostly as they should be, and sometimes anything or absent."""
    fields = {name: inner | inner | inner | JSON for name, inner in usual.items()}
    return st.fixed_dictionaries({}, optional=fields)


WORDS = st.sampled_from(["p-100", "TSH-RED-M", "Linen shirt", "EUR"])
COUNTS = st.sampled_from([1, 2, 2.0, "3", 49.9, 1e300])
USUAL_PRODUCT = {
    name: COUNTS if name in ("price", "quantity") else WORDS for name in PRODUCT_FIELDS
}
WHOLE_PRODUCT = st.fixed_dictionaries({name: USUAL_PRODUCT[name] for name in PRODUCT_FIELDS})
PRODUCTS = st.lists(WHOLE_PRODUCT | _usual(**USUAL_PRODUCT) | JSON, max_size=3)
ORDER = _usual(
    order_id=WORDS,
    total=COUNTS,
    tax=COUNTS,
    affiliation=WORDS,
    revenue=COUNTS,
    currency=WORDS,
    products=PRODUCTS,
)
EVENTS = st.sampled_from(
    [
        "Product Added",
        "Product Removed",
        "Order Completed",
        "Order Updated",
        "Order Refunded",
        "Order Cancelled",
        "Signed In",
        "optout",
        "Left List",
        "L" * 60,
    ]
)
RAW = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["track", "track", "track", "identify", "page", "group", "alias"]),
        "messageId": st.just("m-1"),
    },
    optional={
        "userId": st.sampled_from(["u-42", "u-42", "", 42]),
        "anonymousId": st.just("a-9"),
        "previousId": st.sampled_from(["a-9", "", 7]),
        "groupId": st.sampled_from(["g-77", " "]),
        "event": EVENTS,
        "name": WORDS,
        "properties": WHOLE_PRODUCT | ORDER | _usual(**USUAL_PRODUCT),
        "traits": _usual(
            email=st.just("Ana@Example.com"),
            phone=st.just("+4930123456"),
            name=WORDS,
            plan=WORDS,
            address=JSON,
        ),
        "context": _usual(
            ip=WORDS,
            device=_usual(type=WORDS, model=WORDS),
            os=_usual(name=WORDS),
            location=_usual(
                city=WORDS, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180)
            ),
        ),
    },
)
PLAN = plan(removeContactsFromList={"trigger": 'event = "Left List"'})


def _leaves(value: Any):
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


@settings(max_examples=400, deadline=None)
@given(RAW)
def test_a_routed_command_is_valid_serialisable_and_holds_no_null(raw):
    event = from_json(raw, Place("customer.events", 0, 0), TEN_O_CLOCK)
    if isinstance(event, Invalid) or event.contact is None:
        return
    routed = route(event, PLAN)
    assert isinstance(routed, Routed | Filtered)
    for command in routed.commands if isinstance(routed, Routed) else ():
        assert ACTIONS[command.action].validate_thin(command.body) is None
        assert json.loads(orjson.dumps(command.body)) == command.body
        assert all(leaf is not None for leaf in _leaves(command.body))
        assert all(math.isfinite(leaf) for leaf in _leaves(command.body) if type(leaf) is float)


@settings(max_examples=100, deadline=None)
@given(RAW)
def test_the_same_event_gives_the_same_and_each_wanted_action_once(raw):
    event = from_json(raw, Place("customer.events", 0, 0), TEN_O_CLOCK)
    if isinstance(event, Invalid) or event.contact is None:
        return
    routed = route(event, PLAN)
    assert routed == route(event, PLAN)
    if isinstance(routed, Routed):
        sent = [one.action for one in routed.commands]
        wanted = [
            one.name
            for one in PLAN.instances
            if one.enabled and one.condition and one.condition(event)
        ]
        others = [one.action for one in (*routed.dead, *routed.suppressed)]
        assert sent == [name for name in wanted if name in sent]
        assert sorted([*sent, *others]) == sorted(wanted)


LINE = {"product_id": "p", "sku": "s", "name": "n", "price": -1, "quantity": 1}
ORDERED = {"order_id": "o-1", "products": [LINE]}
SOUND = {"order_id": "o-1", "products": [LINE | {"price": 1}]}
MISFITS = {
    "attributes": ("upsertContact", {"attributes": "traits.a"}, {"traits": {"a": [1]}}, "traits.a"),
    "properties of an order": (
        "upsertOrder",
        {"properties": "properties.a"},
        {"event": "Order Completed", "properties": SOUND | {"a": "text"}},
        "properties.a",
    ),
    "a negative price": (
        "upsertOrder",
        {"items": {"itemPrice": "price"}},
        {"event": "Order Completed", "properties": ORDERED},
        "properties.products[0].price",
    ),
    "a list name that is too long": (
        "addContactsToList",
        {"listName": "groupId"},
        {"group_id": "g" * 129},
        "groupId",
    ),
}


@pytest.mark.parametrize(("name", "mapping", "said", "field"), MISFITS.values(), ids=MISFITS)
def test_what_a_mapping_makes_of_another_type_than_cordial_takes_is_a_dead_letter(
    name, mapping, said, field
):
    kinds = {"upsertContact": "identify", "addContactsToList": "group"}
    one = event(kinds.get(name, "track"), **said)
    found = route(one, plan(**{name: {"mapping": mapping}}))
    (dead,) = (one for one in found.dead if one.action == name)
    assert (dead.reason, dead.field) == (Dead.INVALID, field)
