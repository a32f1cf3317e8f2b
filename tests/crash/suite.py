"""`python -m tests.crash.suite`: the crash runs that a release must pass, one after the other.

Each has two workers and kill -9. Those with a Cordial that fails now and then have joins and a plan
that changes at a restart, too; they differ in the partitioner of the bus, in what happens to orders
in doubt and in the order of the plan. S1 and S2 are those of the bench. A run that passed is not
played again while neither product nor runs have changed, so an interrupted suite goes on where it
was.

Example: python -m tests.crash.suite --events 40000
"""

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from tests.crash.driver import Driver
from tests.crash.keeping import played
from tests.crash.setup import SCENARIOS, Setup

ROOT = Path(__file__).parents[2]
PASSED = ROOT / ".cache" / "crash"
WATCHED = ("streams", "avro", "tests/crash", "tests/verifier")
RUNS = {
    "java": {"partitioner": "java"},
    "librdkafka": {"partitioner": "librdkafka"},
    "at-most-once": {"partitioner": "java", "in_doubt": "at_most_once"},
    "action": {"order": "action"},
    "S1": SCENARIOS["S1"],
    "S2": SCENARIOS["S2"],
}
SECONDS_PER_EVENT = 0.06
"""Far more than it takes, for the deadline of a run."""


def code_of(root: Path, folders: Sequence[str] = WATCHED) -> str:
    """Changes with every change of what is run."""
    digest = sha256()
    for folder in folders:
        for path in sorted((root / folder).rglob("*.*")):
            if path.suffix in {".py", ".avsc", ".json"}:
                digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m tests.crash.suite",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--events", type=int, default=Setup().events)
    options.add_argument("--seed", type=int, default=Setup().seed)
    options.add_argument("--only", choices=list(RUNS), nargs="+", default=list(RUNS))
    options.add_argument("--again", action="store_true", help="also what has passed before")
    return options


def main() -> int:
    given = parser().parse_args()
    code = code_of(ROOT)
    worst = 0
    for name in given.only:
        mark = PASSED / f"{code}-{given.events}-{given.seed}-{name}"
        if mark.exists() and not given.again:
            sys.stdout.write(f"{name}: passed before, {mark.read_text()}\n")
            continue
        sys.stdout.write(f"{name}: {given.events:,} events\n")
        sys.stdout.flush()
        worst = max(worst, _run(given, name, mark))
    return worst


def _run(given: argparse.Namespace, name: str, mark: Path) -> int:
    setup = Setup(
        events=given.events,
        seed=given.seed,
        plan_change=name not in SCENARIOS,
        deadline=max(300.0, given.events * SECONDS_PER_EVENT),
        **RUNS[name],
    )
    directory = PASSED / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    code = played(directory, lambda directory: Driver(setup, directory).play())
    if not code:
        shutil.rmtree(directory, ignore_errors=True)
        mark.write_text(time.strftime("%Y-%m-%d %H:%M:%S"))
    return code


if __name__ == "__main__":
    sys.exit(main())
