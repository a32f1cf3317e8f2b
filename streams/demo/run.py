"""`demo`: a shop's day through a broker, the sandbox and a worker, each a process of its own.

Everything listens on loopback, lives in a temporary directory and is stopped by its pid.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aiokafka import AIOKafkaProducer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from streams.actions import ACTIONS
from streams.core.records import Place, Receipt
from streams.demo.day import Day, Published
from streams.demo.show import show, story
from streams.demo.tally import tally
from streams.kafka.codec import Codec, Undecodable
from streams.kafka.connection import client_options
from streams.kafka.reading import read_topic
from streams.kafka.topics import TopicSpec, source_topics, wanted_topics
from streams.plan import load_plan
from streams.settings import Settings
from streams.sources.customer_event import Invalid, from_json

SEED = 20261120
VISITORS = 150
WIDTH = 110
PARTITIONS = 4
TOPIC = "customer.events"
KEY = "demo-key"
BOUND = 120.0
TROUBLE = {"error_503": 0.25, "rate": 40}
CALM = {"error_503": 0.0, "rate": 0}


@dataclass(slots=True)
class Stage:
    """The running pieces."""

    settings: Settings
    sandbox_url: str
    worker_url: str
    journal: Path
    processes: dict[str, "subprocess.Popen[bytes]"]


class DemoError(Exception):
    """A piece did not come up; the message says which and where its log is."""


def run_demo(*, events: int, keep: bool, kafka: bool, as_json: bool) -> int:
    """Play the day and print the table. Exit 5 where a guarantee was not kept."""
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
            Console(stderr=True).print(f"demo: {error}")
            return 4


@contextlib.contextmanager
def staged(directory: Path, *, real: bool) -> Iterator[Stage]:
    """Start everything, and stop it in the end."""
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        kind: Literal["real", "embedded"] = "real" if real else "embedded"
        bootstrap = _start_broker(kind, directory, processes)
        journal = directory / "journal.jsonl"
        sandbox_url = _start_sandbox(directory, journal, processes)
        settings, worker_url = _start_worker(directory, bootstrap, sandbox_url, processes)
        yield Stage(settings, sandbox_url, worker_url, journal, processes)
    finally:
        for process in reversed(processes.values()):
            _stop(process)


def _start(
    name: str,
    command: list[str],
    directory: Path,
    processes: dict[str, "subprocess.Popen[bytes]"],
    environment: dict[str, str] | None = None,
) -> Path:
    log = directory / f"{name}.log"
    processes[name] = subprocess.Popen(
        [sys.executable, *command],
        stdin=subprocess.PIPE,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
        env={**os.environ, **(environment or {}), "PYTHONUNBUFFERED": "1"},
    )
    return log


def _announced(
    name: str, log: Path, mark: str, processes: dict[str, "subprocess.Popen[bytes]"]
) -> str:
    end = time.monotonic() + 30
    while time.monotonic() < end and processes[name].poll() is None:
        for line in log.read_text(errors="replace").splitlines():
            if mark in line:
                return mark + line.split(mark, 1)[1].split()[0] if mark == "http" else line.strip()
        time.sleep(0.05)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise DemoError(f"{name} did not come up within 30 s; it said:\n{tail}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start_broker(
    kind: str, directory: Path, processes: dict[str, "subprocess.Popen[bytes]"]
) -> str:
    if kind == "real":
        command = ["-m", "tests.broker", "run", "--directory", str(directory / "kafka")]
    else:
        names = [spec.name for spec in _topics()]
        command = ["-m", "streams.kafka.embedded", "--partitions", str(PARTITIONS)]
        command += [f"--topic={name}" for name in names]
    log = _start("broker", command, directory, processes)
    return _announced("broker", log, "127.0.0.1:", processes).split()[-1]


def _topics() -> list[TopicSpec]:
    settings, sources = Settings(), load_plan(None).sources
    return [
        *wanted_topics(settings, sources, ACTIONS, PARTITIONS),
        *source_topics(sources, PARTITIONS),
    ]


def _start_sandbox(
    directory: Path, journal: Path, processes: dict[str, "subprocess.Popen[bytes]"]
) -> str:
    command = ["-m", "streams.cordial.sandbox", "--port", "0", "--key", KEY, "--latency-ms", "10"]
    log = _start("sandbox", [*command, "--journal", str(journal)], directory, processes)
    return _announced("sandbox", log, "http", processes)


def _start_worker(
    directory: Path,
    bootstrap: str,
    sandbox_url: str,
    processes: dict[str, "subprocess.Popen[bytes]"],
) -> tuple[Settings, str]:
    port = _free_port()
    environment = {
        "CORDIAL_STREAMS_KAFKA__BOOTSTRAP": bootstrap,
        "CORDIAL_STREAMS_API_KEY": KEY,
        "CORDIAL_STREAMS_CORDIAL__ENDPOINT": sandbox_url,
        "CORDIAL_STREAMS_CORDIAL__SEGMENT_ID_KEY": "segment_id",
        "CORDIAL_STREAMS_WEB__PORT": str(port),
        "CORDIAL_STREAMS_DATA_DIR": str(directory / "data"),
    }
    topics = [sys.executable, "-m", "streams.cli", "topics", "apply"]
    made = subprocess.run(
        [*topics, "--partitions", str(PARTITIONS), "--with-sources"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise DemoError(f"topics apply failed:\n{made.stdout}{made.stderr}")
    log = _start("worker", ["-m", "streams.cli", "worker"], directory, processes, environment)
    url = f"http://127.0.0.1:{port}"
    end = time.monotonic() + 40
    while not _answers(f"{url}/readyz"):
        if time.monotonic() > end or processes["worker"].poll() is not None:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise DemoError(f"the worker was not ready within 40 s; it said:\n{tail}")
        time.sleep(0.1)
    names = {key.removeprefix("CORDIAL_STREAMS_"): value for key, value in environment.items()}
    return Settings(kafka={"bootstrap": names["KAFKA__BOOTSTRAP"]}), url


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


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
            await producer.send(TOPIC, value=_bytes(codec, record), key=record.key.encode())
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


def _bytes(codec: Codec, record: Published) -> bytes:
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
    async for record in read_topic(stage.settings, f"{stage.settings.prefix}.receipts"):
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
    return 5 if broken else 0


def _stay(stage: Stage, console: Console) -> None:
    console.print(
        f"still running: worker {stage.worker_url}/metrics, sandbox {stage.sandbox_url}, "
        f"broker {stage.settings.kafka.bootstrap}; press Ctrl-C to stop"
    )
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
