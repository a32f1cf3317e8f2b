"""Identifiers of an event: where the plan looks for them, and how they are written."""

import pytest

from streams.core.event import Note
from streams.core.explaining import explained
from streams.core.guards import ELSEWHERE, SPELLED
from streams.core.identity import (
    ALIASED,
    FOLDED,
    NOT_USABLE,
    AccountKeys,
    Folding,
    folded,
    identify,
)
from streams.core.routing import route
from streams.plan import PlanError, compile_plan, parse_plan, plan_of
from tests.unit.core.made import KEYS, event

FOLDING = Folding(plus=True, domains={"googlemail.com": "gmail.com"})


def identity(said, keys=KEYS, region=None, **fields):
    sought = compile_plan(plan_of({"identity": said}), keys).sought
    return identify(event("identify", **fields), sought, region)


@pytest.mark.parametrize(
    ("address", "expected", "done"),
    [
        ("ana@shop.example", "ana@shop.example", None),
        ("ana+news@shop.example", "ana@shop.example", FOLDED),
        ("ana+news+more@shop.example", "ana@shop.example", FOLDED),
        ("+news@shop.example", "+news@shop.example", None),
        ("ana@googlemail.com", "ana@gmail.com", ALIASED),
        ("ana+x@googlemail.com", "ana@gmail.com", FOLDED),
    ],
)
def test_addresses_that_are_one(address, expected, done):
    assert folded(address, FOLDING) == (expected, done)


def test_folding_is_off_until_the_plan_asks_for_it():
    traits = {"email": "Ana+News@GoogleMail.com"}
    assert identity({}, traits=traits).identifiers["email"] == "ana+news@googlemail.com"
    email = {"fold_plus_addresses": True, "alias_domains": {"GoogleMail.com": "gmail.com"}}
    found = identity({"email": email}, traits=traits)
    assert found.identifiers["email"] == "ana@gmail.com"
    assert found.notes == (Note("traits.email", FOLDED),)


@pytest.mark.parametrize(
    ("rule", "said", "expected"),
    [
        ({}, "U-42", "U-42"),
        ({"case": "lower"}, "U-42", "u-42"),
        ({"case": "upper"}, "u-42", "U-42"),
    ],
)
def test_the_user_id_is_written_by_the_rule_and_the_contact_keeps_its_key(rule, said, expected):
    found = identity({"user_id": rule}, user_id=said)
    assert found.identifiers == {"segment_id": expected}
    assert event("identify", user_id=said).contact == said


def test_a_further_identifier_has_its_place_in_the_priority():
    said = {
        "priority": ["user", "customer_number", "email"],
        "keys": {"customer_number": {"paths": ["traits.customerNumber", "properties.customer"]}},
    }
    traits = {"customerNumber": " K-7 ", "email": "ana@shop.example"}
    found = identity(said, traits=traits)
    assert list(found.identifiers.items()) == [
        ("segment_id", "u-42"),
        ("customer_number", "K-7"),
        ("email", "ana@shop.example"),
    ]
    assert found.priority == ("segment_id", "customer_number", "email")
    assert identity(said, properties={"customer": 17}).identifiers["customer_number"] == "17"


@pytest.mark.parametrize("value", [True, {"n": 1}, ["K-7"], 1.5, " ", "k" * 1_001])
def test_what_is_no_id_is_left_out_and_named_without_its_value(value):
    said = {"priority": ["number"], "keys": {"number": {"paths": ["traits.number"]}}}
    found = identity(said, traits={"number": value})
    assert found.identifiers == {}
    assert found.invalid == ("number",)
    assert found.notes == (Note("traits.number", NOT_USABLE),)


def test_paths_are_tried_in_their_order_and_a_bad_value_gives_way():
    said = {"email": {"paths": ["properties.customer.mail", "traits.email"]}}
    both = {"properties": {"customer": {"mail": "no mail"}}, "traits": {"email": "a@b.example"}}
    assert identity(said, **both).identifiers["email"] == "a@b.example"
    assert identity(said, context={"traits": {"email": "a@b.example"}}).identifiers == {
        "segment_id": "u-42"
    }


def test_the_region_of_the_event_comes_before_that_of_the_settings():
    keys = AccountKeys(phone_region="DE")
    traits = {"phone": "0151 12345678"}
    assert identity({}, keys, traits=traits).identifiers == {
        "channels.phone.address": "+4915112345678"
    }
    french = {"phone": "06 12 34 56 78"}
    assert identity({}, keys, "FR", traits=french).identifiers == {
        "channels.phone.address": "+33612345678"
    }


