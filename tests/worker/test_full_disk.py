"""A disk that is full: of the logs, and of the data directory. Both cost words, and no event."""

import asyncio

import pytest

from tests.worker.harness import Staging, event, until
from tests.worker.test_attributes import KNOWN, has

STAGING = Staging(
    plan="attributes: {unknown: hold, wrong_type: drop}",
    partitions=1,
    settings={
        "CORDIAL__ATTRIBUTES_REFRESH": "0.5",
        "KAFKA__SESSION_TIMEOUT": "8",
        "KAFKA__HEARTBEAT": "1",
        "DELIVERY__DEADLINE": "3",
    },
)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]


def identify(number):
    traits = {"firstName": "Ana", "age": number}
    return event(type="identify", messageId=f"m-{number}", userId=f"u-{number}", traits=traits)


async def test_the_worker_goes_on_without_its_words_and_without_its_directory(stage):
    await has(stage, KNOWN)
    log, kept = stage.directory / "worker.log", stage.directory / "attributes.new"
    kept.symlink_to("/dev/full")
    await stage.publish(identify(1))
    assert [one[1] for one in await stage.outcomes("m-1")] == ["delivered"]
    await has(stage, [*KNOWN, {"key": "loyalty", "type": "number"}])
    await until(lambda: "attributes are not kept for the next run" in log.read_text())
    assert "No space left on device" in log.read_text()
    assert await asyncio.to_thread(stage.worker.stop) == 0
    log.unlink()
    log.symlink_to("/dev/full")
    worker = stage.start()
    await stage.publish(identify(2))
    assert [one[1] for one in await stage.outcomes("m-2")] == ["delivered"]
    assert await asyncio.to_thread(worker.stop) == 0
