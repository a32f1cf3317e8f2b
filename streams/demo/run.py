"""`demo`: a shop's day through a broker, the sandbox and a worker, each a process of its own.

The settings of the user are not for it: it has its own.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from streams.core.records import Place, Receipt
from streams.demo.day import Day, Published
from streams.demo.show import show, story
from streams.demo.stage import DemoError, Stage, staged
from streams.demo.tally import tally
from streams.exits import DEPENDENCY_DOWN, FAILED, OK
from streams.kafka.codec import Codec, Undecodable
from streams.kafka.connection import client_options
from streams.kafka.names import names_of
from streams.kafka.reading import read_topic
from streams.settings.errors import PREFIX
from streams.sources.customer_event import Invalid, from_json

SEED = 20261120
VISITORS = 150
WIDTH = 110
TOPIC = "customer.events"
BOUND = 120.0
INTERRUPTED = 130
TROUBLE = {"error_503": 0.25, "rate": 40}
CALM = {"error_503": 0.0, "rate": 0}


def run_demo(*, events: int, keep: bool, kafka: bool, as_json: bool) -> int:
    """Play the day and print the table. Exit 5 where a guarantee was not kept."""
    for name in [one for one in os.environ if one.upper().startswith(PREFIX)]:
        del os.environ[name]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    console = _console(as_json)
    records = list(Day(seed=SEED, visitors=VISITORS).events(events))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cordial-streams-demo-") as name:
        try:
            with staged(Path(name), real=kafka) as stage:
                ready = time.monotonic()
                console.print(f"set-up {ready - began:.1f} s: broker, sandbox and worker are up")
                asyncio.run(play(stage, records, console))
                took = time.monotonic() - ready
                result = asyncio.run(conclude(stage, records, console, took, as_json=as_json))
                if keep:
                    _stay(stage, console)
                return result
        except DemoError as error:
            print(f"demo: {error}", file=sys.stderr)
            return DEPENDENCY_DOWN
        except KeyboardInterrupt:
            print("demo: stopped before its end", file=sys.stderr)
            return INTERRUPTED


def _console(as_json: bool) -> Console:
    """The terminal as it is; a file gets lines that hold the tables whole."""
    console = Console(stderr=as_json)
    return console if console.is_terminal else Console(stderr=as_json, width=WIDTH)


async def play(stage: Stage, records: Sequence[Published], console: Console) -> None:
    """Publish the day, with trouble at Cordial in the middle of it, and wait for the end."""
    codec = Codec()
    producer = AIOKafkaProducer(acks="all", **client_options(stage.settings.kafka))
    await producer.start()
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        shown = progress.add_task("published", total=len(records))
        settled = progress.add_task("settled by the worker", total=len(records))
        for number, record in enumerate(records):
            if number == len(records) // 3:
                _trouble(stage, TROUBLE)
                progress.console.print("Cordial answers 429 and 503 for a while")
            if number == 2 * len(records) // 3:
                _trouble(stage, CALM)
                progress.console.print("Cordial is well again")
            await producer.send(TOPIC, value=bytes_of(codec, record), key=record.key.encode())
            progress.advance(shown)
            if number % 20 == 0:
                await asyncio.sleep(0.15)
                progress.update(settled, completed=number - _lag(stage))
        await producer.stop()
        end = time.monotonic() + BOUND
        while _lag(stage) or not await _quiet(stage):
            if time.monotonic() > end:
                raise DemoError(f"events are still open after {BOUND:g} s")
            progress.update(settled, completed=len(records) - _lag(stage))
            await asyncio.sleep(0.3)
        progress.update(settled, completed=len(records))


async def _quiet(stage: Stage) -> bool:
    """Two looks in a row without anything open: a record may be on its way between two topics."""
    await asyncio.sleep(1.1)
    return _lag(stage) == 0


def bytes_of(codec: Codec, record: Published) -> bytes:
    """A record as the bus has it. Raises `DemoError`."""
    if record.event is None:
        return record.garbage or b""
    event = from_json(record.event, Place(TOPIC, 0, 0))
    if isinstance(event, Invalid):
        raise DemoError(f"the day made an event that is none: {event.field}")
    return codec.encode_event(event)


def _lag(stage: Stage) -> int:
    with urllib.request.urlopen(f"{stage.worker_url}/metrics", timeout=5) as answer:  # noqa: S310
        lines = answer.read().decode().splitlines()
    lags = [line for line in lines if line.startswith("cordial_streams_lag_events{")]
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in lags))


def _trouble(stage: Stage, faults: dict[str, Any]) -> None:
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{stage.sandbox_url}/_sandbox/faults",
        data=json.dumps(faults).encode(),
        headers={"content-type": "application/json"},
        method="POST",
    )
    urllib.request.urlopen(request, timeout=5).close()  # noqa: S310


async def conclude(
    stage: Stage, records: Sequence[Published], console: Console, took: float, *, as_json: bool
) -> int:
    """Count, print, judge."""
    codec = Codec()
    receipts: list[Receipt] = []
    async for record in read_topic(stage.settings, names_of(stage.settings).receipts):
        receipt = codec.decode_receipt(record.value)
        if not isinstance(receipt, Undecodable):
            receipts.append(receipt)
    journal = [json.loads(line) for line in stage.journal.read_text().splitlines()]
    result = tally(receipts, journal, len(records))
    show(result, took, console, as_json=as_json)
    if not as_json:
        labels = {one.event["messageId"]: one.label for one in records if one.event}
        story(receipts, labels, console)
    broken = result.order_violations or result.orders_doubled or result.ignored
    return FAILED if broken else OK


def _stay(stage: Stage, console: Console) -> None:
    bootstrap = stage.settings.kafka.bootstrap
    for line in (
        "still running, until Ctrl-C:",
        f"  worker   {stage.worker_url}/readyz, /livez, /metrics",
        f"  sandbox  {stage.sandbox_url}/_sandbox/contacts, /orders, /lists, /activities, /stats",
        "  letters  cordial-streams dead-letters list, with "
        f"CORDIAL_STREAMS_KAFKA__BOOTSTRAP={bootstrap}",
    ):
        console.print(line, soft_wrap=True, highlight=False)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
