"""Whatever events and mappings hold, routing and deciding by the guards' rules give an outcome."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from streams.cordial.sandbox.rules import problems
from streams.core.catalogue import Account, AttributeRules, catalogue_of
from streams.core.command import Position
from streams.core.deciding import decide
from streams.core.decisions import DeadLetter, Known, Send, Suppress, Wait
from streams.core.outcome import Dead
from streams.core.routed import Routed
from streams.core.routing import route
from streams.plan import compile_plan, plan_of
from tests.unit.core.made import KEYS, event

RULES = {
    "orders": {
        "statuses": {"Bought": "Order Completed"},
        "required": ["items.qty", "properties.currency"],
        "on_wrong_total": "dead_letter",
        "on_unknown_currency": "dead_letter",
        "on_over_refund": "dead_letter",
        "transitions": {"Order Cancelled": ["Order Refunded"]},
    },
    "markets": {
        "told_by": ["context.store"],
        "known": {
            "de": {"currency": "EUR", "attributes": {"m": "de"}, "properties": {"m": "de"}},
            "jp": {"currency": "JPY", "minor_units": True, "list_prefix": "JP | "},
        },
    },
    "attributes": {"unknown": "drop", "wrong_type": "dead_letter"},
    "actions": {
        "pets": {
            "action": "upsertSupplementRecords",
            "trigger": 'type = "track"',
            "supplement": {
                "name": "pets",
                "each": "properties.products",
                "id": "product_id",
                "updated_date_field": "at",
                "updated": "price",
            },
        }
    },
}
ODD = {
    "upsertOrder": {"properties": "properties.total", "items": "properties.products"},
    "createContactactivities": {"contactActivities": "properties.products"},
    "upsertContact": {"attributes": "traits.a"},
}


def _plan(odd):
    actions = {name: {"mapping": mapping} for name, mapping in (ODD if odd else {}).items()}
    text = {**RULES, "actions": {**RULES["actions"], **actions}}
    for name in actions:
        text["actions"][name]["trigger"] = 'type = "track" or type = "identify"'
    return compile_plan(plan_of(text), KEYS)


PLANS = [_plan(False), _plan(True)]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "EUR", "x", "7", "507f1f77bcf86cd799439011", "2026-11-20"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("a.7"), inner),
    max_leaves=6,
)
VALID = {"product_id": "p", "sku": "s", "name": "n", "price": 5, "quantity": 2, "category": "c"}
NAMES = st.sampled_from([*VALID])
LINE = st.builds(lambda odd: VALID | odd, st.dictionaries(NAMES, JSON, max_size=1))
ORDER = {"order_id": "o-1", "total": 10, "currency": "EUR"}
ODD_ORDER = st.dictionaries(
    st.sampled_from([*ORDER, "tax", "discount", "shipping"]), JSON, max_size=2
)
PROPERTIES = st.builds(lambda odd: ORDER | VALID | odd, ODD_ORDER)
EVENTS = st.builds(
    lambda kind, name, store, properties, lines, traits: event(
        kind,
        event=name,
        context={"store": store} if store else {},
        properties={**properties, **({} if lines is None else {"products": lines})},
        traits=traits,
    ),
    st.sampled_from(["track", "identify", "page", "group"]),
    st.sampled_from(["Bought", "Order Refunded", "Order Cancelled", "Product Added", None]),
    st.sampled_from(["de", "jp", "fr", None]),
    PROPERTIES,
    st.one_of(st.none(), st.just([VALID]), st.lists(LINE, max_size=3), JSON),
    st.dictionaries(st.sampled_from("abm"), JSON, max_size=3),
)
ACCOUNT = Account(
    catalogue_of([{"key": "a", "type": "string"}, {"key": "m", "type": "number"}], ["b"]),
    AttributeRules(unknown="drop", wrong_type="dead_letter"),
)


@given(st.lists(EVENTS, max_size=4), st.sampled_from([0, 1]))
def test_every_command_is_sent_as_cordial_takes_it_or_has_a_reason(events, which):
    row, plan = None, PLANS[which]
    for number, one in enumerate(events):
        said = replace(one, message_id=f"m-{number}", timestamp=one.timestamp + number)
        routed = route(said, plan)
        if not isinstance(routed, Routed):
            continue
        by_name = {instance.name: instance for instance in plan.instances}
        for command in routed.commands:
            place = Position(1, "customer.events", 0, number)
            instance = by_name[command.action]
            known = Known(place, order=row, account=ACCOUNT)
            decision = decide(replace(command, position=place), known, instance)
            assert isinstance(decision, Send | Suppress | DeadLetter | Wait)
            if isinstance(decision, DeadLetter):
                assert decision.reason is not Dead.BUG
            if isinstance(decision, Send):
                assert list(problems(instance.action, decision.body)) == []
                if decision.order_intent is not None:
                    row = decision.order_intent.done()
