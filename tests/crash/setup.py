"""What a crash run is asked to do, and when."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.leaks import KEY

TOPIC = "customer.events"
PREFIX = "cordial"
APP_ID = "cordial-streams"
ID_KEY = "segment_id"
CHANGED = "addContactsToList"
"""The action that only the second plan has, where the plan changes."""

Kind = Literal["kill", "join"]


@dataclass(frozen=True, slots=True)
class Setup:
    """The run. Shares are from 0 to 1, times in seconds unless the name says otherwise.

    `limit` is how many requests a second each endpoint of Cordial takes, 0 is any number.
    """

    events: int = 40_000
    contacts: int = 400
    partitions: int = 8
    workers: int = 2
    kills: int = 3
    joins: int = 2
    partitioner: str = "java"
    in_doubt: str = "resend"
    order: str = "contact"
    plan_change: bool = False
    seed: int = 1
    rate: float = 1_500.0
    latency_ms: float = 10.0
    limit: int = 0
    error_503: float = 0.05
    cut: float = 0.01
    deadline: float = 1_200.0


@dataclass(frozen=True, slots=True)
class Step:
    """Something done to the workers when `settled` records are settled."""

    settled: int
    kind: Kind


BACKLOG: Mapping[str, Any] = {
    "contacts": 2_000,
    "rate": 1e6,
    "kills": 2,
    "joins": 0,
    "latency_ms": 50.0,
    "error_503": 0.0,
    "cut": 0.0,
}
SCENARIOS: Mapping[str, Mapping[str, Any]] = {"S1": BACKLOG, "S2": {**BACKLOG, "limit": 100}}
"""As the bench has them: a Cordial without faults, and everything on the bus from the beginning."""


def steps(setup: Setup) -> list[Step]:
    """Kills and joins in random order, spread over the run."""
    chance = random.Random(setup.seed)
    kinds: list[Kind] = [*(["kill"] * setup.kills), *(["join"] * setup.joins)]  # type: ignore[list-item]
    chance.shuffle(kinds)
    slot = 0.75 / max(1, len(kinds))
    shares = [0.05 + slot * (number + chance.random()) for number in range(len(kinds))]
    return [
        Step(int(setup.events * share), kind) for share, kind in zip(shares, kinds, strict=True)
    ]


def plan(setup: Setup, *, changed: bool) -> str:
    """The plan as YAML; before the change an action is off."""
    lines = [
        f"order: {setup.order}",
        "sources:",
        f"  - topic: {TOPIC}",
        "    keyed_by_user: true",
        "actions:",
        "  upsertOrder:",
        f"    in_doubt: {setup.in_doubt}",
    ]
    if setup.plan_change and not changed:
        lines += [f"  {CHANGED}:", "    enabled: false"]
    return "\n".join(lines) + "\n"


def optional(setup: Setup) -> frozenset[str]:
    """Actions that not all plans of the run want."""
    return frozenset({CHANGED}) if setup.plan_change else frozenset()


def worker_settings(setup: Setup, *, bootstrap: str, endpoint: str) -> dict[str, str]:
    """The variables of every worker: a short session, so that a crash is noticed soon."""
    return {
        "CORDIAL_STREAMS_APP_ID": APP_ID,
        "CORDIAL_STREAMS_PREFIX": PREFIX,
        "CORDIAL_STREAMS_KAFKA__BOOTSTRAP": bootstrap,
        "CORDIAL_STREAMS_KAFKA__SESSION_TIMEOUT": "10",
        "CORDIAL_STREAMS_KAFKA__HEARTBEAT": "1",
        "CORDIAL_STREAMS_DELIVERY__DEADLINE": "4",
        "CORDIAL_STREAMS_DELIVERY__BACKOFF_FIRST": "0.1",
        "CORDIAL_STREAMS_DELIVERY__BACKOFF_MAX": "2",
        "CORDIAL_STREAMS_GRACE": "20",
        "CORDIAL_STREAMS_API_KEY": KEY,
        "CORDIAL_STREAMS_CORDIAL__ENDPOINT": endpoint,
        "CORDIAL_STREAMS_CORDIAL__SEGMENT_ID_KEY": ID_KEY,
    }
