"""`python -m bench.growth`: whether an event costs more the more there is.

The product's own code as `bench.pipeline` drives it, without Kafka and HTTP, with tables filled
directly. Each curve is CPU per event beside that of its smallest point:

  contacts    from 1,000 to 1,000,000, each with its rows; the events are of 1,000 of them
  active      the same, and the events are of all of them: fewer neighbours, so more requests
  partitions  from 8 to 64
  steady      the same, with one event at a time instead of a hundred
  orders      from none to 1,000,000, with rows of `seen` and of contacts beside them

The points of a curve take turns, so that all meet the same machine; ratios are medians of turns.
`tick` is how long a second's housekeeping keeps the event loop, `stop` the longest.
`memory` is what a row of each table takes, `recovery` how fast a worker on a real broker reads,
`workers` what an event costs there with one worker and with two.
Exit 5 where a ratio is above what is wanted.

Example: python -m bench.growth --only partitions orders --rounds 3
"""

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import uvloop

from bench.growth_memory import memory_of, resident_mib
from bench.growth_picture import picture
from bench.growth_recovery import recovery, told_recovery
from bench.growth_rows import Rows, rows
from bench.growth_workers import told_workers, workers
from bench.pipeline import play, records
from streams.running.worker import Worker

MOST_RATIO = 1.2
ACTIVE = 1_000
TICKS = 20
LARGEST = 1_000_000
ROWS_WEIGHED = 200_000
RECOVERED = 100_000
PICTURES = Path("docs/pictures")
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Point:
    """One size: what is there before, whose the events are, and how they come."""

    size: int
    orders: int = 0
    contacts: int = ACTIVE
    seen: int = 0
    active: int = ACTIVE
    partitions: int = 8
    burst: int = 100


@dataclass(frozen=True, slots=True)
class Curve:
    """Points by size. `most` is the ratio that is wanted at most, if one is."""

    title: str
    unit: str
    points: Sequence[Point]
    most: float | None = MOST_RATIO


