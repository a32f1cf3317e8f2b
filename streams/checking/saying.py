"""How `check` and `topics` end: problems line by line, or that no broker answers."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from streams.exits import DEPENDENCY_DOWN, refused
from streams.kafka.topics import Problem
from streams.settings import Settings


def broker_away(settings: Settings, error: Exception) -> Problem:
    """No broker answers."""
    what = f"no broker answers at {settings.kafka.bootstrap} ({type(error).__name__})"
    return Problem("kafka.bootstrap", what, "start the broker, or correct the setting")


def away(settings: Settings, error: Exception) -> int:
    """Say that no broker answers; the exit code."""
    return refused(broker_away(settings, error), DEPENDENCY_DOWN)


def serious(problems: Sequence[Problem]) -> bool:
    """Whether any of them is more than a note."""
    return any(not problem.note for problem in problems)


def say(problems: Sequence[Problem], *, as_json: bool) -> None:
    """Print them all, or that there are none."""
    if as_json:
        shown: list[Any] = [asdict(problem) for problem in problems]
        print(json.dumps({"ok": not serious(problems), "problems": shown}))
        return
    for problem in problems:
        print(f"{'note' if problem.note else 'problem'}: {problem}")
    if not problems:
        print("all is well")
