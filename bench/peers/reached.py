"""What is wanted of us, and whether it was reached. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.peers.contestants import OURS

BY_HAND = "aiokafka-aiohttp"
BROKEN = ("reordered", "lost", "doubled")
"""What must be 0 of ours in every round."""

Row = Mapping[str, Any]
Rows = Mapping[str, Row]
Bounds = Mapping[str, float]
Figure = Callable[[str, Rows, Bounds], float | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A figure of one contestant in one scenario, `least` or `most` of it."""

    scenario: str
    contestant: str
    what: str
    figure: Figure
    least: float | None = None
    most: float | None = None

    @property
    def words(self) -> str:
        """What is wanted."""
        return f"at least {self.least:g}" if self.most is None else f"at most {self.most:g}"

    def reached(self, got: float) -> bool:
        """Whether this is as wanted."""
        return (self.least is None or got >= self.least) and (self.most is None or got <= self.most)


def best_peer(rows: Rows) -> str | None:
    """The one with most events per second."""
    rates = {name: row["rate"] for name, row in rows.items() if name not in OURS and "rate" in row}
    return max(rates, key=lambda name: rates[name]) if rates else None


def to_best(name: str, rows: Rows, bounds: Bounds) -> float | None:
    """Its rate over that of the best peer."""
    best = best_peer(rows)
    return None if best is None else rows[name]["rate"] / rows[best]["rate"]


def to_bound(name: str, rows: Rows, bounds: Bounds) -> float | None:
    """Its rate over what its order allows."""
    return rows[name]["rate"] / bounds[name] if name in bounds else None


def cpu_by_hand(key: str, name: str, rows: Rows, bounds: Bounds) -> float | None:
    """Its CPU over that of the peer written by hand."""
    by_hand = rows.get(BY_HAND, {})
    return rows[name][key] / by_hand[key] if key in by_hand else None


def plain(key: str, name: str, rows: Rows, bounds: Bounds) -> float | None:
    """The figure itself."""
    figure: float | None = rows[name].get(key)
    return figure


STRICT, ACTION = OURS
RATE, BOUND = "events/s, times the best peer's", "events/s, of the bound"
CPU, RUNNING = (
    f"CPU per 1,000, times that of {BY_HAND}{how}" for how in ("", ", without the start")
)
WANTED = (
    *(Wanted(one, STRICT, RATE, to_best, least=1.4) for one in ("S1", "S2", "S5")),
    *(Wanted(one, ACTION, RATE, to_best, least=2) for one in ("S1", "S2", "S5")),
    *(Wanted(one, STRICT, BOUND, to_bound, least=0.8) for one in ("S1", "S5")),
    *(Wanted("S2", one, "429 after 5 s", partial(plain, "refused_late"), most=0) for one in OURS),
    *(
        Wanted(one, STRICT, what, partial(cpu_by_hand, key), most=most)
        for one, most in (("S1", 2), ("S2", 1.2))
        for what, key in ((CPU, "cpu_per_1000"), (RUNNING, "running_per_1000"))
    ),
    Wanted("S4", STRICT, "p50 until its request, ms", partial(plain, "own_p50_ms"), most=25),
    Wanted("S4", STRICT, "p99 until its request, ms", partial(plain, "own_p99_ms"), most=100),
    Wanted("S6", STRICT, "idle, of a core", partial(plain, "idle_share"), most=0.02),
    Wanted("S6", STRICT, "peak MiB", partial(plain, "peak_mib"), most=143),
)


def reached(
    figures: Mapping[str, Rows], bounds: Mapping[str, Bounds]
) -> Iterator[tuple[Wanted, float]]:
    """Each that was measured, with what it is; `figures` and `bounds` are by scenario."""
    for one in WANTED:
        rows = figures.get(one.scenario, {})
        if not rows.get(one.contestant):
            continue
        got = one.figure(one.contestant, rows, bounds.get(one.scenario, {}))
        if got is not None:
            yield one, got


def broken(figures: Mapping[str, Rows]) -> Iterator[str]:
    """What ours lost, doubled or reordered, over all rounds."""
    for scenario, rows in figures.items():
        for name in OURS:
            row = rows.get(name, {})
            yield from (f"{scenario} {name}: {row[key]} {key}" for key in BROKEN if row.get(key))
