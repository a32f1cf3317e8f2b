"""Whether something grew: the slope of what was sampled in calm moments. Pure.

Theil and Sen: the median of the slopes between all pairs of points. A quarter of the points may be
anywhere, so that a peak after a fault is no slope, and a leak is one however small its steps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from tests.soak.samples import CALM, Sample

BOUNDS: Mapping[str, float] = {
    "memory": 16,
    "files": 8,
    "sockets": 8,
    "threads": 2,
    "tasks": 8,
}
"""How far each may rise from the end of the warm-up to the end of the run: MiB, or so many."""
SEEN = 0.25
"""The share by which `seen` may rise, which forgets what is old as fast as new rows come."""
STEADY = 300.0
"""Seconds until it does: rows are old after two minutes, and looked for from time to time."""
POINTS_MOST = 600
LEAST_POINTS = 8
Point = tuple[float, float]
"""Seconds, and how much."""


@dataclass(frozen=True, slots=True)
class Grown:
    """One thing that was watched: what, of whom, from and to where its line goes, its bound."""

    what: str
    whose: str
    begins: float
    ends: float
    bound: float

    @property
    def rise(self) -> float:
        """How much more it was in the end."""
        return self.ends - self.begins

    @property
    def kept(self) -> bool:
        """Whether that is within the bound."""
        return self.rise <= self.bound

    def __str__(self) -> str:
        return (
            f"{self.what} of {self.whose} rose from {self.begins:.1f} to {self.ends:.1f}, "
            f"by {self.rise:.1f}; at most {self.bound:.1f} are allowed"
        )


def line(points: Sequence[Point]) -> Point:
    """Where the line of these points begins and ends."""
    chosen = points[:: max(1, len(points) // POINTS_MOST)]
    slopes = [(b - a) / (t - s) for (s, a), (t, b) in combinations(chosen, 2) if t != s]
    slope = median(slopes) if slopes else 0.0
    base = median(value - slope * time for time, value in chosen)
    return base + slope * points[0][0], base + slope * points[-1][0]


def grown(samples: Sequence[Sample], since: float) -> list[Grown]:
    """What became of each worker that lived through half of the time since the warm-up or more."""
    calm = [one for one in samples if one.phase == CALM and one.time >= since]
    found = []
    for (name, pid), lived in _lives(calm).items():
        if len(lived) < LEAST_POINTS or not _long(lived, calm):
            continue
        for what, bound in BOUNDS.items():
            points = [(one.time, _inside(one, name, what)) for one in lived]
            found.append(Grown(what, f"{name} ({pid})", *line(points), bound))
    return found


def rows_grown(samples: Sequence[Sample]) -> Grown | None:
    """What became of the rows of `seen` in all workers; None where the run was too short for it."""
    calm = [(one.time, rows(one)) for one in samples if one.phase == CALM and one.time >= STEADY]
    points = [(time, float(found["seen"])) for time, found in calm if found is not None]
    if len(points) < LEAST_POINTS:
        return None
    begins, ends = line(points)
    return Grown("rows of seen", "all workers", begins, ends, SEEN * max(begins, 1.0))


def rows(sample: Sample) -> Mapping[str, int] | None:
    """The rows of all workers by table; `None` where one of them did not answer."""
    found: dict[str, int] = {}
    for worker in sample.workers.values():
        if worker is None:
            return None
        for table, count in worker.rows.items():
            found[table] = found.get(table, 0) + count
    return found


def _lives(samples: Sequence[Sample]) -> dict[tuple[str, int], list[Sample]]:
    """The samples in which a process was there."""
    lives: dict[tuple[str, int], list[Sample]] = {}
    for sample in samples:
        for name, pid in _processes(sample):
            lives.setdefault((name, pid), []).append(sample)
    return lives


def _processes(sample: Sample) -> Iterator[tuple[str, int]]:
    for name, worker in sample.workers.items():
        if worker is not None:
            yield name, worker.pid


def _long(lived: Sequence[Sample], calm: Sequence[Sample]) -> bool:
    return lived[-1].time - lived[0].time >= (calm[-1].time - calm[0].time) / 2


def _inside(sample: Sample, name: str, what: str) -> float:
    return float(getattr(sample.workers[name], what))
