"""What goes wrong, in which order and for how long, from a seed. Pure."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

PAUSE = (3.0, 8.0)
"""Seconds of calm after each fault was got over, and connections that are idle were closed."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: where it is, what it does, and how many seconds it may last."""

    name: str
    where: str
    what: str
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a run. `seconds` it lasts, and `pause` seconds nothing is done after it."""

    number: int
    kind: Kind
    seconds: float
    pause: float

    def __str__(self) -> str:
        return (
            f"{self.number:3}  {self.kind.name:24} {self.seconds:4.1f} s, calm {self.pause:.1f} s"
        )


FROZEN = "worker frozen"
"""After it a worker may end with exit 4, and is started again: see decision 0007."""
KINDS = (
    Kind("worker killed", "workers", "kill -9 of a worker, down for so long", 1, 12),
    Kind("worker restarted", "workers", "SIGTERM, exit 0, down for so long", 0.5, 6),
    Kind(FROZEN, "workers", "SIGSTOP for longer than its session, then SIGCONT", 14, 20),
    Kind("worker joins and leaves", "workers", "a third one, ended by SIGTERM", 15, 25),
    Kind("broker killed", "broker", "kill -9 of the broker, down for so long", 1, 10),
    Kind("broker frozen", "broker", "SIGSTOP for less than a session, then SIGCONT", 2, 5),
    Kind("network slow", "network", "every piece to and from the broker waits 50 ms", 6, 12),
    Kind("network silent", "network", "connections to the broker stay open, nothing passes", 2, 5),
    Kind("network resets", "network", "each second all connections to the broker are reset", 2, 6),
    Kind("Cordial slow", "Cordial", "every answer takes half a second", 6, 12),
    Kind("Cordial too slow", "Cordial", "a tenth of the answers ends after the deadline", 5, 10),
    Kind(
        "429",
        "Cordial",
        "15 requests a second and endpoint instead of 500, which headers tell",
        5,
        12,
    ),
    Kind("429 untold", "Cordial", "the same, and headers tell nothing", 5, 12),
    Kind("503", "Cordial", "every answer", 4, 12),
    Kind("503 with Retry-After", "Cordial", "every answer, and to ask again after 2 s", 4, 12),
    Kind("500", "Cordial", "a fifth of the answers", 4, 10),
    Kind("answers cut", "Cordial", "a tenth: accepted, and no answer", 4, 10),
    Kind("connections closed", "Cordial", "a third: before anything is accepted", 4, 10),
    Kind("401", "Cordial", "every answer", 4, 10),
    Kind("garbage", "data", "300 records in a row that are no events", 1, 1),
    Kind("registry away", "data", "while events come with a schema id not seen before", 5, 12),
)
NAMED: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}


def schedule(seed: int, kinds: tuple[Kind, ...] = KINDS) -> Iterator[Fault]:
    """Without an end: rounds in which each kind comes once, in an order of their own."""
    chance = random.Random(seed)
    number = 0
    while True:
        for kind in chance.sample(kinds, len(kinds)):
            number += 1
            seconds = round(chance.uniform(kind.least, kind.most), 1)
            yield Fault(number, kind, seconds, round(chance.uniform(*PAUSE), 1))
