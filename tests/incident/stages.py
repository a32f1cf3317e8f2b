"""What goes wrong in the incident, one thing after the other, and which alert is the right one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

STRETCH: Final = 30
"""One second of the play stands for so many: a run of minutes is an incident of hours."""

Trouble = Literal["", "hang", "stop"]


@dataclass(frozen=True, slots=True)
class Stage:
    """`trouble_for` seconds of it, then `rest` seconds in which all is well again.

    `faults` are the sandbox's, `poison` adds events of a contact whose commands are rejected,
    and `worker` is what happens to the worker's process. `alert` fires, and no other; the empty
    text: none.
    """

    name: str
    says: str
    trouble_for: int
    rest: int
    alert: str = ""
    faults: Mapping[str, Any] = field(default_factory=dict)
    poison: bool = False
    worker: Trouble = ""

    @property
    def seconds(self) -> int:
        """How long it takes."""
        return self.trouble_for + self.rest


STAGES: Final = (
    Stage("quiet", "All is well", 0, 40),
    Stage(
        "slow",
        "Cordial takes its time for an answer",
        30,
        92,
        "CordialStreamsAgeBurnsFast",
        {"latency": 6.0},
    ),
    Stage(
        "limited",
        "Cordial refuses every fifth request with 429",
        20,
        36,
        "CordialStreamsRateLimited",
        {"refused_each": 5},
    ),
    Stage(
        "rejected-key",
        "Cordial answers 401",
        4,
        40,
        "CordialStreamsKeyRejected",
        {"reject_key": True},
    ),
    Stage(
        "poison",
        "Cordial rejects whatever is of one contact",
        10,
        42,
        "CordialStreamsDeadLetters",
        {"poison": "u-poison", "poison_status": 400},
        poison=True,
    ),
    Stage(
        "hang",
        "The worker no longer asks for records",
        14,
        20,
        "CordialStreamsNotReading",
        worker="hang",
    ),
    Stage("stopped", "The worker's process is frozen", 10, 24, "CordialStreamsDown", worker="stop"),
)


def windows(stages: Sequence[Stage] = STAGES) -> list[tuple[Stage, int, int]]:
    """Each stage with its first second and the first after it."""
    found, at = [], 0
    for stage in stages:
        found.append((stage, at, at + stage.seconds))
        at += stage.seconds
    return found
