"""What a worker exports, second by second, and the same as if each second were half a minute. Pure.

Everything that is measured in seconds is stretched alike: values, bounds of histograms, rates.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from tests.incident.stages import STRETCH

Labels = tuple[tuple[str, str], ...]
Series = tuple[str, Labels]

SCRAPED = {"instance": "worker-0", "job": "cordial-streams"}
OF_SECONDS = re.compile(r"_seconds(_total|_sum)?$")
BOUNDED_IN_SECONDS = re.compile(r"_seconds_bucket$")
RATES = ("cordial_streams_pace_limit",)
UP: Series = ("up", tuple(sorted(SCRAPED.items())))


@dataclass(slots=True)
class Recording:
    """A value per series and second; None where there was none."""

    seconds: int = 0
    values: dict[Series, list[float | None]] = field(default_factory=dict)

    def add(self, page: str) -> None:
        """One second more; the empty page is one that could not be had."""
        found = dict(samples(page))
        found[UP] = 1.0 if page else 0.0
        for series in found.keys() - self.values.keys():
            self.values[series] = [None] * self.seconds
        for series, values in self.values.items():
            values.append(found.get(series))
        self.seconds += 1

    def thinned(self, every: int, names: Iterable[str]) -> "Recording":
        """Every so many seconds, of these metrics alone."""
        wanted = frozenset(names)
        kept = {one: values[::every] for one, values in self.values.items() if one[0] in wanted}
        return Recording(len(range(0, self.seconds, every)), kept)


def samples(page: str) -> Iterator[tuple[Series, float]]:
    """Each sample of a page, stretched, as Prometheus keeps it."""
    for family in text_string_to_metric_families(page):
        for one in family.samples:
            if not one.name.endswith("_created"):
                labels = {**one.labels, **SCRAPED}
                yield (one.name, tuple(sorted(stretched(one.name, labels).items()))), _value(one)


def stretched(name: str, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels, with the bound of a bucket in stretched seconds."""
    if BOUNDED_IN_SECONDS.search(name) and labels["le"] != "+Inf":
        return {**labels, "le": f"{float(labels['le']) * STRETCH:g}"}
    return dict(labels)


def _value(sample) -> float:
    if OF_SECONDS.search(sample.name):
        return sample.value * STRETCH
    return sample.value / STRETCH if sample.name in RATES else sample.value


def shown(series: Series) -> str:
    """As promtool and OpenMetrics write a series."""
    name, labels = series
    return name + "{" + ",".join(f'{label}="{value}"' for label, value in labels) + "}"


def notation(values: Iterable[float | None]) -> str:
    """promtool's words for values: `3x9` is ten times 3, `0+2x4` is 0 2 4 6 8."""
    words: list[str] = []
    rest, gone = [None if one is None else round(one, 2) for one in values], True
    while rest:
        if rest[0] is None:
            run = next((at for at, one in enumerate(rest) if one is not None), len(rest))
            words += [f"_x{run}"] if gone else ["stale", *([f"_x{run - 1}"] if run > 1 else [])]
            rest, gone = rest[run:], True
            continue
        run, step = _run(rest)
        words.append(_word(rest[0], step, run))
        rest, gone = rest[run:], False
    return " ".join(words)


def _run(values: list[float | None]) -> tuple[int, float]:
    """How many of the first values go up by the same step, and the step."""
    first, second = values[0], values[1] if len(values) > 1 else None
    if first is None or second is None:
        return 1, 0.0
    step, length = round(second - first, 2), 2
    while length < len(values):
        here, before = values[length], values[length - 1]
        if here is None or before is None or round(here - before, 2) != step:
            break
        length += 1
    return (length, step) if length > 2 or step == 0 else (1, 0.0)


def _word(first: float, step: float, run: int) -> str:
    if run == 1:
        return f"{first:.10g}"
    if step == 0:
        return f"{first:.10g}x{run - 1}"
    return f"{first:.10g}{step:+.10g}x{run - 1}"
