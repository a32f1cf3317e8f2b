"""Whether Cordial is asked politely: I8, from what it was asked and what it answered.

By process and endpoint: a process that dies forgets what it was told.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from streams.core.answer import InDoubt, NotSent, Refused
from tests.simulator.clock import FAILURES, PROBE
from tests.simulator.cordial import Request
from tests.simulator.schedule import Schedule
from tests.simulator.verdict import Broken

NEVER = float("-inf")
ROUNDING = 1e-6


@dataclass(slots=True)
class Told:
    """What one process was told by one endpoint."""

    until: float = NEVER  # Retry-After
    limit_since: float | None = None
    refused: float = NEVER
    failures: int = 0  # in a row
    opened: float = NEVER
    sent: float = NEVER


class Manners:
    """Raises `Broken` where a request leaves too early."""

    def __init__(self, schedule: Schedule) -> None:
        self._limit = schedule.limit
        self._told: dict[tuple[Any, str], Told] = defaultdict(Told)
        self.failed: dict[tuple[str, str], int] = defaultdict(int)

    def sent(self, request: Request) -> None:
        """A request leaves."""
        told, now = self._of(request), request.posted
        if now < told.until:
            left = told.until - now
            raise Broken("I8", f"{request} leaves {left:.2f} s before Retry-After is over")
        at_once = request.action != "order"  # an order's intent takes as long as the broker does
        probed = max(told.opened, told.sent) if at_once else told.opened
        if told.failures >= FAILURES and now < probed + PROBE - ROUNDING:
            raise Broken("I8", f"{request} leaves {told.failures} failures after the last success")
        since = told.limit_since
        paced = since is not None and told.sent > max(since, told.refused)
        if at_once and paced and now < told.sent + 1 / self._limit - ROUNDING:
            raise Broken("I8", f"{request} leaves {now - told.sent:.3f} s after the one before")
        told.sent = now

    def heard(self, request: Request, now: float) -> None:
        """The worker has the answer."""
        told, answer = self._of(request), request.answer
        assert answer is not None
        if answer.limits.retry_after is not None:
            told.until = max(told.until, now + answer.limits.retry_after)
        if answer.limits.limit is not None and told.limit_since is None:
            told.limit_since = now
        if isinstance(answer, Refused):
            told.refused = now
        if isinstance(answer, InDoubt | NotSent):
            told.failures += 1
            if told.failures == FAILURES:
                told.opened = now
            for member in request.members:
                self.failed[member.event.message_id, member.action] += 1
        elif not isinstance(answer, Refused) or answer.status == 429:
            told.failures = 0

    def _of(self, request: Request) -> Told:
        return self._told[request.shell.process, request.action]
