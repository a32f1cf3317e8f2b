"""A bug in a timer ends the worker as any other does, and the repaired one loses nothing."""

import asyncio
from dataclasses import replace

import pytest

from tests.worker.harness import Staging, event

FAST_SESSION = {
    "KAFKA__SESSION_TIMEOUT": "8",
    "KAFKA__HEARTBEAT": "1",
    "DELIVERY__DEADLINE": "3",
}
STAGING = Staging(settings=FAST_SESSION, partitions=1, program="tests.worker.buggy_timer")
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]


async def test_a_bug_in_a_timer_ends_the_worker_and_its_successor_goes_on(stage):
    stage.faults.change({"error_500": 1.0})
    await stage.publish(event(event="Signed Up", messageId="m-1", userId="u-secret"), "u-secret")
    assert await asyncio.to_thread(stage.worker.process.wait, 120) == 4
    log = (stage.directory / "worker.log").read_text()
    assert "LaneError" in log
    assert "u-secret" not in log
    assert stage.receipts("m-1") == []
    stage.faults.change({"error_500": 0.0})
    stage.staging = replace(STAGING, program="streams.cli")
    stage.start()
    assert [one[1] for one in await stage.outcomes("m-1")] == ["delivered"]
