"""Plays the scenarios one after the other, each contestant alone on the machine."""

import argparse
import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.backlog import Work, backlog
from bench.bound import Bound
from bench.journal import Seen
from bench.programs import TOPIC, Worker, cpu_seconds, naive, peak_mib, stand_in
from tests.broker.clients import committed, ends, make_topics
from tests.crash.processes import ProcessError
from tests.crash.publishing import Publisher
from tests.crash.shop import Made

PARTITIONS = 8
PUBLISH_RATE = 1e6
LOOK = 0.5
STALLED = 60.0
WARM_SECONDS = 10.0
"""Of a steady flow, not counted: a publisher's first events take up to a second to the broker."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Latency of every answer, and the limit of each endpoint per second (0: none)."""

    latency_ms: float
    rate: int


SCENARIOS = {"S1": Scenario(50, 0), "S2": Scenario(50, 100), "S3": Scenario(0, 0)}


class Stamping(Publisher):
    """Notes in every event when it is published."""

    def value(self, record: Made) -> bytes | None:
        """The record with its time."""
        assert record.event is not None
        properties = {**record.event.get("properties", {}), "t": time.time()}
        event = record.event
        if event["type"] in ("track", "page"):
            event = {**event, "properties": properties}
        return super().value(
            Made(record.key, record.contact, record.message_id, event=event, expect=record.expect)
        )


def published(
    bootstrap: str,
    topic: str,
    directory: Path,
    work: Iterable[Work],
    rate: float = PUBLISH_RATE,
) -> Publisher:
    """Puts `work` on the bus, `rate` events a second, and notes it in the directory's manifest."""
    publisher = Stamping(
        bootstrap=bootstrap,
        topic=topic,
        partitioner="java",
        manifest=directory / "manifest.jsonl",
        records=(
            Made(one.contact.encode(), one.contact, f"m-{one.n}", event=one.event) for one in work
        ),
        rate=rate,
        optional=frozenset(),
    )
    publisher.start()
    publisher.join()
    if publisher.failure is not None:
        raise publisher.failure
    return publisher


