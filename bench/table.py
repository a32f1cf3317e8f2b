"""The figures for people."""

from typing import Any

from bench.bound import Bound


def shown(results: dict[str, Any], least: Bound) -> str:
    """The table, with the ratios that count."""
    lines = [
        f"backlog: {least.events:,} events, {least.commands:,} commands, seed {results['seed']}; "
        f"at least {least.requests:,} requests, {least.hottest:,} of the hottest contact",
        f"{'':28}{'events/s':>9}{'to 90 %':>9}{'seconds':>9}{'bound s':>9}{'requests':>10}"
        f"{'refused':>9}{'CPU/1,000':>11}{'MiB':>6}{'reordered':>11}",
    ]
    for name, row in results.items():
        if isinstance(row, dict) and "product" in row:
            lines += _scenario(name, row, least)
    half = results.get("half load")
    if half is not None:
        lines.append(
            f"half load, {half['rate']:.0f} events/s: produce to accepted p50 "
            f"{half['p50_ms']:.0f} ms, p99 {half['p99_ms']:.0f} ms ({half['events']:,} events)"
        )
    return "\n".join(lines)


def _scenario(name: str, row: dict[str, Any], least: Bound) -> list[str]:
    ours, theirs = row["product"], row["naive"]
    ratios = [
        f"{ours['rate'] / theirs['rate']:.1f} times the naive agent",
        f"{row['bound_s'] / ours['seconds']:.2f} of the bound",
        f"{ours['requests'] / least.requests:.2f} times the fewest requests",
    ]
    return [
        _line(f"{name} naive agent", theirs, None),
        _line(f"{name} product", ours, row["bound_s"]),
        f"{'':4}{', '.join(ratios)}",
    ]


def _line(name: str, figures: dict[str, Any], bound_s: float | None) -> str:
    return (
        f"{name:28}{figures['rate']:9.0f}{figures['ninety_rate']:9.0f}{figures['seconds']:9.1f}"
        f"{'' if bound_s is None else f'{bound_s:.1f}':>9}{figures['requests']:10,}"
        f"{figures['refused']:9,}{figures['cpu_per_1000']:11.2f}"
        f"{figures.get('peak_mib', 0):6.0f}{figures['reordered']:11}"
    )
