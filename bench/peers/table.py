"""The figures for people: per scenario a table, then what is wanted and whether it was reached."""

from collections.abc import Mapping, Sequence

from bench.peers.contestants import OURS
from bench.peers.reached import (
    BY_HAND,
    Rows,
    best_peer,
    broken,
    cpu_by_hand,
    reached,
    to_best,
    to_bound,
)
from bench.peers.scenarios import Scenario

COLUMNS = (
    ("events/s", "rate", "{:.0f}"),
    ("requests per event", "requests_per_event", "{:.2f}"),
    ("CPU s per 1,000", "cpu_per_1000", "{:.2f}"),
    ("without the start", "running_per_1000", "{:.2f}"),
    ("p50 ms", "p50_ms", "{:,.0f}"),
    ("p99 ms", "p99_ms", "{:,.0f}"),
    ("p50 without Cordial's", "own_p50_ms", "{:.0f}"),
    ("p99 without Cordial's", "own_p99_ms", "{:.0f}"),
    ("429", "refused", "{:.0f}"),
    ("429 after 5 s", "refused_late", "{:.0f}"),
    ("order violations", "reordered", "{:.0f}"),
    ("lost", "lost", "{:.0f}"),
    ("doubled", "doubled", "{:.0f}"),
    ("idle, of a core", "idle_share", "{:.1%}"),
    ("peak MiB", "peak_mib", "{:.0f}"),
)
NOTES = """\
- Medians of the rounds; violations, lost and doubled are added up.
- CPU is that of the contestant's process; its start is until the stand-in's first request.
- p50 and p99 of a backlog are from the first request to the answer.
- p50 and p99 of a flow are from publishing to the answer, without Cordial's own latency to the
  request.
- Who has no p50 and p99 was ended before the end: its pace is that of what it had done.
- The order of product-action is counted per contact and action."""


def shown(
    scenarios: Sequence[Scenario],
    figures: Mapping[str, Rows],
    bounds: Mapping[str, Mapping[str, float]],
    waits: Mapping[str, str],
) -> str:
    """Markdown; `bounds` are the events per second that the order of each of ours allows, `waits`
    what is to be said of the least times of a flow."""
    tables = [_table(one, figures[one.name], bounds.get(one.name, {}), waits) for one in scenarios]
    return "\n\n".join([*tables, NOTES, *_wanted(figures, bounds)])


def _table(
    scenario: Scenario, rows: Rows, bounds: Mapping[str, float], waits: Mapping[str, str]
) -> str:
    columns = [one for one in COLUMNS if any(one[1] in row for row in rows.values())]
    rounds = max((row.get("rounds", 0) for row in rows.values()), default=0)
    lines = [
        f"### {scenario.name}: {scenario.about}, {scenario.events:,} events, {rounds} rounds",
        "",
        "| contestant | " + " | ".join(head for head, _, _ in columns) + " |",
        "| --- |" + " --- |" * len(columns),
    ]
    for name, row in rows.items():
        cells = [form.format(row[key]) if key in row else "" for _, key, form in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    if scenario.warm:
        lines += ["", f"Of the first {scenario.warm:,} events no times are counted."]
    lines += ["", waits[scenario.name]] if scenario.name in waits else []
    return "\n".join([*lines, *_ratios(rows, bounds)])


def _ratios(rows: Rows, bounds: Mapping[str, float]) -> list[str]:
    lines = []
    for name in OURS:
        told = _ratios_of(name, rows, bounds) if "rate" in rows.get(name, {}) else []
        lines += [f"{name}: {', '.join(told)}"] if told else []
    return ["", *lines] if lines else []


def _ratios_of(name: str, rows: Rows, bounds: Mapping[str, float]) -> list[str]:
    said = []
    of_bound, of_best = to_bound(name, rows, bounds), to_best(name, rows, bounds)
    if of_bound is not None:
        said.append(f"{of_bound:.2f} of the bound ({bounds[name]:.0f}/s)")
    if of_best is not None:
        said.append(f"{of_best:.2f} times the rate of {best_peer(rows)}")
    for key, how in (("cpu_per_1000", ""), ("running_per_1000", " without the start")):
        ratio = cpu_by_hand(key, name, rows, bounds)
        if ratio is not None:
            said.append(f"{ratio:.2f} times the CPU of {BY_HAND}{how}")
    return said


def _wanted(figures: Mapping[str, Rows], bounds: Mapping[str, Mapping[str, float]]) -> list[str]:
    lines = [
        f"| {one.scenario} | {one.contestant} | {one.what} | {one.words} | {got:.3g} "
        f"| {'yes' if one.reached(got) else 'no'} |"
        for one, got in reached(figures, bounds)
    ]
    head = "| scenario | contestant | figure | wanted | is | reached |\n|" + " --- |" * 6
    kept = "\n".join(broken(figures)) or "Nothing of ours was lost, doubled or out of order."
    return (["\n".join([head, *lines])] if lines else []) + [kept]
