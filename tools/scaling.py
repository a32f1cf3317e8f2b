"""What a load asks of workers, partitions, broker, tables and Cordial, by what was measured.

`python -m tools.scaling 3000` prints it for 3,000 events a second that last; `--limit` is what
Cordial allows, in requests a second of an endpoint. The tables of docs/scaling.md are made of it.

Example: python -m tools.scaling 3000 --limit 500
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Final

from streams.actions import ACTIONS
from streams.kafka.topics import wanted_topics
from streams.settings import Settings
from tools.tables import table

DAY: Final = 86_400
REPLICAS: Final = 3
LOADS: Final = (100, 1_000, 10_000, 100_000)
LIMITS: Final = (100, 500, 1_000, 10_000)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured, of the shop's backlog of the benches; docs/scaling.md says where."""

    cpu_per_1000: float = 0.78
    two_workers: float = 1.05
    commands: float = 1.25
    records: float = 4.28
    own_bytes: float = 1_046
    seen_bytes: float = 250
    order_bytes: float = 870
    orders: float = 0.05
    recovered: float = 178_000
    alone: float = 0.85
    contact_per_100: float = 203
    action_per_100: float = 868


@dataclass(frozen=True, slots=True)
class Choices:
    """How full a core may be, how many rows of `seen` a worker has, and how long they stay."""

    full: float = 0.6
    rows: float = 5_000_000
    fewest_workers: int = 2
    days: float = 7


MEASURED: Final = Figures()
CHOSEN: Final = Choices()


@dataclass(frozen=True, slots=True)
class Need:
    """What a load that lasts asks for. Bytes are of one replica where no other is said."""

    events: float
    cores: float
    workers: int
    partitions: int
    replicas: int
    records: float
    written: float
    disk: float
    seen_hours: float
    seen_gigabytes: float
    order_gigabytes_a_day: float
    recovery_minutes: float


def need(events: float, of: Figures = MEASURED, chosen: Choices = CHOSEN) -> Need:
    """What `events` a second ask for."""
    cores = events * of.cpu_per_1000 / 1_000 * of.two_workers
    workers = max(chosen.fewest_workers, ceil(cores / chosen.full))
    partitions = power_of_two(2 * workers)
    commands = events * of.commands
    kept = min(workers * chosen.rows / commands, chosen.days * DAY)
    rows = commands * kept / workers
    return Need(
        events=events,
        cores=cores,
        workers=workers,
        partitions=partitions,
        replicas=topics() * partitions * REPLICAS,
        records=events * (1 + of.records),
        written=events * of.own_bytes * REPLICAS,
        disk=events * of.own_bytes * REPLICAS * DAY * chosen.days,
        seen_hours=kept / 3_600,
        seen_gigabytes=rows * of.seen_bytes / 1e9,
        order_gigabytes_a_day=events * of.orders * of.order_bytes * DAY / 1e9,
        recovery_minutes=rows / of.recovered / 60,
    )


def at_limit(limit: float, of: Figures = MEASURED) -> tuple[float, float, float]:
    """Events a second at so many requests a second of the busiest endpoint.

    Where nothing joins, where a contact keeps its order, and with `order: action`.
    """
    return limit / of.alone, limit / 100 * of.contact_per_100, limit / 100 * of.action_per_100


def power_of_two(least: int) -> int:
    """The first that is not below `least`, and not below 8."""
    return max(8, 1 << (least - 1).bit_length())


def topics() -> int:
    """How many topics of ours there are, where the bus is keyed by user."""
    return len(wanted_topics(Settings(), [_Keyed()], ACTIONS, 1))


@dataclass(frozen=True, slots=True)
class _Keyed:
    topic: str = "customer.events"
    keyed_by_user: bool = True
    enabled: bool = True
    paused: bool = False


def _lines(one: Need) -> Iterator[tuple[str, str]]:
    yield "cores that are busy", f"{one.cores:,.2g}" if one.cores < 10 else f"{one.cores:,.0f}"
    yield "workers", f"{one.workers:,}"
    yield "partitions of each topic", f"{one.partitions:,}"
    yield "replicas of partitions on the brokers", f"{one.replicas:,}"
    yield "records a second, the bus's own included", f"{one.records:,.0f}"
    yield "written by us to all replicas, MB/s", f"{one.written / 1e6:,.1f}"
    yield "on disk after 7 days, TB", f"{one.disk / 1e12:,.1f}"
    yield "hours that `seen` may reach back", f"{one.seen_hours:,.1f}"
    yield "memory for it in each worker, GB", f"{one.seen_gigabytes:,.2f}"
    yield "more memory for orders each day, all workers, GB", f"{one.order_gigabytes_a_day:,.1f}"
    yield "recovery of `seen` when all start, minutes", f"{one.recovery_minutes:,.1f}"


def loads(events: tuple[float, ...] = LOADS) -> str:
    """The table of loads."""
    each = [dict(_lines(need(one))) for one in events]
    head = ("events a second", *(f"{one:,.0f}" for one in events))
    return table(head, ((name, *(one[name] for one in each)) for name in each[0]))


def limits(each: tuple[float, ...] = LIMITS) -> str:
    """The table of Cordial's limit."""
    head = ("requests a second of an endpoint", "nothing joins", "in order", "`order: action`")
    rows = ((f"{one:,.0f}", *(f"{events:,.0f}" for events in at_limit(one))) for one in each)
    return table(head, rows)


def parts() -> dict[str, str]:
    """The generated parts of docs/scaling.md by name."""
    return {"loads": loads(), "limits": limits()}


def main() -> int:
    """Print what one load asks for."""
    options = argparse.ArgumentParser(
        prog="python -m tools.scaling",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("events", type=float, help="events a second that last")
    options.add_argument("--limit", type=float, help="requests a second that an endpoint allows")
    given = options.parse_args()
    if not given.events > 0:
        options.error("events: a number above 0 is expected")
    sys.stdout.write(loads((given.events,)) + "\n")
    if given.limit is not None:
        sys.stdout.write("\n" + limits((given.limit,)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
