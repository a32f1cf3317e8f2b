"""`python -m tests.simulator`: random schedules on both cores, with progress; and planted defects.

Examples: python -m tests.simulator --schedules 20000
          python -m tests.simulator --seconds 110 --seed 7
          python -m tests.simulator --defects
"""

import argparse
import sys
import time
from collections.abc import Iterator
from multiprocessing import Pool

from tests.simulator.defects import DEFECTS
from tests.simulator.world import Failure, simulate

CHUNK = 200
MOST_FOR_A_DEFECT = 20_000


def failures(seeds: range) -> list[Failure]:
    """The schedules of these seeds that break a law."""
    return [failure for failure in map(simulate, seeds) if failure is not None]


def walk(first: int, schedules: int | None, seconds: float | None) -> int:
    """Run schedules until the count or the time is over; the exit code."""
    began = time.monotonic()
    done = 0
    with Pool(2) as pool:
        for found in pool.imap(failures, _chunks(first, schedules, seconds, began)):
            done += CHUNK
            for failure in found:
                print(f"seed {failure.seed}: {failure.invariant}: {failure.text}", flush=True)
            if found:
                print(
                    f"run it again: python -m tests.simulator --seed {found[0].seed} --schedules 1"
                )
                return 5
            if done % 5_000 == 0:
                print(f"{done:,} schedules, {time.monotonic() - began:.0f} s", flush=True)
    took = time.monotonic() - began
    print(f"{done:,} schedules from seed {first} in {took:.0f} s: no law broken")
    return 0


def _chunks(
    first: int, schedules: int | None, seconds: float | None, began: float
) -> Iterator[range]:
    start = first
    while True:
        over = seconds is not None and time.monotonic() - began > seconds
        if over or (schedules is not None and start - first >= schedules):
            return
        size = CHUNK if schedules is None else min(CHUNK, first + schedules - start)
        yield range(start, start + size)
        start += size


def caught(name: str, most: int = MOST_FOR_A_DEFECT) -> Failure | None:
    """The first schedule in which a planted defect breaks a law."""
    shell = DEFECTS[name]
    return next(filter(None, (simulate(seed, shell) for seed in range(most))), None)


def show_defects() -> int:
    """Plant each defect in turn; exit 5 where one is not caught."""
    missed = 0
    for name in DEFECTS:
        failure = caught(name)
        if failure is None:
            missed += 1
            print(f"{name:<28} NOT CAUGHT in {MOST_FOR_A_DEFECT:,} schedules", flush=True)
        else:
            count = failure.seed + 1
            print(f"{name:<28} {failure.invariant:<4} after {count:>5,} schedules", flush=True)
    return 5 if missed else 0


def main() -> int:
    """Parse and run."""
    options = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    options.add_argument("--schedules", type=int, help="how many")
    options.add_argument("--seconds", type=float, help="how long")
    options.add_argument("--seed", type=int, default=0, help="of the first schedule")
    options.add_argument("--defects", action="store_true", help="plant each known defect")
    given = options.parse_args()
    if given.defects:
        return show_defects()
    schedules = given.schedules or (None if given.seconds else 20_000)
    return walk(given.seed, schedules, given.seconds)


if __name__ == "__main__":
    sys.exit(main())
