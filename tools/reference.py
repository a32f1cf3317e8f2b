"""Writes the tables of docs/operations.md that the code already knows, between their markers.

A part stands between `<!-- begin NAME: make docs writes this -->` and `<!-- end NAME -->`.
With `--check` nothing is written; exit 5 where a part is stale.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from streams.metrics import METRICS
from streams.settings import Settings
from streams.settings_errors import variables
from streams.web.health import TO_DO

PAGE = Path(__file__).parents[1] / "docs" / "operations.md"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; a bar in a cell is escaped."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value == "":
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def parts() -> dict[str, str]:
    """The generated parts by name."""
    metrics = (
        (f"`{row.full_name}`", row.kind, ", ".join(row.labels), row.meaning, row.to_do)
        for row in METRICS
    )
    settings = (
        (f"`{name}`", _default(field), field.description or "")
        for name, field in variables(Settings)
    )
    reasons = ((f"`{reason}`", meaning, to_do) for reason, (meaning, to_do) in TO_DO.items())
    return {
        "settings": table(("Variable", "Default", "Meaning"), settings),
        "metrics": table(("Metric", "Kind", "Labels", "Meaning", "What to do"), metrics),
        "reasons": table(("Reason", "Meaning", "What to do"), reasons),
    }


def filled(page: str) -> str:
    """The page with every part as the code has it. Raises `ValueError` without its markers."""
    for name, text in parts().items():
        begin, end = f"<!-- begin {name}: make docs writes this -->", f"<!-- end {name} -->"
        if page.count(begin) != 1 or page.count(end) != 1:
            raise ValueError(f"{PAGE.name}: the markers of {name} must stand there once")
        before, _, rest = page.partition(begin)
        after = rest.partition(end)[2]
        page = f"{before}{begin}\n\n{text}\n\n{end}{after}"
    return page


def main() -> int:
    """Write the page, or with `--check` compare it."""
    old = PAGE.read_text()
    new = filled(old)
    if "--check" in sys.argv[1:]:
        return 0 if new == old else 5
    PAGE.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
