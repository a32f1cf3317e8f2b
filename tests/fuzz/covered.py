"""What a run covered: the keys of the plan, actions, outcomes; and what it should have."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streams.actions import ACTIONS
from streams.core.outcome import CommandOutcome, Dead, EventOutcome, Suppressed
from streams.plan import Plan

DOCS = Path(__file__).parents[2] / "docs" / "plan.md"
ROW = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
Counts = Counter[tuple[str, str]]
BEYOND = {
    Dead.UNDECODABLE: "bytes that are no record",
    Dead.UNKNOWN_SCHEMA: "the registry",
    Dead.TOO_LARGE: "the broker",
    Dead.REJECTED: "an answer of Cordial",
    Dead.EXHAUSTED: "an answer of Cordial",
    Dead.PARKED: "an operator",
    Dead.BUG: "what is looked for",
    Dead.CRASHES_WORKER: "what ends the process",
    Suppressed.SUPERSEDED: "another plan over the same records",
}
"""What generated events and plans cannot end with, and what else it would take."""
DOINGS = (
    "joined",
    "joined over contacts",
    "joined over instances",
    "stitched",
    "of a mapped record",
    "repeated before its answer",
    "repeated after its answer",
    "replayed",
    "replayed by force",
    "forced to subscribe",
    "order in doubt",
    "guarded attribute",
    "waits for the account",
    "compared histories",
)


def documented() -> list[str]:
    """Every key of the plan, as docs/plan.md has it."""
    keys = DOCS.read_text().partition("<!-- begin keys")[2].partition("<!-- end keys -->")[0]
    return ROW.findall(keys)


KEYS = frozenset(documented())


def keys_of(plan: Plan) -> set[str]:
    """The documented keys that a plan says."""
    return set(_keys(plan.model_dump(exclude_unset=True, by_alias=True), ""))


def _keys(said: dict[str, Any], at: str) -> Iterator[str]:
    for name, value in said.items():
        if value is None:
            continue
        key = f"{at}{name}"
        if key not in KEYS:
            key = f"{at}NAME"
        if key in KEYS:
            yield key
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from _keys(one, f"{key}[]." if isinstance(value, list) else f"{key}.")


def wanted() -> Iterator[tuple[str, str]]:
    """All that a run should have counted."""
    yield from (("key", one) for one in sorted(KEYS))
    yield from (("action", one) for one in ACTIONS)
    yield from (("event", one) for one in EventOutcome)
    yield from (("command", one) for one in CommandOutcome)
    yield from (("suppressed", one) for one in Suppressed if one not in BEYOND)
    yield from (("dead", one) for one in Dead if one not in BEYOND)
    yield from (("did", one) for one in DOINGS)


def holes(counts: Counts) -> list[str]:
    """What was never there."""
    return [f"{kind} {name}" for kind, name in wanted() if not counts[kind, name]]


def told(counts: Counts) -> Iterator[str]:
    """The counts, a line for each."""
    known = dict.fromkeys([*wanted(), *sorted(counts)])
    for kind, name in known:
        yield f"{kind:10} {name:52} {counts[kind, name]:>9,}"
