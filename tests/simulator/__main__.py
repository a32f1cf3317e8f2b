"""`python -m tests.simulator`: random schedules on both cores, with progress; planted defects.

    --schedules 20000            that many, from --seed on
    --seconds 110                as many as fit
    --seed 7 --schedules 1       one schedule again
    --play FILE                  what a file says, step by step
    --defect NAME                the same, with an error planted
    --defects                    each planted error until it is caught

A schedule is its seed; without one a seed is drawn, and printed. The first one that breaks a law
is made small, told step by step, and written to a file. Exit code 5 then, or where a defect was
not caught.
"""

import argparse
import secrets
import sys
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing import Pool
from pathlib import Path

from tests.simulator.defects import DEFECTS, RARE
from tests.simulator.shell import Shell
from tests.simulator.shrinking import shrunk
from tests.simulator.walk import Failure, Play, broken_by, drawn, simulate, tell
from tests.simulator.written import read, write

CHUNK = 50
PROGRESS = 5.0
SHELLS: dict[str, type[Shell]] = {"none": Shell, **DEFECTS, **RARE}
FOUND = Path(".cache/simulator")


def failures(defect: str, seeds: range) -> tuple[int, int, list[Failure]]:
    """How many schedules and steps these were, and which broke a law."""
    results = [simulate(seed, SHELLS[defect]) for seed in seeds]
    steps = sum(len(drawn(seed).steps) for seed in seeds)
    return len(seeds), steps, [failure for failure in results if failure is not None]


def chunks(first: int, schedules: int | None, seconds: float | None) -> Iterator[range]:
    """Seeds from `first` on, until the count is reached or the time is over."""
    end = None if seconds is None else time.monotonic() + seconds
    last = None if schedules is None else first + schedules
    while (last is None or first < last) and (end is None or time.monotonic() < end):
        size = CHUNK if last is None else min(CHUNK, last - first)
        yield range(first, first + size)
        first += size


def walk(
    seeds: Iterator[range], processes: int, defect: str = "none"
) -> tuple[int, int, Failure | None]:
    """Run until a law breaks: how many schedules and steps held, and the first that did not."""
    held = steps = 0
    began = said = time.monotonic()
    with Pool(processes) as pool:
        # A pool's own queue would draw all seeds at once, whatever the time says.
        work = partial(failures, defect)
        running = [
            pool.apply_async(work, (each,))
            for _, each in zip(range(2 * processes), seeds, strict=False)
        ]
        while running:
            count, taken, broken = running.pop(0).get()
            if broken:
                return held, steps, broken[0]
            held, steps = held + count, steps + taken
            now = time.monotonic()
            if now - said > PROGRESS:
                rate = steps / (now - began)
                told = f"{held:,} schedules, {steps:,} steps, {now - began:.0f} s"
                print(f"{told}, {rate:,.0f} steps/s", flush=True)
                said = now
            following = next(seeds, None)
            if following is not None:
                running.append(pool.apply_async(work, (following,)))
    return held, steps, None


def run(given: argparse.Namespace) -> int:
    """Random schedules; the exit code."""
    seed = secrets.randbelow(1_000_000_000) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    schedules = given.schedules or (None if given.seconds else 20_000)
    began = time.monotonic()
    seeds = chunks(seed, schedules, given.seconds)
    held, steps, failure = walk(seeds, given.processes, given.defect)
    took = time.monotonic() - began
    if failure is None:
        rate = steps / took
        told = f"{held:,} schedules from seed {seed}, {steps:,} steps in {took:.0f} s"
        print(f"{told}, {rate:,.0f} steps/s: every law holds")
        return 0
    print(f"seed {failure.seed} breaks {failure.text}; it is made small", flush=True)
    small = shrunk(drawn(failure.seed), failure.invariant, SHELLS[given.defect])
    file = FOUND / f"{failure.invariant}-{failure.seed}.json"
    write(small, file, law=failure.invariant, defect=given.defect, seed=str(failure.seed))
    show(small, given.defect)
    planted = "" if given.defect == "none" else f" --defect {given.defect}"
    print(f"again: python -m tests.simulator --play {file}{planted}")
    print(f"whole: python -m tests.simulator --seed {failure.seed} --schedules 1{planted}")
    print("to keep it as a test: move the file to tests/simulator/plays/")
    return 5


def show(play: Play, defect: str) -> int:
    """What happens in a play, step by step; the exit code."""
    for number, step in enumerate(tell(play, SHELLS[defect])):
        print(f"{number:5} {step}")
    broken = broken_by(play, SHELLS[defect])
    print(f"{len(play.steps)} steps: {broken or 'every law holds'}")
    return 5 if broken else 0


def caught(name: str, most: int) -> tuple[Failure | None, int]:
    """The first of `most` schedules in which a planted defect breaks a law, and all steps to it."""
    steps = 0
    for seed in range(most):
        play = drawn(seed)
        steps += len(play.steps)
        broken = broken_by(play, SHELLS[name])
        if broken is not None:
            return Failure(seed, broken.invariant, str(broken)), steps
    return None, steps


def show_defects(most: int) -> int:
    """Plant each defect in turn; the exit code."""
    missed = 0
    for name in DEFECTS:
        failure, steps = caught(name, most)
        if failure is None:
            missed += 1
            print(f"{name:26} NOT CAUGHT in {most:,} schedules, {steps:,} steps", flush=True)
        else:
            told = f"caught by {failure.invariant:9} after {steps:9,} steps"
            print(f"{name:26} {told}, {failure.seed + 1:,} schedules", flush=True)
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
    options.add_argument("--seed", type=int, help="of the first schedule; else one is drawn")
    options.add_argument("--processes", type=int, default=2, help="at once")
    options.add_argument("--play", type=Path, help="a file that an earlier run has written")
    options.add_argument("--defect", choices=SHELLS, default="none", help="planted in all of them")
    options.add_argument("--defects", action="store_true", help="plant each in turn")
    given = options.parse_args()
    if given.defects:
        return show_defects(given.schedules or 20_000)
    if given.play:
        return show(read(given.play)[0], given.defect)
    return run(given)


if __name__ == "__main__":
    sys.exit(main())
