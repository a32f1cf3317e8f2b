"""The programs of a bench run: stand-in, worker and yardstick, with what they used."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.journal import ID_KEY, Seen, seen
from bench.stand_in import FIRST
from streams.core.lane_order import Order
from streams.demo.ports import free_port
from tests.crash.processes import Process, ProcessError, run

TOPIC = "customer.events"
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def peak_mib(pid: int) -> float:
    """The most memory that was resident."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


@dataclass(frozen=True, slots=True)
class StandIn:
    """Cordial's stand-in while it runs."""

    process: Process
    url: str
    journal: Path

    def saw(self) -> Seen:
        """End it; what it saw."""
        self.process.stop()
        return seen(self.journal)


@contextmanager
def stand_in(directory: Path, *, latency_ms: float, rate: int) -> Iterator[StandIn]:
    """One that answers after so long, and `rate` requests a second of each path, 0 is no limit."""
    journal = directory / "journal.jsonl"
    options = ("--latency-ms", str(latency_ms), "--rate", str(rate), "--journal", str(journal))
    process = Process("stand-in", ["-m", "bench.stand_in", *options], directory / "stand_in.log")
    process.start()
    try:
        yield StandIn(process, process.announced("http://"), journal)
    finally:
        process.kill()


class SinceFirst(threading.Thread):
    """What a process had used when the stand-in's first request came: its start.

    `cpu` is None while none has come. It is seen 0.05 s late at most.
    """

    def __init__(self, cordial: StandIn, pid: int) -> None:
        super().__init__(name="since-first", daemon=True)
        self.cpu: float | None = None
        self._cordial = cordial
        self._pid = pid

    def run(self) -> None:
        """Wait for it."""
        with suppress(ProcessError, OSError):
            self._cordial.process.announced(FIRST)
            self.cpu = cpu_seconds(self._pid)


class Worker:
    """One worker of the product, with topics of its own but for the source."""

    def __init__(
        self,
        name: str,
        bootstrap: str,
        url: str,
        directory: Path,
        topic: str = TOPIC,
        order: Order = "contact",
    ) -> None:
        port = free_port()
        plan = plan_in(directory, topic, order)
        self._ready = f"http://127.0.0.1:{port}/readyz"
        settings: Mapping[str, str] = {
            "CORDIAL_STREAMS_APP_ID": name,
            "CORDIAL_STREAMS_PREFIX": name,
            "CORDIAL_STREAMS_KAFKA__BOOTSTRAP": bootstrap,
            "CORDIAL_STREAMS_API_KEY": "bench",
            "CORDIAL_STREAMS_CORDIAL__ENDPOINT": url,
            "CORDIAL_STREAMS_CORDIAL__SEGMENT_ID_KEY": ID_KEY,
            "CORDIAL_STREAMS_WEB__PORT": str(port),
            "CORDIAL_STREAMS_DATA_DIR": str(directory / name),
        }
        self.name = name
        self.process = Process(
            name,
            ["-m", "streams.cli", "worker", "--plan", str(plan)],
            directory / f"{name}.log",
            settings,
        )
        apply = ["-m", "streams.cli", "topics", "apply", "--plan", str(plan)]
        run("topics apply", apply, settings)

    def start(self) -> None:
        """Start it; returns at once, so that the time to get going is its own affair."""
        self.process.start()

    def wait_ready(self) -> None:
        """Wait until it delivers."""
        self.process.wait_ready(self._ready)

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self.process.running is not None
        return self.process.running.pid


def plan_in(directory: Path, topic: str, order: Order) -> Path:
    """The plan: one source, keyed by user."""
    plan = directory / "plan.yaml"
    plan.write_text(f"sources:\n  - topic: {topic}\n    keyed_by_user: true\norder: {order}\n")
    return plan


def naive(bootstrap: str, url: str, directory: Path, name: str) -> Process:
    """The yardstick, not yet started."""
    options = ["--bootstrap", bootstrap, "--topic", TOPIC, "--url", url, "--name", name]
    options += ["--data", str((directory / f"{name}-data").absolute())]
    return Process(name, ["-m", "bench.naive", *options], directory / f"{name}.log")