def curves(largest: int = LARGEST) -> Mapping[str, Curve]:
    """All curves, as far as `largest` rows."""
    counts = [one for one in (1_000, 10_000, 100_000, 1_000_000) if one <= largest]
    known = [Point(one, contacts=one, seen=one) for one in counts]
    active = [Point(one, contacts=one, active=one) for one in counts]
    orders = [
        Point(one, orders=one, contacts=max(ACTIVE, one // 2), seen=one) for one in (0, *counts)
    ]
    wide = [Point(one, partitions=one) for one in (8, 16, 32, 64)]
    steady = [Point(one.size, partitions=one.partitions, burst=1) for one in wide]
    return {
        "contacts": Curve("Contacts that are known", "contacts", known),
        "active": Curve("Contacts that the events are of", "contacts", active, None),
        "partitions": Curve("Partitions of a worker", "partitions", wide),
        "steady": Curve("Partitions, one event at a time", "partitions", steady),
        "orders": Curve("Orders that are known", "orders", orders),
    }


def measured(curve: Curve, events: int, rounds: int) -> list[Figures]:
    """The figures of each point; `ratio` and `more_requests` are to the smallest of its turn."""
    turns = [
        [_figures(point, events, first=1 + turn * events) for point in curve.points]
        for turn in range(rounds)
    ]
    for turn in turns:
        least = dict(turn[0])
        for one in turn:
            one["ratio"] = one["us_per_event"] / least["us_per_event"]
            one["more_requests"] = one["requests_per_event"] / least["requests_per_event"]
    told = []
    for place, point in enumerate(curve.points):
        same = [turn[place] for turn in turns]
        medians = {name: statistics.median(one[name] for one in same) for name in same[0]}
        told.append({"size": point.size, **medians})
    return told


def _figures(point: Point, events: int, first: int) -> Figures:
    given = records(events, first, contacts=point.active, partitions=point.partitions, first=first)
    filled = _filled(point.orders, point.contacts, point.seen)
    gc.collect()
    return uvloop.run(
        play(
            given,
            None,
            partitions=point.partitions,
            rows=filled,
            burst=point.burst,
            after=housekeeping,
        )
    )


@cache
def _filled(orders: int, contacts: int, seen: int) -> Rows:
    return rows(orders, contacts, seen, time.time_ns() // 1_000_000)


def housekeeping(worker: Worker) -> Figures:
    """How long a tick keeps the loop, most of the time and at most, in milliseconds of this
    process's own time; it looks for old rows meanwhile."""
    spent = []
    worker.partitions._expiry._begins = 0
    for _ in range(TICKS):
        began = time.process_time()
        worker.partitions._tick()
        spent.append(time.process_time() - began)
    return {"tick_ms": statistics.median(spent) * 1000, "stop_ms": max(spent) * 1000}


def told(name: str, curve: Curve, found: Sequence[Figures]) -> str:
    """One curve as lines of text."""
    lines = [
        f"{name}: {curve.title}",
        f"{curve.unit:>12}  µs/event  ratio  requests  tick, ms  stop, ms",
    ]
    lines += [
        f"{one['size']:>12,.0f}  {one['us_per_event']:>8.0f}  {one['ratio']:>5.2f}  "
        f"{one['requests_per_event']:>8.2f}  {one['tick_ms']:>8.1f}  {one['stop_ms']:>8.1f}"
        for one in found
    ]
    return "\n".join([*lines, ""])


def memory(count: int) -> Mapping[str, Any]:
    """Bytes a row of each table, and by how much the process grew for all of them."""
    before = resident_mib()
    kept = rows(count, count, count, 0)
    gc.collect()
    return {"tables": memory_of(kept), "before_mib": before, "after_mib": resident_mib()}


def told_memory(found: Mapping[str, Any]) -> str:
    """The same as lines of text."""
    lines = [f"{'table':>12}  rows       value, bytes  row, bytes"]
    for table, one in found["tables"].items():
        lines.append(
            f"{table:>12}  {one['rows']:<9,.0f}  {one['value']:>12.0f}  {one['bytes']:>10.0f}"
        )
    lines.append(f"the process: {found['before_mib']:.0f} MiB, then {found['after_mib']:.0f} MiB")
    return "\n".join([*lines, ""])


CHOICES = ["memory", *curves(), "recovery", "workers"]


def parser() -> argparse.ArgumentParser:
    """What can be said to it."""
    options = argparse.ArgumentParser(
        prog="python -m bench.growth",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--only", nargs="+", choices=CHOICES, metavar="CURVE")
    options.add_argument("--events", type=int, default=4_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--largest", type=int, default=LARGEST, help="rows, at most")
    options.add_argument("--pictures", type=Path, help="draw the curves into this directory")
    options.add_argument("--json", action="store_true")
    return options


def main() -> int:
    """Print the figures; 5 where one is above what is wanted."""
    given = parser().parse_args()
    found: dict[str, Any] = {}
    missed = False
    wanted = given.only or CHOICES
    if "memory" in wanted:
        found["memory"] = memory(min(given.largest, ROWS_WEIGHED))
        _say(given, told_memory(found["memory"]))
    for name, curve in curves(given.largest).items():
        if name not in wanted:
            continue
        figures = found[name] = measured(curve, given.events, given.rounds)
        _filled.cache_clear()
        _say(given, told(name, curve, figures))
        missed |= curve.most is not None and max(one["ratio"] for one in figures) > curve.most
        if given.pictures:
            _draw(given.pictures, name, curve, figures)
    if "recovery" in wanted:
        found["recovery"] = recovery(min(given.largest, RECOVERED))
        _say(given, told_recovery(found["recovery"]))
    if "workers" in wanted:
        found["workers"] = workers(given.events, given.rounds)
        _say(given, told_workers(found["workers"]))
        missed |= max(one["ratio"] for one in found["workers"].values()) > MOST_RATIO
    if given.json:
        sys.stdout.write(json.dumps(found) + "\n")
    return 5 if missed else 0


def _draw(room: Path, name: str, curve: Curve, figures: Sequence[Figures]) -> None:
    room.mkdir(parents=True, exist_ok=True)
    points = [(int(one["size"]), one["ratio"]) for one in figures]
    drawn = picture(curve.title, curve.unit, points, bound=curve.most)
    (room / f"growth-{name}.svg").write_text(drawn)


def _say(given: argparse.Namespace, text: str) -> None:
    if not given.json:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
