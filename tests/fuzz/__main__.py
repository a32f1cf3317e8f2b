"""`python -m tests.fuzz`: generated plans and events, until so many events have ended.

A case is a plan and a history of records, played as `trace` tells them and as the worker delivers
them. Each has a seed of its own, and each round tells how far it is: `--seed N` begins there
again, after a stop or for a failure. At the end stands what was covered; where a key of the plan,
an action or an outcome was never there, in so many events, that is a failure, too.

Example: python -m tests.fuzz --events 100000
"""

import argparse
import logging
import sys
import time
import traceback
from collections import Counter
from collections.abc import Generator
from contextlib import closing
from multiprocessing import get_context
from pprint import pformat
from typing import NamedTuple

import structlog

from streams.core.outcome import EventOutcome
from tests.fuzz.case import case_of
from tests.fuzz.covered import Counts, holes, told
from tests.fuzz.playing import failure
from tests.fuzz.shrinking import shrunk

CASES_OF_A_ROUND = 100
ENOUGH = 20_000
"""Events after which everything must have been there."""


class Round(NamedTuple):
    """What became of the cases from a seed on; `failed` is the seed of the first that failed."""

    seed: int
    counts: Counts
    failed: int | None = None


def round_of(seed: int, cases: int = CASES_OF_A_ROUND) -> Round:
    """Play so many cases, up to one that fails."""
    counts: Counts = Counter()
    for number in range(seed, seed + cases):
        if failure(case_of(number), counts) is not None:
            return Round(seed, counts, number)
    return Round(seed, counts)


def events_in(counts: Counts) -> int:
    """How many events ended."""
    return sum(counts["event", one] for one in EventOutcome)


def rounds(seed: int, processes: int) -> Generator[Round, None, None]:
    """Rounds without end, in their order."""
    seeds = iter(range(seed, sys.maxsize, CASES_OF_A_ROUND))
    if processes < 2:
        yield from map(round_of, seeds)
        return
    with get_context("fork").Pool(processes, initializer=_silent) as pool:
        waiting = [pool.apply_async(round_of, (next(seeds),)) for _ in range(processes)]
        while True:
            yield waiting.pop(0).get()
            waiting.append(pool.apply_async(round_of, (next(seeds),)))


def _silent() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def explain(seed: int) -> str:
    """A case that failed, made small, and how it failed."""
    case = case_of(seed)
    kind = _kind(failure(case, Counter()))
    small = shrunk(case, lambda one: _kind(failure(one, Counter())) == kind)
    error = failure(small, Counter())
    return f"{pformat(small, width=100)}\n{''.join(traceback.format_exception(error))}"


def _kind(error: Exception | None) -> tuple[type, int, str]:
    """By what two failures are the same: what and where they are, and how they begin."""
    where = [*traceback.walk_tb(error.__traceback__ if error else None)]
    return type(error), where[-1][1] if where else 0, str(error)[:30]


def main() -> int:
    """Play rounds; 5 where one of them finds something, or something was never there."""
    options = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--events", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1, help="of the first case")
    options.add_argument("--processes", type=int, default=2)
    given = options.parse_args()
    _silent()
    counts: Counts = Counter()
    began = time.monotonic()
    with closing(rounds(given.seed, given.processes)) as found:
        for one in found:
            counts.update(one.counts)
            if one.failed is not None:
                sys.stdout.write(explain(one.failed))
                sys.stdout.write(f"case {one.failed} failed: --seed {one.failed}\n")
                return 5
            passed = f"{events_in(counts):,} events, {time.monotonic() - began:.0f} s"
            sys.stdout.write(f"{passed}; go on with --seed {one.seed + CASES_OF_A_ROUND}\n")
            sys.stdout.flush()
            if events_in(counts) >= given.events:
                break
    for line in told(counts):
        sys.stdout.write(f"{line}\n")
    never = holes(counts) if events_in(counts) >= ENOUGH else []
    for one in never:
        sys.stdout.write(f"never there: {one}\n")
    return 5 if never else 0


if __name__ == "__main__":
    sys.exit(main())
