"""Cordial: takes requests in any order, answers late, refuses, rejects, and loses answers.

A request of a process that died or lost its partition is decided before the next owner begins:
the deadline of a request is shorter than the time after which a silent worker is out.
"""

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from streams.core.lanes import Entry
from tests.simulator.schedule import Event

if TYPE_CHECKING:
    from tests.simulator.laws import Laws
    from tests.simulator.part import Part

ACCEPTED, REFUSED, REJECTED, CUT = "accepted", "refused", "rejected", "cut"


@dataclass(frozen=True, slots=True)
class Member:
    """One command of a request, as Cordial sees it and as its lane knows it."""

    entry: Entry
    event: Event
    action: str


@dataclass(slots=True, eq=False)
class Request:
    """`answer` is None until Cordial has decided."""

    shell: "Part"
    members: tuple[Member, ...]
    answer: str | None = None

    def __str__(self) -> str:
        asked = ", ".join(
            f"{member.action} of {member.event.message_id} at {member.entry.offset}"
            for member in self.members
        )
        return f"worker {self.shell.process.name}: {asked}: {self.answer}"


class Cordial:
    """Requests under way and answers on their way back."""

    def __init__(self, rng: Random, cut: float, laws: "Laws") -> None:
        self._rng = rng
        self._cut = cut
        self._laws = laws
        self.requests: list[Request] = []
        self.kind = False  # the operator has repaired what Cordial rejected
        self.calm = False  # no more refusals and no more answers lost

    def post(self, request: Request) -> None:
        self.requests.append(request)

    def undecided(self) -> list[Request]:
        return [request for request in self.requests if request.answer is None]

    def answered(self) -> list[Request]:
        return [request for request in self.requests if request.answer is not None]

    def decide(self, request: Request) -> None:
        """Accept the request or not, all of it or nothing."""
        refused = not self.calm and self._rng.random() < 0.1
        cut = not self.calm and self._rng.random() < self._cut
        if refused:
            request.answer = REFUSED
        elif not self.kind and any(m.action in m.event.rejected for m in request.members):
            for member in request.members:
                if member.action in member.event.rejected:
                    self._laws.refused_for_good(member)
            request.answer = REJECTED
        else:
            self._accept(request)
            request.answer = ACCEPTED
        if cut:
            request.answer = CUT

    def _accept(self, request: Request) -> None:
        for member in request.members:
            self._laws.accepted(member)

    def abandon(self, shell: "Part") -> None:
        """Nobody waits any more: what is under way is decided now, and the answers are lost."""
        for request in [each for each in self.requests if each.shell is shell]:
            self.requests.remove(request)
            if request.answer is None and self._rng.random() < 0.5:
                self.decide(request)
