"""Cordial: takes requests in any order, answers late, refuses, rejects, and loses answers.

A request of a process that died or lost its partition is decided before the next owner begins:
the deadline of a request is shorter than the time after which a silent worker is out.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.core.answer import (
    Answer,
    Delivered,
    InDoubt,
    Limits,
    NotSent,
    Refused,
    Rejected,
    Unauthorized,
)
from streams.core.lanes import Entry
from tests.simulator.chance import Chance
from tests.simulator.clock import DEADLINE, Clock
from tests.simulator.schedule import Event, Schedule

if TYPE_CHECKING:
    from tests.simulator.laws import Laws
    from tests.simulator.part import Part

RETRY_AFTER = (None, None, 1.0, 5.0, 30.0, 90.0)


@dataclass(frozen=True, slots=True)
class Member:
    """One command of a request, as Cordial sees it and as its lane knows it."""

    entry: Entry
    event: Event
    action: str


@dataclass(slots=True, eq=False)
class Request:
    """`answer` is None until Cordial has decided; it reaches Cordial at `lands`."""

    shell: "Part"
    members: tuple[Member, ...]
    posted: float = 0.0
    lands: float = 0.0
    answer: Answer | None = None

    @property
    def action(self) -> str:
        return self.members[0].action

    def __str__(self) -> str:
        asked = ", ".join(
            f"{member.action} of {member.event.message_id} at {member.entry.offset}"
            for member in self.members
        )
        return f"worker {self.shell.process.name}: {asked}: {self.answer}"


class Cordial:
    """Requests under way and answers on their way back."""

    def __init__(self, rng: Chance, clock: Clock, schedule: Schedule, laws: "Laws") -> None:
        self._rng = rng
        self._clock = clock
        self._schedule = schedule
        self._laws = laws
        self._limits = Limits(limit=schedule.limit or None)
        self.requests: list[Request] = []
        self.kind = False  # the operator has repaired what Cordial rejected
        self.calm = False  # no more refusals and no more answers lost
        self.key_ok = True
        self.down_until = 0.0

    def post(self, request: Request) -> None:
        request.posted = self._clock.now
        request.lands = self._clock.now + self._rng.random() * self._schedule.latency
        self._laws.sent(request, self.requests)
        self.requests.append(request)

    def undecided(self) -> list[Request]:
        now = self._clock.now
        return [each for each in self.requests if each.answer is None and each.lands <= now]

    def answered(self) -> list[Request]:
        return [request for request in self.requests if request.answer is not None]

    def decide(self, request: Request) -> None:
        """Accept the request or not, all of it or nothing."""
        refused = not self.calm and self._rng.random() < self._schedule.refused
        cut = not self.calm and self._rng.random() < self._schedule.cut
        if self._clock.now < self.down_until:
            request.answer = self._away(request)
        elif not self.key_ok:
            request.answer = Unauthorized(401)
        elif refused:
            request.answer = self._refusal()
        elif self._wrong(request):
            for member in request.members:
                if member.action in member.event.rejected:
                    self._laws.refused_for_good(member)
            request.answer = Rejected(422)
        else:
            self._accept(request)
            request.answer = Delivered(202, self._limits)
        if cut:
            request.answer = InDoubt("cut off")

    def expire(self) -> None:
        """What is open at its deadline is in doubt: it may have been accepted until now."""
        for request in self.requests:
            if request.answer is None and self._clock.now >= request.posted + DEADLINE:
                if self._rng.random() < 0.5:
                    self.decide(request)
                request.answer = InDoubt("timed out")

    def _away(self, request: Request) -> Answer:
        chance = self._rng.random()
        if chance < 0.4:
            return NotSent("refused")
        if chance < 0.5 and not self._wrong(request):
            self._accept(request)
        return InDoubt("status 502", 502)

    def _wrong(self, request: Request) -> bool:
        return not self.kind and any(m.action in m.event.rejected for m in request.members)

    def _refusal(self) -> Answer:
        limits = Limits(limit=self._limits.limit, retry_after=self._rng.choice(RETRY_AFTER))
        return Refused(self._rng.choice((429, 503)), limits)

    def _accept(self, request: Request) -> None:
        for member in request.members:
            self._laws.accepted(member)

    def abandon(self, shell: "Part") -> None:
        """Nobody waits any more: what is under way is decided now, and the answers are lost."""
        for request in [each for each in self.requests if each.shell is shell]:
            self.requests.remove(request)
            if request.answer is None and self._rng.random() < 0.5:
                self.decide(request)
