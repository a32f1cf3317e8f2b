"""Over real sockets: where a request with the key goes, and where none ever does."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest

from streams.cordial.client import CordialClient
from streams.cordial.endpoint import endpoint
from streams.cordial.transport import PooledTransport
from streams.core.answer import Delivered, NotSent

ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}"


@asynccontextmanager
async def answering(answer):
    """Answers every connection so; gives the port, and what was read."""
    heard = []

    async def one(reader, writer):
        heard.append(await reader.read(65_536))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()
        await server.wait_closed()


async def post(url):
    cordial = CordialClient(
        endpoint(url, allow=True),
        key=lambda: "the-key",
        deadline=2,
        transport=PooledTransport(connections=1, connect=1),
    )
    try:
        return await cordial.post("/api/upsertContact", b"{}")
    finally:
        await cordial.aclose()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed_and_the_key_goes_to_nobody_else(status):
    async with answering(ACCEPTED) as (other, heard):
        head = (
            f"HTTP/1.1 {status} Moved\r\nlocation: http://127.0.0.1:{other}/api/upsertContact\r\n"
        )
        async with answering(head.encode() + b"content-length: 0\r\n\r\n") as (port, asked):
            answer = await post(f"http://127.0.0.1:{port}")
    assert not isinstance(answer, Delivered)
    assert b"the-key" in asked[0]
    assert len(asked) == 1
    assert heard == []


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "0.0.0.0"])
async def test_a_name_that_leads_to_a_forbidden_address_is_told_nothing(address, monkeypatch):
    async with answering(ACCEPTED) as (port, heard):

        async def resolved(host, port, **_):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolved)
        answer = await post(f"http://shop.example:{port}")
    assert isinstance(answer, NotSent)
    assert heard == []
