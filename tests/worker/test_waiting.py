"""A worker that finds no broker waits, says so on its pages, and stops when it is asked to."""

import asyncio
import json
import os

import pytest

from streams.demo.ports import free_port
from tests.worker.harness import SETTINGS, until
from tests.worker.parts import Worker

pytestmark = pytest.mark.embedded


@pytest.fixture
def alone(tmp_path):
    """A worker without broker or Cordial."""
    ours = {
        "KAFKA__BOOTSTRAP": f"127.0.0.1:{free_port()}",
        "CORDIAL__ENDPOINT": f"http://127.0.0.1:{free_port()}",
        "DATA_DIR": str(tmp_path),
        **SETTINGS,
    }
    environment = {**os.environ, **{f"CORDIAL_STREAMS_{key}": ours[key] for key in ours}}
    worker = Worker(["streams.cli", "worker"], environment, tmp_path / "worker.log")
    yield worker
    worker.end()


async def test_without_a_broker_the_pages_are_there_and_say_so(alone):
    await until(lambda: "broker_away" in alone.page("/readyz")[1])
    status, page = await asyncio.to_thread(alone.page, "/readyz")
    assert status == 503
    reasons = {one["reason"] for one in json.loads(page)["reasons"]}
    assert reasons == {"starting", "broker_away"}
    assert (await asyncio.to_thread(alone.page, "/livez"))[0] == 200
    assert (await asyncio.to_thread(alone.page, "/metrics"))[0] == 200
    assert await asyncio.to_thread(alone.stop) == 0
