"""A worker process between an embedded broker and a sandbox, and what tests ask of them."""

import asyncio
import inspect
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from streams.cordial.sandbox.__main__ import running
from streams.cordial.sandbox.app import SandboxConfig
from streams.cordial.sandbox.faults import Faults
from streams.core.command import Command
from streams.core.records import DeadLetter, Place, Receipt
from streams.kafka.codec import Codec
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.topics import source_topics, wanted_topics
from streams.plan import instance_names, parse_plan
from streams.settings import Settings
from streams.sources.customer_event import from_json
from tests.leaks import KEY, PERSON, guarded, search, search_headers
from tests.worker.parts import Tail, Worker

PARTITIONS = 2
SOURCE = "customer.events"
SETTINGS = {
    "API_KEY": KEY,
    "CORDIAL__SEGMENT_ID_KEY": "segment_id",
    "DELIVERY__BACKOFF_FIRST": "0.1",
    "DELIVERY__BACKOFF_MAX": "1",
    "DELIVERY__CIRCUIT_PROBE": "1",
}
CODEC = Codec()
SHOWS_VALUES = (("dead-letters", "show"),)
"""Commands that show what events say, which is what they are for."""


@dataclass(frozen=True, slots=True)
class Staging:
    """What is different about a stage. `program` is the module that runs as the worker."""

    plan: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, Any] = field(default_factory=dict)
    partitions: int = PARTITIONS
    program: str = "streams.cli"


def event(**fields: Any) -> bytes:
    """An event as the bus has it; what is not given is a track event of u-1."""
    given = {"type": "track", "userId": "u-1", "timestamp": "2026-11-20T10:00:00Z", **fields}
    given["context"] = {**PERSON, **fields.get("context", {})}
    made = from_json(given, Place(SOURCE, 0, 0))
    return CODEC.encode_event(replace(made, message_id=fields.get("messageId", "")))


async def until(what, seconds: float = 120) -> Any:
    """Wait for something to be true; gives it."""
    end = time.monotonic() + seconds
    while True:
        found = what() if inspect.iscoroutinefunction(what) else asyncio.to_thread(what)
        found = await found
        if found:
            return found
        assert time.monotonic() < end, "it did not come to pass in time"
        await asyncio.sleep(0.05)


