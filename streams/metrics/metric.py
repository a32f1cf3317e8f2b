"""What a metric is: name, kind, labels, meaning, what to do.

Names get the prefix `cordial_streams_`; times are seconds.
"""

from dataclasses import dataclass
from typing import Final, Literal

PREFIX: Final = "cordial_streams_"
QUICK: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LONG: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
MEMBERS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
FINE: Final = "Nothing: it is for orientation."

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One row: what it means, and what the operator does about it."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str
    to_do: str
    buckets: tuple[float, ...] = ()

    @property
    def full_name(self) -> str:
        """The name as Prometheus knows it."""
        return PREFIX + self.name

    @property
    def series(self) -> tuple[str, ...]:
        """The names of its series."""
        if self.kind != "histogram":
            return (self.full_name,)
        return tuple(self.full_name + suffix for suffix in ("_bucket", "_sum", "_count"))
