"""The dashboards' panels, drawn of the recorded incident, with its stages and alerts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.growth_picture import line, text
from tests.incident.alerts import firing
from tests.incident.prometheus import Points, Prometheus
from tests.incident.stages import STRETCH, windows
from tools.dashboards.delivery import DELIVERY
from tools.dashboards.lag import LAG
from tools.dashboards.overview import OVERVIEW
from tools.dashboards.panels import Dashboard, Panel

CHOSEN = {
    OVERVIEW: (
        "Commands by outcome",
        "From the bus to Cordial",
        "Late commands",
        "Events by outcome",
    ),
    LAG: (
        "Lag in records, by topic",
        "Lag in seconds, by topic",
        "Since records were asked for",
        "Unsettled commands",
    ),
    DELIVERY: (
        "Requests by status",
        "Share of 429",
        "Time of a request",
        "Held, and circuits open",
        "Waiting for the rate limit",
        "Dead letters by reason, 15 min",
    ),
}
"""Panels that show something of it; the rest is flat."""

FILLED = {"$__rate_interval": "2m", "$source": "worker", "$topic": ".*", "$action": ".*"}
COLOURS = ("#1565c0", "#c62828", "#2e7d32", "#ef6c00", "#6a1b9a", "#00838f")
WIDTH, TOP, PANEL, WIDE, LEFT, GAP = 960, 40, 120, 400, 62, 76
ROW = 15


@dataclass(frozen=True, slots=True)
class Scale:
    """From minutes and values to places in one panel."""

    left: float
    top: float
    minutes: float
    most: float

    def x(self, minute: float) -> float:
        return self.left + minute / self.minutes * WIDE

    def y(self, value: float) -> float:
        return self.top + PANEL - min(value / self.most, 1.0) * PANEL


def drawn(prometheus: Prometheus, folder: Path) -> list[Path]:
    """One file for each dashboard."""
    on = firing(prometheus.asked)
    made = []
    for dashboard, titles in CHOSEN.items():
        panels = [next(one for one in dashboard.panels() if one.title == name) for name in titles]
        path = folder / f"incident-{dashboard.name}.svg"
        path.write_text(_picture(dashboard, panels, prometheus, on))
        made.append(path)
    return made


def _picture(dashboard: Dashboard, panels: Sequence[Panel], prometheus: Prometheus, on) -> str:
    minutes = prometheus.seconds / 60
    first = TOP + ROW * (len(on) + 1) + 24
    height = first + (len(panels) + 1) // 2 * (PANEL + GAP)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        text(LEFT, 20, f"{dashboard.title}, one incident; minutes", size=13, anchor="start"),
        *_alerts(on, minutes),
    ]
    for at, panel in enumerate(panels):
        place = (LEFT + at % 2 * (WIDE + 80), first + at // 2 * (PANEL + GAP))
        lines += _panel(panel, prometheus, place, minutes)
    return "\n".join([*lines, "</svg>", ""])


def _alerts(on, minutes: float) -> list[str]:
    """The stages, and below them when each alert was on."""
    wide = WIDTH - LEFT - 40

    def x(minute: float) -> float:
        return LEFT + minute / minutes * wide

    lines = []
    for stage, start, end in windows():
        begins, ends = (x(one * STRETCH / 60) for one in (start, end))
        lines.append(line(begins, TOP - 8, begins, TOP + ROW * (len(on) + 1), "#bbb", dashed=True))
        lines.append(text((begins + ends) / 2, TOP + 4, stage.name))
    for row, (name, times) in enumerate(sorted(on.items(), key=lambda one: one[1])):
        y = TOP + ROW * (row + 1)
        for begins, ends in times:
            size = f'width="{max(x(ends) - x(begins), 2):.1f}" height="{ROW - 4}"'
            lines.append(f'<rect x="{x(begins):.1f}" y="{y}" {size} fill="#c62828"/>')
        last = times[-1][1]
        right = x(last) + 150 < WIDTH
        at = x(last) + 4 if right else x(times[0][0]) - 4
        lines.append(text(at, y + 9, name, anchor="start" if right else "end"))
    return lines


def _panel(panel: Panel, prometheus: Prometheus, place, minutes: float) -> list[str]:
    curves = [
        (_called(query.legend or panel.title, labels), points)
        for query in panel.queries
        for labels, points in prometheus.asked(_filled(query.expr))
    ]
    curves = sorted(curves, key=lambda one: -max(value for _, value in one[1]))[: len(COLOURS)]
    most = max((value for _, points in curves for _, value in points), default=0.0)
    scale = Scale(*place, minutes, max(most, panel.red if _near(panel, most) else 0.0, 1e-9) * 1.05)
    left, top = place
    lines = [text(left, top - 8, panel.title, size=12, anchor="start"), *_bands(scale)]
    for share in (0.0, 0.5, 1.0):
        value = scale.most / 1.05 * share
        lines.append(line(left, scale.y(value), left + WIDE, scale.y(value), "#ddd"))
        lines.append(text(left - 5, scale.y(value) + 4, _number(value, panel.unit), anchor="end"))
    if _near(panel, most):
        lines.append(
            line(left, scale.y(panel.red), left + WIDE, scale.y(panel.red), "#b00", dashed=True)
        )
    marks = range(0, int(minutes) + 1, 30)
    lines += [text(scale.x(minute), top + PANEL + 13, str(minute)) for minute in marks]
    for at, (name, points) in enumerate(curves):
        lines += _curve(points, scale, COLOURS[at])
        key_x, key_y = left + at % 3 * 134, top + PANEL + 27 + at // 3 * 13
        lines.append(line(key_x, key_y - 4, key_x + 10, key_y - 4, COLOURS[at]))
        lines.append(text(key_x + 14, key_y, name[:20], size=10, anchor="start"))
    return lines


def _near(panel: Panel, most: float) -> bool:
    """Whether the red line is worth its room."""
    return panel.red is not None and most >= panel.red / 3


def _bands(scale: Scale) -> list[str]:
    """Where something is wrong."""
    found = []
    for stage, start, _ in windows():
        if stage.trouble_for:
            begins = scale.x(start * STRETCH / 60)
            size = stage.trouble_for * STRETCH / 60 / scale.minutes * WIDE
            place = f'x="{begins:.1f}" y="{scale.top}" width="{size:.1f}" height="{PANEL}"'
            found.append(f'<rect {place} fill="#fbe3e0"/>')
    return found


def _curve(points: Points, scale: Scale, colour: str) -> list[str]:
    """One line for each run without a gap; points on a straight way are left out."""
    runs: list[Points] = []
    for at, value in points:
        if runs and at - runs[-1][-1][0] <= 1.01:
            runs[-1].append((at, value))
        else:
            runs.append([(at, value)])
    drawn = []
    for run in runs:
        kept = [
            one
            for at, one in enumerate(run)
            if at in (0, len(run) - 1) or not run[at - 1][1] == one[1] == run[at + 1][1]
        ]
        path = " ".join(f"{scale.x(at):.1f},{scale.y(value):.1f}" for at, value in kept)
        drawn.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        )
    return drawn


def _filled(expr: str) -> str:
    for name, value in FILLED.items():
        expr = expr.replace(name, value)
    return expr


def _called(legend: str, labels) -> str:
    for label, value in labels.items():
        legend = legend.replace(f"{{{{{label}}}}}", value)
    return legend


def _number(value: float, unit: str) -> str:
    if unit == "percentunit":
        return f"{value:.0%}"
    if unit == "s" and value >= 60:
        return f"{value / 60:.0f} min"
    return f"{value:.3g}" + (" s" if unit == "s" else "")
