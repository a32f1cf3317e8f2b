"""An httpx transport over aiohttp's connection pool; it tells "not sent" from "in doubt".

httpx's own pool costs milliseconds of CPU per request at 64 connections; aiohttp's does not.
Law: `httpx.ConnectError`, `ConnectTimeout` and `PoolTimeout` mean that no byte of the request
was written. A connection that breaks later is a `ReadError`, `WriteError` or
`RemoteProtocolError`. (`httpx-aiohttp` reports a reset after the write as a `ConnectTimeout`,
which would make a sent request look unsent.)
It follows no redirect, keeps no cookie, reads no proxy or netrc from the environment, repeats
nothing, and never decodes a body.
"""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import httpx
from yarl import URL

CHUNK = 16_384

# The first row that fits wins: rows above are more special than rows below.
HTTPX_ERROR: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.NonHttpUrlClientError, httpx.UnsupportedProtocol),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    (aiohttp.ClientPayloadError, httpx.RemoteProtocolError),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError),
    (aiohttp.ClientConnectionError, httpx.ReadError),
    (aiohttp.ClientError, httpx.ReadError),
    (TimeoutError, httpx.ReadTimeout),
    (OSError, httpx.ReadError),
)


def as_httpx(error: Exception, request: httpx.Request) -> httpx.TransportError | None:
    """The httpx exception that says the same; None for one that is not about the network."""
    for theirs, ours in HTTPX_ERROR:
        if isinstance(error, theirs):
            return ours(type(error).__name__, request=request)
    return None


class _Body(httpx.AsyncByteStream):
    """The answer's body as it arrives; closing it early closes the connection."""

    def __init__(self, answer: aiohttp.ClientResponse, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.content.iter_chunked(CHUNK):
                yield chunk
        except Exception as error:
            raise _mapped(error, self._request) from error

    async def aclose(self) -> None:
        if self._answer.content.at_eof():
            self._answer.release()
        else:
            self._answer.close()


class PooledTransport(httpx.AsyncBaseTransport):
    """At most `connections` sockets; a socket must stand within `connect` seconds, pool included.

    The session is made at the first request, because it belongs to the loop that runs then.
    """

    def __init__(self, *, connections: int, connect: float) -> None:
        self._connections = connections
        self._timeout = aiohttp.ClientTimeout(total=None, connect=connect)
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        session = self._session
        if session is None:
            session = self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections,
                    ssl=httpx.create_ssl_context(trust_env=False),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=self._timeout,
                skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept", "Content-Type"),
                trust_env=False,
            )
        return session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the body of the answer is a stream that the caller must close."""
        try:
            answer = await self._open().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=request.headers,
                data=request.content or None,
                allow_redirects=False,
            )
        except Exception as error:
            raise _mapped(error, request) from error
        return httpx.Response(
            answer.status,
            headers=answer.raw_headers,
            stream=_Body(answer, request),
            request=request,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
            await asyncio.sleep(0)


def _mapped(error: Exception, request: httpx.Request) -> Exception:
    return as_httpx(error, request) or error
