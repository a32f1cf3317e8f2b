"""The contestants: how each is made ready, started, and what version it is of."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.programs import Worker
from streams.core.lane_order import Order
from tests.broker.parts import java
from tests.crash.processes import Process

OURS = ("product", "product-action")
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILT = ROOT / ".cache" / "peers"
SCHEMA = ROOT / "avro" / "customer_event.avsc"


class NotHereError(Exception):
    """The contestant cannot run on this machine; says what is missing and how to get it."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a contestant has to do; `rate` is the limit of each path per second, 0 is none."""

    bootstrap: str
    topic: str
    url: str
    group: str
    rate: int
    directory: Path


@dataclass(frozen=True, slots=True)
class Contestant:
    """`prepare` raises `NotHereError`, and gives the version; `process` is not yet started."""

    name: str
    about: str
    prepare: Callable[[], str]
    process: Callable[[Task], Process]


def _product(order: Order) -> Callable[[Task], Process]:
    def process(task: Task) -> Process:
        given = (task.group, task.bootstrap, task.url, task.directory, task.topic)
        return Worker(*given, order=order).process

    return process


def _head() -> str:
    asked = ("git", "-C", str(ROOT), "describe", "--always", "--dirty")
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    return f"cordial-streams {version('cordial-streams')} {found.stdout.strip()}"


def _python(name: str) -> Callable[[Task], Process]:
    def process(task: Task) -> Process:
        return Process(task.group, ["-m", f"bench.peers.{name}", *_options(task)], _log(task, name))

    return process


def _options(task: Task) -> Sequence[str]:
    told = {
        "bootstrap": task.bootstrap,
        "topic": task.topic,
        "url": task.url,
        "group": task.group,
        "rate": str(task.rate),
    }
    return [word for key, value in told.items() for word in (f"--{key}", value)] + (
        ["--data", str(task.directory / "data")]
    )


def _log(task: Task, name: str) -> Path:
    return task.directory / f"{name}.log"


def _versions(*packages: str) -> Callable[[], str]:
    def prepare() -> str:
        try:
            return ", ".join(f"{name} {version(name)}" for name in packages)
        except PackageNotFoundError as error:
            raise NotHereError(f"pip install {error.name}") from error

    return prepare


def _quix() -> str:
    """Quix pins other versions of our libraries: it has an environment of its own."""
    room = BUILT / "quix"
    program = room / "bin" / "python"
    if not (room / "ready").exists():
        packages = ("quixstreams==3.28.1", "fastavro", "orjson")
        _run("quix", [sys.executable, "-m", "venv", str(room)])
        _run("quix", [str(program), "-m", "pip", "install", "-q", *packages])
        (room / "ready").touch()
    return "quixstreams 3.28.1"


def _quix_process(task: Task) -> Process:
    process = _python("quix")(task)
    process.program = str(BUILT / "quix" / "bin" / "python")
    return process


def _parallel_consumer() -> str:
    """Its jars from Maven Central; compiled here."""
    for program in ("mvn", "javac"):
        if shutil.which(program) is None:
            raise NotHereError(f"{program}: apt-get install maven default-jdk-headless")
    jars, classes = BUILT / "parallel-consumer" / "jars", BUILT / "parallel-consumer" / "classes"
    source = HERE / "parallel_consumer"
    if not jars.exists():
        goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
        command = ["mvn", "-q", "-B", "-f", str(source / "pom.xml"), goal]
        _run("parallel-consumer", [*command, f"-DoutputDirectory={jars}"])
    command = ["javac", "-cp", f"{jars}/*", "-d", str(classes), str(source / "Peer.java")]
    _run("parallel-consumer", command)
    return "parallel-consumer-core 0.5.3.2"


def _parallel_consumer_process(task: Task) -> Process:
    room = BUILT / "parallel-consumer"
    words = ["-Xmx512m", "-cp", f"{room / 'jars'}/*:{room / 'classes'}", "Peer", str(SCHEMA)]
    words += [task.bootstrap, task.topic, task.url, task.group, str(task.rate)]
    log = _log(task, "parallel-consumer")
    return Process(task.group, words, log, program=str(java()))


def _franz_go() -> str:
    """Compiled here, its modules from the Go module proxy."""
    if shutil.which("go") is None:
        raise NotHereError("go 1.24 or later")
    BUILT.mkdir(parents=True, exist_ok=True)
    _run("franz-go", ["go", "build", "-o", str(BUILT / "franz-go"), "."], HERE / "franz_go")
    return f"franz-go 1.20.0, {_run('franz-go', ['go', 'env', 'GOVERSION']).strip()}"


def _franz_go_process(task: Task) -> Process:
    words = ["-schema", str(SCHEMA), "-bootstrap", task.bootstrap, "-topic", task.topic]
    words += ["-url", task.url, "-group", task.group, "-rate", str(task.rate)]
    log = _log(task, "franz-go")
    return Process(task.group, words, log, program=str(BUILT / "franz-go"))


def _run(name: str, command: Sequence[str], where: Path = ROOT) -> str:
    done = subprocess.run(
        command, cwd=where, capture_output=True, text=True, check=False, env={**os.environ}
    )
    if done.returncode:
        raise NotHereError(f"{name}: {command[0]} failed\n{done.stdout[-500:]}{done.stderr[-500:]}")
    return done.stdout


CONTESTANTS = {
    one.name: one
    for one in (
        Contestant("product", "cordial-streams, strict order", _head, _product("contact")),
        Contestant("product-action", "cordial-streams, order: action", _head, _product("action")),
        Contestant(
            "naive-faust",
            "Faust agent awaiting httpx",
            _versions("faust-streaming", "httpx"),
            _python("naive"),
        ),
        Contestant(
            "aiokafka-aiohttp",
            "aiokafka + aiohttp, a lane per contact",
            _versions("aiokafka", "aiohttp", "uvloop"),
            _python("lanes"),
        ),
        Contestant(
            "parallel-consumer",
            "Confluent's parallel-consumer (Java), key order",
            _parallel_consumer,
            _parallel_consumer_process,
        ),
        Contestant("franz-go", "franz-go (Go), a lane per contact", _franz_go, _franz_go_process),
        Contestant("quix", "Quix Streams, batches in threads", _quix, _quix_process),
    )
}
