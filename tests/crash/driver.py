"""Plays a crash run: publish, kill, join, change the plan, wait until all is settled, verify.

The bus of this run is not written in transactions, so no marker is tolerated: settled means that
the group has committed the end of every partition of the bus and of all action topics.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from streams.demo.ports import free_port
from tests.broker.clients import admin_of, committed, ends, make_topics
from tests.broker.kafka import RealKafka
from tests.crash.fleet import Fleet
from tests.crash.processes import Process, run
from tests.crash.publishing import Publisher
from tests.crash.setup import (
    APP_ID,
    ID_KEY,
    KEY,
    PREFIX,
    TOPIC,
    Setup,
    Step,
    optional,
    plan,
    steps,
    worker_settings,
)
from tests.crash.shop import Shop

LOOK = 1.0
QUIET_LOOKS = 3
STAY = 12.0
"""Seconds after which a joined worker's elder leaves."""
SAY_EVERY = 5.0
DOWN_MOST = 3.0
OWN_TOPICS = (".receipts", ".dead-letters")


class RunError(Exception):
    """The run could not be played to its end; says at which point."""


@dataclass(slots=True)
class Driver:
    """One run in `directory`."""

    setup: Setup
    directory: Path
    began: float = field(default_factory=time.monotonic)
    cordial: Process = field(init=False)
    _said: float = 0.0
    _topics: list[str] = field(default_factory=list)
    _plan_changed: float | None = None
    group: str = APP_ID
    prefixes: tuple[str, ...] = (PREFIX,)

    def play(self) -> int:
        """Everything; the verifier's exit code."""
        with ExitStack() as stack:
            broker = stack.enter_context(RealKafka(self.directory / "kafka"))
            sandbox = self._sandbox(stack)
            endpoint = sandbox.announced("http://")
            fleet = self._fleet(broker, endpoint)
            stack.callback(fleet.kill_all)
            asyncio.run(self._make_topics(broker, fleet))
            self.say(f"broker and sandbox are up, {len(self._topics)} topics made")
            fleet.start(self.setup.workers)
            self.say(f"{self.setup.workers} workers are ready")
            settling = time.monotonic()
            problem = self._deliver(broker, fleet)
            took = time.monotonic() - settling
            fleet.stop()
            code = self._verify(broker)
            self._sum_up(fleet, took, problem)
            return 5 if problem or code or fleet.unclean else 0

    def say(self, text: str) -> None:
        """One line of progress."""
        sys.stdout.write(f"{time.monotonic() - self.began:6.1f} s  {text}\n")
        sys.stdout.flush()

    def _sandbox(self, stack: ExitStack) -> Process:
        setup = self.setup
        self.cordial = sandbox = Process(
            name="sandbox",
            command=[
                *("-m", "streams.cordial.sandbox", "--port", str(free_port()), "--key", KEY),
                *("--journal", str(self.directory / "journal.jsonl"), "--seed", str(setup.seed)),
                *("--latency-ms", str(setup.latency_ms), "--cut", str(setup.cut)),
                *("--error-503", str(setup.error_503)),
                *(("--rate", str(setup.limit)) if setup.limit else ()),
            ],
            log=self.directory / "sandbox.log",
        )
        sandbox.start()
        stack.callback(sandbox.kill)
        return sandbox

    def _fleet(self, broker: RealKafka, endpoint: str) -> Fleet:
        plan_file = self.directory / "plan.yaml"
        plan_file.write_text(plan(self.setup, changed=False))
        return Fleet(
            directory=self.directory,
            plan=plan_file,
            settings=worker_settings(self.setup, bootstrap=broker.bootstrap, endpoint=endpoint),
            chance=random.Random(self.setup.seed),
            say=self.say,
        )

    async def _make_topics(self, broker: RealKafka, fleet: Fleet) -> None:
        await make_topics(broker.bootstrap, {TOPIC: self.setup.partitions})
        apply = ["-m", "streams.cli", "topics", "apply", "--plan", str(fleet.plan)]
        run("topics apply", apply, fleet.settings)
        async with admin_of(broker.bootstrap) as admin:
            found = await admin.list_topics()
        ours = [name for name in found if name.startswith(f"{PREFIX}.")]
        self._topics = [TOPIC, *(name for name in ours if not name.endswith(OWN_TOPICS))]

    def _publisher(self, broker: RealKafka) -> Publisher:
        setup = self.setup
        return Publisher(
            bootstrap=broker.bootstrap,
            topic=TOPIC,
            partitioner=setup.partitioner,
            manifest=self.directory / "manifest.jsonl",
            records=Shop(seed=setup.seed, contacts=setup.contacts).records(setup.events),
            rate=setup.rate,
            optional=optional(setup),
        )

    def _deliver(self, broker: RealKafka, fleet: Fleet) -> str | None:
        """Publish and wait; what went wrong, or None."""
        publisher = self._publisher(broker)
        publisher.start()
        try:
            self._until_settled(broker, fleet, publisher)
        except RunError as error:
            self.say(str(error))
            return str(error)
        finally:
            publisher.join(5)
        return None

    def _until_settled(self, broker: RealKafka, fleet: Fleet, publisher: Publisher) -> None:
        waiting = steps(self.setup)
        kills = 0
        leave_at: float | None = None
        quiet = 0
        while quiet < QUIET_LOOKS:
            time.sleep(LOOK)
            settled, lag = self.progress(broker)
            self._tell(publisher, settled, lag)
            if publisher.failure is not None:
                raise RunError(f"publishing failed: {publisher.failure}")
            if time.monotonic() - self.began > self.setup.deadline:
                raise RunError(f"not settled within {self.setup.deadline:g} s, {lag} are open")
            fleet.look()
            if leave_at is not None and time.monotonic() > leave_at:
                leave_at = None
                fleet.leave()
            if waiting and settled >= waiting[0].settled and leave_at is None:
                step = waiting.pop(0)
                kills += step.kind == "kill"
                self._step(fleet, step, kills)
                leave_at = time.monotonic() + STAY if step.kind == "join" else None
            done = not publisher.is_alive() and not waiting and leave_at is None
            quiet = quiet + 1 if done and lag == 0 else 0

    def _step(self, fleet: Fleet, step: Step, kills: int) -> None:
        if step.kind == "join":
            fleet.join()
            return
        time.sleep(fleet.chance.random() * LOOK)
        worker = fleet.kill()
        changes = self.setup.plan_change and kills == (self.setup.kills + 1) // 2
        if changes:
            fleet.plan.write_text(plan(self.setup, changed=True))
            self.say("the plan changes")
        time.sleep(fleet.chance.random() * DOWN_MOST)
        worker.start()
        if changes:
            fleet.replace_all_but(worker)
            self._plan_changed = time.time()

    def progress(self, broker: RealKafka) -> tuple[int, int]:
        """Settled records of the bus, and open records of all topics."""
        return asyncio.run(self._progress(broker))

    async def _progress(self, broker: RealKafka) -> tuple[int, int]:
        done = await committed(broker.bootstrap, self.group)
        end = await ends(broker.bootstrap, self._topics)
        settled = sum(offset for (topic, _), offset in done.items() if topic == TOPIC)
        return settled, sum(end[tp] - max(0, done.get(tp, 0)) for tp in end)

    def _tell(self, publisher: Publisher, settled: int, lag: int) -> None:
        if time.monotonic() - self._said > SAY_EVERY:
            self._said = time.monotonic()
            self.say(f"{publisher.published:,} published, {settled:,} settled, {lag:,} open")

    def _verify(self, broker: RealKafka) -> int:
        self.say("the verifier reads")
        words = [sys.executable, "-m", "tests.verifier", *self.asked(broker)]
        return subprocess.run(words, check=False).returncode

    def asked(self, broker: RealKafka) -> list[str]:
        """What the verifier is asked, as words of its command line."""
        arguments = [
            *("--manifest", str(self.directory / "manifest.jsonl")),
            *("--journal", str(self.directory / "journal.jsonl")),
            *("--bootstrap", broker.bootstrap, "--id-key", ID_KEY),
            *("--prefix", *self.prefixes),
            *("--in-doubt", self.setup.in_doubt, "--order", self.setup.order),
        ]
        if self._plan_changed is not None:
            arguments += ["--plan-changed", str(self._plan_changed)]
        return arguments

    def _sum_up(self, fleet: Fleet, took: float, problem: str | None) -> None:
        with (self.directory / "journal.jsonl").open() as lines:
            statuses = [json.loads(line)["status"] for line in lines if line.endswith("\n")]
        rows = {
            "seed, partitioner, in doubt": f"{self.setup.seed}, {self.setup.partitioner}, "
            f"{self.setup.in_doubt}, order: {self.setup.order}",
            "events": f"{self.setup.events:,} in {took:.0f} s, {self.setup.events / took:,.0f}/s",
            "requests per event": f"{len(statuses) / self.setup.events:.2f}",
            "answers 503, cut off, 429": f"{statuses.count(503):,}, {statuses.count(None):,}, "
            f"{statuses.count(429):,}",
            "kill -9, joined, left": f"{fleet.killed}, {fleet.joined}, {fleet.left}",
            "workers that ended badly": "; ".join(fleet.unclean) or "none",
            "settled": problem or "all",
        }
        for name, value in rows.items():
            sys.stdout.write(f"{name:28} {value}\n")
        sys.stdout.flush()
