"""What a dashboard is made of, and its JSON in Grafana's classic model (schema 41). Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

SCHEMA: Final = 41
WIDTH: Final = 24
HEIGHTS: Final = {"stat": 4, "timeseries": 8}
TAG: Final = "cordial-streams"
SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Query:
    """A query, and what a line of its answer is called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """`width` is of 24 columns; from `red` on a value is red."""

    title: str
    description: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: Literal["stat", "timeseries"] = "timeseries"
    width: int = 12
    red: float | None = None
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader may choose: the values of a label, all at first."""

    name: str
    metric: str
    label: str
    several: bool = True
    first: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard; `name` is its file's. Each section is a heading with panels."""

    name: str
    title: str
    sections: tuple[tuple[str, tuple[Panel, ...]], ...]
    choices: tuple[Choice, ...] = ()

    @property
    def uid(self) -> str:
        """What Grafana knows it by."""
        return TAG if self.name == "overview" else f"{TAG}-{self.name}"

    def panels(self) -> Iterator[Panel]:
        """All panels, as they are read."""
        for _, panels in self.sections:
            yield from panels


def number(title: str, description: str, expr: str, **more: Any) -> Panel:
    """A panel that shows one number."""
    return Panel(title, description, (Query(expr),), kind="stat", **{"width": 4, **more})


def as_json(dashboard: Dashboard) -> dict[str, Any]:
    """The dashboard as Grafana imports it."""
    return {
        "uid": dashboard.uid,
        "id": None,
        "title": dashboard.title,
        "tags": [TAG],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [_datasource(), *map(_choice, dashboard.choices)]},
        "annotations": {"list": [_alerts()]},
        "links": [_others()],
        "panels": list(_placed(dashboard.sections)),
    }


def _placed(sections: Sequence[tuple[str, Sequence[Panel]]]) -> Iterator[dict[str, Any]]:
    """Panels from left to right and from top to bottom, each with the next number."""
    ids = iter(range(1, 1000))
    top = 0
    for heading, panels in sections:
        yield _heading(next(ids), heading, top)
        top, left, lowest = top + 1, 0, top + 1
        for panel in panels:
            height = HEIGHTS[panel.kind]
            if left + panel.width > WIDTH:
                top, left = lowest, 0
            at = {"x": left, "y": top, "w": panel.width, "h": height}
            yield _panel(next(ids), panel, at)
            left, lowest = left + panel.width, max(lowest, top + height)
        top = lowest


def _heading(number: int, title: str, top: int) -> dict[str, Any]:
    at = {"x": 0, "y": top, "w": WIDTH, "h": 1}
    return {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": at} | {
        "panels": []
    }


def _panel(number: int, panel: Panel, at: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": SOURCE,
        "gridPos": at,
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + at),
                "datasource": SOURCE,
                "expr": query.expr,
                "legendFormat": query.legend or panel.title,
            }
            for at, query in enumerate(panel.queries)
        ],
        "options": _options(panel),
    }


def _field(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.red is not None:
        steps.append({"color": "red", "value": panel.red})
    field = {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind == "stat":
        return field
    stacking = {"mode": "normal" if panel.stacked else "none", "group": "A"}
    lines = {"drawStyle": "line", "fillOpacity": 10, "showPoints": "never", "stacking": stacking}
    if panel.red is not None:
        lines |= {"thresholdsStyle": {"mode": "line"}}
    return field | {"custom": lines}


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "stat":
        last = {"calcs": ["lastNotNull"]}
        return {"reduceOptions": last, "colorMode": "value", "graphMode": "area"}
    return {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def _datasource() -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "current": {},
        "hide": 0,
    }


def _choice(choice: Choice) -> dict[str, Any]:
    query = f"label_values({choice.metric}, {choice.label})"
    every = {"text": "All", "value": "$__all"}
    first = {"text": choice.first, "value": choice.first}
    return {
        "name": choice.name,
        "label": choice.name.capitalize(),
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": choice.name},
        "definition": query,
        "multi": choice.several,
        "includeAll": choice.several,
        **({"allValue": ".*"} if choice.several else {}),
        "current": every if choice.several else first,
        "refresh": 2,
        "sort": 1,
    }


def _alerts() -> dict[str, Any]:
    return {
        "name": "Alerts",
        "datasource": SOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": 'ALERTS{alertstate="firing", alertname=~"CordialStreams.+"}',
        "titleFormat": "{{alertname}}",
        "step": "60s",
    }


def _others() -> dict[str, Any]:
    return {
        "type": "dashboards",
        "title": "Cordial Streams",
        "tags": [TAG],
        "asDropdown": False,
        "includeVars": False,
        "keepTime": True,
    }
