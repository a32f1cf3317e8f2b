"""One endpoint of Cordial in one process: the real pace and circuit, and who waits."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.cordial.circuit import Circuit
from streams.cordial.pace import Pace
from streams.core.answer import Answer
from tests.simulator.chance import Chance
from tests.simulator.clock import FAILURES, PROBE

if TYPE_CHECKING:
    from tests.simulator.shell import Shell


@dataclass(slots=True, eq=False)
class Endpoint:
    """`queue` has lanes that became ready; what is there may have gone meanwhile."""

    pace: Pace
    circuit: Circuit
    queue: "list[tuple[Shell, str]]" = field(default_factory=list)

    def opens_at(self, now: float) -> float | None:
        """None where a request may start now; else when to ask again."""
        if not self.circuit.allows(now):
            return self.circuit.next_time(now)
        if self.pace.allowance(now) < 1:
            return self.pace.next_time(now)
        return None

    def closed_for(self, now: float, *, probe: bool) -> float:
        """How long what was taken must wait all the same, as its intent took its time."""
        waits = self.pace.waits_until - now
        if not (probe or self.circuit.healthy):
            waits = max(waits, self.circuit.next_time(now) - now)
        return max(waits, 0.0)

    def take(self, now: float) -> bool:
        """A request starts now; whether it is a probe."""
        probe = not self.circuit.healthy
        self.pace.take(now)
        self.circuit.take(now)
        return probe

    def answered(self, answer: Answer, now: float, started: float) -> None:
        """Learn from an answer."""
        self.pace.answered(answer, now, started)
        self.circuit.answered(answer, now)


def endpoint(rng: Chance) -> Endpoint:
    """A new one, of which nothing is known."""
    return Endpoint(Pace(rng.random), Circuit(FAILURES, PROBE))
