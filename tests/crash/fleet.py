"""The workers: killed, joined, asked to leave, and what became of each."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import httpx

from streams.demo.ports import free_port
from tests.crash.processes import Process, ProcessError
from tests.leaks import found

Say = Callable[[str], None]
DEPENDENCY_DOWN = 4


@dataclass(slots=True)
class Fleet:
    """All workers of the run; each keeps its name, port and data directory over its restarts.

    `static`: its name is its member's name, too. `release`: a folder with the files that it runs.
    """

    directory: Path
    plan: Path
    settings: Mapping[str, str]
    chance: random.Random
    say: Say
    program: str = "streams.cli"
    static: bool = False
    release: Path | None = None
    workers: list[Process] = field(default_factory=list)
    killed: int = 0
    joined: int = 0
    left: int = 0
    replaced: int = 0
    unclean: list[str] = field(default_factory=list)
    _ports: dict[str, int] = field(default_factory=dict)

    def start(self, count: int) -> None:
        """The first ones, and wait until they deliver."""
        for _ in range(count):
            self._new()
        for worker in self.workers:
            worker.wait_ready(f"{self.url(worker)}/readyz")

    def url(self, worker: Process) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self._ports[worker.name]}"

    def kill(self) -> Process:
        """kill -9 of any of them; it stays down until `start` is called on it."""
        worker = self.chance.choice([one for one in self.workers if one.alive])
        worker.kill()
        self.killed += 1
        self.say(f"kill -9 of {worker.name}")
        return worker

    def join(self) -> Process:
        """One more."""
        worker = self._new()
        self.joined += 1
        self.say(f"{worker.name} joins")
        return worker

    def leave(self) -> None:
        """Any but the newest goes, by SIGTERM."""
        worker = self.chance.choice([one for one in self.workers[:-1] if one.alive])
        self.workers.remove(worker)
        self.left += 1
        self.say(f"{worker.name} leaves")
        self.end(worker)

    def replace_all_but(self, started: Process) -> None:
        """One after the other by SIGTERM and again, as a rolling deploy does."""
        for worker in self.workers:
            if worker is not started and worker.alive:
                self.say(f"{worker.name} is deployed anew")
                self.deploy(worker)

    def deploy(self, worker: Process) -> None:
        """SIGTERM, and again with the present settings and release."""
        self.end(worker)
        worker.environment = self._environment(worker.name)
        worker.start()

    def look(self, *, may_be_replaced: bool = False) -> None:
        """Start those again that ended by themselves, and remember how; but not where one had to,
        as it could not know whether another has its partitions (decision 0007)."""
        for worker in self.workers:
            if worker.alive:
                continue
            said = f"{worker.name} ended by itself with {worker.code}"
            if may_be_replaced and worker.code == DEPENDENCY_DOWN:
                self.replaced += 1
                self.say(said)
            else:
                self.unclean.append(said)
                self.say(f"{said}\n{worker.tail(8)}")
            worker.start()

    def must_live(self) -> None:
        """Remember which ones say that they are stuck."""
        for worker in self.workers:
            try:
                page = httpx.get(f"{self.url(worker)}/livez", timeout=10)
            except httpx.HTTPError as error:
                self.unclean.append(f"{worker.name} did not answer: {type(error).__name__}")
                continue
            if page.status_code != HTTPStatus.OK:
                self.unclean.append(f"{worker.name} was not live: {page.text}")

    def stop(self) -> None:
        """All at once, by SIGTERM; then remember what leaked into the logs of any."""
        for worker in self.workers:
            worker.ask_to_stop()
        for worker in self.workers:
            self.end(worker)
        for log in sorted(self.directory.glob("worker-*.log")):
            leaked = sorted(found(log.read_text(errors="replace")))
            if leaked:
                self.unclean.append(f"{log.name} has {leaked}")

    def kill_all(self) -> None:
        """Whatever still runs."""
        for worker in self.workers:
            worker.kill()

    def end(self, worker: Process) -> None:
        """SIGTERM, and remember whether it ended as it should."""
        try:
            code = worker.stop()
        except ProcessError as error:
            self.unclean.append(str(error).splitlines()[0])
            self.say(str(error))
            return
        if code:
            self.unclean.append(f"{worker.name} ended with {code} after SIGTERM")
            self.say(f"{self.unclean[-1]}\n{worker.tail(8)}")

    def _new(self) -> Process:
        name = f"worker-{len(self._ports) + 1}"
        self._ports[name] = free_port()
        worker = Process(
            name=name,
            command=["-m", self.program, "worker", "--plan", str(self.plan)],
            log=self.directory / f"{name}.log",
            environment=self._environment(name),
        )
        worker.start()
        self.workers.append(worker)
        return worker

    def _environment(self, name: str) -> dict[str, str]:
        environment = {
            **self.settings,
            "CORDIAL_STREAMS_WEB__PORT": str(self._ports[name]),
            "CORDIAL_STREAMS_DATA_DIR": str(self.directory / name),
        }
        if self.static:
            environment["CORDIAL_STREAMS_KAFKA__INSTANCE_ID"] = name
        if self.release is not None:
            # Without the first, `-m` would take the files of the present directory.
            environment |= {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(self.release)}
        return environment
