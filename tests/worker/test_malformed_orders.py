"""A malformed order starts no campaign, though it is found out only at its turn."""

import asyncio

import pytest

from streams.core.command import Position
from streams.core.decisions import Seen, seen_key
from streams.core.outcome import Dead
from streams.settings import Settings
from tests.worker.harness import CODEC, SOURCE, Staging, event, until

STAGING = Staging(partitions=1, plan="orders: {on_over_refund: dead_letter}\n")
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
ORDER, ACTIVITY = "upsertOrder", "createContactactivities"
SEEN = f"{Settings().app_id}-seen-changelog"
PRODUCT = {"product_id": "p-1", "sku": "s-1", "name": "Shirt", "quantity": 1, "price": 10}
HELD = (ACTIVITY, "suppressed", "malformed_order")


def order(message_id, order_id="o-1", name="Order Completed", total=10):
    properties = {"order_id": order_id, "total": total, "products": [PRODUCT]}
    return event(event=name, messageId=message_id, properties=properties)


async def activities(stage):
    bodies = [one["body"] for one in await stage.journal() if one["action"] == ACTIVITY]
    return [each["name"] for body in bodies for each in body["contactActivities"]]


async def held(stage, message_id):
    assert HELD in await stage.outcomes(message_id, 2)
    (receipt,) = [one for one in stage.receipts(message_id) if one.action == ACTIVITY]
    return [(one.field, one.what) for one in receipt.notes]


async def test_a_refund_of_more_than_was_paid_starts_no_campaign(stage):
    await stage.publish(order("m-1"))
    await stage.publish(order("m-2", name="Order Refunded", total=99))
    assert await held(stage, "m-2") == [(ORDER, "its order is a dead letter as invalid")]
    assert (ORDER, "dead_lettered", "invalid") in await stage.outcomes("m-2", 2)
    assert await activities(stage) == ["Order Completed"]


async def test_one_that_cordial_rejects_holds_nothing(stage):
    stage.faults.change({"poison": '"orderID":"o-bad"', "poison_status": 422})
    await stage.publish(order("m-3", "o-bad"))
    became = await stage.outcomes("m-3", 2)
    assert sorted(became) == [(ACTIVITY, "delivered", None), (ORDER, "dead_lettered", "rejected")]
    stage.faults.change({"poison": ""})


async def test_nor_after_a_crash_between_the_two(stage):
    """The record of the order is durable, and that of the activity is not."""
    first = await stage.publish(order("m-4", "o-2"))
    await stage.outcomes("m-4", 2)
    before = await activities(stage)
    assert await asyncio.to_thread(stage.worker.stop) == 0
    position = Position(Settings().generation, SOURCE, 0, first + 1)
    row = CODEC.encode_seen(Seen(position, 9**13, Dead.INVALID))
    await stage.publish(row, seen_key("u-1", "m-5", ORDER), topic=SEEN)
    assert await stage.publish(order("m-5", "o-2", "Order Refunded", 99)) == first + 1
    stage.start()
    await until(lambda: [one for one in stage.receipts("m-5") if one.action == ACTIVITY])
    assert await stage.outcomes("m-5") == [HELD]
    await stage.publish(order("m-6", "o-3"))
    await stage.outcomes("m-6", 2)
    assert await activities(stage) == [*before, "Order Completed"]
