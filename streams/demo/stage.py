"""The pieces of the demo: broker, sandbox and worker, started one after the other.

Everything listens on loopback, lives in the directory that is given and is stopped by its pid.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from streams.actions import ACTIONS
from streams.demo.ports import free_port
from streams.kafka.topics import TopicSpec, source_topics, wanted_topics
from streams.plan import load_plan
from streams.settings import Settings

PARTITIONS = 4
KEY = "demo-key"
UP_SECONDS = {"embedded": 30.0, "real": 180.0}
"""A real broker is fetched the first time."""
REPOSITORY = Path(__file__).parents[2]


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
    home: Path | None = None,
) -> Path:
    log = directory / f"{name}.log"
    processes[name] = subprocess.Popen(
        [sys.executable, *command],
        stdin=subprocess.PIPE,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
        env={**os.environ, **(environment or {}), "PYTHONUNBUFFERED": "1"},
        cwd=home,
        start_new_session=True,  # Ctrl-C is for the demo, which stops them in their order
    )
    return log


def _announced(
    name: str,
    log: Path,
    mark: str,
    processes: dict[str, "subprocess.Popen[bytes]"],
    seconds: float = 30.0,
) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end and processes[name].poll() is None:
        for line in log.read_text(errors="replace").splitlines():
            if mark in line:
                return mark + line.split(mark, 1)[1].split()[0] if mark == "http" else line.strip()
        time.sleep(0.05)
    raise DemoError(_silence(name, log, processes, seconds))


def _silence(
    name: str, log: Path, processes: dict[str, "subprocess.Popen[bytes]"], seconds: float
) -> str:
    """What is known of a piece that did not come up."""
    code = processes[name].poll()
    what = f"was not up within {seconds:g} s" if code is None else f"ended with exit code {code}"
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    return f"the {name} {what}; it said:\n{tail}"


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
    home = None
    if kind == "real":
        home = REPOSITORY
        if not (home / "tests" / "broker").is_dir():
            raise DemoError("a real broker comes with the repository: make demo ARGS=--kafka there")
        command = ["-m", "tests.broker", "run", "--directory", str(directory / "kafka")]
    else:
        names = [spec.name for spec in _topics()]
        command = ["-m", "streams.kafka.embedded", "--partitions", str(PARTITIONS)]
        command += [f"--topic={name}" for name in names]
    log = _start("broker", command, directory, processes, home=home)
    return _announced("broker", log, "127.0.0.1:", processes, UP_SECONDS[kind]).split()[-1]


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
    port = free_port()
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
            raise DemoError(_silence("worker", log, processes, 40.0))
        time.sleep(0.1)
    names = {key.removeprefix("CORDIAL_STREAMS_"): value for key, value in environment.items()}
    return Settings(kafka={"bootstrap": names["KAFKA__BOOTSTRAP"]}), url


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
