"""What the rows of the tables say after a crash that lost some of them."""

import asyncio

import pytest

from streams.core.command import Position
from streams.core.orders import OrderState, state_hash
from streams.settings import Settings
from tests.worker.harness import CODEC, SOURCE, Staging, event, until

STAGING = Staging(partitions=1)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(110),
]
ORDER = "upsertOrder"
PRODUCT = {"product_id": "p-1", "sku": "s-1", "name": "Shirt", "quantity": 1, "price": 10}


def order(message_id, order_id, name="Order Completed"):
    properties = {"order_id": order_id, "total": 10, "products": [PRODUCT]}
    return event(event=name, messageId=message_id, properties=properties)


def row(order_id, message_id, offset, **said):
    """A row of the table orders, as the worker that died left it in the changelog."""
    body = {"orderID": order_id, "status": "Order Completed"}
    position = Position(Settings().generation, SOURCE, 0, offset)
    given = {"status": "done", "hash": state_hash(body), "event_time": 0, "position": position}
    state = OrderState(contact="u-1", body=body, message_id=message_id, **{**given, **said})
    return CODEC.encode_order(state, time=0)


async def orders_told(stage):
    bodies = [one["body"] for one in await stage.journal() if one["action"] == ORDER]
    return [body["orderID"] for body in bodies]


async def of_the_order(stage, message_id, count):
    await until(lambda: len([x for x in stage.receipts(message_id) if x.action == ORDER]) >= count)
    return [x for x in stage.receipts(message_id) if x.action == ORDER]


async def test_an_order_whose_record_was_lost_was_delivered_and_keeps_its_doubt(stage):
    first = await stage.publish(order("m-0", "o-0"))
    await of_the_order(stage, "m-0", 1)
    assert await asyncio.to_thread(stage.worker.stop) == 0
    changelog = f"{Settings().app_id}-orders-changelog"
    for number, in_doubt in enumerate((True, False), start=1):
        lost = row(f"o-{number}", f"m-{number}", first + number, in_doubt=in_doubt)
        await stage.publish(lost, f"o-{number}", topic=changelog)
        assert await stage.publish(order(f"m-{number}", f"o-{number}")) == first + number
    stage.start()
    for number, in_doubt in ((1, True), (2, False)):
        [receipt] = await of_the_order(stage, f"m-{number}", 1)
        assert (receipt.outcome, receipt.reason) == ("delivered", None)
        assert receipt.in_doubt is in_doubt
    assert await orders_told(stage) == ["o-0"]
    await stage.publish(order("m-1", "o-1"))
    [_, copy] = await of_the_order(stage, "m-1", 2)
    assert (copy.outcome, copy.reason) == ("suppressed", "duplicate")
