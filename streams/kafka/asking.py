"""Asks the registry for a schema until it answers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from streams.kafka.codec import Codec, NeedsSchema

REGISTRY_RETRY = 5.0
"""Seconds between two askings."""


@dataclass(slots=True, eq=False)
class Asking:
    """Says `registry_away` while there is no answer; an error of what follows is `fatal`."""

    codec: Codec
    registry_away: Callable[[bool], None]
    fatal: Callable[[BaseException], None]
    retry: float = REGISTRY_RETRY
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def ask(self, needs: NeedsSchema, wanted: Callable[[], bool], done: Callable[[], None]) -> None:
        """Ask as long as it is `wanted`, then go on with `done`."""
        task = asyncio.get_running_loop().create_task(self._ask(needs, wanted, done))
        self._tasks.add(task)
        task.add_done_callback(self._over)

    async def _ask(
        self, needs: NeedsSchema, wanted: Callable[[], bool], done: Callable[[], None]
    ) -> None:
        while wanted() and await self.codec.fetch_schema(needs.ref) is not None:
            self.registry_away(True)
            await asyncio.sleep(self.retry)
        self.registry_away(False)
        done()

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.fatal(error)
