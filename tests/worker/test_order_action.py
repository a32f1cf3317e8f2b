"""With `order: action` a command waits for those of its action before it, and for no others."""

import asyncio

import pytest

from tests.worker.harness import Staging, event, until

STAGING = Staging(partitions=1, plan="order: action\n")
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
ACTIVITY, PROFILE = "createContactactivities", "upsertContact"
CART, UNCART = "addProductsToCart", "removeProductsFromCart"
LINE = {"sku": "s-1", "category": "Shirts", "name": "Shirt", "quantity": 1, "price": 10}


async def publish_profile(stage, message_id, **traits):
    await stage.publish(event(type="identify", messageId=message_id, traits=traits))


async def publish_cart(stage, message_id, name, **properties):
    properties = {**LINE, "cart_id": "c-1", **properties}
    await stage.publish(event(event=name, messageId=message_id, properties=properties))


async def told(stage, *actions):
    """The bodies that Cordial accepted of these actions, with the action's name."""
    found = await stage.journal()
    return [(one["action"], one["body"]) for one in found if one["action"] in actions]


async def visits(stage):
    """The values of one attribute, in the order in which Cordial was told."""
    return [body["attributes"]["visits"] for _, body in await told(stage, PROFILE)]


async def test_an_activity_does_not_wait_for_an_update_that_fails(stage):
    stage.faults.change({"poison": "ill-mark", "poison_status": 500})
    await publish_profile(stage, "p-1", visits=1, mark="ill-mark")
    await publish_profile(stage, "p-2", visits=2)
    await stage.publish(event(event="Viewed", messageId="a-1"))
    assert await stage.outcomes("a-1") == [(ACTIVITY, "delivered", None)]
    assert stage.receipts("p-1") == stage.receipts("p-2") == []
    assert await visits(stage) == []


async def test_what_was_told_before_a_crash_is_not_told_again_and_the_rest_is(stage):
    await asyncio.sleep(1)  # the activity's commit record: its keyed record stays open
    stage.worker.end()
    await asyncio.sleep(0.5)  # what was under way is refused, too
    stage.faults.change({"poison": ""})
    stage.start()
    assert await stage.outcomes("p-2") == [(PROFILE, "delivered", None)]
    assert await visits(stage) in ([1, 2], [2])  # neighbours may travel as one
    assert len(await told(stage, ACTIVITY)) == 1
    assert len(stage.receipts("p-1")) == 1
    await until(lambda: stage.worker.count("lag_events") == 0)


async def test_a_removal_from_a_cart_waits_for_what_was_added_before(stage):
    stage.faults.change({"poison": '"productID":"p-ill"', "poison_status": 500})
    await publish_cart(stage, "c-1", "Product Added", product_id="p-ill")
    await publish_cart(stage, "c-2", "Product Removed", product_id="p-2")
    activity = (ACTIVITY, "delivered", None)
    assert [await stage.outcomes("c-1"), await stage.outcomes("c-2")] == [[activity]] * 2
    assert await told(stage, CART, UNCART) == []
    stage.faults.change({"poison": ""})
    await stage.outcomes("c-2", 2)
    assert [action for action, _ in await told(stage, CART, UNCART)] == [CART, UNCART]


async def test_the_metrics_say_so(stage):
    page = await asyncio.to_thread(stage.worker.page, "/metrics")
    assert 'cordial_streams_order_info{order="action"} 1.0' in page[1]
