"""Writes docs/faults.md: the matrix of faults, and how the tests that cause them ended.

The rows are those of `tests/chaos/matrix`, the results what `make chaos` kept last; what it has
not run here keeps the result that the page has.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.chaos.keeping import FILE, WORST, lines
from tests.chaos.matrix import PARTS, ROWS, Row
from tools.tables import table

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "faults.md"
HEAD = ("Id", "Fault", "What must hold", "Caused by", "Result", "Seconds")
TOLD = re.compile(r"^\| (F\d\d) \|.*\| (passed|failed|skipped) \| ([\d.]+) \|$", re.MULTILINE)
INTRO = """\
# Faults

What can go wrong on one machine, what must hold then, and the tests that cause it.
Written by `make docs` from `tests/chaos/matrix`; the results are those of the last `make chaos`.
Rows in bold are caused in every run of `.ci/run`.

`make chaos` runs all of them, `make chaos SHARD=1/4` a quarter, `make chaos ROWS=F05,F12` some.
What passed is not run again while neither product nor tests have changed.
`make chaos ARGS="--disarm lease"` switches a mechanism off: it is green only if its tests fail.
`reach`, `group`, `intent` and `trials` are others, see `tests/chaos/disarmed.py`.

One broker cannot show the loss of replicas, elections of leaders or the loss of a rack.
"""
Told = Mapping[str, tuple[str, str]]
"""Result and seconds of a row."""


def told_in(text: str) -> dict[str, tuple[str, str]]:
    """What a page says of its rows."""
    return {found[1]: (found[2], found[3]) for found in TOLD.finditer(text)}


def told_by(file: Path) -> dict[str, tuple[str, str]]:
    """What the last results say of the rows all of whose tests were run."""
    last = {one["test"]: one for one in lines(file)}
    found = {}
    for row in ROWS:
        results = [last[test] for test in row.tests if test in last]
        if results and len(results) == len(row.tests):
            worst = min((one["result"] for one in results), key=WORST.index)
            found[row.id] = worst, f"{sum(one['seconds'] for one in results):.1f}"
    return found


def page(told: Told) -> str:
    """The whole page."""
    parts = [
        f"## {title}\n\n{table(HEAD, [_cells(row, told) for row in rows])}\n"
        for title, rows in PARTS.items()
    ]
    return "\n".join([INTRO, _summary(), *parts])


def _summary() -> str:
    here = [row for row in ROWS if row.tests]
    whole = [row for row in here if not row.lacks and not row.cannot]
    return (
        f"Of {len(ROWS)} faults {len(whole)} are caused, {len(here) - len(whole)} in part, "
        f"{sum(not row.tests and not row.cannot for row in ROWS)} not yet, "
        f"and {sum(not row.tests and bool(row.cannot) for row in ROWS)} cannot be here.\n"
    )


def _cells(row: Row, told: Told) -> tuple[str, ...]:
    name = f"**{row.fault}**" if row.ci else row.fault
    tests = [f"`{test}`" for test in row.tests]
    said = [f"open: {row.lacks}"] if row.lacks else []
    said += [f"not here: {row.cannot}"] if row.cannot else []
    result = told.get(row.id, ("not run", "")) if tests else ("open" if not row.cannot else "", "")
    return row.id, name, row.holds, "; ".join([", ".join(tests), *said][not tests :]), *result


def main() -> int:
    """Write the page."""
    before = told_in(PAGE.read_text()) if PAGE.exists() else {}
    PAGE.write_text(page({**before, **told_by(FILE)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
