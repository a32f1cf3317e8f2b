"""A source that is off or paused, on a real broker: its place is kept, and nothing comes twice."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.cordial.sandbox.__main__ import running
from streams.cordial.sandbox.app import SandboxConfig
from tests.broker.kafka import RealKafka
from tests.leaks import KEY
from tests.worker.harness import SETTINGS, _get, event, until
from tests.worker.parts import Worker

pytestmark = pytest.mark.kafka
PLAN = """
sources:
  - {topic: web.events, keyed_by_user: false}
  - {topic: shop.events, keyed_by_user: false, SAID}
"""


@dataclass(slots=True)
class Company:
    """A worker between a broker and a sandbox, whose plan says something of one source."""

    broker: RealKafka
    cordial: str
    directory: Path
    environment: dict[str, str]
    worker: Worker | None = None

    @property
    def plan(self) -> Path:
        return self.directory / "plan.yaml"

    def say(self, said: str) -> None:
        self.plan.write_text(PLAN.replace(", SAID", f", {said}" if said else ""))

    async def start(self, said: str) -> None:
        """Start, or start anew, with this said of the source."""
        if self.worker is not None:
            assert await asyncio.to_thread(self.worker.stop) == 0
        self.say(said)
        program = ["streams.cli", "worker", "--plan", str(self.plan)]
        self.worker = Worker(program, self.environment, self.directory / "worker.log")
        await until(self.worker.ready)

    async def publish(self, *names: str, topic: str = "shop.events") -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.broker.bootstrap)
        await producer.start()
        for number, name in enumerate(names):
            value = event(event=name, messageId=name, userId=f"u-{number}")
            await producer.send_and_wait(topic, value, partition=number % 2)
        await producer.stop()

    async def told(self) -> list[str]:
        """The names of the activities that Cordial accepted, in alphabetical order."""
        lines = json.loads(await asyncio.to_thread(_get, f"{self.cordial}/_sandbox/journal"))
        bodies = [one["body"] for one in lines if one["action"] == "createContactactivities"]
        return sorted(one["name"] for body in bodies for one in body["contactActivities"])

    async def committed(self) -> list[int | None]:
        """Where the group stands in the source."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.broker.bootstrap, group_id="cordial-streams"
        )
        await consumer.start()
        found = [await consumer.committed(TopicPartition("shop.events", one)) for one in (0, 1)]
        await consumer.stop()
        return found


@asynccontextmanager
async def company(directory: Path):
    with RealKafka(directory) as broker:
        async with running(SandboxConfig(key=KEY)) as cordial:
            ours = {
                "KAFKA__BOOTSTRAP": broker.bootstrap,
                "CORDIAL__ENDPOINT": cordial,
                "DATA_DIR": str(directory),
                **SETTINGS,
            }
            environment = {**os.environ, **{f"CORDIAL_STREAMS_{key}": ours[key] for key in ours}}
            one = Company(broker, cordial, directory, environment)
            one.say("")
            apply = ("topics", "apply", "--with-sources", "--partitions", "2")
            program = [sys.executable, "-m", "streams.cli", *apply, "--plan", str(one.plan)]
            await asyncio.to_thread(subprocess.run, program, env=environment, check=True)
            try:
                yield one
            finally:
                if one.worker is not None:
                    one.worker.end()


async def test_what_comes_while_a_source_is_off_or_paused_is_told_once(parts, tmp_path):
    async with company(tmp_path) as here:
        await here.start("")
        await here.publish("a1", "a2", "a3")
        await until(lambda: here.worker.count("commands_total", "delivered") == 3)
        await here.start("enabled: false")
        before = await here.committed()
        assert before == [2, 1]
        await here.publish("b1", "b2")
        await here.publish("w1", topic="web.events")
        await until(lambda: here.worker.count("commands_total", "delivered") == 1)
        assert await here.committed() == before
        await here.start("paused: true")
        await until(lambda: here.worker.count("paused_events") == 2)
        assert await here.told() == ["a1", "a2", "a3", "w1"]
        here.say("")
        here.worker.process.send_signal(signal.SIGHUP)
        await until(lambda: here.worker.count("commands_total", "delivered") == 2)
        assert await asyncio.to_thread(here.worker.stop) == 0
        assert await here.committed() == [3, 2]
        assert await here.told() == ["a1", "a2", "a3", "b1", "b2", "w1"]