class Bench:
    """One run."""

    def __init__(
        self,
        bootstrap: str,
        directory: Path,
        least: Bound,
        say: Callable[[str], None],
        given: argparse.Namespace,
    ) -> None:
        self._bootstrap = bootstrap
        self._directory = directory
        self._least = least
        self._say = say
        self._given = given

    def play(self) -> dict[str, Any]:
        """The figures of all scenarios, by name."""
        given = self._given
        asyncio.run(make_topics(self._bootstrap, {TOPIC: PARTITIONS}))
        work = backlog(given.events, contacts=given.contacts, seed=given.seed)
        published(self._bootstrap, TOPIC, self._directory, work)
        self._say(f"{given.events:,} events of {given.contacts:,} contacts, seed {given.seed}")
        results: dict[str, Any] = {"events": given.events, "seed": given.seed}
        for name in given.only:
            scenario = SCENARIOS[name]
            results[name] = {
                "bound_s": self._least.seconds(scenario.latency_ms / 1000, scenario.rate),
                "naive": self._naive(name, scenario),
                "product": self._product(name, scenario),
            }
        if given.half_load_seconds and "S1" in given.only:
            rate = results["S1"]["product"]["rate"] / 2
            results["half load"] = self._half_load(rate, SCENARIOS["S1"])
        return results

    def _naive(self, name: str, scenario: Scenario) -> dict[str, Any]:
        directory = self._room(f"{name}-naive")
        with stand_in(directory, latency_ms=scenario.latency_ms, rate=scenario.rate) as cordial:
            contestant = naive(self._bootstrap, cordial.url, directory, f"naive-{name}")
            contestant.start()
            try:
                time.sleep(self._given.naive_seconds)
                assert contestant.running is not None
                cpu = cpu_seconds(contestant.running.pid)
            finally:
                contestant.kill()
            found = cordial.saw()
        return self._told(f"{name} naive", found, cpu, found.requests)

    def _product(self, name: str, scenario: Scenario) -> dict[str, Any]:
        directory = self._room(f"{name}-product")
        with stand_in(directory, latency_ms=scenario.latency_ms, rate=scenario.rate) as cordial:
            worker = Worker(f"bench-{name.lower()}", self._bootstrap, cordial.url, directory)
            worker.start()
            try:
                self._until_settled(worker)
                cpu, memory = cpu_seconds(worker.pid), peak_mib(worker.pid)
                worker.process.stop()
            finally:
                worker.process.kill()
            found = cordial.saw()
        told = self._told(f"{name} product", found, cpu, self._given.events)
        return told | {"peak_mib": memory}

    def _half_load(self, rate: float, scenario: Scenario) -> dict[str, Any]:
        """From publishing to acceptance, in a steady flow of half of what the backlog allowed."""
        directory = self._room("half-load")
        given = self._given
        with stand_in(directory, latency_ms=scenario.latency_ms, rate=scenario.rate) as cordial:
            worker = Worker("bench-half", self._bootstrap, cordial.url, directory)
            self._begin_at_the_end(worker.name)
            worker.start()
            try:
                worker.wait_ready()
                self._say(f"half load: {rate:.0f} events/s for {given.half_load_seconds:g} s")
                warm = int(rate * WARM_SECONDS)
                count = warm + int(rate * given.half_load_seconds)
                flow = backlog(
                    count, contacts=given.contacts, seed=given.seed + 1, first=given.events + 1
                )
                published(self._bootstrap, TOPIC, self._directory, flow, rate)
                self._until_settled(worker)
                worker.process.stop()
            finally:
                worker.process.kill()
            found = cordial.saw()
        return {
            "rate": rate,
            "events": sum(n > given.events + warm for n in found.latencies),
            "p50_ms": found.quantile(0.5, given.events + warm) * 1000,
            "p99_ms": found.quantile(0.99, given.events + warm) * 1000,
        }

    def _begin_at_the_end(self, group: str) -> None:
        asyncio.run(_commit_ends(self._bootstrap, group))

    def _until_settled(self, worker: Worker) -> None:
        left = since = None
        while left != 0:
            time.sleep(LOOK)
            if not worker.process.alive:
                raise ProcessError(f"{worker.name} ended\n{worker.process.tail()}")
            now = asyncio.run(open_events(self._bootstrap, worker.name))
            if now != left:
                left, since = now, time.monotonic()
            elif since is not None and time.monotonic() - since > STALLED:
                raise ProcessError(f"{worker.name} stands still\n{worker.process.tail()}")

    def _told(self, who: str, found: Seen, cpu: float, events: int) -> dict[str, Any]:
        if not found.seconds:
            raise ProcessError(f"{who}: no request came; its log says why")
        rate = events / found.seconds
        self._say(
            f"{who}: {events:,} events in {found.seconds:.1f} s, {rate:.0f}/s, "
            f"{found.requests:,} requests, {found.refused} refused, {found.reordered} reordered"
        )
        return {
            "events": events,
            "seconds": found.seconds,
            "rate": rate,
            "ninety_rate": 0.9 * len(found.accepted) / found.through(0.9),
            "requests": found.requests,
            "by_action": dict(found.by_action),
            "refused": found.refused,
            "reordered": found.reordered,
            "cpu_per_1000": cpu / events * 1000,
        }

    def _room(self, name: str) -> Path:
        room = self._directory / name
        room.mkdir(parents=True, exist_ok=True)
        return room


async def open_events(bootstrap: str, group: str, topic: str = TOPIC) -> int:
    """How many events the group has not committed."""
    done = await committed(bootstrap, group)
    end = await ends(bootstrap, [topic])
    return sum(offset - max(0, done.get(tp, 0)) for tp, offset in end.items())


async def _commit_ends(bootstrap: str, group: str) -> None:
    end = await ends(bootstrap, [TOPIC])
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(*tp) for tp in end])
        await consumer.commit({TopicPartition(*tp): offset for tp, offset in end.items()})
    finally:
        await consumer.stop()
