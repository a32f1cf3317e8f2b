"""`python -m bench.pipeline`: what the product's own code costs per event, without Kafka and HTTP.

A worker as the wiring makes it, with a broker that has everything at once and a Cordial that
accepts at once: decode, route, lanes, tables, joins, receipts and commit records are real.
Logs and traces are as the environment says, `CORDIAL_STREAMS_LOG__SHARE` and `OTEL_*`.
What it prints is CPU per event, the median of rounds. With --profile it tells where that goes.

Example: python -m bench.pipeline --events 10000 --rounds 3
"""

import argparse
import asyncio
import cProfile
import gc
import json
import os
import pstats
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import orjson
import uvloop
from fastavro import parse_schema, schemaless_writer
from faust.types import TP, Message

from bench.backlog import backlog
from streams.core.answer import Delivered
from streams.kafka.batch import Batch
from streams.logs import configure
from streams.plan import plan_of
from streams.running.garbage import look_rarely
from streams.running.wiring import build
from streams.running.worker import Worker
from streams.settings import Settings
from tests.crash.publishing import SCHEMA_FILE, SCHEMAS, avro_record

TOPIC = "customer.events"
PARTITIONS = 8
CONTACTS = 2_000


@dataclass(slots=True)
class Broker:
    """Takes a record at once, and gives those of action topics back to their reader."""

    readers: Mapping[str, Callable[[Message], None]]
    ends: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    produced: int = 0
    size: int = 0

    async def send(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        headers: Any = None,
    ) -> "asyncio.Future[Any]":
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        done.set_result(None)
        self.produced += 1
        parts = (key, value, *(one for pair in headers or () for one in pair))
        self.size += sum(map(len, filter(None, parts)))
        reader = self.readers.get(topic)
        if reader is not None:
            assert partition is not None
            offset = self.ends[topic, partition]
            self.ends[topic, partition] = offset + 1
            loop.call_soon(reader, message(topic, partition, offset, key, value, headers))
        return done


@dataclass(slots=True)
class Consumer:
    """Remembers what may be committed."""

    partitions: int = PARTITIONS
    closed_to: dict[TP, int] = field(default_factory=dict)

    def closed(self, tp: TP, next_offset: int) -> None:
        self.closed_to[tp] = next_offset

    def count_of(self, topic: str) -> int:
        return self.partitions

    def slow(self, tp: TP) -> None:
        pass

    def resume(self, tp: TP) -> None:
        pass

    def lease_age(self) -> float:
        return 0.0

    def highwater(self, tp: TP) -> int:
        return self.closed_to.get(tp, 0)

    def commit_age(self) -> float:
        return 0.0

    def poll_age(self) -> float:
        return 0.0


def message(
    topic: str, partition: int, offset: int, key: bytes | None, value: bytes | None, headers: Any
) -> Message:
    """A record as Faust hands it over."""
    return Message(
        topic, partition, offset, time.time(), 0, headers, key, value, None, tp=TP(topic, partition)
    )


def records(
    events: int,
    seed: int,
    *,
    contacts: int = CONTACTS,
    partitions: int = PARTITIONS,
    first: int = 1,
) -> list[Message]:
    """The backlog as records of the bus, numbered from `first`."""
    schema = parse_schema(json.loads((SCHEMAS / SCHEMA_FILE).read_text()))
    ids = json.loads((SCHEMAS / "ids.json").read_text())
    number = next(int(one) for one, file in ids.items() if file == SCHEMA_FILE)
    frame = b"\0" + number.to_bytes(4, "big")
    ends: dict[int, int] = defaultdict(int)
    made = []
    for one in backlog(events, contacts=contacts, seed=seed, first=first):
        stream = BytesIO()
        schemaless_writer(stream, schema, avro_record(one.event))
        partition = hash(one.contact) % partitions
        value = frame + stream.getvalue()
        made.append(message(TOPIC, partition, ends[partition], one.contact.encode(), value, ()))
        ends[partition] += 1
    return made


@dataclass(slots=True)
class Counted:
    """Cordial accepts everything."""

    requests: int = 0

    async def post(self, batch: Batch) -> Delivered:
        orjson.dumps(batch.body)
        self.requests += 1
        await asyncio.sleep(0)
        return Delivered(202)


