"""`python -m tools.results`: what docs/requirements.md promises, and how its tests ended.

Reads what the last `make test` wrote into .cache/results and says of each row whether every test
that it names ran and passed. With `--write` the page gets that as its column of results.

Example: make test && python -m tools.results --write
"""

import argparse
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "requirements.md"
RESULTS = ROOT / ".cache" / "results"
STORY = "tests/unit/test_stories.py::test_the_trace_is_as_the_story_says"
ROW = re.compile(r"^\| ([A-Z]{3}-\d\d) \| (.+?) \| (`[^|]+`) \|(?: ([a-z ]+) \|)?$")
HEAD = "| Id | Behaviour | Shown by |"
LINE = "| --- | --- | --- |"
LONG = re.compile(r"@pytest\.mark\.long\n(?:async )?def (\w+)")
PASSED, NOT_RUN = "passed", "not run"
WORST = ("failed", NOT_RUN, "skipped", PASSED)
"""Of several tests the row has the result that stands first here."""


def results(files: Iterable[Path]) -> dict[str, str]:
    """The result of each test by its name, the worst of its cases."""
    found: dict[str, str] = {}
    for file in files:
        for case in ET.parse(file).iter("testcase"):  # noqa: S314 - pytest has just written it
            for name in _names(case):
                found[name] = _worse(found.get(name, PASSED), _ended(case))
    return found


def _names(case: ET.Element) -> Iterator[str]:
    """`path::test`, and for a story its file."""
    module = case.attrib["classname"].replace(".", "/")
    path, _, inside = module.partition("/Test")
    test, _, given = case.attrib["name"].partition("[")
    place = f"{path}.py::Test{inside}::{test}" if inside else f"{path}.py::{test}"
    yield place
    if inside:
        yield f"{path}.py::Test{inside}"
    if place == STORY:
        yield f"tests/examples/{given.removesuffix(']')}.json"


def _ended(case: ET.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return PASSED if case.find("skipped") is None else "skipped"


def _worse(one: str, other: str) -> str:
    return min(one, other, key=WORST.index)


def long_tests(folder: Path = ROOT / "tests") -> frozenset[str]:
    """Tests that take minutes: `make outage` runs them, and a full run does not."""
    return frozenset(
        f"{file.relative_to(folder.parent)}::{name}"
        for file in folder.rglob("test_*.py")
        for name in LONG.findall(file.read_text())
    )


def rows(text: str, ended: Mapping[str, str], left_out: Collection[str] = ()) -> dict[str, str]:
    """The result of each row of the page by its id, without the tests that are left out."""
    found = {}
    for line in text.splitlines():
        row = ROW.match(line)
        if row:
            result = PASSED
            for name in re.findall(r"`([^`]+)`", row[3]):
                if name not in left_out:
                    result = _worse(result, ended.get(name, NOT_RUN))
            found[row[1]] = result
    return found


def written(text: str, by_row: Mapping[str, str]) -> str:
    """The page with these results."""
    lines = []
    for line in text.splitlines():
        row = ROW.match(line)
        if row:
            line = f"| {row[1]} | {row[2]} | {row[3]} | {by_row[row[1]]} |"
        elif line in (HEAD, LINE):
            line += " Result |" if line == HEAD else " --- |"
        lines.append(line)
    return "\n".join(lines) + "\n"


def main() -> int:
    """The exit code: 0 where every row passed, 4 where no test was run, 5 otherwise."""
    options = argparse.ArgumentParser(
        prog="python -m tools.results",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--write", action="store_true", help="write the column of results")
    given = options.parse_args()
    files = sorted(RESULTS.glob("*.xml"))
    if not files:
        sys.stderr.write("no results in .cache/results; run make test first\n")
        return 4
    text = PAGE.read_text()
    by_row = rows(text, results(files), long_tests())
    if given.write:
        PAGE.write_text(written(text, by_row))
    bad = {name: result for name, result in by_row.items() if result != PASSED}
    for name, result in bad.items():
        sys.stdout.write(f"{name}: {result}\n")
    sys.stdout.write(f"{len(by_row) - len(bad)} of {len(by_row)} requirements are shown by tests\n")
    return 5 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
