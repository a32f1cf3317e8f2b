"""Over real sockets: what the transport says about a broken connection, seen through the client."""

import asyncio
import socket
import ssl
import struct
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from streams.cordial import transport
from streams.cordial.client import CordialClient
from streams.cordial.endpoint import endpoint
from streams.cordial.transport import PooledTransport
from streams.cordial.wire import Request
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
        cordial = client(port, deadline=1.6)
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


BODIES = {
    "of a length": b"content-length: 5\r\n\r\nhello",
    "in chunks": b"transfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    "to the end of the connection": b"\r\nhello",
}


@pytest.mark.parametrize("rest", BODIES.values(), ids=BODIES)
async def test_a_body_is_read_whole_however_it_ends(rest: bytes) -> None:
    async with serving(saying(b"HTTP/1.1 200 OK\r\nX-Page: 1\r\n" + rest)) as port:
        wire, asked = PooledTransport(connections=1, connect=2), get(port)
        reply = await wire.exchange(asked, b"{}", 100)
        await wire.aclose()
    assert (reply.status, reply.body, reply.complete) == (200, b"hello", True)
    assert reply.headers["x-page"] == "1"


def get(port: int, host: str = "127.0.0.1") -> Request:
    return Request("POST", httpx.URL(f"http://{host}:{port}/v2/all?page=2"), {"x-api-key": "key"})


def test_a_request_is_its_head_its_length_and_its_body() -> None:
    made = Request("POST", httpx.URL("https://api.cordial.io/v2/a b?c=d"), {"x-api-key": "key"})
    head = b"POST /v2/a%20b?c=d HTTP/1.1\r\nhost: api.cordial.io\r\nx-api-key: key\r\n"
    assert made.with_body(b"{}") == head + b"content-length: 2\r\n\r\n{}"
    asked = Request("GET", httpx.URL("https://api.cordial.io/"), {})
    assert asked.with_body(b"") == b"GET / HTTP/1.1\r\nhost: api.cordial.io\r\n\r\n"


async def test_an_interim_answer_is_not_the_answer(counted: SimpleNamespace) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n" + ACCEPTED
    async with serving(keeps_alive(counted, early)) as port:
        cordial = client(port)
        for _ in range(2):
            answer = await cordial.post("/api/upsertContact", b"{}")
            assert isinstance(answer, Delivered)
            assert answer.status == 202
        await cordial.aclose()
    assert counted.connections == 1


NOT_AGAIN = {
    "Cordial closes it": b"HTTP/1.1 202 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.0": b"HTTP/1.0 202 OK\r\ncontent-length: 0\r\n\r\n",
    "an answer nobody asked for": ACCEPTED + ACCEPTED,
}


@pytest.mark.parametrize("answer", NOT_AGAIN.values(), ids=NOT_AGAIN)
async def test_a_connection_is_not_used_again_after(
    answer: bytes, counted: SimpleNamespace
) -> None:
    async with serving(keeps_alive(counted, answer)) as port:
        cordial = client(port)
        for _ in range(2):
            assert isinstance(await cordial.post("/api/upsertContact", b"{}"), Delivered)
        await cordial.aclose()
    assert counted.connections == 2


async def test_what_comes_unasked_while_idle_ends_the_connection(counted: SimpleNamespace) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counted.connections += 1
        await request_of(reader)
        writer.write(ACCEPTED)
        await asyncio.sleep(0.05)
        writer.write(ACCEPTED.replace(b"202", b"400"))
        await reader.read()

    async with serving(serve) as port:
        cordial = client(port)
        for _ in range(2):
            assert isinstance(await cordial.post("/api/upsertContact", b"{}"), Delivered)
            await asyncio.sleep(0.1)
        await cordial.aclose()
    assert counted.connections == 2


async def test_a_connection_that_was_quiet_for_long_is_not_used_again(
    counted: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "IDLE_MOST", 0.05)
    async with serving(keeps_alive(counted)) as port:
        cordial = client(port)
        for pause in (0.0, 0.1, 0.0):
            await asyncio.sleep(pause)
            assert isinstance(await cordial.post("/api/upsertContact", b"{}"), Delivered)
        await cordial.aclose()
    assert counted.connections == 2


async def test_a_deadline_gives_its_place_to_another_connection(counted: SimpleNamespace) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counted.connections += 1
        await request_of(reader)
        if counted.connections > 1:
            writer.write(ACCEPTED)
        await reader.read()

    async with serving(serve) as port:
        cordial = CordialClient(
            endpoint(f"http://127.0.0.1:{port}"),
            key=lambda: "key",
            deadline=0.2,
            transport=PooledTransport(connections=1, connect=0.1),
        )
        assert isinstance(await cordial.post("/api/upsertContact", b"{}"), InDoubt)
        assert isinstance(await cordial.post("/api/upsertContact", b"{}"), Delivered)
        await cordial.aclose()


async def test_no_key_goes_to_another_origin(counted: SimpleNamespace) -> None:
    async with serving(keeps_alive(counted)) as port:
        wire = PooledTransport(connections=1, connect=2)
        await wire.exchange(get(port), b"{}", 100)
        with pytest.raises(httpx.UnsupportedProtocol):
            await wire.exchange(get(port, "localhost"), b"{}", 100)
        await wire.aclose()
    assert len(counted.requests) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    where = tmp_path_factory.mktemp("tls")
    key, made = where / "key.pem", where / "cert.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=cordial"
    named = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(made)]
    subprocess.run(["openssl", *words.split(), *named], check=True, capture_output=True)
    return made, key


@pytest.mark.parametrize(("host", "sent"), [("localhost", True), ("127.0.0.1", False)])
async def test_over_tls_the_name_is_checked_before_a_byte_is_written(
    host: str,
    sent: bool,
    certificate: tuple[Path, Path],
    counted: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    monkeypatch.setattr(transport.httpx, "create_ssl_context", lambda trust_env: trusting)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = await asyncio.start_server(keeps_alive(counted), "127.0.0.1", 0, ssl=context)
    cordial = CordialClient(
        endpoint(f"https://{host}:{server.sockets[0].getsockname()[1]}"),
        key=lambda: "key",
        deadline=4,
        transport=PooledTransport(connections=1, connect=2),
    )
    answers = [await cordial.post("/api/upsertContact", b"{}") for _ in range(2)]
    await cordial.aclose()
    server.close()
    assert {type(answer) for answer in answers} == {Delivered if sent else NotSent}
    assert len(counted.requests) == (2 if sent else 0)
    assert counted.connections == (1 if sent else 0)


async def test_without_trust_nothing_is_sent(
    certificate: tuple[Path, Path], counted: SimpleNamespace
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = await asyncio.start_server(keeps_alive(counted), "127.0.0.1", 0, ssl=context)
    cordial = CordialClient(
        endpoint(f"https://localhost:{server.sockets[0].getsockname()[1]}"),
        key=lambda: "key",
        deadline=4,
        transport=PooledTransport(connections=1, connect=2),
    )
    assert await cordial.post("/api/upsertContact", b"{}") == NotSent("ConnectError")
    await cordial.aclose()
    server.close()
    assert counted.requests == []