@dataclass(slots=True)
class Stage:
    """What runs, and what is asked of it."""

    staging: Staging
    directory: Path
    bootstrap: str
    cordial: str
    faults: Faults
    producer: AIOKafkaProducer
    letters_topic: Tail
    receipts_topic: Tail
    worker: Worker | None = None

    @property
    def environment(self) -> dict[str, str]:
        ours = {
            "KAFKA__BOOTSTRAP": self.bootstrap,
            "CORDIAL__ENDPOINT": self.cordial,
            "DATA_DIR": str(self.directory),
            **SETTINGS,
            **self.staging.settings,
        }
        return {**os.environ, **{f"CORDIAL_STREAMS_{key}": value for key, value in ours.items()}}

    def start(self) -> Worker:
        plan = self.directory / "plan.yaml"
        program = [
            self.staging.program,
            "worker",
            *(["--plan", str(plan)] if plan.exists() else []),
        ]
        self.worker = Worker(program, self.environment, self.directory / "worker.log")
        return self.worker

    async def publish(
        self,
        value: bytes | None,
        key: str | bytes | None = "u-1",
        *,
        topic: str = SOURCE,
        partition: int = 0,
        headers: Mapping[str, bytes] | None = None,
    ) -> int:
        """Put a record on a topic; gives its offset."""
        sent = await self.producer.send_and_wait(
            topic,
            value=value,
            key=key.encode() if isinstance(key, str) else key,
            partition=partition,
            headers=list((headers or {}).items()),
        )
        return int(sent.offset)

    def last_said(self) -> str:
        """The end of what the worker said."""
        return (self.directory / "worker.log").read_text(errors="replace")[-2_000:]

    def receipts(self, message_id: str | None = None) -> list[Receipt]:
        found = [CODEC.decode_receipt(one.value) for one in self.receipts_topic.records]
        return [one for one in found if message_id in (None, one.message_id)]

    def letters(self, message_id: str | None = None) -> list[DeadLetter]:
        found = [CODEC.decode_dead_letter(one.value) for one in self.letters_topic.records]
        return [one for one in found if message_id in (None, one.message_id)]

    def command_of(self, letter: DeadLetter) -> Command:
        """The command that a dead letter holds."""
        return CODEC.decode_command(letter.value)

    async def outcomes(self, message_id: str, count: int = 1) -> list[tuple[str, str, str | None]]:
        """What became of the commands of a message id, once there are so many receipts."""

        def told() -> bool:
            assert self.worker is not None
            assert self.worker.process.poll() is None, f"the worker ended: {self.last_said()}"
            return len(self.receipts(message_id)) >= count

        await until(told)
        found = self.receipts(message_id)
        return [(one.action or "event", one.outcome, one.reason) for one in found]

    async def journal(self) -> list[dict[str, Any]]:
        """The requests that Cordial accepted."""
        lines = await asyncio.to_thread(_get, f"{self.cordial}/_sandbox/journal")
        return [one for one in json.loads(lines) if one["accepted"]]

    async def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the program, as a user runs it."""
        ran = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "streams.cli", *arguments],
            env={**guarded(self.environment), "COLUMNS": "200"},
            capture_output=True,
            text=True,
        )
        if arguments[:2] not in SHOWS_VALUES and "--show-values" not in arguments:
            search(" ".join(arguments), ran.stdout)
        search(" ".join(arguments), ran.stderr)
        return ran

    def search_topics(self) -> None:
        """Nothing leaked into what is written beside the original bytes: `LeakError`."""
        for record in self.letters_topic.records:
            search_headers("a dead letter", record.headers)
            letter = CODEC.decode_dead_letter(record.value)
            search("a dead letter", f"{letter.reason} {letter.field} {letter.message}")
        for record in self.receipts_topic.records:
            search_headers("a receipt", record.headers)
            receipt = CODEC.decode_receipt(record.value)
            search("a receipt", f"{receipt.reason} {receipt.field} {receipt.notes}")


def topics_of(staging: Staging) -> dict[str, int]:
    """Every topic of a stage, the bus among them, with its partitions."""
    plan, count = parse_plan(staging.plan), staging.partitions
    specs = wanted_topics(Settings(), plan.sources, instance_names(plan), count)
    specs += source_topics(plan.sources, count)
    return {spec.name: spec.partitions for spec in specs}


@asynccontextmanager
async def staged(directory: Path, staging: Staging) -> AsyncIterator[Stage]:
    """Broker, sandbox and a worker that is ready; all end with the block."""
    with EmbeddedBroker(topics_of(staging)) as broker:
        async with staged_at(broker.bootstrap, directory, staging) as stage:
            yield stage


@asynccontextmanager
async def staged_at(address: str, directory: Path, staging: Staging) -> AsyncIterator[Stage]:
    """The same at a broker that has the topics."""
    if staging.plan:
        (directory / "plan.yaml").write_text(staging.plan)
    count, faults = staging.partitions, Faults()
    faults.change(dict(staging.faults))
    letters, receipts = Tail(), Tail()
    producer = AIOKafkaProducer(bootstrap_servers=address, max_request_size=8_000_000)
    await producer.start()
    try:
        async with (
            running(SandboxConfig(key=KEY, faults=faults)) as url,
            letters.reading(address, "cordial.dead-letters", count),
            receipts.reading(address, "cordial.receipts", count),
        ):
            stage = Stage(staging, directory, address, url, faults, producer, letters, receipts)
            stage.start()
            try:
                yield stage
            finally:
                stage.worker.end()
            stage.search_topics()
    finally:
        await producer.stop()


def _get(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()
