"""A worker is killed at each step of an order, and its successor goes on."""

import pytest

from tests.worker.harness import until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(170)]
STATIC = {"KAFKA__INSTANCE_ID": "one"}
STEPS = [
    "before order 1",  # its intent
    "after order 1",
    "before order 2",  # Cordial has accepted
    "after order 2",
    "before seen 1",
    "after seen 1",
    "before commit 1",
    "before command 2",  # of an event's two
]
SENT_TWICE = {"before order 2"}


async def test_each_order_is_told_once_or_named_in_doubt(scene):
    for number, step in enumerate(STEPS):
        worker = await scene.start("tests.worker.dying", **STATIC)
        await scene.settled()
        (scene.directory / "die").write_text(step)
        await scene.order(number)
        await until(lambda worker=worker: worker.process.poll() == -9)
    await scene.start(**STATIC)
    await scene.settled()
    orders = await scene.orders()
    for number, step in enumerate(STEPS):
        times = orders.count(f"o-{number}")
        assert times == (2 if step in SENT_TWICE else 1), (step, orders)
        receipts = await scene.receipts(f"m-{number}")
        assert {one.outcome for one in receipts} == {"delivered"}, step
        assert times == 1 or any(one.in_doubt for one in receipts), step
    assert list(dict.fromkeys(orders)) == [f"o-{number}" for number in range(len(STEPS))]
    told = [
        one["body"] for one in await scene.journal() if one["action"] == "createContactactivities"
    ]
    names = [one["properties"]["order_id"] for body in told for one in body["contactActivities"]]
    assert set(names) == set(orders)
