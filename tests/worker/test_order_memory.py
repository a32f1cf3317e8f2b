"""What the rows of the tables say after a crash that lost some of them."""

import asyncio

import pytest

from streams.core.command import Position
from streams.core.decisions import seen_key
from streams.core.order_state import OrderState
from streams.core.orders import state_hash
from streams.settings import Settings
from tests.worker.harness import CODEC, SOURCE, Staging, event, until
from tests.worker.parts import Tail

STAGING = Staging(partitions=1, plan="actions: {upsertOrder: {in_doubt: at_most_once}}\n")
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
ORDER = "upsertOrder"
CHANGELOG = f"{Settings().app_id}-orders-changelog"
SEEN = f"{Settings().app_id}-seen-changelog"
DUPLICATE = ("suppressed", "duplicate")
PRODUCT = {"product_id": "p-1", "sku": "s-1", "name": "Shirt", "quantity": 1, "price": 10}


def order(message_id, order_id, name="Order Completed"):
    properties = {"order_id": order_id, "total": 10, "products": [PRODUCT]}
    return event(event=name, messageId=message_id, properties=properties)


def row(order_id, message_id, offset, **said):
    """A row of the table orders, as the worker that died left it in the changelog."""
    body = {"orderID": order_id, "status": "Order Completed"}
    position = Position(Settings().generation, SOURCE, 0, offset)
    given = {
        "status": "done",
        "hash": state_hash(body),
        "event_time": 0,
        "position": position,
        "action": ORDER,
    }
    state = OrderState(contact="u-1", body=body, message_id=message_id, **{**given, **said})
    return CODEC.encode_order(state, time=0)


async def orders_told(stage):
    bodies = [one["body"] for one in await stage.journal() if one["action"] == ORDER]
    return [body["orderID"] for body in bodies]


async def of_the_order(stage, message_id, count=1):
    await until(lambda: len([x for x in stage.receipts(message_id) if x.action == ORDER]) >= count)
    return [x for x in stage.receipts(message_id) if x.action == ORDER]


async def what_became(stage, message_id, count=1):
    return [(x.outcome, x.reason) for x in await of_the_order(stage, message_id, count)]


async def test_an_order_whose_record_was_lost_was_delivered_and_keeps_its_doubt(stage):
    first = await stage.publish(order("m-0", "o-0"))
    await of_the_order(stage, "m-0")
    assert await asyncio.to_thread(stage.worker.stop) == 0
    for number, in_doubt in enumerate((True, False), start=1):
        lost = row(f"o-{number}", f"m-{number}", first + number, in_doubt=in_doubt)
        await stage.publish(lost, f"u-1\0o-{number}", topic=CHANGELOG)
        assert await stage.publish(order(f"m-{number}", f"o-{number}")) == first + number
    stage.start()
    for number, in_doubt in ((1, True), (2, False)):
        [receipt] = await of_the_order(stage, f"m-{number}")
        assert (receipt.outcome, receipt.reason) == ("delivered", None)
        assert receipt.in_doubt is in_doubt
    assert await orders_told(stage) == ["o-0"]
    await stage.publish(order("m-1", "o-1"))
    assert (await what_became(stage, "m-1", 2))[1] == DUPLICATE


async def test_a_death_in_doubt_is_not_sent_again_whatever_came_since(stage):
    stage.faults.change({"cut": 1.0})
    await stage.publish(order("d-1", "o-7"))
    assert await what_became(stage, "d-1") == [("dead_lettered", "in_doubt")]
    stage.faults.change({"cut": 0.0})
    await stage.publish(order("d-2", "o-7", "Order Updated"))
    assert await what_became(stage, "d-2") == [("delivered", None)]
    await stage.publish(order("d-1", "o-7"))
    assert (await what_became(stage, "d-1", 2))[1] == DUPLICATE
    assert (await orders_told(stage)).count("o-7") == 2
    [letter] = await until(lambda: [x for x in stage.letters("d-1") if x.action == ORDER])
    await stage.run("dead-letters", "replay", "--id", letter.id)
    assert (await what_became(stage, "d-1", 3))[2] == ("dead_lettered", "in_doubt")
    await stage.run("dead-letters", "replay", "--id", letter.id, "--force")
    assert (await what_became(stage, "d-1", 4))[3] == ("delivered", None)


async def test_what_an_earlier_worker_intended_stays_in_doubt_though_its_command_dies(stage):
    first = await stage.publish(order("e-0", "o-8"))
    await of_the_order(stage, "e-0")
    assert await asyncio.to_thread(stage.worker.stop) == 0
    intent = row("o-9", "e-1", first + 1, status="intent")
    await stage.publish(intent, "u-1\0o-9", topic=CHANGELOG)
    thin = event(event="Order Updated", messageId="e-1", properties={"order_id": "o-9"})
    assert await stage.publish(thin) == first + 1
    stage.start()
    assert await what_became(stage, "e-1") == [("dead_lettered", "missing")]
    await stage.publish(order("e-2", "o-10"))
    await of_the_order(stage, "e-2")
    async with Tail().reading(stage.bootstrap, CHANGELOG, 1) as tail:
        await until(lambda: [one for one in tail.records if one.key == b"u-1\0o-10"])
    assert [one.value for one in tail.records if one.key == b"u-1\0o-9"] == [intent]


async def test_a_state_that_is_published_under_another_id_is_on_record(stage):
    for message_id in ("f-1", "f-2"):
        await stage.publish(order(message_id, "o-11"))
    assert await what_became(stage, "f-2") == [DUPLICATE]
    key = seen_key("u-1", "f-2", ORDER)
    async with Tail().reading(stage.bootstrap, SEEN, 1) as tail:
        [row] = await until(lambda: [one for one in tail.records if one.key == key])
    assert CODEC.decode_seen(row.value).outcome == "suppressed"
