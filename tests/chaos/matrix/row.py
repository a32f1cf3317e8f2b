"""One fault: what it is, what must hold, and which tests cause it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`ci`: it is in every run of `.ci/run`. `lacks`: what no test causes yet.

    `cannot`: why no test on one machine can cause the whole of it.
    """

    id: str
    fault: str
    holds: str
    tests: tuple[str, ...] = ()
    ci: bool = False
    lacks: str = ""
    cannot: str = ""
