"""One worker process, from its first page to its exit code."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from streams import logs
from streams.cordial.account_attributes import AccountAttributes
from streams.cordial.client import CordialClient
from streams.exits import DEPENDENCY_DOWN, FAILED, OK
from streams.kafka.engine import App
from streams.kafka.holding import Holding
from streams.kafka.outbox import Outbox
from streams.kafka.refusal import BrokerRefusesError
from streams.kafka.releases import LaterReleaseError
from streams.kafka.topics import Problem
from streams.kafka.worker import Partitions
from streams.running.garbage import look_rarely
from streams.running.tracing import Tracing
from streams.running.unhandled import end_on_our_errors, tell
from streams.settings import Settings
from streams.web.health import HealthState, NotReady
from streams.web.server import WebServer

log = structlog.get_logger(__name__)

BROKER_RETRY = 3.0
REFUSED_RETRY, REFUSED_PATIENCE = 5.0, 60.0
"""Seconds. A new password may be on its way; and a worker that is started again at once, for ever,
would knock at the broker without a pause."""


@dataclass(slots=True, eq=False)
class Worker:
    """Everything that runs in one worker process. `problems` asks the broker what is missing."""

    settings: Settings
    problems: Callable[[], Awaitable[list[Problem]]]
    app: App
    outbox: Outbox
    partitions: Partitions
    holding: Holding
    client: CordialClient
    attributes: AccountAttributes | None
    web: WebServer
    health: HealthState
    failure: "asyncio.Future[BaseException]"
    fatal: Callable[[BaseException | None], None]
    tracing: Tracing

    async def run(self, stop: asyncio.Event) -> int:
        """Run until `stop` is set or something fatal happens; the exit code."""
        end_on_our_errors(asyncio.get_running_loop(), self.fatal)
        look_rarely()
        await self.web.start()
        try:
            problems = await self._missing(stop)
            for problem in problems:
                log.error("refusing to start", error=str(problem))
            if problems:
                return FAILED
            return OK if stop.is_set() else await self._work(stop)
        finally:
            await self.client.aclose()
            await self.web.stop()
            await self.tracing.close()

    async def _missing(self, stop: asyncio.Event) -> list[Problem]:
        """Why the worker must not start, if it is known before the stop."""
        asking, stopping = asyncio.create_task(self._asked()), asyncio.create_task(stop.wait())
        await asyncio.wait([asking, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if asking.done():
            return asking.result()
        asking.cancel()
        return []

    async def _asked(self) -> list[Problem]:
        """What the broker says; waits while none answers, and a while for one that refuses us.

        Raises `BrokerRefusesError`.
        """
        refused: float | None = None
        while True:
            try:
                found = await self.problems()
            except BrokerRefusesError as error:
                refused = refused or time.monotonic()
                if time.monotonic() - refused >= REFUSED_PATIENCE:
                    raise
                self._away(NotReady.BROKER_REFUSES)
                log.error("the broker refuses us; trying again", error=str(error))  # noqa: TRY400
                await asyncio.sleep(REFUSED_RETRY)
            except (KafkaError, OSError) as error:
                refused = None
                self._away(NotReady.BROKER_AWAY)
                log.warning("no broker answers; waiting", error=logs.describe(error))
                await asyncio.sleep(BROKER_RETRY)
            else:
                self._away(None)
                return [problem for problem in found if not problem.note]

    def _away(self, why: NotReady | None) -> None:
        for reason in (NotReady.BROKER_AWAY, NotReady.BROKER_REFUSES):
            self.health.away(reason, on=reason is why)

    async def _work(self, stop: asyncio.Event) -> int:
        renewing = []
        if self.attributes is not None:
            await self.attributes.begin()
            renewing = [("attributes", self.attributes.run())]
        tasks = [
            asyncio.create_task(work, name=name)
            for name, work in (
                ("outbox", self.outbox.run()),
                ("ticking", self.partitions.ticking()),
                ("holding", self.holding.run()),
                *renewing,
            )
        ]
        for task in tasks:
            task.add_done_callback(partial(tell, self.fatal))
        try:
            return await self._until_it_ends(stop)
        finally:
            for task in tasks:
                task.cancel()

    async def _until_it_ends(self, stop: asyncio.Event) -> int:
        starting = asyncio.create_task(self.app.start())
        stopping = asyncio.create_task(stop.wait())
        crashed = asyncio.create_task(self.app.wait_until_stopped())
        ends: list[asyncio.Future[Any]] = [stopping, crashed, self.failure]
        await asyncio.wait([starting, *ends], return_when=asyncio.FIRST_COMPLETED)
        if starting.done() and starting.exception() is not None and not self.failure.done():
            self.failure.set_result(known(starting.exception()))
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if self.failure.done() or not stop.is_set():
            error = self.failure.result() if self.failure.done() else self.app.crash_reason
            log.error("fatal: stopping without committing", error=logs.describe(known(error)))
            return FAILED if isinstance(error, LaterReleaseError) else DEPENDENCY_DOWN
        self.health.not_ready(NotReady.STOPPING, on=True)
        try:
            async with asyncio.timeout(self.settings.grace):
                await self.app.stop()
        except TimeoutError:
            log.warning("not stopped within the grace; what is open will be delivered again")
            return DEPENDENCY_DOWN
        return DEPENDENCY_DOWN if self.failure.done() else OK


def known(error: BaseException | None) -> BaseException:
    """The error that ended the worker, also where Faust keeps it to itself."""
    return error if error is not None else RuntimeError("Faust stopped by itself")
