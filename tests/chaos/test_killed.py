"""A worker ends in the midst, at each step of an order or for want of memory; another goes on."""

import asyncio
import resource
from pathlib import Path

import pytest

from tests.worker.harness import until

pytestmark = pytest.mark.kafka
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


async def test_an_order_that_was_under_way_is_sent_again_and_named(scene):
    worker = await scene.start(**STATIC)
    scene.faults.change({"latency": 8})
    await scene.order(1)
    await until(lambda: worker.count("in_flight") == 1)
    await asyncio.sleep(1)
    worker.process.kill()
    scene.faults.change({"latency": 0})
    await scene.start(**STATIC)
    await scene.settled()
    assert set(await scene.orders()) == {"o-1"}
    [receipt] = await scene.receipts("m-1")
    assert (receipt.outcome, receipt.in_doubt) == ("delivered", True)


async def test_a_worker_without_memory_ends_and_another_one_goes_on(scene):
    """It may have what it has now and a little more; what it is given is more than that."""
    count, worker = 60, await scene.start(**STATIC)
    await scene.order(0)
    await scene.settled()
    scene.faults.change({"latency": 2})
    has = int(Path(f"/proc/{worker.process.pid}/statm").read_text().split()[0])
    bound = has * resource.getpagesize() + 4_000_000
    resource.prlimit(worker.process.pid, resource.RLIMIT_AS, (bound, bound))
    for number in range(1, count):
        await scene.order(number, f"u-{number}", number % 4, note="x" * 300_000)
    await until(lambda: worker.process.poll() is not None)
    scene.faults.change({"latency": 0})
    await scene.start(**STATIC)
    await scene.settled()
    assert await scene.letters() == []
    orders = await scene.orders()
    assert set(orders) == {f"o-{number}" for number in range(count)}
    for number in range(count):
        if orders.count(f"o-{number}") > 1:
            assert any(one.in_doubt for one in await scene.receipts(f"m-{number}")), number
