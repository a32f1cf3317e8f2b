"""docs/faults.md is what the matrix says, and what the matrix names exists."""

import pytest

from tests.chaos.__main__ import causing, chosen
from tests.chaos.disarmed import MECHANISMS
from tests.chaos.keeping import Keeper, lines, passed
from tests.chaos.matrix import ROWS
from tests.unit.test_requirements import names_in
from tools.faults import PAGE, ROOT, page, told_in

NAMED = [(row.id, test) for row in ROWS for test in row.tests]


def test_the_page_is_fresh():
    text = PAGE.read_text()
    assert page(told_in(text)) == text, "run: make docs"


def test_ids_are_in_order():
    assert [row.id for row in ROWS] == [f"F{number:02}" for number in range(1, 64)]


@pytest.mark.parametrize(("row", "test"), NAMED)
def test_what_a_row_names_exists(row, test):
    path, _, name = test.partition("::")
    assert (ROOT / path).is_file(), f"{row}: {path}"
    assert name in names_in(ROOT / path), f"{row}: {test}"


def test_sixteen_rows_are_in_every_run():
    assert sum(row.ci for row in ROWS) == 16


def test_shards_are_all_rows_once():
    shards = [row.id for number in range(1, 5) for row in chosen(f"{number}/4", "")]
    assert sorted(shards) == [row.id for row in ROWS]
    assert [row.id for row in chosen("1/1", "F12, F05")] == ["F05", "F12"]


@pytest.mark.parametrize(("shard", "rows"), [("5/4", ""), ("0/4", ""), ("1", ""), ("1/1", "F99")])
def test_a_shard_or_row_that_is_none_is_told(shard, rows):
    with pytest.raises(ValueError, match="no such"):
        chosen(shard, rows)


def test_in_every_run_only_what_other_tests_do_not_cause_is_run_for_it():
    assert all(test.startswith("tests/chaos/") for test in causing(ROWS, ci=True))
    assert set(causing(ROWS, ci=False)) == {test for _, test in NAMED}


@pytest.mark.parametrize("mechanism", MECHANISMS.values(), ids=MECHANISMS)
def test_what_is_switched_off_is_shown_by_rows(mechanism):
    assert set(mechanism.tests) <= {test for _, test in NAMED}


def test_a_test_has_passed_when_all_its_cases_have(tmp_path):
    file = tmp_path / "results.jsonl"
    keeper = Keeper(file, "code")
    cases = [Case(f"tests/x.py::test_y[{number}]") for number in range(2)]
    keeper.pytest_collection_finish(Session(cases))
    for number, case in enumerate(cases):
        assert passed(file, "code") == set()
        keeper.pytest_runtest_logreport(Report(case.nodeid, "passed", number + 0.5))
        keeper.pytest_runtest_logfinish(case.nodeid)
    assert passed(file, "code") == {"tests/x.py::test_y"}
    assert passed(file, "other") == set()
    assert [one["seconds"] for one in lines(file)] == [2.0]


class Case:
    def __init__(self, nodeid):
        self.nodeid = nodeid


class Session:
    def __init__(self, items):
        self.items = items


class Report(Case):
    def __init__(self, nodeid, outcome, duration):
        super().__init__(nodeid)
        self.outcome, self.duration = outcome, duration
