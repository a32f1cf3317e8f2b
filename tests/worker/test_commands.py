"""One topic per action: what the router puts there, and what a hand puts there, is delivered."""

import pytest

from streams.core.command import Command, Position
from tests.worker.harness import CODEC, SOURCE, Staging, event, until
from tests.worker.parts import Tail

STAGING = Staging(settings={"CORDIAL__SEGMENT_ID_KEY": "shop_user_id", "CORDIAL__SOURCE": "shop"})
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
PRODUCT = {"product_id": "p-1", "sku": "s-1", "name": "Shirt", "quantity": 1, "price": 10}
ORDER = {"order_id": "o-1", "total": 10, "products": [PRODUCT]}
WHO = {"identifiers": {"shop_user_id": "u-7"}, "identifiersPriority": ["shop_user_id"]}
BY_HAND = {
    "upsertSupplementRecords": (
        "/api/upsertSupplementRecords",
        {"contact": WHO, "supplement": "stores", "records": [{"id": "s-1", "city": "Ulm"}]},
    ),
    "upsertProducts": ("/v2/products", {"productID": "p-9", "productName": "Cap"}),
}


def by_hand(action, body, message_id):
    return CODEC.encode_command(Command(action, "u-7", message_id, 1_795_168_800_000, body))


@pytest.mark.parametrize("action", BY_HAND)
async def test_a_command_made_by_hand_is_delivered(stage, action):
    path, body = BY_HAND[action]
    message_id = f"hand-{action}"
    value = by_hand(action, body, message_id)
    await stage.publish(value, "u-7", topic=f"cordial.{action}", partition=1)
    assert await stage.outcomes(message_id) == [(action, "delivered", None)]
    sent = [
        (one["method"], one["path"], one["result"], one["body"]) for one in await stage.journal()
    ]
    assert ("POST", path, "ok", body) in sent


BAD = {
    "garbage": ("upsertProducts", b"nonsense", "undecodable", None),
    "of no schema of ours": ("upsertProducts", b"\0nonsense", "unknown_schema", None),
    "no value": ("upsertProducts", None, "undecodable", None),
    "lacking": ("upsertProducts", {"productID": "p"}, "missing", "productName"),
    "wrong type": ("upsertOrder", {"orderID": "o", "items": 7}, "invalid", "items"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_one_made_by_hand_is_a_dead_letter_and_the_next_is_delivered(stage, name):
    action, value, reason, field = BAD[name]
    value = by_hand(action, value, name) if isinstance(value, dict) else value
    topic = f"cordial.{action}"
    offset = await stage.publish(value, "u-7", topic=topic, partition=1)
    next_one = f"after-{action}-{offset}"
    good = by_hand("upsertProducts", {"productID": "p-8", "productName": "Hat"}, next_one)
    await stage.publish(good, "u-7", topic="cordial.upsertProducts", partition=1)
    assert await stage.outcomes(next_one) == [("upsertProducts", "delivered", None)]
    [letter] = await until(
        lambda: [one for one in stage.letters() if (one.topic, one.offset) == (topic, offset)]
    )
    assert (letter.reason, letter.field, letter.value) == (reason, field, value)


async def test_commands_made_by_hand_that_cannot_be_joined_are_sent_one_by_one(stage):
    stage.faults.change({"latency": 0.4})
    for number, attributes in enumerate([{"n": 1}, {"n": 2}, ["n"], {"n": 3}]):
        value = by_hand("upsertContact", {**WHO, "attributes": attributes}, f"join-{number}")
        await stage.publish(value, "u-7", topic="cordial.upsertContact", partition=1)
    for number in range(4):
        assert (await stage.outcomes(f"join-{number}"))[0][1] == "delivered"
    stage.faults.change({"latency": 0})


async def test_a_key_and_an_id_of_half_a_megabyte_are_a_dead_letter_without_them(stage):
    value = by_hand("upsertContact", {}, "m" * 600_000)
    offset = await stage.publish(value, "k" * 600_000, topic="cordial.upsertContact")
    place = f"cordial.upsertContact-0-{offset}"
    [letter] = await until(lambda: [one for one in stage.letters() if one.id == place])
    assert (letter.reason, letter.key, letter.value) == ("undecodable", None, None)
    assert "longer than 1,000 characters" in letter.message
    assert "its headers and key too" in letter.message
    [receipt] = await until(lambda: stage.receipts(place))
    assert receipt.contact == "k" * 1_000
    good = by_hand("upsertProducts", {"productID": "p-7", "productName": "Sock"}, "after it")
    await stage.publish(good, "u-7", topic="cordial.upsertProducts")
    assert await stage.outcomes("after it") == [("upsertProducts", "delivered", None)]


async def test_commands_stand_on_the_partition_of_the_keyed_record_keyed_by_contact(stage):
    value = event(event="Order Completed", messageId="m-1", userId="u-4", properties=ORDER)
    places = {}
    for number in range(2):
        places[number] = await stage.publish(value, "another key", partition=number)
    for action in ("upsertOrder", "createContactactivities"):
        async with Tail().reading(stage.bootstrap, f"cordial.{action}", 2) as tail:
            await until(lambda tail=tail: len(tail.records) >= 2)
        for record in tail.records[-2:]:
            command = CODEC.decode_command(record.value)
            assert record.key == b"u-4"
            assert command.action == action
            offset = places[record.partition]
            assert command.position == Position(0, SOURCE, record.partition, offset)
        assert {record.partition for record in tail.records} == {0, 1}


async def test_key_endpoint_and_the_name_of_the_user_id_are_settings(stage):
    await stage.publish(event(type="identify", messageId="i-1", userId="u-8"), "u-8")
    await stage.outcomes("i-1")
    sent = (await stage.journal())[-1]["body"]
    assert sent["identifiers"] == {"shop_user_id": "u-8"}
    assert sent["source"] == "shop"
