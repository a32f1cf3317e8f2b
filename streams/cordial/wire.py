"""What the client asks a connection for: a request made ready once, and an answer as it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx


@dataclass(frozen=True, slots=True)
class Request:
    """Everything of a request but its body; `head` is what stands before the length and the body.

    Names and values of headers are taken as they are: whoever makes them answers for them.
    """

    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    head: bytes = field(init=False)

    def __post_init__(self) -> None:
        line = b"%s %s HTTP/1.1\r\nhost: %s\r\n" % (
            self.method.encode("ascii"),
            self.url.raw_path,
            self.url.netloc,
        )
        named = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        object.__setattr__(self, "head", line + named.encode("ascii"))

    def with_body(self, body: bytes) -> bytes:
        """The bytes of the request."""
        if not body and self.method == "GET":
            return self.head + b"\r\n"
        return b"%bcontent-length: %d\r\n\r\n%b" % (self.head, len(body), body)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came; `complete` is False where the body broke off."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool


class Wire(Protocol):
    """Sends a request and reads at most `most` bytes of what is answered.

    Raises httpx's errors. `ConnectError`, `ConnectTimeout`, `PoolTimeout` and
    `UnsupportedProtocol` say that no byte of the request was written, no other error does.
    """

    async def exchange(self, request: Request, body: bytes, most: int) -> Reply:
        """The answer. Whoever cancels it loses its connection."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


@dataclass(frozen=True, slots=True)
class OverHttpx:
    """Any transport of httpx, such as its fakes."""

    transport: httpx.AsyncBaseTransport

    async def exchange(self, request: Request, body: bytes, most: int) -> Reply:
        """The answer."""
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=body)
        response = await self.transport.handle_async_request(sent)
        try:
            read, complete = await _bounded(response, most)
        finally:
            await response.aclose()
        return Reply(response.status_code, response.headers, read, complete)

    async def aclose(self) -> None:
        """Close all connections."""
        await self.transport.aclose()


async def _bounded(response: httpx.Response, most: int) -> tuple[bytes, bool]:
    """The first bytes of the body, and whether it did not break off before them."""
    body = bytearray()
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - a transport's law
    try:
        async for chunk in response.stream:
            body += chunk
            if len(body) >= most:
                break
    except httpx.RequestError:
        return bytes(body), False
    return bytes(body[:most]), True