def test_it_is_told_where_an_identifier_comes_from():
    said = {"email": {"paths": ["properties.mail", "traits.email"], "fold_plus_addresses": True}}
    plan = compile_plan(plan_of({"identity": said}), KEYS)
    one = event("identify", properties={"mail": "none"}, traits={"email": "Ana+x@Shop.example"})
    told = [(one.body, one.sources, one.by) for one in explained(one, plan).identifiers]
    assert told == [
        ("segment_id", ("userId",), ()),
        ("email", ("traits.email",), ("normalised",)),
    ]


def test_a_phone_of_a_market_says_where_it_comes_from():
    markets = {"told_by": ["context.store"], "known": {"fr": {"phone_region": "FR"}}}
    plan = compile_plan(plan_of({"markets": markets}), KEYS)
    one = event("identify", context={"store": "fr"}, traits={"phone": "06 12 34 56 78"})
    [_, phone] = explained(one, plan).identifiers
    assert (phone.value, phone.sources) == ("+33612345678", ("traits.phone",))


WRONG = {
    "identity: {priority: [user, mail]}": "priority.1 mail is no identifier; did you mean email?",
    "identity: {priority: [user, user]}": "priority.1 has user twice",
    "identity: {keys: {num: {paths: [traits.no]}}}": "keys.num has no place in identity.priority",
    "identity: {keys: {email: {paths: [traits.no]}}}": "keys.email is an identifier already",
    "identity: {priority: [num], keys: {num: {paths: [trait.no]}}}": "did you mean traits?",
    "identity: {priority: [num], keys: {num: {paths: []}}}": "paths is empty; give it at least one",
    "identity: {priority: [num], keys: {num: {path: [traits.no]}}}": "did you mean paths?",
    "identity: {email: {fold_plus: true}}": "did you mean fold_plus_addresses?",
    "identity: {email: {paths: [email]}}": "email.paths.0 email is no path",
    "identity: {email: {alias_domains: {gmail: gmail.com}}}": "gmail is no domain",
    "identity: {email: {alias_domains: {a.example: b.example, b.example: c.example}}}": (
        "leads to b.example, which is an alias itself"
    ),
    "identity: {user_id: {case: Lower}}": "Lower is not possible; did you mean lower?",
    "actions: {upsertOrder: {merge_options: {mergeAllowed: true}}}": "is for upsertContact and",
    "actions: {upsertContact: {merge_options: {}}}": "mergeAllowed is not there; it must be given",
    "actions: {upsertContact: {merge_options: {mergeAllowed: true, keys: [email]}}}": "is unknown",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_mistake_is_told_with_its_place(text):
    with pytest.raises(PlanError) as error:
        parse_plan(text)
    assert WRONG[text] in str(error.value)
    assert "line 1: " in str(error.value)


def test_an_identifier_of_the_settings_is_no_further_one():
    keys = {"segment_id": {"paths": ["traits.no"]}}
    plan = plan_of({"identity": {"priority": ["segment_id"], "keys": keys}})
    with pytest.raises(PlanError, match=r"identity\.keys\.segment_id is what the settings call"):
        compile_plan(plan, KEYS)


def test_only_identifiers_merge():
    options = {"mergeAllowed": True, "mergeableSecondaryKeys": ["emial"]}
    plan = plan_of({"actions": {"upsertContact": {"merge_options": options}}})
    with pytest.raises(PlanError, match="emial is no identifier here; did you mean email"):
        compile_plan(plan, KEYS)


KEYED = {
    "as it is": ({"customer_number": "C-7"}, "C-7", "C-7", []),
    "in another case": ({"customer_number": "c-7"}, "C-7", "C-7", [SPELLED]),
    "not usable as an identifier": ({"customer_number": [7]}, None, None, [ELSEWHERE]),
    "of another place": ({"number": "C-8", "customer_number": "C-7"}, "C-8", "C-8", [SPELLED]),
}


@pytest.mark.parametrize(("traits", "who", "told", "notes"), KEYED.values(), ids=KEYED)
def test_a_trait_that_is_called_as_an_identifier_makes_nobody_another(traits, who, told, notes):
    """Cordial takes an attribute of that name for the contact's new identifier."""
    paths = ["traits.number", "traits.customer_number"]
    keys = {"customer_number": {"paths": paths, "case": "upper"}}
    priority = ["user", "customer_number"]
    keyed = compile_plan(plan_of({"identity": {"priority": priority, "keys": keys}}), KEYS)
    (made,) = route(event("identify", traits={**traits, "plan": "vip"}), keyed).commands
    assert made.body["identifiers"].get("customer_number") == who
    assert made.body["attributes"].get("customer_number") == told
    said = [one.what for one in made.notes if one.field == "traits.customer_number"]
    assert [one for one in said if one in (SPELLED, ELSEWHERE)] == notes
