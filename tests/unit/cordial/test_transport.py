"""Over real sockets: what the transport says about a broken connection, seen through the client."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import aiohttp
import httpx
import pytest

from streams.cordial.client import NEVER_WRITTEN, CordialClient
from streams.cordial.endpoint import endpoint
from streams.cordial.transport import PooledTransport, as_httpx
from streams.core.answer import Answer, Delivered, InDoubt, NotSent, Refused

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ACCEPTED = b'HTTP/1.1 202 Accepted\r\ncontent-length: 21\r\n\r\n{"success":"success"}'


def client(port: int, *, scheme: str = "http", deadline: float = 0.4) -> CordialClient:
    return CordialClient(
        endpoint(f"{scheme}://127.0.0.1:{port}"),
        key=lambda: "key",
        deadline=deadline,
        transport=PooledTransport(connections=4, connect=deadline / 2),
    )


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[int]:
    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def request_of(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    return head + await reader.readexactly(2)


async def ask(serve: Serve, *, scheme: str = "http") -> Answer:
    async with serving(serve) as port:
        cordial = client(port, scheme=scheme)
        try:
            return await cordial.post("/api/upsertContact", b"{}")
        finally:
            await cordial.aclose()


def saying(text: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(text)
        await writer.drain()

    return serve


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


BROKEN = [
    ("closed without an answer", saying(b"")),
    ("reset after the request", resets),
    ("cut in the headers", saying(b"HTTP/1.1 202 Accep")),
    ("cut in the body", saying(b"HTTP/1.1 202 Accepted\r\ncontent-length: 9\r\n\r\n{")),
    ("a 503 cut in the body", saying(b"HTTP/1.1 503 Away\r\ncontent-length: 9\r\n\r\n{")),
    (
        "a chunk cut short",
        saying(b"HTTP/1.1 202 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{"),
    ),
    ("garbage", saying(b"\x00\x01 what\r\n\r\n")),
    ("never answers", silent),
    ("endless headers", saying(b"HTTP/1.1 202 OK\r\nx: " + b"y" * 100_000)),
]


@pytest.mark.parametrize("serve", [row[1] for row in BROKEN], ids=[row[0] for row in BROKEN])
async def test_what_breaks_after_the_write_is_in_doubt(serve: Serve) -> None:
    assert isinstance(await ask(serve), InDoubt)


async def test_a_complete_503_is_a_refusal() -> None:
    assert isinstance(await ask(saying(b"HTTP/1.1 503 Away\r\ncontent-length: 0\r\n\r\n")), Refused)


async def test_a_refused_connection_is_not_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        cordial = client(taken.getsockname()[1])
        assert await cordial.post("/api/upsertContact", b"{}") == NotSent("ConnectError")
        await cordial.aclose()


async def test_an_unknown_name_is_not_sent() -> None:
    cordial = CordialClient(
        endpoint("https://nobody.invalid", allow=True),
        key=lambda: "key",
        deadline=4,
        transport=PooledTransport(connections=1, connect=2),
    )
    assert isinstance(await cordial.post("/api/upsertContact", b"{}"), NotSent)
    await cordial.aclose()


async def test_a_server_without_tls_is_not_sent() -> None:
    assert isinstance(await ask(saying(b"no TLS here"), scheme="https"), NotSent)


async def test_waiting_for_a_free_connection_is_not_sent() -> None:
    async with serving(silent) as port:
        cordial = client(port)
        answers = await asyncio.gather(
            *(cordial.post("/api/upsertContact", b"{}") for _ in range(6))
        )
        await cordial.aclose()
    kinds = [type(answer) for answer in answers]
    assert kinds.count(InDoubt) == 4
    assert kinds.count(NotSent) == 2


@pytest.fixture
def counted() -> SimpleNamespace:
    return SimpleNamespace(connections=0, requests=[])


def keeps_alive(counted: SimpleNamespace, answer: bytes = ACCEPTED) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counted.connections += 1
        while True:
            counted.requests.append(await request_of(reader))
            writer.write(answer)

    return serve


async def test_a_connection_is_used_again_and_the_request_is_lean(
    counted: SimpleNamespace,
) -> None:
    async with serving(keeps_alive(counted)) as port:
        cordial = client(port)
        for _ in range(3):
            assert isinstance(await cordial.post("/api/upsertContact", b"{}"), Delivered)
        await cordial.aclose()
    assert counted.connections == 1
    lines = counted.requests[0].decode("ascii").split("\r\n")
    assert lines[0] == "POST /api/upsertContact HTTP/1.1"
    names = sorted(line.partition(":")[0].lower() for line in lines[1:] if ":" in line)
    assert names == [
        "accept",
        "accept-encoding",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "x-api-key",
    ]


async def test_an_oversized_answer_costs_its_connection_only(counted: SimpleNamespace) -> None:
    large = b"HTTP/1.1 202 OK\r\ncontent-length: 9000000\r\n\r\n" + b"x" * 200_000
    async with serving(keeps_alive(counted, large)) as port:
        cordial = client(port)
        for _ in range(2):
            assert isinstance(await cordial.post("/api/upsertContact", b"{}"), Delivered)
        await cordial.aclose()
    assert counted.connections == 2


async def test_a_post_is_never_repeated_by_itself(counted: SimpleNamespace) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counted.requests.append(await request_of(reader))
        if len(counted.requests) == 1:
            writer.write(ACCEPTED)
            counted.requests.append(await request_of(reader))

    async with serving(serve) as port:
        cordial = client(port)
        assert isinstance(await cordial.post("/api/upsertContact", b"{}"), Delivered)
        assert isinstance(await cordial.post("/api/upsertContact", b"{}"), InDoubt)
        await cordial.aclose()
    assert len(counted.requests) == 2


def every_subclass(of: type[Exception]) -> Iterator[type[Exception]]:
    yield of
    for one in of.__subclasses__():
        yield from every_subclass(one)


BEFORE_THE_WRITE = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


@pytest.mark.parametrize(
    "error", sorted(set(every_subclass(aiohttp.ClientError)), key=lambda one: one.__qualname__)
)
def test_every_exception_of_aiohttp_has_its_httpx_one(error: type[Exception]) -> None:
    request = httpx.Request("POST", "https://api.cordial.io/")
    mapped = as_httpx(error.__new__(error), request)
    assert mapped is not None
    assert isinstance(mapped, NEVER_WRITTEN) == issubclass(error, BEFORE_THE_WRITE)
    assert mapped.request is request
