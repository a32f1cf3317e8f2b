"""A whole worker on the embedded broker: a wrong key and an outage lose and dead-letter nothing."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from aiokafka import AIOKafkaProducer

from streams.actions import ACTIONS
from streams.cordial.sandbox.__main__ import running
from streams.cordial.sandbox.app import SandboxConfig
from streams.cordial.sandbox.faults import Faults
from streams.core.records import Place
from streams.kafka.codec import Codec
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.topics import source_topics, wanted_topics
from streams.plan import load_plan
from streams.settings import Settings
from streams.sources.customer_event import from_json

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(110)]
EVENTS = 30


@pytest.fixture
def broker():
    sources = load_plan(None).sources
    specs = wanted_topics(Settings(), sources, ACTIONS, 2) + source_topics(sources, 2)
    with EmbeddedBroker({spec.name: spec.partitions for spec in specs}) as embedded:
        yield embedded


class Worker:
    def __init__(self, bootstrap: str, sandbox: str, directory) -> None:
        self.log = directory / "worker.log"
        self.port = _free_port()
        environment = {
            "CORDIAL_STREAMS_KAFKA__BOOTSTRAP": bootstrap,
            "CORDIAL_STREAMS_API_KEY": "right",
            "CORDIAL_STREAMS_CORDIAL__ENDPOINT": sandbox,
            "CORDIAL_STREAMS_CORDIAL__SEGMENT_ID_KEY": "segment_id",
            "CORDIAL_STREAMS_DELIVERY__BACKOFF_MAX": "1",
            "CORDIAL_STREAMS_DELIVERY__CIRCUIT_PROBE": "1",
            "CORDIAL_STREAMS_DATA_DIR": str(directory),
            "CORDIAL_STREAMS_WEB__PORT": str(self.port),
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "worker"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
            )

    def page(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def count(self, metric: str, outcome: str = "") -> float:
        lines = self.page("/metrics")[1].splitlines()
        wanted = [one for one in lines if one.startswith(f"cordial_streams_{metric}{{")]
        return sum(float(one.rsplit(" ", 1)[1]) for one in wanted if outcome in one)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def publish(bootstrap: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    for number in range(EVENTS):
        event = from_json(
            {
                "type": "track",
                "event": "Signed Up",
                "messageId": f"m-{number}",
                "userId": f"u-{number % 7}",
                "timestamp": "2026-11-20T10:00:00Z",
            },
            Place("customer.events", 0, number),
        )
        key = f"u-{number % 7}".encode()
        value = Codec().encode_event(event)
        await producer.send_and_wait("customer.events", value, key=key)
    await producer.stop()


async def until(what, seconds=45):
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(what):
        assert time.monotonic() < end, "it did not come to pass in time"
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    ("trouble", "calm", "reason"),
    [
        ({"reject_key": True}, {"reject_key": False}, "key_rejected"),
        ({"outage": True}, {"outage": False}, None),
    ],
)
async def test_trouble_holds_and_delivery_goes_on(broker, tmp_path, trouble, calm, reason):
    faults = Faults()
    faults.change(trouble)
    async with running(SandboxConfig(key="right", faults=faults)) as url:
        worker = Worker(broker.bootstrap, url, tmp_path)
        try:
            await publish(broker.bootstrap)
            await until(lambda: worker.count("events_total", "routed") == EVENTS)
            await asyncio.sleep(3)
            status, page = await asyncio.to_thread(worker.page, "/readyz")
            if reason is not None:
                assert status == 503
                assert reason in [one["reason"] for one in json.loads(page)["reasons"]]
            assert (await asyncio.to_thread(worker.page, "/livez"))[0] == 200
            assert await asyncio.to_thread(worker.count, "commands_total", "delivered") == 0
            faults.change(calm)
            await until(lambda: worker.count("commands_total", "delivered") == EVENTS)
            assert await asyncio.to_thread(worker.count, "commands_total", "dead_lettered") == 0
            await until(lambda: worker.page("/readyz")[0] == 200)
            await until(lambda: worker.count("lag_events") == 0)
            assert await asyncio.to_thread(worker.stop) == 0
        finally:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()
