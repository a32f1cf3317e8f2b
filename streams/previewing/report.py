"""A preview for people: on a terminal and as a Markdown file, or as one HTML file."""

import html
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streams.tracing.lines import printable

Report = Mapping[str, Any]
Row = tuple[str, ...]
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1rem 0}"
    "td,th{border:1px solid #bbb;padding:.2rem .6rem;text-align:left;vertical-align:top}"
    "pre{background:#f4f4f4;padding:.6rem;overflow:auto}"
)
FROM_HERE = (
    "History begins with the first of these records: each is judged by those before it, as if all"
    " of their requests had been accepted. What a worker's tables know is not known here, so it may"
    " suppress what is counted as sent (duplicate, stale, unchanged, consent, held), complete what"
    " is counted as unidentifiable or missing, and hold back contacts that are parked."
    " With --tables the tables are read first."
)
FROM_TABLES = (
    "History begins with what the worker's tables know now; then each record is judged by those"
    " before it, as if all of their requests had been accepted. What a worker has settled is a"
    " duplicate here. Parked contacts, held events and ties of visitors to users are not known."
)
CONCEALED = "Values of events are not shown, except for what the plan itself says."


@dataclass(frozen=True, slots=True)
class Table:
    """A heading above rows; `head` names the columns."""

    title: str
    head: Row
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Sample:
    """A request, whose record on the bus is named."""

    title: str
    body: str


def title(report: Report) -> str:
    """The first line."""
    return f"Preview of {report['topic']}"


def summary(report: Report) -> list[str]:
    """What was looked at, and what became of it."""
    spans = ", ".join(
        f"{number}: {first} to {behind}" for number, (first, behind) in report["spans"].items()
    )
    reach = "to the end of the topic" if report["whole"] else f"the limit of {report['limit']:,}"
    outcomes = ", ".join(f"{count:,} {name}" for name, count in report["outcomes"].items())
    said = [
        f"{report['events']:,} records from {report['from']}, {reach}.",
        f"Offsets by partition: {spans}.",
        f"Of them {outcomes or 'none'}.",
        "Nothing was sent, produced or committed.",
        *_history(report["history"]),
    ]
    return said if report["values_shown"] else [*said, CONCEALED]


def _history(read: Mapping[str, Any] | None) -> Iterator[str]:
    """From which point on the past of a contact is known, and what that means."""
    if read is None:
        yield FROM_HERE
        return
    rows = ", ".join(f"{count:,} of {table}" for table, count in read["rows"].items())
    yield f"{FROM_TABLES} Rows of these events: {rows or 'none'}."
    if read["missing"]:
        yield f"There is no changelog of {', '.join(read['missing'])}: nothing is known of it."
    if read["cut"]:
        yield f"Not all of {', '.join(read['cut'])} was read: what it knows may be old or missing."


def tables(report: Report) -> Iterator[Table]:
    """What became of events and commands, and what was left out most."""
    ends = [
        (outcome, reason, f"{count:,}")
        for outcome, reasons in report["ends"].items()
        for reason, count in reasons.items()
    ]
    yield Table("Events that make no command", ("Outcome", "Reason", "Events"), ends)
    rows = [
        (name, *(f"{sum(counters[what].values()):,}" for what in counters), _reasons(counters))
        for name, counters in report["actions"].items()
    ]
    head = ("Action", "Sent", "Suppressed", "Dead letters", "Reasons")
    yield Table("Actions", head, rows)
    drops = [
        (one["action"] or "every action", one["what"], f"{one['count']:,}")
        for one in report["drops"]
    ]
    yield Table("What was dropped or changed most", ("Action", "What", "Times"), drops)


def samples(report: Report) -> Iterator[Sample]:
    """Some requests as they would be sent."""
    for one in report["samples"]:
        head = f"{one['action']} of {one['record']}: {one['method']} {one['path']}"
        yield Sample(head, json.dumps(one["body"], ensure_ascii=False, indent=2))


def markdown(report: Report) -> Iterator[str]:
    """The lines of a Markdown file."""
    yield f"# {_plain(title(report))}"
    for line in summary(report):
        yield f"\n{_plain(line)}"
    for table in tables(report):
        if table.rows:
            yield f"\n## {table.title}\n"
            yield from _markdown_rows([table.head, tuple("---" for _ in table.head), *table.rows])
    for number, sample in enumerate(samples(report)):
        if number == 0:
            yield "\n## Some requests"
        fence = "`" * (3 + sample.body.count("```"))
        yield f"\n{_plain(sample.title)}\n\n{fence}json\n{sample.body}\n{fence}"


def _markdown_rows(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield "| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in row) + " |"


def page(report: Report) -> str:
    """One HTML file that needs nothing else."""
    parts = [f"<h1>{_safe(title(report))}</h1>", *map(_paragraph, summary(report))]
    for table in tables(report):
        if table.rows:
            head = _cells("th", table.head)
            rows = "".join(_cells("td", row) for row in table.rows)
            parts.append(f"<h2>{_safe(table.title)}</h2><table>{head}{rows}</table>")
    shown = [f"{_paragraph(one.title)}<pre>{_safe(one.body)}</pre>" for one in samples(report)]
    parts += ["<h2>Some requests</h2>", *shown] if shown else []
    head = f'<meta charset="utf-8"><title>{_safe(title(report))}</title><style>{STYLE}</style>'
    return (
        f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'
    )


def _cells(kind: str, row: Row) -> str:
    return "<tr>" + "".join(f"<{kind}>{_safe(cell)}</{kind}>" for cell in row) + "</tr>"


def _paragraph(text: str) -> str:
    return f"<p>{_safe(text)}</p>"


def _safe(text: str) -> str:
    return html.escape(text.encode("utf-8", "replace").decode())


def _plain(text: str) -> str:
    """One line, without what a terminal obeys or a page reads as a tag."""
    return printable(text).replace("<", "&lt;")


def _reasons(counters: Mapping[str, Mapping[str, int]]) -> str:
    told = [
        f"{count:,} {reason}"
        for what in ("suppressed", "dead_lettered")
        for reason, count in counters[what].items()
    ]
    return "; ".join(told)
