"""`python -m tests.fuzz`: generated plans and events, until so many events have ended.

Rounds have seeds of their own: `--round N` begins there again, after a stop or for a failure that
a round has found. Each round says how far it is.

Example: python -m tests.fuzz --events 100000
"""

import argparse
import sys
import time
import traceback
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from streams.plan import PlanError, compile_plan
from streams.tracing.history import History
from tests.fuzz.events import EVENT
from tests.fuzz.laws import told
from tests.fuzz.plans import PLANS, repaired
from tests.unit.core.made import KEYS

EVENTS_OF_A_PLAN = 16
PLANS_OF_A_ROUND = 100
EVENTS = st.lists(EVENT, min_size=EVENTS_OF_A_PLAN, max_size=EVENTS_OF_A_PLAN)


def checked(data: dict[str, Any], raws: list[dict[str, Any]], ends: Counter[str]) -> None:
    """One plan, and a history of events by it."""
    plan = repaired(data)
    try:
        compiled = None if plan is None else compile_plan(plan, KEYS)
    except PlanError:
        compiled = None
    if compiled is None:
        ends["plans that cannot be used"] += 1
        return
    history = History(compiled)
    ends["plans"] += 1
    for number, raw in enumerate(raws):
        raw = {**raw, "messageId": f"m-{number // 2}"}
        ends[told(raw, number, history, compiled)] += 1


def round_of(number: int, ends: Counter[str], plans: int = PLANS_OF_A_ROUND) -> None:
    """A round of plans from its own seed."""

    @seed(number)
    @settings(
        max_examples=plans,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(PLANS, EVENTS)
    def play(data: dict[str, Any], raws: list[dict[str, Any]]) -> None:
        checked(data, raws, ends)

    play()


def main() -> int:
    """Play rounds; 5 where one of them finds something."""
    options = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--events", type=int, default=100_000)
    options.add_argument("--round", type=int, default=1, help="the first")
    given_ = options.parse_args()
    ends: Counter[str] = Counter()
    number, began = given_.round, time.monotonic()
    while sum(ends[one] for one in ("routed", "filtered", "dead_lettered")) < given_.events:
        try:
            round_of(number, ends)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            traceback.print_exc()
            sys.stdout.write(f"round {number} failed: python -m tests.fuzz --round {number}\n")
            return 5
        said = ", ".join(f"{count:,} {what}" for what, count in sorted(ends.items()))
        sys.stdout.write(f"round {number}, {time.monotonic() - began:.0f} s: {said}\n")
        sys.stdout.flush()
        number += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
