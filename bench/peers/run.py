"""Plays one contestant in one scenario, alone on its core."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from bench.backlog import Work, backlog
from bench.journal import Seen
from bench.peers.contestants import OURS, Contestant, Task
from bench.peers.cores import CONTESTANT, WORLD, on_core
from bench.peers.scenarios import Scenario
from bench.peers.verdict import done, verdict
from bench.programs import SinceFirst, cpu_seconds, peak_mib, stand_in
from bench.run import PARTITIONS, open_events, published
from tests.broker.clients import make_topics
from tests.crash.processes import Process, ProcessError

LOOK = 0.5
STALLED = 60.0
NAIVE_SECONDS = 15.0
IDLE_SECONDS = 30.0
SETTLE_SECONDS = 5.0


@dataclass(slots=True)
class Play:
    """The broker and where the files go; every round has a topic and a group of its own."""

    bootstrap: str
    directory: Path
    say: Callable[[str], None]
    contacts: int = 2_000
    seed: int = 1

    def once(self, scenario: Scenario, contestant: Contestant, round_: int) -> dict[str, Any]:
        """The figures of one round. Raises `ProcessError`."""
        name = f"{scenario.name.lower()}-{contestant.name}-{round_}-{int(time.time())}"
        room = self.directory / name
        (room / "data").mkdir(parents=True)
        asyncio.run(make_topics(self.bootstrap, {name: PARTITIONS}))
        work = list(
            backlog(scenario.events, contacts=self.contacts, seed=self.seed, hot=scenario.hot)
        )
        if not scenario.flow:
            published(self.bootstrap, name, room, work)
        with (
            on_core(WORLD),
            stand_in(room, latency_ms=scenario.latency_ms, rate=scenario.rate) as cordial,
        ):
            task = Task(self.bootstrap, name, cordial.url, name, scenario.rate, room)
            with on_core(CONTESTANT):
                process = contestant.process(task)
                process.start()
            assert process.running is not None
            begun = SinceFirst(cordial, process.running.pid)
            begun.start()
            try:
                used = self._until_done(scenario, contestant, process, name, room, work)
                if not used.get("left"):
                    process.stop()
            finally:
                process.kill()
            found = cordial.saw()
        if begun.cpu is not None:
            used["start_cpu"] = begun.cpu
        return self._told(scenario, contestant, work, found, used)

    def _until_done(
        self,
        scenario: Scenario,
        contestant: Contestant,
        process: Process,
        name: str,
        room: Path,
        work: list[Work],
    ) -> dict[str, float]:
        assert process.running is not None
        pid = process.running.pid
        if not scenario.events:
            time.sleep(SETTLE_SECONDS)
            began = cpu_seconds(pid)
            time.sleep(IDLE_SECONDS)
            share = (cpu_seconds(pid) - began) / IDLE_SECONDS
            return {"idle_share": share, "peak_mib": peak_mib(pid)}
        if scenario.flow:
            time.sleep(SETTLE_SECONDS)
            published(self.bootstrap, name, room, work, scenario.flow)
        end = time.monotonic() + _seconds(scenario, contestant)
        left = changed = None
        while left != 0 and time.monotonic() < end:
            time.sleep(LOOK)
            if not process.alive:
                raise ProcessError(f"{name} ended\n{process.tail()}")
            now = asyncio.run(open_events(self.bootstrap, name, name))
            if now != left:
                left, changed = now, time.monotonic()
            elif changed is not None and time.monotonic() - changed > STALLED:
                raise ProcessError(f"{name} stands still\n{process.tail()}")
        return {
            "left": float(left or 0),
            "cpu": cpu_seconds(pid),
            "peak_mib": peak_mib(pid),
        }

    def _told(
        self,
        scenario: Scenario,
        contestant: Contestant,
        work: list[Work],
        found: Seen,
        used: dict[str, float],
    ) -> dict[str, Any]:
        if not scenario.events:
            self.say(f"{scenario.name} {contestant.name}: {used['idle_share']:.1%} of a core")
            return used
        if not found.seconds:
            raise ProcessError(f"{scenario.name} {contestant.name}: no request came")
        ended = not used["left"]
        events = scenario.events if ended else done(work, found)
        told: dict[str, Any] = {
            "events": events,
            "ended": ended,
            "rate": events / found.seconds,
            "requests_per_event": found.requests / events,
            "refused": found.refused,
            "refused_late": found.refused_late,
            "cpu_per_1000": used["cpu"] / events * 1000,
            "running_per_1000": (used["cpu"] - used["start_cpu"]) / events * 1000,
            "peak_mib": used["peak_mib"],
            "reordered": found.reordered_within
            if contestant.name == "product-action"
            else found.reordered,
        }
        if ended:
            judged = verdict(work, found)
            told |= {"lost": judged.lost, "doubled": judged.doubled} | _times(scenario, found)
        self.say(
            f"{scenario.name} {contestant.name}: {events:,} events, {told['rate']:.0f}/s, "
            f"{told['requests_per_event']:.2f} requests each, CPU {told['cpu_per_1000']:.2f} s "
            f"per 1,000, {found.refused} refused, {found.reordered} reordered, "
            f"{told.get('lost', '-')} lost, {told.get('doubled', '-')} doubled"
        )
        return told


def _seconds(scenario: Scenario, contestant: Contestant) -> float:
    if contestant.name == "naive-faust":
        return NAIVE_SECONDS
    return inf if contestant.name in OURS else scenario.seconds


def _times(scenario: Scenario, found: Seen) -> dict[str, float]:
    """Of a flow from publishing to the answer, and to the request; of a backlog, which has waited
    before anybody began, from the first request to the answer."""
    told = {}
    for share in (0.5, 0.99):
        name = f"p{share * 100:.0f}"
        until = found.quantile(share, scenario.warm) if scenario.flow else found.through(share)
        told[f"{name}_ms"] = until * 1000 + scenario.latency_ms
        if scenario.flow:
            told[f"own_{name}_ms"] = until * 1000
    return told
