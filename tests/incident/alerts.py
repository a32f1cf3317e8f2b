"""When each alert was on, by what Prometheus answers to its query. Pure but for the asking."""

import re
from collections.abc import Callable
from itertools import pairwise

from tests.deploy.promql import rules
from tests.incident.prometheus import STEP, Points

Ask = Callable[[str], list[tuple[object, Points]]]
UNITS = {"m": 1, "h": 60}


def firing(ask: Ask) -> dict[str, list[tuple[float, float]]]:
    """Beginning and end, in minutes, of each time that an alert was on."""
    found = {}
    for rule in rules():
        if "alert" in rule:
            times = [one for _, points in ask(rule["expr"]) for one in _on(points, _wait(rule))]
            if times:
                found[rule["alert"]] = sorted(times)
    return found


def _wait(rule: dict) -> float:
    number, unit = re.fullmatch(r"(\d+)([mh])", rule.get("for", "0m")).groups()
    return int(number) * UNITS[unit]


def _on(points: Points, wait: float) -> list[tuple[float, float]]:
    """The runs of points without a gap, from when they have lasted long enough."""
    runs, minute = [], STEP / 60
    began = points[0][0] if points else 0.0
    for (at, _), (following, _) in pairwise([*points, (float("inf"), 0.0)]):
        if following - at > minute:
            runs.append((began + wait, at + minute))
            began = following
    return [(start, end) for start, end in runs if start < end]
