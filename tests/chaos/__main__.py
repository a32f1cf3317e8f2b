"""`python -m tests.chaos`: causes the faults of the matrix, and keeps how each test ended.

A test that passed is not run again while neither product nor tests have changed, so a shard that
was interrupted goes on where it was. `--ci` runs what the other tests of `make test` do not cause.
The exit code is 0 only if every test that was asked for passed, now or before; with `--disarm`,
which switches a mechanism off, only if every test that shows it failed.

Example: python -m tests.chaos --shard 1/4
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.chaos.disarmed import MECHANISMS
from tests.chaos.keeping import FILE, Keeper, lines, passed
from tests.chaos.matrix import ROWS, Row
from tests.crash.suite import code_of

ROOT = Path(__file__).parents[2]
WATCHED = ("streams", "avro", "tests")
OURS = "tests/chaos/"


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--shard", default="1/1", help="a part of the rows, such as 1/4")
    options.add_argument("--rows", default="", help="some of them, such as F05,F12")
    options.add_argument("--ci", action="store_true", help="those of every run of .ci/run")
    options.add_argument("--disarm", choices=list(MECHANISMS), help="what is switched off")
    options.add_argument("--again", action="store_true", help="also what has passed before")
    return options


def chosen(shard: str, names: str) -> list[Row]:
    """The rows that are asked for. Raises `ValueError` for a row or shard that is none."""
    wanted = [name for name in names.replace(" ", "").split(",") if name]
    unknown = set(wanted) - {row.id for row in ROWS}
    if unknown:
        raise ValueError(f"no such row: {', '.join(sorted(unknown))}; known are F01 to F63")
    rows = [row for row in ROWS if not wanted or row.id in wanted]
    number, _, count = shard.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 0 < int(number) <= int(count)):
        raise ValueError(f"no such shard: {shard}; it is written 1/4")
    return rows[int(number) - 1 :: int(count)]


def causing(rows: Sequence[Row], *, ci: bool) -> list[str]:
    """The tests of these rows, each once, those of one file together."""
    named = {
        test
        for row in rows
        if row.ci or not ci
        for test in row.tests
        if test.startswith(OURS) or not ci
    }
    return sorted(named)


def disarmed(mechanism: str) -> int:
    """0 where every test that shows the mechanism fails without it, else 5."""
    os.environ["DISARM"] = mechanism
    wanted = MECHANISMS[mechanism].tests
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "results.jsonl"
        pytest.main(["-q", "--tb=line", *wanted], plugins=[Keeper(file, mechanism)])
        failed = {one["test"] for one in lines(file) if one["result"] == "failed"}
    sys.stdout.write(f"without {mechanism} {len(failed)} of {len(wanted)} tests fail\n")
    return 0 if failed == {*wanted} else 5


def main() -> int:
    given = parser().parse_args()
    if given.disarm:
        return disarmed(given.disarm)
    try:
        rows = chosen(given.shard, given.rows)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    tests = causing(rows, ci=given.ci)
    code = code_of(ROOT, WATCHED)
    before = set() if given.again else passed(FILE, code)
    left = [test for test in tests if test not in before]
    sys.stdout.write(f"{len(rows)} rows, {len(tests)} tests, {len(left)} of them to run\n")
    sys.stdout.flush()
    return int(pytest.main(["-q", *left], plugins=[Keeper(FILE, code)])) if left else 0


if __name__ == "__main__":
    sys.exit(main())
