"""`python -m bench`: the product beside a naive Faust agent, on one backlog, in one run.

Real Kafka, real HTTP, a stand-in for Cordial with 50 ms of latency, with a limit of 100 requests
a second per endpoint, and with neither. The yardstick awaits one POST per event, so its rate does
not depend on how long it runs: it gets `--naive-seconds` of the backlog.

Example: python -m bench --events 10000 --seed 1
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench.backlog import backlog
from bench.bound import bound
from bench.run import SCENARIOS, Bench
from bench.table import shown
from tests.broker.kafka import BrokerError, RealKafka
from tests.broker.parts import MissingPartError, fetch
from tests.crash.processes import ProcessError


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--events", type=int, default=10_000, help="of the backlog")
    options.add_argument("--contacts", type=int, default=2_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--naive-seconds", type=float, default=30.0)
    options.add_argument("--half-load-seconds", type=float, default=40.0, help="0 leaves it out")
    options.add_argument(
        "--only", choices=list(SCENARIOS), nargs="+", default=list(SCENARIOS), help="scenarios"
    )
    options.add_argument("--json", action="store_true", help="one object instead of the table")
    options.add_argument("--directory", type=Path, help="kept; default: a temporary one")
    return options


def main() -> int:
    given = parser().parse_args()
    began = time.monotonic()

    def say(text: str) -> None:
        sys.stderr.write(f"{time.monotonic() - began:6.1f} s  {text}\n")
        sys.stderr.flush()

    directory = given.directory or Path(tempfile.mkdtemp(prefix="cordial-streams-bench-"))
    directory.mkdir(parents=True, exist_ok=True)
    try:
        fetch()
        with RealKafka(directory / "kafka") as broker:
            least = bound(backlog(given.events, contacts=given.contacts, seed=given.seed))
            bench = Bench(broker.bootstrap, directory, least, say, given)
            results = bench.play()
    except (MissingPartError, BrokerError, ProcessError) as error:
        sys.stderr.write(f"{error}\nlogs are in {directory}\n")
        return 4
    if given.directory is None:
        shutil.rmtree(directory, ignore_errors=True)
    sys.stdout.write((json.dumps(results) if given.json else shown(results, least)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
