"""`python -m tests.crash.rolling`: two workers go over to this release under load, and back again.

They are static members, and are restarted one after the other, each once the one before delivers:
from an earlier release to this one, back, and to this one again. The earlier release is a commit's
files, run in the present environment; its tables and topics are those that this one goes on with.

Exit 0 only if every guarantee was kept, no partition was silent for longer than ten seconds, and
no worker saw more than one rebalance for a restart of the other one; else 5; 4 where a part did not
come up.

Example: python -m tests.crash.rolling --earlier v0.1.0
"""

import argparse
import asyncio
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import httpx

from tests.broker.kafka import RealKafka
from tests.crash.driver import Driver, RunError
from tests.crash.fleet import Fleet
from tests.crash.keeping import kept
from tests.crash.processes import Process, ProcessError
from tests.crash.publishing import Publisher
from tests.crash.setup import ID_KEY, Setup
from tests.recovery.silence import Accepted, Step, silences
from tests.verifier.facts import journal, published

ROOT = Path(__file__).parents[2]
WAY = ("this release", "the earlier release", "this release")
SILENCE = 10.0
REBALANCES = 1
CALM = 4.0
"""Seconds of delivery after each restart, in which another rebalance would show."""
PATIENCE = 120.0
COUNTED = "cordial_streams_rebalances_total "


@dataclass(slots=True)
class RollingDriver(Driver):
    """One run. `releases` are folders with the files of each; workers begin with the earlier."""

    releases: dict[str, Path] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def play(self) -> int:
        """Everything; 0 or 5."""
        with ExitStack() as stack:
            broker = stack.enter_context(RealKafka(self.directory / "kafka"))
            fleet = self._fleet(broker, self._sandbox(stack).announced("http://"))
            fleet.static = True
            fleet.settings = {**fleet.settings, "CORDIAL_STREAMS_KAFKA__SESSION_TIMEOUT": "20"}
            stack.callback(fleet.kill_all)
            asyncio.run(self._make_topics(broker, fleet))
            fleet.release = self.releases["the earlier release"]
            fleet.start(self.setup.workers)
            self.say(f"{self.setup.workers} workers of the earlier release deliver")
            publisher = self._publisher(broker)
            publisher.start()
            try:
                self._go_over(broker, fleet, publisher)
                self._until_settled(broker, fleet, publisher)
            except RunError as error:
                self.say(str(error))
                return 5
            fleet.stop()
            code = self._verify(broker)
            for one in fleet.unclean:
                self.say(one)
            return 5 if code or fleet.unclean or not self._as_wanted() else 0

    def _go_over(self, broker: RealKafka, fleet: Fleet, publisher: Publisher) -> None:
        self._calm(broker, fleet)
        for name in WAY:
            fleet.release = self.releases[name]
            for worker in fleet.workers:
                with self._restarting(broker, fleet, f"{worker.name} to {name}"):
                    fleet.deploy(worker)
        if not publisher.is_alive():
            raise RunError("the load ended before the last restart; give more --events")

    @contextmanager
    def _restarting(self, broker: RealKafka, fleet: Fleet, name: str) -> Iterator[None]:
        stood = {one.name: _rebalances(fleet, one) for one in fleet.workers}
        restarted, began = name.split()[0], time.time()
        yield
        self._calm(broker, fleet)
        seen = [
            _rebalances(fleet, one) - stood[one.name]
            for one in fleet.workers
            if one.name != restarted
        ]
        self.steps.append(Step(name, began, time.time(), SILENCE, max(seen)))
        self.say(f"{name}: delivers again")

    def _calm(self, broker: RealKafka, fleet: Fleet) -> None:
        """All are ready, and records are settled for a while."""
        _wait("every worker is ready", lambda: all(_ready(fleet, one) for one in fleet.workers))
        settled, _ = self.progress(broker)
        _wait("records are settled", lambda: self.progress(broker)[0] > settled)
        time.sleep(CALM)

    def _as_wanted(self) -> bool:
        """Say what was found of each step; whether all was as wanted."""
        times = self._times()
        kept = True
        for step in self.steps:
            longest = max(silences(times, step).values())
            right = longest <= step.most and step.rebalances <= REBALANCES
            kept &= right
            self.say(
                f"{step.name}: silent {longest:.1f} s (at most {step.most:g}), the other worker "
                f"saw {step.rebalances} rebalances (at most {REBALANCES})"
                + ("" if right else ": TOO MUCH")
            )
        return kept

    def _times(self) -> Accepted:
        """When commands of each partition were accepted."""
        with (self.directory / "manifest.jsonl").open() as lines:
            partitions = {one.contact: one.place.partition for one in published(lines)}
        times: dict[int, list[float]] = {number: [] for number in range(self.setup.partitions)}
        with (self.directory / "journal.jsonl").open() as lines:
            for one in journal(lines, ID_KEY).accepted:
                partition = partitions.get(one.key[1])
                if partition is not None:
                    times[partition].append(one.time)
        return {number: sorted(of_one) for number, of_one in times.items()}


def _ready(fleet: Fleet, worker: Process) -> bool:
    if not worker.alive:
        raise ProcessError(f"{worker.name} ended with {worker.code}\n{worker.tail()}")
    try:
        page = httpx.get(f"{fleet.url(worker)}/readyz", timeout=5)
    except httpx.HTTPError:
        return False
    return page.status_code == httpx.codes.OK


def _rebalances(fleet: Fleet, worker: Process) -> int:
    lines = httpx.get(f"{fleet.url(worker)}/metrics", timeout=5).text.splitlines()
    counts = [float(one.rsplit(" ", 1)[1]) for one in lines if one.startswith(COUNTED)]
    return int(counts[0]) if counts else 0


def _wait(what: str, done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            raise RunError(f"it did not come to pass in {PATIENCE:g} s that {what}")
        time.sleep(0.25)


def release(commit: str, folder: Path) -> Path:
    """The files of a commit, in a folder. Raises `ProcessError` where git has it not."""
    asked = ["git", "-C", str(ROOT), "archive", commit, "streams", "avro", "pyproject.toml"]
    done = subprocess.run(asked, capture_output=True, check=False)
    if done.returncode:
        raise ProcessError(f"--earlier {commit}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=BytesIO(done.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m tests.crash.rolling",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--earlier", default="HEAD", help="a tag or commit; default: the last one")
    options.add_argument("--events", type=int, default=6_000)
    options.add_argument("--rate", type=float, default=60.0, help="published per second")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--directory", type=Path, help="kept; default: a temporary one")
    return options


def main() -> int:
    """Play it; the exit code."""
    given = parser().parse_args()
    setup = Setup(
        events=given.events, seed=given.seed, rate=given.rate, kills=0, joins=0, deadline=900.0
    )

    def play(directory: Path) -> int:
        earlier = release(given.earlier, directory / "earlier")
        releases = {"this release": ROOT, "the earlier release": earlier}
        return RollingDriver(setup, directory, releases=releases).play()

    return kept("rolling", given.directory, play)


if __name__ == "__main__":
    sys.exit(main())
