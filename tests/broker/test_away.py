"""A whole worker on a real broker that goes away: nothing is lost and nothing is doubled."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from streams.cordial.sandbox.__main__ import running
from streams.cordial.sandbox.app import SandboxConfig
from streams.cordial.sandbox.faults import Faults
from streams.core.command import Position
from streams.core.decisions import Seen
from streams.kafka.codec import Codec
from streams.settings import Settings
from tests.broker.kafka import RealKafka
from tests.leaks import KEY
from tests.worker.harness import SETTINGS, SOURCE, _get, event, until
from tests.worker.parts import Worker

pytestmark = pytest.mark.kafka
USERS = 8
ROWS = 30_000
PRODUCT = {"product_id": "p-1", "sku": "s-1", "name": "Shirt", "quantity": 1, "price": 10}


@dataclass(slots=True)
class Shop:
    """A broker, a worker and a sandbox; orders come from `publish`."""

    broker: RealKafka
    cordial: str
    faults: Faults
    start: Callable[..., Worker]
    worker: Worker
    published: int = 0

    async def publish(self, count: int) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.broker.bootstrap)
        await producer.start()
        for number in range(self.published, self.published + count):
            user = f"u-{number % USERS}"
            said = {"order_id": f"o-{number}", "total": number, "products": [PRODUCT]}
            value = event(
                event="Order Completed", messageId=f"m-{number}", userId=user, properties=said
            )
            await producer.send_and_wait(SOURCE, value, key=user.encode(), partition=number % 2)
        await producer.stop()
        self.published += count

    async def orders(self) -> list[str]:
        """The orders that Cordial accepted, as they came."""
        lines = await asyncio.to_thread(_get, f"{self.cordial}/_sandbox/journal")
        accepted = [one for one in json.loads(lines) if one["accepted"]]
        return [one["body"]["orderID"] for one in accepted if one["action"] == "upsertOrder"]

    async def all_told(self, but: Iterable[str] = ()) -> None:
        """Every order reached Cordial once, `but` these at least once, and nothing is open."""
        wanted = {f"o-{number}" for number in range(self.published)}

        async def complete() -> bool:
            return set(await self.orders()) >= wanted

        await until(complete)
        await until(lambda: self.worker.count("lag_events") == 0)
        orders = await self.orders()
        once = wanted - set(but)
        assert sorted(order for order in orders if order in once) == sorted(once)
        for user in range(USERS):
            theirs = [int(order[2:]) for order in dict.fromkeys(orders)]
            theirs = [number for number in theirs if number % USERS == user]
            assert theirs == sorted(theirs)


@asynccontextmanager
async def shop(directory: Path, **settings: str):
    faults = Faults()
    with RealKafka(directory) as broker:
        async with running(SandboxConfig(key=KEY, faults=faults)) as cordial:
            ours = {
                "KAFKA__BOOTSTRAP": broker.bootstrap,
                "CORDIAL__ENDPOINT": cordial,
                "DATA_DIR": str(directory),
                **SETTINGS,
                **settings,
            }
            environment = {**os.environ, **{f"CORDIAL_STREAMS_{key}": ours[key] for key in ours}}
            apply = ("topics", "apply", "--with-sources", "--partitions", "2")
            program = [sys.executable, "-m", "streams.cli", *apply]
            await asyncio.to_thread(subprocess.run, program, env=environment, check=True)

            def start(program: str = "streams.cli") -> Worker:
                return Worker([program, "worker"], environment, directory / "worker.log")

            one = Shop(broker, cordial, faults, start, start())
            try:
                await until(one.worker.ready)
                yield one
            finally:
                one.worker.end()


@pytest.mark.long
async def test_a_broker_that_is_away_for_80_s_ends_nothing(parts, tmp_path):
    async with shop(tmp_path) as here:
        worker = here.worker
        here.faults.change({"latency": 3.0})
        await here.publish(40)
        await until(lambda: worker.count("commands_total", "delivered") > 4)
        here.broker.kill()
        for _ in range(16):
            await asyncio.sleep(5)
            assert worker.process.poll() is None
            assert (await asyncio.to_thread(worker.page, "/livez"))[0] == 200
        sent = await here.orders()
        status, page = await asyncio.to_thread(worker.page, "/readyz")
        assert status == 503
        assert [one["reason"] for one in json.loads(page)["reasons"]] == ["broker_away"]
        await asyncio.sleep(5)
        assert await here.orders() == sent
        here.faults.change({"latency": 0.0})
        await asyncio.to_thread(here.broker.restart)
        await until(worker.ready)
        await here.publish(40)
        await here.all_told()
        assert await asyncio.to_thread(worker.stop) == 0


@pytest.mark.long
async def test_a_broker_that_goes_away_during_a_recovery_is_said_and_waited_for(parts, tmp_path):
    async with shop(tmp_path) as here:
        assert await asyncio.to_thread(here.worker.stop) == 0
        row = Codec().encode_seen(Seen(Position(-1, "t", 0, 0), time=0, outcome="delivered"))
        async with AIOKafkaProducer(bootstrap_servers=here.broker.bootstrap) as producer:
            for number in range(ROWS):
                key = number.to_bytes(16, "big")
                await producer.send(f"{Settings().app_id}-seen-changelog", row, key, partition=0)
        worker = here.worker = here.start("tests.worker.unhurried")

        def reasons() -> list[str]:
            page = worker.page("/readyz")[1]
            return [one["reason"] for one in json.loads(page)["reasons"]] if page else []

        await until(lambda: worker.count("recovery_left") > ROWS / 2)
        here.broker.kill()
        await until(lambda: {"recovering", "broker_away"} <= set(reasons()), 90)
        status, page = await asyncio.to_thread(worker.page, "/livez")
        assert (status, json.loads(page)["waits"]) == (200, ["broker_away", "recovery"])
        await asyncio.to_thread(here.broker.restart)
        await until(worker.ready)
        await here.publish(40)
        await here.all_told()
        assert await asyncio.to_thread(worker.stop) == 0


async def test_a_worker_that_may_have_been_replaced_writes_nothing_more(parts, tmp_path):
    session = {"KAFKA__SESSION_TIMEOUT": "8", "KAFKA__HEARTBEAT": "1", "DELIVERY__DEADLINE": "3"}
    async with shop(tmp_path, **session) as here:
        here.faults.change({"latency": 1.0})
        await here.publish(40)
        await until(lambda: here.worker.count("commands_total", "delivered") > 4)
        with here.broker.frozen():
            await asyncio.sleep(16)
        here.faults.change({"latency": 0.0})
        await until(lambda: here.worker.process.poll() is not None or here.worker.ready())
        sent = set(await here.orders())
        if here.worker.process.poll() is not None:  # it had something to write meanwhile
            assert here.worker.process.poll() == 4
            said = (tmp_path / "worker.log").read_text()
            assert "the broker did not take what the next owner must read" in said
            here.worker = here.start()
        await here.all_told(but=sent)
