"""`python -m tests.recovery`: large tables, and workers that die, restart, join and leave.

Real broker, two static members, a steady load on every partition. What counts is measured from
outside: the time without an accepted request of each partition. Exit 5 where one is longer than
wanted.

Example: python -m tests.recovery --orders 1000000
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.programs import StandIn, stand_in
from streams.kafka.names import TABLES
from tests.broker.clients import committed, ends, make_topics
from tests.broker.kafka import BrokerError, RealKafka
from tests.broker.parts import MissingPartError, fetch
from tests.crash.processes import ProcessError
from tests.recovery import rows
from tests.recovery.load import Load
from tests.recovery.members import APP, Members
from tests.recovery.silence import Step, accepted, silences

TOPIC = "customer.events"
PARTITIONS = 8
SESSION = 20.0
"""Seconds, as the product has it."""
TAKEOVER, RESTART, MOVE = SESSION + 10, 15.0, 10.0
"""Seconds that a partition may be silent: a worker dies, restarts, joins or leaves."""
CALM = 4.0
LOOK = 0.25
STEP_SECONDS = 120.0


class RecoveryError(Exception):
    """The run cannot go on; says why."""


@dataclass(slots=True)
class Run:
    """One run."""

    orders: int
    rate: float
    directory: Path
    steps: list[Step] = field(default_factory=list)
    began: float = field(default_factory=time.time)

    def say(self, text: str) -> None:
        sys.stdout.write(f"{time.time() - self.began:6.0f} s  {text}\n")
        sys.stdout.flush()

    def play(self) -> bool:
        """Whether every time was as wanted."""
        with RealKafka(self.directory / "kafka") as broker:
            asyncio.run(make_topics(broker.bootstrap, {TOPIC: PARTITIONS}))
            with stand_in(self.directory, latency_ms=20, rate=0) as cordial:
                members = Members(self.directory, broker.bootstrap, cordial.url, TOPIC, SESSION)
                self._fill(broker.bootstrap)
                load = Load(broker.bootstrap, TOPIC, PARTITIONS, self.rate)
                try:
                    self._steps(broker.bootstrap, members, load)
                    load.stop()
                    self._wait(lambda: self._open(broker.bootstrap) == 0)
                finally:
                    members.end()
                return self._told(cordial)

    def _fill(self, bootstrap: str) -> None:
        now = time.time_ns() // 1_000_000
        tables = {"orders": rows.orders(self.orders), "seen": rows.seen(self.orders, now)}
        for table, of_table in tables.items():
            assert table in TABLES
            rows.publish(bootstrap, f"{APP}-{table}-changelog", PARTITIONS, of_table)
        self.say(f"{self.orders:,} orders and {self.orders:,} commands are in the changelogs")

    def _steps(self, bootstrap: str, members: Members, load: Load) -> None:
        members.start("one", static=True)
        members.start("two", static=True)
        load.start()
        self._calm(bootstrap, members)
        self.say(f"two workers deliver, {_text(members.memory())} MiB at most")
        with self._step(bootstrap, members, "kill -9, another worker takes over", TAKEOVER):
            members.kill("two")
        with self._step(bootstrap, members, "a static member joins", MOVE):
            members.start("two", static=True)
        with self._step(bootstrap, members, "kill -9, the same static member again", RESTART):
            members.kill("one")
            members.start("one", static=True)
        for name in ("one", "two"):
            with self._step(bootstrap, members, f"rolling restart of {name}", MOVE):
                members.stop(name)
                members.start(name, static=True)
        with self._step(bootstrap, members, "a worker joins", MOVE):
            members.start("three", static=False)
        with self._step(bootstrap, members, "a worker leaves", MOVE):
            members.stop("three")

    @contextmanager
    def _step(self, bootstrap: str, members: Members, name: str, most: float) -> Iterator[None]:
        """What is done within, until every partition is told again and all is calm."""
        rebalances, began = members.rebalances(), time.time()
        yield
        self._calm(bootstrap, members)
        now = members.rebalances()
        seen = max((now[one] - count for one, count in rebalances.items() if one in now), default=0)
        self.steps.append(Step(name, began, time.time() - CALM / 2, most, int(seen)))
        self.say(f"{name}: done, {_text(members.memory())} MiB at most")

    def _calm(self, bootstrap: str, members: Members) -> None:
        """All who run are ready, every partition moves, and goes on moving."""
        for _ in range(2):
            self._wait(members.ready)
            self._wait(partial(self._moved, bootstrap, self._committed(bootstrap)))
            time.sleep(CALM / 2)

    def _moved(self, bootstrap: str, stood: Mapping[int, int]) -> bool:
        return all(at > stood[number] for number, at in self._committed(bootstrap).items())

    def _wait(self, what: Callable[[], bool]) -> None:
        end = time.monotonic() + STEP_SECONDS
        while not what():
            if time.monotonic() > end:
                raise RecoveryError(f"it did not come to pass in {STEP_SECONDS:g} s")
            time.sleep(LOOK)

    def _committed(self, bootstrap: str) -> dict[int, int]:
        done = asyncio.run(committed(bootstrap, APP))
        return {number: done.get((TOPIC, number), 0) for number in range(PARTITIONS)}

    def _open(self, bootstrap: str) -> int:
        end = asyncio.run(ends(bootstrap, [TOPIC]))
        done = self._committed(bootstrap)
        return sum(at - done[number] for (_, number), at in end.items())

    def _told(self, cordial: StandIn) -> bool:
        """Print what was found; whether all was as wanted."""
        cordial.process.stop()
        with cordial.journal.open() as lines:
            times = accepted(map(json.loads, lines), PARTITIONS)
        kept = True
        width = max(len(step.name) for step in self.steps)
        for step in self.steps:
            found = silences(times, step)
            longest = max(found.values())
            kept &= longest <= step.most
            self.say(
                f"{step.name:<{width}}  {longest:5.1f} s (at most {step.most:g}), others saw "
                f"{step.rebalances} rebalances; by partition "
                + " ".join(f"{one:.1f}" for one in found.values())
            )
        self.say("as wanted" if kept else "longer than wanted")
        return kept


def _text(found: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {mib:.0f}" for name, mib in found.items())


def main() -> int:
    """Play it; 0, 5 where a time was longer than wanted, 4 where it could not be played."""
    options = argparse.ArgumentParser(
        prog="python -m tests.recovery",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--orders", type=int, default=1_000_000)
    options.add_argument("--rate", type=float, default=40.0, help="events a second")
    given = options.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="cordial-streams-recovery-"))
    try:
        fetch()
        kept = Run(given.orders, given.rate, directory).play()
    except (MissingPartError, BrokerError, ProcessError, RecoveryError) as error:
        sys.stderr.write(f"{error}\nlogs are in {directory}\n")
        return 4
    if not kept:
        sys.stderr.write(f"logs and journal are in {directory}\n")
        return 5
    shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
