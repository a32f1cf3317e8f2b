"""A whole worker on the embedded broker: a wrong key and an outage lose and dead-letter nothing."""

import asyncio
import json

import pytest

from tests.worker.harness import Staging, event, staged, until

pytestmark = pytest.mark.embedded
EVENTS = 30


async def publish(stage):
    for number in range(EVENTS):
        user = f"u-{number % 7}"
        value = event(event="Signed Up", messageId=f"m-{number}", userId=user)
        await stage.publish(value, user, partition=number % 7 % 2)


@pytest.mark.parametrize(
    ("trouble", "calm", "reason"),
    [
        ({"reject_key": True}, {"reject_key": False}, "key_rejected"),
        ({"outage": True}, {"outage": False}, None),
    ],
)
async def test_trouble_holds_and_delivery_goes_on(tmp_path, trouble, calm, reason):
    async with staged(tmp_path, Staging(faults=trouble)) as stage:
        worker = stage.worker
        await publish(stage)
        await until(lambda: worker.count("events_total", "routed") == EVENTS)
        await asyncio.sleep(3)
        status, page = await asyncio.to_thread(worker.page, "/readyz")
        if reason is not None:
            assert status == 503
            assert reason in [one["reason"] for one in json.loads(page)["reasons"]]
        assert (await asyncio.to_thread(worker.page, "/livez"))[0] == 200
        assert await asyncio.to_thread(worker.count, "commands_total", "delivered") == 0
        stage.faults.change(calm)
        await until(lambda: worker.count("commands_total", "delivered") == EVENTS)
        assert await asyncio.to_thread(worker.count, "commands_total", "dead_lettered") == 0
        await until(worker.ready)
        await until(lambda: worker.count("lag_events") == 0)
        assert await asyncio.to_thread(worker.stop) == 0
