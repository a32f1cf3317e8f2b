"""How each test ended, a line of JSON for each, kept from run to run in .cache/chaos.

`{"code", "test", "result", "seconds"}`: `code` changes with product and tests; of a test with
several cases `result` is the worst of them, and `seconds` is their sum.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / ".cache" / "chaos" / "results.jsonl"
WORST = ("failed", "skipped", "passed")


def lines(file: Path) -> Iterator[dict[str, Any]]:
    """All of them, the oldest first."""
    if file.exists():
        yield from map(json.loads, file.read_text().splitlines())


def passed(file: Path, code: str) -> set[str]:
    """The tests whose last result with this code is that they passed."""
    last = {one["test"]: one["result"] for one in lines(file) if one["code"] == code}
    return {test for test, result in last.items() if result == "passed"}


class Keeper:
    """A plugin of pytest that writes a line when all cases of a test have ended."""

    def __init__(self, file: Path, code: str) -> None:
        self._file = file
        self._code = code
        self._left: Counter[str] = Counter()
        self._results: dict[str, str] = {}
        self._seconds: Counter[str] = Counter()

    def pytest_collection_finish(self, session: Any) -> None:
        self._left.update(_test(item.nodeid) for item in session.items)

    def pytest_runtest_logreport(self, report: Any) -> None:
        test = _test(report.nodeid)
        results = (self._results.get(test, "passed"), report.outcome)
        self._results[test] = min(results, key=WORST.index)
        self._seconds[test] += report.duration

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        test = _test(nodeid)
        self._left[test] -= 1
        if not self._left[test]:
            self._write(test)

    def _write(self, test: str) -> None:
        line = {
            "code": self._code,
            "test": test,
            "result": self._results[test],
            "seconds": round(self._seconds[test], 1),
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a") as kept:
            kept.write(json.dumps(line) + "\n")


def _test(nodeid: str) -> str:
    return nodeid.partition("[")[0]
