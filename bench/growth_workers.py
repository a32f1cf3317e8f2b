"""What an event costs where one worker delivers a backlog, and where two share it.

On a real broker, with a Cordial that accepts at once; all of them share the machine's cores, so it
is CPU that is counted, of all workers, and not time.
"""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from bench.backlog import backlog
from bench.programs import Worker, cpu_seconds, stand_in
from bench.run import PARTITIONS, open_events, published
from tests.broker.clients import make_topics
from tests.broker.kafka import RealKafka
from tests.broker.parts import fetch
from tests.crash.processes import ProcessError

COUNTS = (1, 2)
WARM = 1_000
"""Events before those that count, so that every worker has done everything once."""
REBALANCED_SECONDS = 5.0
LOOK = 0.5
MOST_SECONDS = 600.0
Figures = dict[str, float]


def workers(events: int, rounds: int) -> Mapping[int, Figures]:
    """By how many workers: CPU seconds per 1,000 events and the like, medians of rounds in turns.

    `ratio` is to the one worker of the same round.
    """
    fetch()
    directory = Path(tempfile.mkdtemp(prefix="cordial-streams-growth-"))
    with RealKafka(directory / "kafka") as broker:
        turns = [
            {count: _play(broker.bootstrap, directory, count, events, turn) for count in COUNTS}
            for turn in range(rounds)
        ]
    shutil.rmtree(directory, ignore_errors=True)
    for turn in turns:
        for one in turn.values():
            one["ratio"] = one["cpu_per_1000"] / turn[1]["cpu_per_1000"]
    return {
        count: {
            name: statistics.median(turn[count][name] for turn in turns) for name in turns[0][count]
        }
        for count in COUNTS
    }


def _play(bootstrap: str, directory: Path, count: int, events: int, turn: int) -> Figures:
    name = f"growth-{count}-{turn}"
    room = directory / name
    room.mkdir()
    asyncio.run(make_topics(bootstrap, {name: PARTITIONS}))
    with stand_in(room, latency_ms=0, rate=0) as cordial:
        fleet = []
        for number in range(count):
            place = room / str(number)
            place.mkdir()
            fleet.append(Worker(name, bootstrap, cordial.url, place, name))
        try:
            for worker in fleet:
                worker.start()
            for worker in fleet:
                worker.wait_ready()
            time.sleep(REBALANCED_SECONDS)
            _deliver(bootstrap, room, name, fleet, 1, WARM)
            before = [cpu_seconds(worker.pid) for worker in fleet]
            seconds = _deliver(bootstrap, room, name, fleet, 1 + WARM, events)
            spent = [cpu_seconds(one.pid) - cpu for one, cpu in zip(fleet, before, strict=True)]
        finally:
            for worker in fleet:
                worker.process.kill()
        found = cordial.saw()
    return {
        "cpu_per_1000": sum(spent) / events * 1000,
        "least_share": min(spent) / sum(spent),
        "rate": events / seconds,
        "requests_per_event": found.requests / (WARM + events),
    }


def _deliver(
    bootstrap: str, room: Path, name: str, fleet: list[Worker], first: int, events: int
) -> float:
    began = time.monotonic()
    published(bootstrap, name, room, backlog(events, first=first, seed=first))
    while asyncio.run(open_events(bootstrap, name, name)):
        ended = [one.process.tail() for one in fleet if not one.process.alive]
        if ended or time.monotonic() - began > MOST_SECONDS:
            raise ProcessError("\n".join([f"{name} did not deliver", *ended]))
        time.sleep(LOOK)
    return time.monotonic() - began


def told_workers(found: Mapping[int, Figures]) -> str:
    """The same as lines of text."""
    lines = [f"{'workers':>12}  CPU s/1,000  ratio  requests  events/s  least share"]
    lines += [
        f"{count:>12}  {one['cpu_per_1000']:>11.2f}  {one['ratio']:>5.2f}  "
        f"{one['requests_per_event']:>8.2f}  {one['rate']:>8.0f}  {one['least_share']:>11.2f}"
        for count, one in found.items()
    ]
    return "\n".join([*lines, ""])
