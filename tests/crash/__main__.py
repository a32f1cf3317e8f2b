"""`python -m tests.crash`: the crash run. Exit 0 only if every guarantee was kept, else 5.

Exit 4 where a part did not come up.
"""

import argparse
import sys
from dataclasses import fields
from pathlib import Path

from tests.crash.driver import Driver
from tests.crash.keeping import kept
from tests.crash.publishing import PARTITIONERS
from tests.crash.setup import SCENARIOS, Setup


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    usual = Setup()
    options.add_argument("--scenario", choices=list(SCENARIOS), help="as the bench has it")
    for name in ("events", "contacts", "partitions", "workers", "kills", "joins", "seed", "limit"):
        options.add_argument(f"--{name}", type=int, default=getattr(usual, name))
    options.add_argument("--partitioner", choices=list(PARTITIONERS), default=usual.partitioner)
    options.add_argument("--in-doubt", choices=["resend", "at_most_once"], default=usual.in_doubt)
    options.add_argument("--order", choices=["contact", "action"], default=usual.order)
    options.add_argument(
        "--plan-change", action="store_true", help="at the middle one of the kills"
    )
    options.add_argument("--rate", type=float, default=usual.rate, help="published per second")
    options.add_argument("--latency-ms", type=float, default=usual.latency_ms)
    options.add_argument("--error-503", type=float, default=usual.error_503, help="share")
    options.add_argument("--cut", type=float, default=usual.cut, help="share of answers")
    options.add_argument("--deadline", type=float, default=usual.deadline, help="s, of the run")
    options.add_argument("--directory", type=Path, help="kept; default: a temporary one")
    return options


def main() -> int:
    options = parser()
    options.set_defaults(**SCENARIOS.get(options.parse_args().scenario, {}))
    given = options.parse_args()
    setup = Setup(**{field.name: getattr(given, field.name) for field in fields(Setup)})
    return kept("crash", given.directory, lambda directory: Driver(setup, directory).play())


if __name__ == "__main__":
    sys.exit(main())
