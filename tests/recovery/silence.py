"""How long each partition was silent, from the requests that Cordial's stand-in accepted. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

CONTACT = re.compile(r"w-(\d+)-")
"""The contacts of the load name their partition."""

Accepted = Mapping[int, Sequence[float]]
"""When requests of each partition were accepted, in order."""


@dataclass(frozen=True, slots=True)
class Step:
    """What was done to the workers, when, and how long a partition may be silent for it.

    `rebalances` is how many of them a worker saw that did not end itself, at most.
    """

    name: str
    began: float
    ended: float
    most: float
    rebalances: int = 0


def accepted(lines: Iterable[tuple[float, str, int, str]], partitions: int) -> Accepted:
    """Of a journal's lines: time, path, status, body."""
    found: dict[int, list[float]] = {number: [] for number in range(partitions)}
    for at, _, status, body in lines:
        if status == 202:
            for number in {int(one) for one in CONTACT.findall(body)}:
                found[number].append(at)
    return found


def silences(times: Accepted, step: Step) -> dict[int, float]:
    """The longest time without a request of each partition, of those that a step overlaps."""
    return {number: _longest(of_one, step) for number, of_one in times.items()}


def _longest(times: Sequence[float], step: Step) -> float:
    before = [at for at in times if at <= step.began]
    within = [at for at in times if step.began < at <= step.ended]
    marks = [before[-1] if before else step.began, *within]
    if not within or step.ended - within[-1] > 1:
        marks.append(step.ended)
    return max((b - a for a, b in pairwise(marks)), default=0.0)
