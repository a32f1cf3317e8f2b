"""Between acceptance and processing: what Cordial accepts it queues, and promises no order."""

import random
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Waiting:
    """An accepted request; `line` is its line of the journal, `due` in seconds since 1970."""

    action: str
    body: dict[str, Any]
    due: float
    line: dict[str, Any]


@dataclass(slots=True)
class Queue:
    """Accepted requests that are not processed yet."""

    chance: random.Random
    _waiting: list[Waiting] = field(default_factory=list)

    def put(self, one: Waiting) -> None:
        """It was accepted."""
        self._waiting.append(one)

    def due(self, now: float, *, reordered: bool) -> list[Waiting]:
        """What is to be processed now; in the order of acceptance, or in any."""
        due = [one for one in self._waiting if one.due <= now]
        self._waiting = [one for one in self._waiting if one.due > now]
        if reordered:
            self.chance.shuffle(due)
        return due
