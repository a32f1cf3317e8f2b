"""Markets: which an event is of, what that changes, and what is wrong with a plan's."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.markets import Market, localized
from streams.core.outcome import Dead
from streams.core.routed import DeadCommand, Filtered
from streams.core.routing import route
from streams.plan import PlanError, compile_plan, parse_plan, plan_of
from tests.unit.core.made import KEYS, event

KNOWN = {
    "de": {"words": ["DE store"], "currency": "EUR", "list_prefix": "DE | "},
    "jp": {"when": 'context.locale starts with "ja"', "currency": "JPY"},
}
MARKETS = {"told_by": ["context.store", "properties.store"], "known": KNOWN}


def plan(**said):
    return compile_plan(plan_of({"markets": {**MARKETS, **said}}), KEYS)


def market(**fields):
    found = plan().markets.of(event(**fields))
    return found and found.name


TOLD = {
    "by its name": ({"context": {"store": "de"}}, "de"),
    "in another case": ({"context": {"store": " DE "}}, "de"),
    "by a word": ({"context": {"store": "de STORE"}}, "de"),
    "at the second path": ({"properties": {"store": "de"}}, "de"),
    "by a condition before a word": ({"context": {"store": "de", "locale": "ja-JP"}}, "jp"),
    "by an unknown word": ({"context": {"store": "fr"}, "properties": {"store": "de"}}, None),
    "by no text": ({"context": {"store": 7}}, None),
    "not at all": ({}, None),
}


@pytest.mark.parametrize(("fields", "name"), TOLD.values(), ids=TOLD)
def test_the_market_of_an_event(fields, name):
    assert market(**fields) == name


def test_of_an_event_of_no_known_market_nothing_is_told():
    found = route(event(event="Order Completed"), plan())
    assert found.commands == ()
    assert {one.reason for one in found.dead} == {Dead.UNKNOWN_MARKET}
    assert {one.action for one in found.dead} == {"upsertOrder", "createContactactivities"}
    assert all(isinstance(one, DeadCommand) and one.field == "context.store" for one in found.dead)


LISTED = [
    {"name": "joined", "when": 'event = "Joined"', "status": "subscribed"},
    {"name": "left", "when": 'event = "Left"', "status": "unsubscribed"},
    {"name": "changed", "when": 'event = "Changed"', "value": "properties.answer"},
]
CHANNELS = {"email": {"events": LISTED}, "sms": {"events": LISTED[2:], "words": {"out": "none"}}}
CONSENT = {"since": "2026-01-01T00:00:00Z", "channels": CHANNELS}
LEAVING = {
    "it leaves": ("Left", None, {}, True),
    "it leaves by a value": ("Changed", "unsubscribed", {}, True),
    "it joins": ("Joined", None, {}, False),
    "it says more than that": ("Changed", "out", {}, False),
    "a word that nobody knows": ("Changed", "eh", {}, False),
    "one of several accounts": ("Left", None, {"serve": ["de"]}, False),
}


@pytest.mark.parametrize(("name", "answer", "said", "sent"), LEAVING.values(), ids=LEAVING)
def test_leaving_waits_for_no_market_where_there_is_one_account(name, answer, said, sent):
    markets = {**MARKETS, **said}
    listed = compile_plan(plan_of({"markets": markets, "consent": CONSENT}), KEYS)
    found = route(event(event=name, properties={"answer": answer}), listed)
    assert [one.action for one in found.commands] == (["consent"] if sent else [])
    dead = {one.action for one in found.dead}
    assert dead == {"createContactactivities"} | (set() if sent else {"consent"})


def test_what_an_own_filter_keeps_back_of_such_an_event_has_its_receipt():
    """Not that of nothing: an event that ends without any outcome would be lost in silence."""
    rule = [{"name": "quiet", "drop": True}]
    actions = {"createContactactivities": {"filters": rule}}
    quiet = compile_plan(plan_of({"markets": MARKETS, "actions": actions}), KEYS)
    found = route(event(event="Signed Up"), quiet)
    assert (found.commands, found.dead) == ((), ())
    assert [one.told for one in found.suppressed] == ["filter:quiet"]


def test_events_of_markets_of_another_account_are_filtered():
    served = plan(serve=["jp"])
    assert route(event(event="A", context={"store": "de"}), served) == Filtered("market")
    assert route(event(event="A", context={"locale": "ja"}), served).commands


AMOUNTS = st.one_of(
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.text(max_size=3),
)
LINES = st.lists(st.one_of(AMOUNTS, st.dictionaries(st.just("itemPrice"), AMOUNTS)), max_size=3)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "totalAmount": AMOUNTS,
        "items": LINES,
        "properties": st.fixed_dictionaries(
            {}, optional={"shipping": AMOUNTS, "refundedItems": LINES, "currency": AMOUNTS}
        ),
    },
)


@given(BODIES, st.sampled_from(["JPY", "EUR", "KWD", None]), st.booleans())
def test_whatever_an_order_holds_it_is_made_and_the_event_is_left_alone(body, currency, minor):
    kept = deepcopy(body)
    here = Market("m", currency=currency, minor_units=minor, properties={"store": "m"})
    given_ = dict(body)
    assert localized(given_, "upsertOrder", here, []) is None
    assert body == kept
    assert given_["properties"]["store"] == "m"


DIGITS = {
    "EUR": ("EUR", False, 49.905, 49.91),
    "JPY": ("JPY", False, 4990.4, 4990),
    "cents": ("EUR", True, 4990, 49.9),
    "yen": ("JPY", True, 4990, 4990),
    "fils": ("KWD", True, 4990, 4.99),
    "none": (None, True, 4990, 4990),
}


@pytest.mark.parametrize(("currency", "minor", "given_", "made"), DIGITS.values(), ids=DIGITS)
def test_amounts_have_the_digits_of_the_currency(currency, minor, given_, made):
    body = {"totalAmount": given_, "items": [{"itemPrice": given_}]}
    localized(body, "upsertOrder", Market("m", currency=currency, minor_units=minor), [])
    assert (body["totalAmount"], body["items"][0]["itemPrice"]) == (made, made)


def test_the_currency_of_the_order_goes_before_that_of_the_market():
    body = {"totalAmount": 4990, "properties": {"currency": "jpy"}, "items": [{}]}
    localized(body, "upsertOrder", Market("m", currency="EUR", minor_units=True), [])
    assert body["totalAmount"] == 4990
    assert body["properties"]["currency"] == "jpy"


def test_the_discount_of_a_line_is_in_the_currency_s_own_unit():
    line = {"itemPrice": 4990, "properties": {"discount": 500, "variant": "red"}}
    body = {"items": [line]}
    localized(body, "upsertOrder", Market("m", currency="EUR", minor_units=True), [])
    assert body["items"] == [{"itemPrice": 49.9, "properties": {"discount": 5, "variant": "red"}}]
    assert line["properties"]["discount"] == 500


WRONG = {
    "no market": ("{told_by: [context.store], known: {}}", "markets.known"),
    "told by nothing": ("{known: {de: {}}}", "say of no event which it is of"),
    "a path that is none": ("{told_by: [store], known: {de: {}}}", "store is no field"),
    "a default that is none": (
        "{told_by: [context.store], unknown: default, default: fr, known: {de: {}}}",
        "fr is no market",
    ),
    "no default": (
        "{told_by: [context.store], unknown: default, known: {de: {}}}",
        "none is named",
    ),
    "a word of two": (
        "{told_by: [context.store], known: {de: {words: [AT]}, at: {}}}",
        "give each word to one market",
    ),
    "a region": ("{told_by: [context.store], known: {de: {phone_region: GERMANY}}}", "no region"),
    "a currency": ("{told_by: [context.store], known: {de: {currency: EURO}}}", "no currency"),
    "a locale": ("{told_by: [context.store], known: {de: {locale: deutsch!}}}", "no locale"),
    "consent": (
        "{told_by: [context.store], known: {de: {attributes:"
        " {channels.email.subscribeStatus: subscribed}}}}",
        "changes consent",
    ),
    "a condition": ("{known: {de: {when: 'context.locale ='}}}", "markets.known.de.when"),
    "minor units of nothing": (
        "{told_by: [context.store], known: {de: {minor_units: true}}}",
        "name the currency",
    ),
    "served and unknown": (
        "{told_by: [context.store], serve: [dee], known: {de: {}}}",
        "did you mean de?",
    ),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_the_plan_is_said(text, said):
    with pytest.raises(PlanError) as error:
        parse_plan(f"markets: {text}")
    assert said in str(error.value)


def test_lines_of_the_event_are_left_alone():
    line = {"itemPrice": 49.905}
    body = {"items": [line], "properties": {"refundedItems": [line]}}
    localized(body, "upsertOrder", Market("m", currency="EUR"), [])
    assert line == {"itemPrice": 49.905}
    assert body["items"] == body["properties"]["refundedItems"] == [{"itemPrice": 49.91}]
