"""All that runs in a soak run, from its first process to its last."""

import asyncio
import json
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from streams.demo.ports import free_port
from tests.broker.kafka import RealKafka
from tests.chaos.conftest import DOORS
from tests.crash.driver import Driver, RunError
from tests.crash.fleet import Fleet
from tests.crash.setup import APP_ID, plan, worker_settings
from tests.soak.load import Load
from tests.soak.network import Network
from tests.soak.sampling import Bus, Sampler

COMPACTION = """\
log.segment.bytes=4194304
log.cleaner.backoff.ms=5000
log.cleaner.min.cleanable.ratio=0.3
"""
"""So that the changelogs of half an hour are compacted as those of months are."""
SEEN_SECONDS = 120.0
"""Longer than a fault and what comes of it last, or a copy would rightly be delivered again."""


@dataclass(slots=True)
class Stage(Driver):
    """Broker, sandbox, registry, workers, load and sampler: a context manager.

    `leak` is one of those of `watched`; `quiet` keeps stdout for the result.
    """

    leak: str = ""
    quiet: bool = False
    broker: RealKafka = field(init=False)
    endpoint: str = field(init=False)
    network: Network = field(init=False)
    fleet: Fleet = field(init=False)
    load: Load = field(init=False)
    sampler: Sampler = field(init=False)
    _stack: ExitStack = field(default_factory=ExitStack)

    def say(self, text: str) -> None:
        """One line of progress."""
        where = sys.stderr if self.quiet else sys.stdout
        where.write(f"{time.monotonic() - self.began:6.1f} s  {text}\n")
        where.flush()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._begin(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _begin(self, stack: ExitStack) -> None:
        doors = {name: free_port() for name in ("plain", "controller", "behind", "front")}
        properties = DOORS.format(**doors) + COMPACTION
        self.broker = RealKafka(self.directory / "kafka", doors["plain"], properties)
        stack.callback(self.broker.stop)
        self.broker.start()
        self.network = Network(front=doors["front"], behind=doors["behind"])
        stack.enter_context(self.network)
        self.endpoint = self._sandbox(stack).announced("http://")
        self.fleet = self._workers(f"127.0.0.1:{doors['front']}")
        stack.callback(self.fleet.kill_all)
        asyncio.run(self._make_topics(self.broker, self.fleet))
        self.load = Load(
            bootstrap=self.broker.bootstrap,
            manifest=self.directory / "manifest.jsonl",
            seed=self.setup.seed,
            contacts=self.setup.contacts,
        )
        stack.callback(self.load.stop)
        topics = dict.fromkeys(self._topics, self.setup.partitions)
        self.sampler = Sampler(
            file=self.directory / "samples.jsonl",
            bus=Bus(self.broker.bootstrap, APP_ID, topics),
            workers=lambda: [(one, self.fleet.url(one)) for one in list(self.fleet.workers)],
            published=lambda: self.load.published,
        )
        self.fleet.start(self.setup.workers)
        self.sampler.start()
        stack.callback(self.sampler.end)
        self.say(f"broker, sandbox and {self.setup.workers} workers are ready")

    def _workers(self, bootstrap: str) -> Fleet:
        plan_file = self.directory / "plan.yaml"
        plan_file.write_text(plan(self.setup, changed=False))
        settings = {
            **worker_settings(self.setup, bootstrap=bootstrap, endpoint=self.endpoint),
            "CORDIAL_STREAMS_REGISTRY__URL": self.network.registry.url,
            "CORDIAL_STREAMS_SEEN_DAYS": str(SEEN_SECONDS / 86_400),
            **({"LEAK": self.leak} if self.leak else {}),
        }
        return Fleet(
            directory=self.directory,
            plan=plan_file,
            settings=settings,
            chance=random.Random(self.setup.seed),
            say=self.say,
            program="tests.soak.watched",
        )

    def look(self, *, may_be_replaced: bool = False) -> None:
        """Start again who ended, and remember it. Raises `RunError` where publishing
        or sampling ended."""
        self.fleet.look(may_be_replaced=may_be_replaced)
        if self.load.failure is not None:
            raise RunError(f"publishing failed: {self.load.failure}")
        if not self.sampler.is_alive():
            raise RunError("the sampler ended; why stands above")

    def ready(self) -> bool:
        """Whether all workers say that they are."""
        try:
            urls = [f"{self.fleet.url(one)}/readyz" for one in self.fleet.workers]
            pages = [httpx.get(url, timeout=2) for url in urls]
        except httpx.HTTPError:
            return False
        return all(page.status_code == httpx.codes.OK for page in pages)

    def verdict(self) -> dict[str, Any]:
        """What the verifier says, a program of its own. Raises `RunError` where it says nothing."""
        words = [sys.executable, "-m", "tests.verifier", "--json", *self.asked(self.broker)]
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        if not done.stdout:
            raise RunError(f"the verifier ended with {done.returncode}\n{done.stderr}")
        found: dict[str, Any] = json.loads(done.stdout)
        return found
