"""What came of a run, and whether that is well. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.soak.explained import beyond
from tests.soak.judging import Grown, grown, rows, rows_grown
from tests.soak.samples import Sample
from tests.soak.schedule import KINDS

WARM_UP = 1 / 6
"""The share of the run in which things may still grow."""


@dataclass(frozen=True, slots=True)
class Got:
    """A fault that was played: seconds since the load began, how long it lasted, and how long it
    took from its end until it was got over; None where that was not in time."""

    kind: str
    time: float
    seconds: float
    recovery: float | None


@dataclass(slots=True)
class Account:
    """One run. Rates are events a second; `drained` is how long after the load nothing was open;
    `replaced` workers ended with exit 4 because another one may have had their partitions.
    """

    seed: int
    minutes: float
    capacity: float | None = None
    rate: float = 0.0
    got: list[Got] = field(default_factory=list)
    drained: float | None = None
    replaced: int = 0
    verdict: dict[str, Any] = field(default_factory=dict)
    grown: list[Grown] = field(default_factory=list)
    rows: Mapping[str, int] = field(default_factory=dict)
    bounds: Mapping[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether everything is well."""
        return not self.findings

    def judge(self, samples: Sequence[Sample], bounds: Mapping[str, int]) -> None:
        """Look for what grew, and for what the verifier says."""
        since = max(self.minutes * 60 * WARM_UP, self._each_once())
        self.grown = grown(samples, since)
        if not self.grown:
            self.findings.append("no worker lived long enough to tell whether it grows")
        seen = rows_grown(samples)
        if seen is not None:
            self.grown.append(seen)
        self.findings += [str(one) for one in self.grown if not one.kept]
        self.bounds = bounds
        self.rows = next((found for one in reversed(samples) if (found := rows(one))), {})
        self.findings += beyond(self.rows, bounds)
        if self.drained is None:
            self.findings.append("records were left open when the load had ended")
        if self.verdict.get("verdict") != "ALL" or not self.verdict.get("kept"):
            broken = {name: len(cases) for name, cases in self.violations.items() if cases}
            self.findings.append(f"the verifier says {self.verdict.get('verdict')}: {broken}")

    def _each_once(self) -> float:
        """When a fault of every kind had come and gone: with the first of some a worker takes over
        all there is, and keeps the memory for it. 0 in a run that did not play all of them."""
        first = {one.kind: one.time + one.seconds for one in reversed(self.got)}
        return max(first.values()) if len(first) == len(KINDS) else 0.0

    @property
    def violations(self) -> Mapping[str, Sequence[str]]:
        """What the verifier found, by kind."""
        found: Mapping[str, Sequence[str]] = self.verdict.get("violations", {})
        return found

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "kept": self.kept}
