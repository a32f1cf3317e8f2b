"""docs/cordial.md: the rows that it names are there."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "cordial.md").read_text()
KNOWN = set(re.findall(r"^\| ([A-Z]{3}-\d\d) \|", (DOCS / "requirements.md").read_text(), re.M))
ROWS = [line.split(" | ") for line in TEXT.splitlines() if line.startswith("| ")][2:]


def test_every_row_it_names_is_there():
    assert set(re.findall(r"[A-Z]{3}-\d\d", TEXT)) <= KNOWN


def test_a_row_without_a_test_has_its_reason_below():
    for row in ROWS:
        shown = row[-1].rstrip("| ")
        assert re.fullmatch(r"[A-Z]{3}-\d\d(, [A-Z]{3}-\d\d)*", shown) or "(below)" in row[1], row
