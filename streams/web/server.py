"""`/livez`, `/readyz`, `/metrics` and nothing else, inside the worker's own loop.

Law: GET only; on a loopback address only requests that name a loopback host are answered, so a
page in somebody's browser cannot read it through a name of its own. It takes no signal and stops
with the worker.
"""

import asyncio
import contextlib
import socket
from collections.abc import Generator

import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from streams.web.health import HealthState, livez, readyz

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
LOOPBACK_ADDRESSES = ("127.0.0.1", "::1", "localhost")
CONNECTIONS = 32
NOTHING_CACHED = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class ListenError(OSError):
    """The address cannot be listened on; the message says what to do."""


class Guard:
    """Refuses what is not a GET, and on loopback what names another host."""

    def __init__(self, app: ASGIApp, *, loopback: bool) -> None:
        self._app = app
        self._loopback = loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        if scope["method"] != "GET":
            return PlainTextResponse("only GET\n", 405, {"allow": "GET"})
        if self._loopback and not is_loopback_host(_hosts(scope)):
            return PlainTextResponse("unknown host\n", 421)
        return None


def _hosts(scope: Scope) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]


def is_loopback_host(hosts: list[str]) -> bool:
    """Whether exactly one Host header is there and names this machine, with or without port."""
    if len(hosts) != 1:
        return False
    host, _, port = hosts[0].lower().rpartition(":")
    if not host or not port.isdecimal():
        host = hosts[0].lower()
    return host in LOOPBACK_NAMES


def pages(health: HealthState, registry: CollectorRegistry, *, loopback: bool) -> ASGIApp:
    """The ASGI app of the three pages."""

    async def show_livez(_: Request) -> Response:
        status, body = livez(health)
        return JSONResponse(body, status, NOTHING_CACHED)

    async def show_readyz(_: Request) -> Response:
        status, body = readyz(health)
        return JSONResponse(body, status, NOTHING_CACHED)

    async def show_metrics(_: Request) -> Response:
        text = generate_latest(registry)
        return Response(text, 200, NOTHING_CACHED, media_type=CONTENT_TYPE_LATEST)

    routes = [
        Route("/livez", show_livez, methods=["GET"]),
        Route("/readyz", show_readyz, methods=["GET"]),
        Route("/metrics", show_metrics, methods=["GET"]),
    ]
    return Guard(Router(routes=routes, redirect_slashes=False), loopback=loopback)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """The worker has its own signal handlers; uvicorn would replace them."""
        yield


class WebServer:
    """Serves the pages on `host`:`port` (0 takes a free one) between `start` and `stop`."""

    def __init__(
        self, health: HealthState, registry: CollectorRegistry, *, host: str, port: int
    ) -> None:
        app = pages(health, registry, loopback=host in LOOPBACK_ADDRESSES)
        self._wanted = (host, port)
        self._server = _Server(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                limit_concurrency=CONNECTIONS,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=1,
                h11_max_incomplete_event_size=16_384,
            )
        )
        self._task: asyncio.Task[None] | None = None
        self.port = port

    async def start(self) -> None:
        """Listen. Raises `ListenError` where the address is taken or not this machine's."""
        listener = _listener(*self._wanted)
        self.port = listener.getsockname()[1]
        self._task = asyncio.create_task(self._server.serve([listener]), name="web")

    async def stop(self) -> None:
        """Close the listener; requests under way get a second."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task
            self._task = None


def _listener(host: str, port: int) -> socket.socket:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, proto)
    except OSError as error:
        raise ListenError(_cannot(host, port, error)) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(CONNECTIONS)
    except OSError as error:
        listener.close()
        raise ListenError(_cannot(host, port, error)) from error
    listener.setblocking(False)
    return listener


def _cannot(host: str, port: int, error: OSError) -> str:
    return (
        f"web: cannot listen on {host} port {port}: {error.strerror or error}; "
        "set web.host and web.port to a free address of this machine (port 0 takes a free one)"
    )
