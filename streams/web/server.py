"""`/livez`, `/readyz`, `/metrics`, `/lanes` and nothing else, inside the worker's own loop.

Law: GET only, and only for whom `web.access` lets in. It takes no signal and stops with the worker.
"""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Generator

import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from streams.settings import WebSettings
from streams.settings.secret_file import SecretFileError
from streams.web.access import SHORTEST_TOKEN, Access
from streams.web.connections import CONNECTIONS, Connection
from streams.web.health import HealthState, lanes, livez, readyz

LOOPBACK_ADDRESSES = ("127.0.0.1", "::1", "localhost")
NOTHING_CACHED = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class ListenError(OSError):
    """The address cannot be listened on; the message says what to do."""


class Guard:
    """Answers what `access` refuses, and passes on the rest."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        refused = self._access.refusal(scope["method"], scope["path"], scope["headers"])
        if refused is None:
            await self._app(scope, receive, send)
        else:
            headers = {**NOTHING_CACHED, **refused.headers}
            await PlainTextResponse(refused.text, refused.status, headers)(scope, receive, send)


def routes(health: HealthState, registry: CollectorRegistry) -> list[Route]:
    """The pages; `web.openapi` describes them."""

    async def show_livez(_: Request) -> Response:
        status, body = livez(health)
        return JSONResponse(body, status, NOTHING_CACHED)

    async def show_readyz(_: Request) -> Response:
        status, body = readyz(health)
        return JSONResponse(body, status, NOTHING_CACHED)

    async def show_metrics(_: Request) -> Response:
        text = generate_latest(registry)
        return Response(text, 200, NOTHING_CACHED, media_type=CONTENT_TYPE_LATEST)

    async def show_lanes(_: Request) -> Response:
        return JSONResponse(lanes(health), 200, NOTHING_CACHED)

    return [
        Route("/livez", show_livez, methods=["GET"]),
        Route("/readyz", show_readyz, methods=["GET"]),
        Route("/metrics", show_metrics, methods=["GET"]),
        Route("/lanes", show_lanes, methods=["GET"]),
    ]


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """The worker has its own signal handlers; uvicorn would replace them."""
        yield


class WebServer:
    """Serves the pages where the settings say (port 0 takes a free one), from `start` to `stop`.

    Raises `ListenError` where the token is none.
    """

    def __init__(
        self, health: HealthState, registry: CollectorRegistry, settings: WebSettings
    ) -> None:
        _token(settings)
        router = Router(routes=routes(health, registry), redirect_slashes=False)
        app = Guard(router, access_of(settings))
        self._settings = settings
        self._server = _Server(
            uvicorn.Config(
                app,
                http=Connection,
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
        self.port = settings.port

    async def start(self) -> None:
        """Listen. Raises `ListenError` where the address is taken or not this machine's."""
        listener = _listener(self._settings.host, self._settings.port)
        self.port = listener.getsockname()[1]
        self._task = asyncio.create_task(self._server.serve([listener]), name="web")

    async def stop(self) -> None:
        """Close the listener; requests under way get a second."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task
            self._task = None


def access_of(settings: WebSettings) -> Access:
    """Who may read the pages. A token that is lost or spoilt while we run opens nothing."""
    nobody = secrets.token_hex(32)

    def token() -> str:
        try:
            return _token(settings)
        except ListenError:
            return nobody

    names = (name.strip().lower() for name in settings.names.split(","))
    return Access(
        loopback=settings.host in LOOPBACK_ADDRESSES,
        names=frozenset(name for name in names if name),
        token=token,
    )


def _token(settings: WebSettings) -> str:
    """The token as it stands now, nothing where none is set. Raises `ListenError`."""
    if settings.token is None and settings.token_file is None:
        return ""
    try:
        token = settings.read_token()
    except SecretFileError as error:
        raise ListenError(f"web.token_file: {settings.token_file} {error.strerror}") from error
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
        raise ListenError(
            f"web.token: it is shorter than {SHORTEST_TOKEN} characters or has some that no header "
            "takes; make one with: openssl rand -hex 32"
        )
    return token


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
