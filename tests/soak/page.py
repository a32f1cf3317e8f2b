"""What docs/soak.md says of the last run. Pure."""

from collections.abc import Iterator

from tests.soak.account import Account, Got
from tests.soak.schedule import KINDS
from tools.tables import table

RESULT = "## The last run\n"
"""What stands above it in the page is written by hand."""


def page(before: str, account: Account, command: str, day: str) -> str:
    """The page as it was before, with another result."""
    return "\n".join([before.partition(RESULT)[0] + RESULT, *_result(account, command, day)])


def _result(account: Account, command: str, day: str) -> Iterator[str]:
    verdict = account.verdict
    yield f"`{command}`, {day}:\n"
    yield "![Lag, memory, deliveries, tasks and files over the run](pictures/soak.svg)\n"
    yield table(("", ""), _figures(account))
    yield ""
    if account.findings:
        yield "What is not well:\n"
        yield from (f"- {finding}" for finding in account.findings)
        yield ""
    yield "### Faults\n"
    yield table(("fault", "what", "times", "seconds in all", "got over, s: most"), _kinds(account))
    yield "\n### What may not grow\n"
    yield table(("", "of", "from", "to", "may rise by"), _grown(account))
    yield ""
    yield table(("table", "rows in the end", "accounted for"), _tables(account))
    yield "\n### What the verifier counted\n"
    columns = ("expected", "accepted", "repeated", "delivered", "suppressed", "dead_lettered")
    rows = verdict.get("actions", {})
    counted = [(name, *(f"{row[column]:,}" for column in columns)) for name, row in rows.items()]
    yield table(("action", *(one.replace("_", "-") for one in columns)), counted)
    yield ""


def _figures(account: Account) -> list[tuple[str, ...]]:
    verdict = account.verdict
    measured = "given" if account.capacity is None else f"half of {account.capacity:,.0f}"
    drained = "never" if account.drained is None else f"{account.drained:g} s after the load"
    return [
        ("verdict", f"{verdict.get('verdict')}{'' if account.kept else ', and not all is well'}"),
        ("seed, minutes", f"{account.seed}, {account.minutes:g}"),
        ("events a second", f"{account.rate:g} ({measured})"),
        ("records published", f"{verdict.get('published', 0):,}"),
        ("requests to Cordial", f"{verdict.get('requests', 0):,}"),
        ("orders sent again and named in doubt", f"{len(verdict.get('inDoubt', []))}"),
        ("faults", f"{len(account.got)}"),
        ("workers that ended with exit 4 after being frozen", f"{account.replaced}"),
        ("nothing open", drained),
    ]


def _kinds(account: Account) -> list[tuple[str, ...]]:
    rows = []
    for kind in KINDS:
        got = [one for one in account.got if one.kind == kind.name]
        took = "" if not got else _most(got)
        total = f"{sum(one.seconds for one in got):.0f}" if got else ""
        rows.append((kind.name, kind.what, str(len(got)), total, took))
    return rows


def _most(got: list[Got]) -> str:
    times = [one.recovery for one in got if one.recovery is not None]
    return "not in time" if len(times) < len(got) else f"{max(times):.1f}"


def _grown(account: Account) -> list[tuple[str, ...]]:
    return [
        (one.what, one.whose, f"{one.begins:,.1f}", f"{one.ends:,.1f}", f"{one.bound:,.1f}")
        for one in account.grown
    ]


def _tables(account: Account) -> list[tuple[str, ...]]:
    return [
        (name, f"{count:,}", f"{account.bounds[name]:,}" if name in account.bounds else "")
        for name, count in account.rows.items()
    ]
