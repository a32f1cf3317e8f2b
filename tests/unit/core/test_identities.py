"""What is known of a contact completes a command that says less: the rows of the table."""

from typing import Any

import pytest

from streams.core.compiled import CompiledPlan
from streams.core.deciding import decide
from streams.core.decisions import DeadLetter, Known, Send, WasDelivered
from streams.core.event import Note
from streams.core.identities import CHANGED, COMPLETED, OLDER, UNDATED, Identifier, Row
from streams.core.learning import merged
from streams.core.order_state import OrderState
from streams.core.outcome import Dead
from streams.core.routed import Routed
from streams.core.routing import route
from streams.plan import compile_plan, plan_of
from tests.unit.core.made import HERE, KEYS, TEN_O_CLOCK, command, event, instance

PHONE = "channels.phone.address"
ROW = {
    "segment_id": Identifier("u-42", TEN_O_CLOCK - 5),
    "email": Identifier("ana@shop.example", TEN_O_CLOCK - 5),
    PHONE: Identifier("+4915112345678", TEN_O_CLOCK - 5),
}
NEWER = {**ROW, "email": Identifier("ana@new.example", TEN_O_CLOCK + 5)}
ITEM = {"productID": "p-1", "sku": "s-1", "name": "Shirt", "category": "Shirts", "qty": 1}
ALL = {"segment_id": "u-42", "email": "ana@shop.example", PHONE: "+4915112345678"}
NAMES = ["segment_id", "email", "phone"]
BODIES: dict[str, dict[str, Any]] = {
    "upsertContact": {},
    "createContactactivities": {"contactActivities": [{"name": "Viewed", "time": "now"}]},
    "addContactsToList": {"listName": "VIP"},
    "removeContactsFromList": {"identifyListBy": {"name": "VIP"}},
    "addProductsToCart": {"items": [ITEM]},
    "removeProductsFromCart": {"items": [ITEM]},
    "upsertOrder": {
        "orderID": "o-1",
        "purchaseDate": "2026-11-20T10:00:00Z",
        "status": "Order Completed",
        "items": [ITEM],
    },
    "upsertSupplementRecords": {"supplement": "stores", "records": [{"id": "s-1"}]},
}


def body_of(action: str, identifiers: dict[str, Any], priority: list[str], **more: Any) -> Any:
    block = {"identifiers": identifiers, "identifiersPriority": priority}
    place = instance(action).declaration.identity
    if place == "contacts":
        block["identifiers"] = [identifiers]
    return {**(block if place == "top" else {place: block}), **BODIES[action], **more}


def decided(action: str, body: dict[str, Any], row: Row | None, **fields: Any) -> Any:
    return decide(command(action, body, **fields), Known(HERE, identities=row), instance(action))


def taught(said: Any, row: Row | None) -> Row | None:
    for one in said.learned:
        row = merged(row, one) if one.table == "identities" else row
    return row


@pytest.mark.parametrize("action", BODIES)
def test_a_command_that_says_only_the_user_id_is_completed(action):
    said = decided(action, body_of(action, {"segment_id": "u-42"}, ["segment_id"]), ROW)
    assert isinstance(said, Send)
    assert said.body == body_of(action, ALL, NAMES)
    assert said.notes == (COMPLETED,)
    assert taught(said, None) is None


@pytest.mark.parametrize("action", BODIES)
def test_a_command_without_identifiers_dies_only_where_nothing_is_known(action):
    body = body_of(action, {}, [])
    said = decided(action, body, None)
    assert isinstance(said, DeadLetter)
    assert (said.reason, said.field) == (Dead.UNIDENTIFIABLE, "userId")
    sent = decided(action, body, ROW)
    assert isinstance(sent, Send)
    assert sent.body == body_of(action, ALL, NAMES)


@pytest.mark.parametrize("action", BODIES)
def test_what_a_command_says_and_is_not_known_is_learned(action):
    told = {"segment_id": "u-42", "email": "ana@shop.example"}
    said = decided(action, body_of(action, told, NAMES[:2]), None)
    assert said.body == body_of(action, told, NAMES[:2])
    time = TEN_O_CLOCK if action == "upsertContact" else UNDATED
    assert taught(said, None) == {key: Identifier(value, time) for key, value in told.items()}


def test_what_an_activity_said_gives_way_to_any_profile():
    told = {"segment_id": "u-42", "email": "ana@work.example"}
    row = taught(
        decided(
            "createContactactivities", body_of("createContactactivities", told, NAMES[:2]), None
        ),
        None,
    )
    late = {"segment_id": "u-42", "email": "ana@shop.example"}
    body = body_of("upsertContact", late, NAMES[:2])
    said = decided("upsertContact", body, row, event_time=TEN_O_CLOCK - 9)
    assert said.body["identifiers"]["email"] == "ana@work.example"
    assert said.body["attributes"]["email"] == "ana@shop.example"
    assert taught(said, row)["email"] == Identifier("ana@shop.example", TEN_O_CLOCK - 9)


