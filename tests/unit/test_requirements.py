"""docs/requirements.md: every row has an id of its own, and what it names as shown by exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tools.results import ROW

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "requirements.md").read_text()
ROWS = [found.groups()[:3] for line in TEXT.splitlines() if (found := ROW.match(line))]
NAMED = [(row, name) for row, _, shown in ROWS for name in re.findall(r"`([^`]+)`", shown)]


@cache
def names_in(path: Path) -> frozenset[str]:
    """Tests of a file: functions, methods as Class::name, and classes made by assignment."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
            found |= {f"{node.name}::{one.name}" for one in methods}
        elif isinstance(node, ast.Assign):
            found |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    return frozenset(found)


def test_every_table_row_is_read():
    assert len(ROWS) == len(re.findall(r"^\| [A-Z]{3}-", TEXT, re.MULTILINE))


def test_ids_are_unique_and_in_order():
    ids = [row for row, _, _ in ROWS]
    assert len(set(ids)) == len(ids)
    for section in {row[:3] for row in ids}:
        numbers = [int(row[4:]) for row in ids if row.startswith(section)]
        assert numbers == list(range(1, len(numbers) + 1)), section


@pytest.mark.parametrize(("row", "shown"), [(row, shown) for row, _, shown in ROWS])
def test_every_row_names_a_test(row, shown):
    assert re.fullmatch(r"`[^`]+`(, `[^`]+`)*", shown), row


@pytest.mark.parametrize(("row", "name"), NAMED)
def test_what_a_row_names_exists(row, name):
    path, _, test = name.partition("::")
    assert (ROOT / path).is_file(), f"{row}: {path}"
    if path.endswith(".py"):
        assert test in names_in(ROOT / path), f"{row}: {name}"
    else:
        assert path.startswith("tests/examples/"), row