def worker_of(directory: str, count: int = PARTITIONS) -> tuple[Worker, Broker, Consumer, Counted]:
    """A worker whose world is here."""
    settings = Settings(
        api_key="bench",
        data_dir=directory,
        cordial={"endpoint": "http://127.0.0.1:1", "segment_id_key": "segment_id"},
    )
    plan = plan_of({"sources": [{"topic": TOPIC, "keyed_by_user": True}]})
    worker = build(settings, plan)
    partitions = worker.partitions
    sink, tables = partitions.sink, partitions.tables
    tables.rows = {name: SimpleNamespace(data={}) for name in tables.rows}
    consumer, counted = Consumer(partitions=count), Counted()
    partitions.consumer = partitions.showing.consumer = lambda: consumer
    sink.post = counted.post
    sink.clockwork = replace(sink.clockwork, lease_left=lambda: 10.0)
    partitions.router.slow = lambda part, full: None
    partitions.elsewhere = _nothing
    names = partitions.router.names
    readers = {names.action(name): _reader(partitions.read_copy, name) for name in sink.instances}
    broker = Broker(readers)
    worker.outbox.producer = lambda: broker
    return worker, broker, consumer, counted


async def _nothing() -> None:
    """There is no broker that could tell of another layout."""


def _reader(read: Callable[[str, Message], None], name: str) -> Callable[[Message], None]:
    return lambda one: read(name, one)


async def play(
    given: list[Message],
    profile: cProfile.Profile | None,
    *,
    partitions: int = PARTITIONS,
    rows: Mapping[str, Mapping[bytes, bytes]] = MappingProxyType({}),
    burst: int = 100,
    after: Callable[[Worker], Mapping[str, float]] = lambda worker: {},
) -> dict[str, float]:
    """CPU in µs per event, records and requests per event, and what `after` finds.

    The tables begin with these rows; so many events at a time are read.
    """
    with tempfile.TemporaryDirectory() as directory:
        worker, broker, consumer, counted = worker_of(directory, partitions)
        for table, kept in rows.items():
            worker.partitions.tables.rows[table].data.update(kept)
        names = worker.partitions.router.names
        topics = (TOPIC, *broker.readers, names.replays, names.hops)
        starts = {TP(topic, number): 0 for topic in topics for number in range(partitions)}
        await worker.partitions.assigned(starts, {})
        outbox = asyncio.create_task(worker.outbox.run())
        ends: dict[int, int] = defaultdict(int)
        gc.collect()
        if profile is not None:
            profile.enable()
        began = time.process_time()
        for number, one in enumerate(given):
            ends[one.partition] = one.offset + 1
            worker.partitions.read_keyed(one)
            if number % burst == 0:
                await asyncio.sleep(0)
        while any(
            consumer.closed_to.get(TP(TOPIC, partition), 0) < end for partition, end in ends.items()
        ):
            assert not worker.failure.done(), worker.failure.result()
            await asyncio.sleep(0.001)
        spent = time.process_time() - began
        if profile is not None:
            profile.disable()
        outbox.cancel()
        count = len(given)
        return {
            "us_per_event": spent / count * 1e6,
            "records_per_event": broker.produced / count,
            "bytes_per_event": broker.size / count,
            "requests_per_event": counted.requests / count,
            **after(worker),
        }


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m bench.pipeline",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--events", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--profile", action="store_true", help="the functions that cost most")
    options.add_argument("--json", action="store_true")
    return options


def main() -> int:
    given = parser().parse_args()
    configure(secrets=list, stream=Path(os.devnull).open("w"), terminal=False)  # noqa: SIM115
    look_rarely()
    work = records(given.events, given.seed)
    profile = cProfile.Profile() if given.profile else None
    rounds = [uvloop.run(play(work, profile)) for _ in range(given.rounds)]
    told = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    if given.json:
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stdout.write(
            f"{told['us_per_event']:.0f} µs of CPU per event, "
            f"{told['records_per_event']:.2f} records of {told['bytes_per_event']:,.0f} bytes "
            f"together and {told['requests_per_event']:.2f} requests per event "
            f"({given.events:,} events, median of {given.rounds})\n"
        )
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(60)
    return 0


if __name__ == "__main__":
    sys.exit(main())
