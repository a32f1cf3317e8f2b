"""`python -m tests.soak`: half an hour of mixed faults under half of what the workers bear.

Exit 0 only if the verifier says ALL, nothing grew, everything was got over and the lag came back
to 0; else 5. Exit 4 where a part did not come up, 130 where it was interrupted. It prints its
progress and stops by itself; Ctrl-C ends everything that it started.

Example: python -m tests.soak --minutes 30 --seed 7 --docs docs
"""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

from tests.broker.kafka import BrokerError
from tests.broker.parts import MissingPartError, fetch
from tests.crash.driver import RunError
from tests.crash.processes import ProcessError
from tests.crash.setup import Setup
from tests.soak.account import Account
from tests.soak.driver import Run
from tests.soak.page import page
from tests.soak.picture import picture
from tests.soak.samples import Sample
from tests.soak.stage import Stage
from tests.soak.watched import LEAKS

FAILED, DEPENDENCY_DOWN, INTERRUPTED = 5, 4, 130
LATENCY_MS, LIMIT, CONTACTS = 50.0, 500, 2_000


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--minutes", type=float, default=30.0, help="of load and faults")
    options.add_argument("--seed", type=int, help="of faults and events; default: by chance")
    options.add_argument(
        "--rate", type=float, default=0.0, help="events a second; default: half of what is measured"
    )
    options.add_argument("--contacts", type=int, default=CONTACTS)
    options.add_argument("--leak", choices=LEAKS, help="plant one: the run must fail")
    options.add_argument("--docs", type=Path, help="write soak.md and pictures/soak.svg there")
    options.add_argument("--json", action="store_true", help="the result as one JSON document")
    options.add_argument("--directory", type=Path, help="kept; default: a temporary one")
    return options


def main() -> int:
    given = parser().parse_args()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, _interrupt)
    seed = random.SystemRandom().randrange(1, 1_000_000) if given.seed is None else given.seed
    directory = given.directory or Path(tempfile.mkdtemp(prefix="cordial-streams-soak-"))
    directory.mkdir(parents=True, exist_ok=True)
    account = Account(seed=seed, minutes=given.minutes, rate=given.rate)
    try:
        fetch()
        samples = _played(given, account, directory)
        code = 0 if account.kept else FAILED
        _tell(given, account, samples)
    except (MissingPartError, BrokerError, ProcessError, RunError) as error:
        sys.stderr.write(f"{error}\n")
        code = DEPENDENCY_DOWN
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        code = INTERRUPTED
    if code:
        sys.stderr.write(f"logs, manifest, journal and samples are in {directory}\n")
    elif given.directory is None:
        shutil.rmtree(directory, ignore_errors=True)
    return code


def _played(given: argparse.Namespace, account: Account, directory: Path) -> list[Sample]:
    setup = Setup(
        seed=account.seed,
        contacts=given.contacts,
        latency_ms=LATENCY_MS,
        limit=LIMIT,
        error_503=0.0,
        cut=0.0,
    )
    with Stage(setup, directory, leak=given.leak or "", quiet=given.json) as stage:
        return Run(stage, account).play()


def _tell(given: argparse.Namespace, account: Account, samples: list[Sample]) -> None:
    if given.docs is not None:
        words = f'make soak MINUTES={given.minutes:g} ARGS="--seed {account.seed} --docs docs"'
        file = given.docs / "soak.md"
        file.write_text(page(file.read_text(), account, words, time.strftime("%Y-%m-%d")))
        title = f"{given.minutes:g} minutes, seed {account.seed}, {account.rate:g} events a second"
        (given.docs / "pictures" / "soak.svg").write_text(picture(title, samples, account.got))
    if given.json:
        sys.stdout.write(json.dumps(account.told()) + "\n")
        return
    for one in account.grown:
        sys.stdout.write(f"{'well' if one.kept else 'NOT WELL'}: {one}\n")
    for finding in account.findings:
        sys.stdout.write(f"NOT WELL: {finding}\n")
    for kind, cases in account.violations.items():
        for case in cases[:20]:
            sys.stdout.write(f"  {kind}: {case}\n")
    sys.stdout.write(f"{account.verdict.get('verdict')}, seed {account.seed}\n")


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
