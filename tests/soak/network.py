"""What stands beside the workers in the driver's process: the way to the broker, and a registry.

Both run in a loop of their own, in a thread.
"""

import asyncio
import contextlib
import json
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from tests.chaos.proxy import Proxy
from tests.crash.publishing import SCHEMA_FILE, SCHEMAS, schema_id

SECONDS = 10.0
UNKNOWN = {"error_code": 40403, "message": "Schema not found"}


@dataclass(slots=True)
class Registry:
    """Knows the events' schema by the ids of `known`. While `away` it closes what it is asked."""

    known: set[int] = field(default_factory=lambda: {schema_id()})
    away: bool = False
    url: str = ""
    _text: str = field(default_factory=lambda: (Path(SCHEMAS) / SCHEMA_FILE).read_text())
    _runner: web.AppRunner | None = None

    async def open(self) -> None:
        """Listen on loopback."""
        app = web.Application()
        app.router.add_get("/schemas/ids/{id}", self._asked)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def close(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _asked(self, request: web.Request) -> web.Response:
        if self.away and request.transport is not None:
            request.transport.abort()
        text = request.match_info["id"]
        if text.isdecimal() and int(text) in self.known:
            return web.json_response({"schema": json.dumps(json.loads(self._text))})
        return web.json_response(UNKNOWN, status=404)


class Network:
    """A context manager: opens both, and closes them with their thread."""

    def __init__(self, *, front: int, behind: int) -> None:
        self.registry = Registry()
        self._proxy = Proxy(("127.0.0.1", behind), front)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._proxy.__aenter__())
        self._do(self.registry.open())
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(TimeoutError):
            self._do(self.registry.close())
            self._do(self._proxy.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)

    def slow(self, seconds: float) -> None:
        """Every piece waits so long from now on."""
        self._proxy.delay = seconds

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """Nothing passes within the block."""
        silence = self._proxy.silent()
        self._do(_call(silence.__enter__))
        try:
            yield
        finally:
            self._do(_call(lambda: silence.__exit__(None, None, None)))

    def reset(self) -> None:
        """End every open connection with a reset."""
        self._do(_call(self._proxy.reset))

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)


async def _call(work: Any) -> Any:
    return work()
