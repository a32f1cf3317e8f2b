"""A run over its minutes as an SVG: one panel for each thing that was sampled. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log10

from bench.growth_picture import line, text
from tests.soak.account import Got
from tests.soak.samples import Inside, Sample
from tests.soak.schedule import NAMED

WIDTH, PANEL, GAP = 960, 150, 34
LEFT, RIGHT, TOP = 64, 20, 46
SHADES = {
    "workers": "#e3ecf8",
    "broker": "#fbe3e0",
    "network": "#efe6f6",
    "Cordial": "#fdf1d8",
    "data": "#e2f2e4",
}
"""Of the time of a fault, by where it is."""
COLOURS = ("#1565c0", "#c25e00", "#2e7d32")
BUCKET = 5.0
"""Seconds over which deliveries are counted."""
POINTS = 1_200
Scale = Callable[[float], float]
Points = Sequence[tuple[float, float] | None]
"""Seconds and value; None is a gap."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One of them: its curves by their names."""

    title: str
    curves: Mapping[str, Points]


def panels(samples: Sequence[Sample]) -> list[Panel]:
    """Lag, memory, deliveries, and what else must not grow."""
    names = sorted({name for one in samples for name in one.workers})
    return [
        Panel("lag: records of the bus that are not settled", {"lag": _lag(samples)}),
        Panel("memory, MiB", {name: _inside(samples, name, "memory") for name in names}),
        Panel("commands delivered a second", {"all workers": deliveries(samples)}),
        Panel("tasks", {name: _inside(samples, name, "tasks") for name in names}),
        Panel("open files", {name: _inside(samples, name, "files") for name in names}),
    ]


def picture(title: str, samples: Sequence[Sample], got: Sequence[Got]) -> str:
    """The whole of it; times are from the beginning of the load."""
    shown = panels(samples)
    end = max((one.time for one in samples), default=1.0)
    height = TOP + len(shown) * (PANEL + GAP) + 12
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        text(LEFT, 16, title, size=13, anchor="start"),
        *_legend(),
    ]
    for number, panel in enumerate(shown):
        drawn += _panel(panel, TOP + number * (PANEL + GAP), end, got)
    return "\n".join([*drawn, "</svg>", ""])


def deliveries(samples: Sequence[Sample]) -> list[tuple[float, float] | None]:
    """Commands delivered a second; a process that begins counts from nothing."""
    known = {one.pid: one.delivered for one in _there(samples[:1])}
    counts: dict[int, int] = {}
    for sample in samples:
        bucket = int(sample.time // BUCKET)
        counts.setdefault(bucket, 0)
        for worker in _there([sample]):
            counts[bucket] += worker.delivered - known.get(worker.pid, 0)
            known[worker.pid] = worker.delivered
    end = samples[-1].time if samples else 0.0
    return [
        (min((bucket + 0.5) * BUCKET, end), count / BUCKET)
        for bucket, count in sorted(counts.items())
    ]


def _there(samples: Sequence[Sample]) -> list[Inside]:
    return [worker for one in samples for worker in one.workers.values() if worker is not None]


def _lag(samples: Sequence[Sample]) -> Points:
    return [None if one.lag is None else (one.time, float(one.lag)) for one in samples]


def _inside(samples: Sequence[Sample], name: str, what: str) -> Points:
    """A gap where the worker is not there or another process has its name."""
    points: list[tuple[float, float] | None] = []
    pid = 0
    for sample in samples:
        worker = sample.workers.get(name)
        if worker is None or worker.pid != pid:
            points.append(None)
        if worker is not None:
            pid = worker.pid
            points.append((sample.time, float(getattr(worker, what))))
    return points


def _legend() -> list[str]:
    drawn = [text(LEFT, 32, "faults:", anchor="start")]
    for number, (where, shade) in enumerate(SHADES.items()):
        left = LEFT + 50 + number * 90
        drawn.append(f'<rect x="{left}" y="23" width="14" height="11" fill="{shade}"/>')
        drawn.append(text(left + 18, 32, where, anchor="start"))
    return drawn


def _panel(panel: Panel, top: float, end: float, got: Sequence[Got]) -> list[str]:
    values = [one[1] for points in panel.curves.values() for one in points if one is not None]
    high = _round_up(max(values, default=1.0))
    floor, edge = top + PANEL, WIDTH - RIGHT

    def x(time: float) -> float:
        return LEFT + time / end * (edge - LEFT)

    def y(value: float) -> float:
        return floor - value / high * (PANEL - 16)

    drawn = [_band(one, x, top, floor) for one in got]
    for share in (0.0, 0.5, 1.0):
        drawn.append(line(LEFT, y(high * share), edge, y(high * share), "#ddd"))
        drawn.append(text(LEFT - 6, y(high * share) + 4, f"{high * share:,.0f}", anchor="end"))
    step = 1 if end <= 600 else 5
    minutes = range(0, int(end // 60) + 1, step)
    drawn += [text(x(minute * 60), floor + 14, f"{minute} min") for minute in minutes]
    drawn.append(text(LEFT + 4, top + 10, panel.title, anchor="start"))
    for number, (name, points) in enumerate(panel.curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        drawn += _curve(points, colour, x, y)
        if len(panel.curves) > 1:
            place = edge - 70 * (len(panel.curves) - number)
            drawn.append(f'<g fill="{colour}">{text(place, top + 10, name, anchor="start")}</g>')
    return drawn


def _band(one: Got, x: Scale, top: float, floor: float) -> str:
    left, width = x(one.time), x(one.time + one.seconds) - x(one.time)
    shade = SHADES[NAMED[one.kind].where]
    return (
        f'<rect x="{left:.1f}" y="{top}" width="{max(width, 1):.1f}" height="{floor - top}" '
        f'fill="{shade}"><title>{one.kind}</title></rect>'
    )


def _curve(points: Points, colour: str, x: Scale, y: Scale) -> list[str]:
    """Each piece between gaps; where there are too many points the highest of some."""
    every = max(1, ceil(len(points) / POINTS))
    pieces: list[list[tuple[float, float]]] = [[]]
    for at in range(0, len(points), every):
        some = [one for one in points[at : at + every] if one is not None]
        if some:
            pieces[-1].append(max(some, key=lambda one: one[1]))
        if None in points[at : at + every]:
            pieces.append([])
    drawn = []
    for piece in pieces:
        path = " ".join(f"{x(time):.1f},{y(value):.1f}" for time, value in piece)
        if path:
            drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}"/>')
    return drawn


def _round_up(value: float) -> float:
    step = 10 ** int(log10(max(value, 1.0)))
    return max(1.0, ceil(value / step * 2) * step / 2)
