"""`python -m tests.simulator`: random schedules on both cores, with progress; planted defects.

    --schedules 20000            that many, from --seed on
    --seconds 110                as many as fit
    --seed 7 --schedules 1       one schedule again
    --defect NAME                the same, with an error planted
    --defects                    each planted error until it is caught

A schedule is its seed. The first one that breaks a law is told step by step. Exit code 5 then,
or where a defect was not caught.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing import Pool

from tests.simulator.defects import DEFECTS, RARE
from tests.simulator.shell import Shell
from tests.simulator.world import Failure, simulate, tell

CHUNK = 100
PROGRESS = 5.0
SHELLS: dict[str, type[Shell]] = {"none": Shell, **DEFECTS, **RARE}


def failures(defect: str, seeds: range) -> tuple[int, list[Failure]]:
    """How many schedules these were, and which broke a law."""
    results = [simulate(seed, SHELLS[defect]) for seed in seeds]
    return len(seeds), [failure for failure in results if failure is not None]


def chunks(first: int, schedules: int | None, seconds: float | None) -> Iterator[range]:
    """Seeds from `first` on, until the count is reached or the time is over."""
    end = None if seconds is None else time.monotonic() + seconds
    last = None if schedules is None else first + schedules
    while (last is None or first < last) and (end is None or time.monotonic() < end):
        size = CHUNK if last is None else min(CHUNK, last - first)
        yield range(first, first + size)
        first += size


def walk(seeds: Iterator[range], defect: str = "none") -> tuple[int, Failure | None]:
    """Run until a law breaks: how many schedules held, and the first that did not."""
    held = 0
    began = said = time.monotonic()
    with Pool(2) as pool:
        # A pool's own queue would draw all seeds at once, whatever the time says.
        work = partial(failures, defect)
        running = [
            pool.apply_async(work, (each,)) for _, each in zip(range(4), seeds, strict=False)
        ]
        while running:
            count, broken = running.pop(0).get()
            if broken:
                return held, broken[0]
            held += count
            now = time.monotonic()
            if now - said > PROGRESS:
                print(f"{held:,} schedules, {now - began:.0f} s", flush=True)
                said = now
            following = next(seeds, None)
            if following is not None:
                running.append(pool.apply_async(work, (following,)))
    return held, None


def run(seed: int, schedules: int | None, seconds: float | None, defect: str) -> int:
    """Random schedules; the exit code."""
    began = time.monotonic()
    held, failure = walk(chunks(seed, schedules, seconds), defect)
    took = time.monotonic() - began
    if failure is None:
        print(f"{held:,} schedules from seed {seed} in {took:.0f} s: every law holds")
        return 0
    for number, step in enumerate(tell(failure.seed, SHELLS[defect])):
        print(f"{number:5} {step}")
    planted = "" if defect == "none" else f" --defect {defect}"
    print(f"seed {failure.seed} breaks {failure.text}")
    print(f"again: python -m tests.simulator --seed {failure.seed} --schedules 1{planted}")
    return 5


def caught(name: str, most: int) -> Failure | None:
    """The first of `most` schedules in which a planted defect breaks a law."""
    results = (simulate(seed, SHELLS[name]) for seed in range(most))
    return next((failure for failure in results if failure is not None), None)


def show_defects(most: int) -> int:
    """Plant each defect in turn; the exit code."""
    missed = 0
    for name in DEFECTS:
        failure = caught(name, most)
        if failure is None:
            missed += 1
            print(f"{name:26} NOT CAUGHT in {most:,} schedules", flush=True)
        else:
            told = f"caught by {failure.invariant:9} after {failure.seed + 1:6,} schedules"
            print(f"{name:26} {told}, seed {failure.seed}", flush=True)
    print(f"{len(DEFECTS) - missed} of {len(DEFECTS)} planted defects are caught")
    return 5 if missed else 0


def main() -> int:
    """Parse and run."""
    options = argparse.ArgumentParser(
        prog="python -m tests.simulator",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--schedules", type=int, help="how many; 20,000 where no time is given")
    options.add_argument("--seconds", type=float, help="how long")
    options.add_argument("--seed", type=int, default=0, help="of the first schedule")
    options.add_argument("--defect", choices=SHELLS, default="none", help="planted in all of them")
    options.add_argument("--defects", action="store_true", help="plant each in turn")
    given = options.parse_args()
    schedules = given.schedules or (None if given.seconds else 20_000)
    if given.defects:
        return show_defects(given.schedules or 20_000)
    return run(given.seed, schedules, given.seconds, given.defect)


if __name__ == "__main__":
    sys.exit(main())
