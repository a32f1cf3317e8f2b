"""What is written down each second: a line of JSON for each `Sample`. Values alone."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

MEASURING = "measuring"
"""The phase before the load begins."""
CALM = "calm"
"""The phase in which everything has been got over and only the load goes on."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A worker process at a moment: memory in MiB, the rest are numbers of things."""

    pid: int
    memory: float
    files: int
    sockets: int
    threads: int
    tasks: int
    delivered: int
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Sample:
    """The run at a moment, in seconds since the load began.

    `lag` are records of the bus that are not settled and committed, `open` those of all topics that
    are read, asked only where there is no lag; what nobody answered is None.
    """

    time: float
    phase: str
    lag: int | None
    open: int | None
    published: int
    workers: Mapping[str, Inside | None]

    def line(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """What a line says."""
        workers = {
            name: None if one is None else Inside(**one) for name, one in said["workers"].items()
        }
        return cls(**{**said, "workers": workers})


def read(lines: Iterable[str]) -> list[Sample]:
    """All samples of a file."""
    return [Sample.of(json.loads(line)) for line in lines]
