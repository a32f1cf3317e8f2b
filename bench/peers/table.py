"""The figures for people: per scenario a table, ours beside the best peer."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.peers.scenarios import Scenario

OURS = ("product", "product-action")
COLUMNS = (
    ("events/s", "rate", "{:.0f}"),
    ("requests per event", "requests_per_event", "{:.2f}"),
    ("CPU s per 1,000", "cpu_per_1000", "{:.2f}"),
    ("p50 ms", "p50_ms", "{:.0f}"),
    ("p99 ms", "p99_ms", "{:.0f}"),
    ("429", "refused", "{:.0f}"),
    ("429 after 5 s", "refused_late", "{:.0f}"),
    ("order violations", "reordered", "{:.0f}"),
    ("lost", "lost", "{:.0f}"),
    ("doubled", "doubled", "{:.0f}"),
    ("idle, of a core", "idle_share", "{:.1%}"),
    ("peak MiB", "peak_mib", "{:.0f}"),
)


def shown(
    scenarios: Sequence[Scenario],
    figures: Mapping[str, Mapping[str, Mapping[str, Any]]],
    bounds: Mapping[str, Mapping[str, float]],
) -> str:
    """Markdown; `bounds` are the events per second that the order of each of ours allows."""
    return "\n\n".join(
        _table(one, figures[one.name], bounds.get(one.name, {})) for one in scenarios
    )


def _table(
    scenario: Scenario, rows: Mapping[str, Mapping[str, Any]], bounds: Mapping[str, float]
) -> str:
    columns = [one for one in COLUMNS if any(one[1] in row for row in rows.values())]
    lines = [
        f"### {scenario.name}: {scenario.about}, {scenario.events:,} events",
        "",
        "| contestant | " + " | ".join(head for head, _, _ in columns) + " |",
        "| --- |" + " --- |" * len(columns),
    ]
    for name, row in rows.items():
        cells = [form.format(row[key]) if key in row else "" for _, key, form in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, *_ratios(rows, bounds)])


def _ratios(rows: Mapping[str, Mapping[str, Any]], bounds: Mapping[str, float]) -> list[str]:
    others = {name: row for name, row in rows.items() if name not in OURS and "rate" in row}
    lines = []
    for name in OURS:
        ours = rows.get(name, {})
        told = _ratios_of(ours, others, bounds.get(name)) if "rate" in ours else []
        lines += [f"{name}: {', '.join(told)}"] if told else []
    return ["", *lines] if lines else []


def _ratios_of(
    ours: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]], bound: float | None
) -> list[str]:
    said = [] if bound is None else [f"{ours['rate'] / bound:.2f} of the bound ({bound:.0f}/s)"]
    if others:
        best = max(others, key=lambda name: others[name]["rate"])
        said.append(f"{ours['rate'] / others[best]['rate']:.2f} times the rate of {best}")
    by_hand = others.get("aiokafka-aiohttp")
    if by_hand:
        ratio = ours["cpu_per_1000"] / by_hand["cpu_per_1000"]
        said.append(f"{ratio:.2f} times the CPU of aiokafka-aiohttp")
    return said
