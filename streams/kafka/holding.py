"""Holding everything while something is wrong that no retry mends, and going on when it is right.

A rejected key is asked about again with growing waits, read anew each time; nothing is sent and
nothing is dead-lettered meanwhile. The worker stays live and is not ready, and says why.
"""

import asyncio
from dataclasses import dataclass, field

import structlog

from streams.cordial.client import CordialClient
from streams.kafka.sink import Sink
from streams.metrics import Metrics
from streams.web.health import HealthState, NotReady

log = structlog.get_logger(__name__)

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
REJECTIONS_WAIT = 300.0


@dataclass(slots=True, eq=False)
class Holding:
    """Begins and ends the holds of one worker."""

    sink: Sink
    client: CordialClient
    health: HealthState
    metrics: Metrics
    _reasons: list[NotReady] = field(default_factory=list)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, why: str) -> None:
        """Hold everything from now on."""
        reason = NotReady(why)
        if reason not in self._reasons:
            self._reasons.append(reason)
            log.warning("holding everything", reason=why)
            self.metrics.hold(why, on=True)
        self.sink.held = why
        self.health.hold(reason)
        self._wake.set()

    async def run(self) -> None:
        """Check the key at the start, then wait for holds and end each when it may end."""
        if await self.client.check_auth() == "rejected":
            self.begin(NotReady.KEY_REJECTED)
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._reasons:
                await self._until_over(self._reasons[0])
                self._end(self._reasons.pop(0))

    async def _until_over(self, reason: NotReady) -> None:
        if reason is NotReady.KEY_REJECTED:
            await self._until_key_is_right()
        elif reason is NotReady.REJECTION_LIMIT:
            await asyncio.sleep(REJECTIONS_WAIT)
            self.sink.answering.rejections.reset()
        else:
            asked = self.sink.endpoints.asked_until - self.sink.clockwork.now()
            await asyncio.sleep(max(0.0, asked))

    async def _until_key_is_right(self) -> None:
        wait = FIRST_WAIT
        while True:
            await asyncio.sleep(wait)
            if await self.client.check_auth() == "ok":
                return
            wait = min(wait * 2, LONGEST_WAIT)

    def _end(self, reason: NotReady) -> None:
        log.info("going on", reason=reason.value)
        self.health.release(reason)
        self.metrics.hold(reason.value, on=False)
        if not self._reasons:
            self.sink.release()