def test_a_new_address_goes_as_attribute_with_the_old_one_as_identifier():
    told = {"segment_id": "u-42", "email": "ana@new.example"}
    body = body_of("upsertContact", told, NAMES[:2], attributes={"plan": "vip"})
    said = decided("upsertContact", body, ROW)
    assert said.body["identifiers"] == ALL
    assert said.body["attributes"] == {"plan": "vip", "email": "ana@new.example"}
    assert Note("identifiers.email", CHANGED) in said.notes
    assert taught(said, ROW)["email"] == Identifier("ana@new.example", TEN_O_CLOCK)


def test_an_older_address_changes_nothing():
    told = {"segment_id": "u-42", "email": "ana@old.example"}
    body = body_of("upsertContact", told, NAMES[:2], attributes={"email": "ana@old.example"})
    said = decided("upsertContact", body, NEWER)
    assert said.body["identifiers"]["email"] == "ana@new.example"
    assert said.body["attributes"] == {}
    assert Note("identifiers.email", OLDER) in said.notes
    assert taught(said, NEWER) == NEWER


def test_another_action_says_a_newer_address_as_it_is_and_does_not_move_the_contact():
    told = {"segment_id": "u-42", "email": "ana@work.example"}
    said = decided(
        "createContactactivities", body_of("createContactactivities", told, NAMES[:2]), ROW
    )
    assert said.body["contact"]["identifiers"] == {**ALL, "email": "ana@work.example"}
    assert taught(said, ROW) == ROW
    late = decided(
        "createContactactivities", body_of("createContactactivities", told, NAMES[:2]), NEWER
    )
    assert late.body["contact"]["identifiers"]["email"] == "ana@new.example"


def test_a_new_phone_is_sent_as_it_is_and_known_from_then_on():
    told = {"segment_id": "u-42", PHONE: "+4915199999999"}
    said = decided("upsertContact", body_of("upsertContact", told, ["segment_id", "phone"]), ROW)
    assert said.body["identifiers"][PHONE] == "+4915199999999"
    assert taught(said, ROW)[PHONE].value == "+4915199999999"


def test_an_address_that_is_said_again_is_as_new_as_that():
    told = {"segment_id": "u-42", "email": "ana@shop.example"}
    row = taught(decided("upsertContact", body_of("upsertContact", told, NAMES[:2]), ROW), ROW)
    assert row is not None
    assert row["email"].time == TEN_O_CLOCK
    assert row["segment_id"].time == TEN_O_CLOCK - 5


def test_commands_of_one_request_each_add_what_they_learned():
    add = "addContactsToList"
    email = decided(add, body_of(add, {"email": "ana@shop.example"}, ["email"]), None)
    phone = decided(add, body_of(add, {PHONE: "+4915112345678"}, ["phone"]), None)
    row = taught(phone, taught(email, None))
    assert row is not None
    assert set(row) == {"email", PHONE}


def test_what_is_older_than_the_row_by_then_is_not_learned():
    told = {"email": "ana@old.example"}
    said = decided("upsertContact", body_of("upsertContact", told, ["email"]), None)
    assert taught(said, NEWER) == NEWER


def test_what_somebody_made_by_hand_is_sent_as_it_is_and_teaches_nothing():
    body = body_of("upsertContact", {"segment_id": "u-9"}, ["segment_id"])
    said = decided("upsertContact", body, ROW, position=None)
    assert isinstance(said, Send)
    assert (said.body, taught(said, None)) == (body, None)


def test_what_the_plan_does_not_name_is_not_sent():
    row = {**ROW, "loyalty": Identifier("L-7", 1)}
    said = decided(
        "upsertContact", body_of("upsertContact", {"segment_id": "u-42"}, NAMES[:1]), row
    )
    assert said.body["identifiers"] == ALL


def test_an_order_is_the_same_state_whatever_was_learned_since():
    thin = body_of("upsertOrder", {"segment_id": "u-42"}, ["segment_id"])
    first, later = decided("upsertOrder", thin, None), decided("upsertOrder", thin, ROW)
    assert later.body["contact"]["identifiers"] == ALL
    assert first.order_intent.hash == later.order_intent.hash


def test_an_order_that_was_delivered_before_a_crash_still_teaches():
    body = body_of("upsertOrder", ALL, NAMES)
    done = OrderState("u-42", "done", "h", body, TEN_O_CLOCK, "m-1", HERE, "upsertOrder")
    said = decide(command("upsertOrder", body), Known(HERE, order=done), instance("upsertOrder"))
    assert isinstance(said, WasDelivered)
    row = taught(said, None)
    assert row is not None
    assert {key: one.value for key, one in row.items()} == ALL


def routed(compiled: CompiledPlan, **fields: Any) -> Routed:
    made = route(event("identify", traits={"firstName": "Ana"}, **fields), compiled)
    assert isinstance(made, Routed)
    return made


def test_where_nothing_is_learned_a_user_without_identifiers_dies_at_once():
    unset = type(KEYS)()
    learning = compile_plan(plan_of({}), unset)
    assert [one.action for one in routed(learning).commands] == ["upsertContact"]
    without = compile_plan(plan_of({"identity": {"learn": False}}), unset)
    assert [one.reason for one in routed(without).dead] == [Dead.UNIDENTIFIABLE]
    assert without.instances[0].completing is None
