"""How long a worker takes to read its tables from their changelogs, on a real broker."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from aiokafka import AIOKafkaProducer

from bench.growth_rows import Rows, rows
from bench.programs import TOPIC, Worker, cpu_seconds, peak_mib
from tests.broker.clients import make_topics
from tests.broker.kafka import RealKafka
from tests.broker.parts import fetch

PARTITIONS = 8
NAME = "growth"
NOBODY = "http://127.0.0.1:1"


def recovery(orders: int) -> Mapping[str, float]:
    """A worker's start with empty tables, and with so many orders and what belongs to them.

    Seconds are from the start of the process to ready; memory is the most that was resident.
    """
    fetch()
    directory = Path(tempfile.mkdtemp(prefix="cordial-streams-growth-"))
    kept = rows(orders, orders // 2, orders, time.time_ns() // 1_000_000)
    with RealKafka(directory / "kafka") as broker:
        asyncio.run(make_topics(broker.bootstrap, {TOPIC: PARTITIONS}))
        worker = Worker(NAME, broker.bootstrap, NOBODY, directory)
        empty = _start(worker)
        asyncio.run(_publish(broker.bootstrap, kept))
        full = _start(worker)
    shutil.rmtree(directory, ignore_errors=True)
    count = sum(map(len, kept.values()))
    return {
        "orders": orders,
        "rows": count,
        "empty_seconds": empty["seconds"],
        "seconds": full["seconds"],
        "rows_per_second": count / (full["seconds"] - empty["seconds"]),
        "cpu_us_per_row": (full["cpu"] - empty["cpu"]) / count * 1e6,
        "empty_mib": empty["mib"],
        "mib": full["mib"],
    }


def _start(worker: Worker) -> Mapping[str, float]:
    began = time.monotonic()
    worker.start()
    try:
        worker.wait_ready()
        seconds = time.monotonic() - began
        return {"seconds": seconds, "cpu": cpu_seconds(worker.pid), "mib": peak_mib(worker.pid)}
    finally:
        worker.process.stop()
        worker.process.kill()


async def _publish(bootstrap: str, kept: Rows) -> None:
    """The rows into their changelogs."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=20, max_batch_size=262_144)
    await producer.start()
    try:
        for table, of_table in kept.items():
            topic = f"{NAME}-{table}-changelog"
            for number, (key, row) in enumerate(of_table.items()):
                await producer.send(topic, row, key, partition=number % PARTITIONS)
        await producer.flush()
    finally:
        await producer.stop()


def told_recovery(found: Mapping[str, float]) -> str:
    """The same as lines of text."""
    return (
        f"recovery: {found['rows']:,.0f} rows ({found['orders']:,.0f} orders) in "
        f"{found['seconds'] - found['empty_seconds']:.1f} s beside a start of "
        f"{found['empty_seconds']:.1f} s: {found['rows_per_second']:,.0f} rows/s, "
        f"{found['cpu_us_per_row']:.0f} µs of CPU each\n"
        f"the worker: {found['empty_mib']:.0f} MiB at most with empty tables, "
        f"{found['mib']:.0f} MiB with these\n"
    )
