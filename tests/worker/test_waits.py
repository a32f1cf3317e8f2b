"""A worker says by name what it waits for, and is live and, where it delivers, ready meanwhile."""

import asyncio
import json
from dataclasses import replace

import pytest

from streams.core.command import Position
from streams.core.decisions import Seen
from streams.settings import Settings
from tests.worker.harness import CODEC, Staging, event, until

LONG = {"BACKOFF_FIRST": "4", "BACKOFF_MAX": "4", "RETRY_AFTER_MAX": "6"}
STAGING = Staging(partitions=1, settings={f"DELIVERY__{name}": LONG[name] for name in LONG})
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
ROWS = 6_000


async def publish(stage, message_id, name="Signed Up"):
    await stage.publish(event(event=name, messageId=message_id))


async def waits(stage):
    status, page = await asyncio.to_thread(stage.worker.page, "/livez")
    assert status in (0, 200), page
    return json.loads(page)["waits"] if page else []


async def reasons(stage):
    _, page = await asyncio.to_thread(stage.worker.page, "/readyz")
    return [one["reason"] for one in json.loads(page)["reasons"]] if page else []


async def test_a_command_that_is_tried_again_later_is_a_backoff(stage):
    stage.faults.change({"poison": "Poison", "poison_status": 500})
    await publish(stage, "m-1", "Poison")

    async def backs_off():
        return "backoff" in await waits(stage)

    await until(backs_off)
    stage.faults.change({"poison": ""})
    await stage.outcomes("m-1")
    await until(lambda: stage.worker.page("/livez")[1].find("backoff") < 0)


async def test_a_wait_that_cordial_asked_for_is_named_and_the_worker_is_ready(stage):
    stage.faults.change({"error_503": 1.0, "retry_after": 5})
    await publish(stage, "m-2")

    async def asked():
        return "retry_after" in await waits(stage)

    await until(asked)
    assert await reasons(stage) == []
    stage.faults.change({"error_503": 0.0})
    assert [one[1] for one in await stage.outcomes("m-2")] == ["delivered"]


async def test_a_hold_for_a_longer_wait_ends_when_the_wait_does(stage):
    stage.faults.change({"error_503": 1.0, "retry_after": 9})
    await publish(stage, "m-3")

    async def held():
        return "retry_after_too_long" in await reasons(stage)

    await until(held)
    began = asyncio.get_running_loop().time()
    assert "hold" in await waits(stage)
    stage.faults.change({"error_503": 0.0})
    assert [one[1] for one in await stage.outcomes("m-3")] == ["delivered"]
    assert 7 < asyncio.get_running_loop().time() - began < 20
    await until(stage.worker.ready)


async def test_a_recovery_is_a_reason_until_the_tables_are_there(stage):
    assert await asyncio.to_thread(stage.worker.stop) == 0
    row = CODEC.encode_seen(Seen(Position(-1, "t", 0, 0), time=0, outcome="delivered"))
    changelog = f"{Settings().app_id}-seen-changelog"
    for number in range(ROWS):
        await stage.producer.send(changelog, row, key=number.to_bytes(16, "big"), partition=0)
    await stage.producer.flush()
    stage.staging = replace(stage.staging, program="tests.worker.unhurried")
    stage.start()

    async def recovers():
        return "recovering" in await reasons(stage) and "recovery" in await waits(stage)

    await until(recovers)
    await until(stage.worker.ready)
    assert await waits(stage) == []
