"""A pool of connections to one origin; it tells "not sent" from "in doubt".

Law: `httpx.ConnectError`, `ConnectTimeout`, `PoolTimeout` and `UnsupportedProtocol` mean that no
byte of the request was written. A connection that breaks later is a `ReadError` or a
`RemoteProtocolError`.
A name that leads to an address which `core.addresses` forbids is not followed there.
It follows no redirect, keeps no cookie, reads no proxy or netrc from the environment, repeats
nothing, and never decodes a body.
"""

import asyncio
import socket
import ssl

import httpx
from aiohappyeyeballs import start_connection

from streams.cordial.connection import Connection
from streams.cordial.wire import Reply, Request
from streams.core.addresses import may_connect

IDLE_MOST = 15.0
"""Seconds; what stands between us and Cordial may forget a connection that is quiet for longer."""
NEXT_ADDRESS_AFTER = 0.25


class PooledTransport:
    """At most `connections` sockets; a socket must stand within `connect` seconds, pool included.

    All requests go to the origin of the first; a key is not sent anywhere else.
    """

    def __init__(self, *, connections: int, connect: float) -> None:
        self._connect = connect
        self._free = asyncio.Semaphore(connections)
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._origin: tuple[str, bytes] | None = None
        self._tls: ssl.SSLContext | None = None

    async def exchange(self, request: Request, body: bytes, most: int) -> Reply:
        """Send one request and read at most `most` bytes of its answer."""
        origin = request.url.scheme, request.url.netloc
        if self._origin is None:
            self._origin = origin
        if origin != self._origin or origin[0] not in ("http", "https"):
            raise httpx.UnsupportedProtocol("another origin")
        until = asyncio.get_running_loop().time() + self._connect
        await self._turn(until)
        try:
            connection = self._standing() or await self._opened(request.url, until)
            try:
                return await connection.exchange(request.with_body(body), most)
            finally:
                self._back(connection)
        finally:
            self._free.release()

    async def aclose(self) -> None:
        """Close all connections."""
        self._idle.clear()
        while self._open:
            self._open.pop().close()
        await asyncio.sleep(0)

    async def _turn(self, until: float) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout_at(until):
                await self._free.acquire()
        except TimeoutError as error:
            raise httpx.PoolTimeout("no free connection") from error

    def _standing(self) -> Connection | None:
        """The connection that was used last, as far as it may be used again."""
        oldest = asyncio.get_running_loop().time() - IDLE_MOST
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable and connection.idle_since >= oldest:
                return connection
            self._dropped(connection)
        return None

    def _back(self, connection: Connection) -> None:
        if connection.reusable:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            self._dropped(connection)

    def _dropped(self, connection: Connection) -> None:
        self._open.discard(connection)
        connection.close()

    async def _opened(self, url: httpx.URL, until: float) -> Connection:
        try:
            async with asyncio.timeout_at(until):
                connection = await self._dialled(url)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection in time") from error
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(type(error).__name__) from error
        self._open.add(connection)
        return connection

    async def _dialled(self, url: httpx.URL) -> Connection:
        loop = asyncio.get_running_loop()
        secure = url.scheme == "https"
        if secure and self._tls is None:
            self._tls = httpx.create_ssl_context(trust_env=False)
        host = url.raw_host.decode("ascii")
        port = url.port or (443 if secure else 80)
        resolved = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        named = host.strip("[]").lower()
        found = [one for one in resolved if may_connect(named, str(one[4][0]))]
        if not found:
            raise OSError("the name leads to an address that is not allowed")
        sock = await start_connection(found, happy_eyeballs_delay=NEXT_ADDRESS_AFTER)
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(loop),
                sock=sock,
                ssl=self._tls if secure else None,
                server_hostname=host if secure else None,
            )
        except BaseException:
            sock.close()
            raise
        return connection
