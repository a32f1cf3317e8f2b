"""A bus, topics of its own on a shared broker, a sandbox and worker processes."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from streams.cordial.sandbox.__main__ import running
from streams.cordial.sandbox.app import SandboxConfig
from streams.cordial.sandbox.faults import Faults
from streams.core.records import DeadLetter, Receipt
from tests.broker.clients import admin_of, committed, ends, read_all
from tests.broker.kafka import RealKafka
from tests.crash.publishing import Publisher
from tests.crash.shop import Shop
from tests.leaks import KEY
from tests.verifier.__main__ import account, parser, text
from tests.worker.harness import CODEC, SETTINGS, event, until
from tests.worker.parts import Worker

PROGRAM = "tests.chaos.disarmed" if os.environ.get("DISARM") else "streams.cli"
PARTITIONS = 4
SETTLED_SECONDS = 90
LOOK_SECONDS = 0.2
ENDLESS = 100_000
SESSION = {
    "KAFKA__SESSION_TIMEOUT": "6",
    "KAFKA__HEARTBEAT": "1",
    "DELIVERY__DEADLINE": "2",
    "GRACE": "12",
}
PRODUCT = {"product_id": "p-1", "sku": "s-1", "name": "Shirt", "quantity": 1, "price": 10}


@dataclass(slots=True)
class Scene:
    """What runs in one test. `name` is the prefix of its topics."""

    kafka: RealKafka
    name: str
    directory: Path
    cordial: str
    faults: Faults
    workers: list[Worker] = field(default_factory=list)
    publisher: Publisher | None = None
    enough: threading.Event = field(default_factory=threading.Event)

    @property
    def bus(self) -> str:
        return f"{self.name}-bus"

    @property
    def group(self) -> str:
        return f"{self.name}-app"

    def environment(self, **settings: str) -> dict[str, str]:
        ours = {
            "APP_ID": self.group,
            "PREFIX": self.name,
            "KAFKA__BOOTSTRAP": self.kafka.bootstrap,
            "CORDIAL__ENDPOINT": self.cordial,
            "DATA_DIR": str(self.directory),
            **SETTINGS,
            **SESSION,
            **settings,
        }
        return {**os.environ, **{f"CORDIAL_STREAMS_{key}": value for key, value in ours.items()}}

    @property
    def plan(self) -> Path:
        return self.directory / "plan.yaml"

    def log(self, number: int = -1) -> str:
        """What a worker said."""
        number %= len(self.workers)
        return (self.directory / f"worker-{number}.log").read_text()

    def begin(self, program: str = PROGRAM, **settings: str) -> Worker:
        """Start a worker."""
        log = self.directory / f"worker-{len(self.workers)}.log"
        words = [program, "worker", "--plan", str(self.plan)]
        self.workers.append(Worker(words, self.environment(**settings), log))
        return self.workers[-1]

    async def start(self, program: str = PROGRAM, **settings: str) -> Worker:
        """Start a worker and wait until it delivers."""
        worker = self.begin(program, **settings)
        await until(worker.ready)
        return worker

    async def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """A command of the program, as a user runs it."""
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "streams.cli", *arguments, "--plan", str(self.plan)],
            env={**self.environment(**settings), "COLUMNS": "200"},
            capture_output=True,
            text=True,
        )

    async def apply(self, **settings: str) -> None:
        """Make the topics that the plan wants."""
        words = ("topics", "apply", "--with-sources", "--partitions", str(PARTITIONS))
        made = await self.run(*words, **settings)
        assert made.returncode == 0, made.stdout + made.stderr

    async def publish(self, value: bytes | None, key: str = "u-1", partition: int = 0) -> int:
        """Put a record on the bus; gives its offset."""
        async with AIOKafkaProducer(bootstrap_servers=self.kafka.bootstrap) as producer:
            sent = await producer.send_and_wait(self.bus, value, key.encode(), partition)
        return int(sent.offset)

    async def order(
        self, number: int, user: str = "u-1", partition: int = 0, **properties: Any
    ) -> int:
        """Put an order on the bus; its message id is `m-NUMBER`, its own id `o-NUMBER`."""
        said = {"order_id": f"o-{number}", "total": number, "products": [PRODUCT], **properties}
        named = {"event": "Order Completed", "messageId": f"m-{number}", "userId": user}
        return await self.publish(event(**named, properties=said), user, partition)

    async def journal(self) -> list[dict[str, Any]]:
        """The requests that reached Cordial, as they came."""
        lines = (self.directory / "journal.jsonl").read_text().splitlines()
        return [one for one in map(json.loads, lines) if "action" in one]

    async def orders(self) -> list[str]:
        """The orders that Cordial accepted, as they came."""
        found = [one for one in await self.journal() if one["action"] == "upsertOrder"]
        return [one["body"]["orderID"] for one in found if one["accepted"]]

    async def receipts(self, message_id: str, action: str = "upsertOrder") -> list[Receipt]:
        records = await read_all(self.kafka.bootstrap, f"{self.name}.receipts")
        found = [CODEC.decode_receipt(one.value) for one in records]
        return [one for one in found if (one.message_id, one.action) == (message_id, action)]

    async def letters(self) -> list[DeadLetter]:
        records = await read_all(self.kafka.bootstrap, f"{self.name}.dead-letters")
        return [CODEC.decode_dead_letter(one.value) for one in records]

    async def committed(self) -> Mapping[tuple[str, int], int]:
        """Where the group stands in each topic."""
        return await committed(self.kafka.bootstrap, self.group)

    async def open(self) -> int:
        """How many records of the bus and the action topics are not committed."""
        async with admin_of(self.kafka.bootstrap) as admin:
            names = await admin.list_topics()
        own = (f"{self.name}.receipts", f"{self.name}.dead-letters")
        read = [one for one in names if one.startswith(f"{self.name}.") and one not in own]
        end = await ends(self.kafka.bootstrap, [self.bus, *read])
        done = await self.committed()
        return sum(end[tp] - max(0, done.get(tp, 0)) for tp in end)

    async def settled(self, seconds: float = SETTLED_SECONDS) -> None:
        """Wait until all that was published is settled and committed."""

        async def complete() -> bool:
            assert any(one.process.poll() is None for one in self.workers), self.log()
            return await self.open() == 0

        await until(complete, seconds)

    async def told(self, numbers: Iterable[int]) -> None:
        """These orders of partition 0 reached Cordial, and the worker that told them stopped."""
        worker = await self.start()
        for number in numbers:
            await self.order(number)
        await self.settled()
        assert await asyncio.to_thread(worker.stop) == 0

    async def ended(self) -> tuple[int, str]:
        """How the last worker ended by itself, and what it said."""
        await until(lambda: self.workers[-1].process.poll() is not None)
        return self.workers[-1].process.poll(), self.log()

    def load(self, rate: float = 40, events: int = ENDLESS) -> None:
        """Let a shop publish its day, in a thread of its own, until it is `verified`."""
        records = Shop(seed=11, contacts=40).records(events)
        self.publisher = Publisher(
            bootstrap=self.kafka.bootstrap,
            topic=self.bus,
            partitioner="java",
            manifest=self.directory / "manifest.jsonl",
            records=takewhile(lambda _: not self.enough.is_set(), records),
            rate=rate,
            optional=frozenset(),
        )
        self.publisher.start()

    async def reached(self, count: int) -> None:
        """Wait until so many more records of the bus are committed."""
        began = await self._committed()

        async def there() -> bool:
            return await self._committed() - began >= count

        await until(there, SETTLED_SECONDS)

    async def _committed(self) -> int:
        done = await self.committed()
        return sum(at for (topic, _), at in done.items() if topic == self.bus)

    @asynccontextmanager
    async def standing(self) -> AsyncIterator[dict[tuple[str, int], float]]:
        """How long each partition of the bus stood still at most, in seconds, by its commits."""
        longest: dict[tuple[str, int], float] = {}
        looking = asyncio.create_task(self._look(longest))
        try:
            yield longest
        finally:
            looking.cancel()

    async def _look(self, longest: dict[tuple[str, int], float]) -> None:
        moved: dict[tuple[str, int], tuple[int, float]] = {}
        while True:
            now = time.monotonic()
            for tp, at in (await self.committed()).items():
                if tp[0] == self.bus:
                    stood, since = moved.setdefault(tp, (at, now))
                    longest[tp] = max(longest.get(tp, 0.0), now - since)
                    if at != stood:
                        moved[tp] = (at, now)
            await asyncio.sleep(LOOK_SECONDS)

    async def verified(self) -> None:
        """All is settled, and the verifier says that every guarantee was kept."""
        self.enough.set()
        await asyncio.to_thread(self.publisher.join)
        await self.settled()
        assert self.publisher.failure is None
        given = parser().parse_args(
            [
                *("--manifest", str(self.directory / "manifest.jsonl")),
                *("--journal", str(self.directory / "journal.jsonl")),
                *("--bootstrap", self.kafka.bootstrap, "--prefix", self.name),
            ]
        )
        report = await account(given)
        assert report.kept, text(report)
        assert report.verdict == "ALL", text(report)

    async def once(self, numbers: Iterable[int], *, but: Iterable[int] = ()) -> None:
        """Each of these orders was accepted once; `but` these, which may be twice."""
        orders, named = await self.orders(), set(but)
        for number in numbers:
            most = 2 if number in named else 1
            assert 1 <= orders.count(f"o-{number}") <= most, f"o-{number} in {orders}"


async def done(asked: Any) -> None:
    """Wait for what a client of confluent_kafka was asked for."""
    for one in asked.values():
        await asyncio.to_thread(one.result, 20)


@asynccontextmanager
async def scene_at(kafka: RealKafka, name: str, directory: Path) -> AsyncIterator[Scene]:
    """Topics and sandbox; every worker that the test began ends with the block."""
    faults = Faults()
    config = SandboxConfig(key=KEY, faults=faults, journal=directory / "journal.jsonl")
    async with running(config) as cordial:
        one = Scene(kafka, name, directory, cordial, faults)
        one.plan.write_text(f"sources: [{{topic: {one.bus}, keyed_by_user: true}}]\n")
        await one.apply()
        try:
            yield one
        finally:
            for worker in one.workers:
                worker.end()
