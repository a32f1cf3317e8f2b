"""tools.results: which requirements the last run has shown."""

from tools.results import long_tests, results, rows, written

XML = """<testsuites><testsuite>
<testcase classname="tests.unit.test_a" name="test_good"/>
<testcase classname="tests.unit.test_a" name="test_many[1]"/>
<testcase classname="tests.unit.test_a" name="test_many[2]"><failure/></testcase>
<testcase classname="tests.unit.test_a" name="test_left[x]"><skipped/></testcase>
<testcase classname="tests.unit.test_a.TestLanes" name="runTest"/>
<testcase classname="tests.unit.test_stories" name="test_the_trace_is_as_the_story_says[a/b]"/>
</testsuite></testsuites>"""
PAGE = """\
| Id | Behaviour | Shown by |
| --- | --- | --- |
| AAA-01 | Good | `tests/unit/test_a.py::test_good`, `tests/examples/a/b.json` |
| AAA-02 | Fails once | `tests/unit/test_a.py::test_good`, `tests/unit/test_a.py::test_many` |
| AAA-03 | Left out | `tests/unit/test_a.py::test_left` |
| AAA-04 | Unknown | `tests/unit/test_b.py::test_good` |
| AAA-05 | One | `tests/unit/test_a.py::TestLanes::runTest`, `tests/unit/test_a.py::TestLanes` |
"""
ENDED = ["passed", "failed", "skipped", "not run", "passed"]


def test_a_row_has_the_worst_result_of_the_tests_that_it_names(tmp_path):
    (tmp_path / "unit.xml").write_text(XML)
    found = rows(PAGE, results(tmp_path.glob("*.xml")))
    assert list(found.values()) == ENDED


def test_what_takes_minutes_is_left_out():
    long = "tests/broker/test_away.py::test_a_broker_that_is_away_for_80_s_ends_nothing"
    assert long in long_tests()
    page = f"| AAA-01 | Long | `{long}`, `tests/unit/test_a.py::test_good` |"
    assert rows(page, {"tests/unit/test_a.py::test_good": "passed"}, [long]) == {"AAA-01": "passed"}


def test_the_page_gets_a_column_and_then_other_results(tmp_path):
    first = written(PAGE, dict.fromkeys((f"AAA-0{n}" for n in range(1, 6)), "not run"))
    assert first.splitlines()[0] == "| Id | Behaviour | Shown by | Result |"
    assert first.splitlines()[2].endswith("`tests/examples/a/b.json` | not run |")
    again = written(first, {f"AAA-0{n}": one for n, one in enumerate(ENDED, start=1)})
    assert [line.split(" | ")[-1] for line in again.splitlines()[2:]] == [f"{e} |" for e in ENDED]
    assert again.count("Result") == 1
