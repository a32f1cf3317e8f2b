"""Plays as files: what failed once is played again for ever. JSON."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.simulator.schedule import Event, Faults, Schedule
from tests.simulator.walk import Play


def write(play: Play, path: Path, **about: str) -> None:
    """`about` says in words what it is."""
    schedule = asdict(play.schedule)
    events = schedule.pop("events")
    lines = [
        *(f'"{name}": {json.dumps(value)}' for name, value in about.items()),
        f'"schedule": {json.dumps(schedule)}',
        _list("events", events),
        _list("steps", play.steps),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{" + ",\n ".join(lines) + "}\n")


def _list(name: str, values: Any) -> str:
    return f'"{name}": [' + ",\n  ".join(map(json.dumps, values)) + "]"


def read(path: Path) -> tuple[Play, dict[str, str]]:
    """The play, and what the file says about it."""
    about = json.loads(path.read_text())
    schedule = about.pop("schedule")
    events = tuple(_event(each) for each in about.pop("events"))
    plans = tuple(map(tuple, schedule.pop("plans")))
    faults = Faults(**schedule.pop("faults"))
    whole = Schedule(events=events, plans=plans, faults=faults, **schedule)
    steps = [(name, salt) for name, salt in about.pop("steps")]
    return Play(whole, steps), about


def _event(each: dict[str, Any]) -> Event:
    return Event(**{**each, "wants": tuple(each["wants"]), "rejected": tuple(each["rejected"])})
