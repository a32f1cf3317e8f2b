import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Gauge

from streams.settings import WebSettings
from streams.web.connections import WAITING
from streams.web.health import HealthState
from streams.web.server import ListenError, WebServer

TOKEN = "a-token-of-the-tests"


def registry() -> CollectorRegistry:
    made = CollectorRegistry()
    Gauge("probe", "A figure.", registry=made).set(7)
    return made


def server(host: str = "127.0.0.1", port: int = 0, **more: object) -> WebServer:
    settings = WebSettings.model_validate({"host": host, "port": port, **more})
    return WebServer(HealthState(now=lambda: 0.0), registry(), settings)


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    web = server()
    await web.start()
    yield web
    await web.stop()


@pytest.fixture
async def client(web: WebServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{web.port}") as client:
        yield client


async def test_the_three_pages(client: aiohttp.ClientSession) -> None:
    async with client.get("/livez") as answer:
        assert answer.status == 200
        assert (await answer.json())["live"] is True
    async with client.get("/readyz") as answer:
        assert answer.status == 503
        assert (await answer.json())["reasons"][0]["reason"] == "starting"
    async with client.get("/metrics") as answer:
        assert answer.status == 200
        assert "probe 7.0" in await answer.text()
        assert answer.headers["content-type"].startswith("text/plain; version=")
        assert "server" not in answer.headers


async def test_there_is_nothing_else(client: aiohttp.ClientSession) -> None:
    for path in ("/", "/docs", "/openapi.json", "/livez/", "/metrics/x", "/../x"):
        async with client.get(path, allow_redirects=False) as answer:
            assert answer.status == 404


async def test_only_get(client: aiohttp.ClientSession) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"):
        async with client.request(method, "/livez") as answer:
            assert answer.status == 405


async def test_on_loopback_another_host_is_refused(client: aiohttp.ClientSession) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "", "localhost.", "a:1"):
        async with client.get("/metrics", headers={"host": host}) as answer:
            assert answer.status in (400, 421)


async def get(port: int, path: str, **headers: str) -> int:
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"http://127.0.0.1:{port}{path}", headers=headers) as answer,
    ):
        return answer.status


async def test_elsewhere_probes_are_open_and_the_rest_asks_for_the_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    web = server("0.0.0.0", token_file=file, names="worker, Other")
    await web.start()
    for host in ("10.1.2.3:8080", "worker:8080", "other", "localhost", "[fd00::1]:80"):
        assert await get(web.port, "/livez", host=host) == 200
        assert await get(web.port, "/readyz", host=host) == 503
        assert await get(web.port, "/metrics", host=host) == 401
        right = f"Bearer {TOKEN}"
        assert await get(web.port, "/metrics", host=host, authorization=right) == 200
    for wrong in (
        TOKEN,
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        f"bearer {TOKEN}",
    ):
        assert await get(web.port, "/metrics", authorization=wrong) == 401
    assert await get(web.port, "/nothing") == 401
    assert await get(web.port, "/livez", host="evil.example") == 421
    file.write_text("b" * 20)
    assert await get(web.port, "/metrics", authorization=f"Bearer {TOKEN}") == 401
    assert await get(web.port, "/metrics", authorization="Bearer " + "b" * 20) == 200
    for spoilt in ("", "short"):
        file.write_text(spoilt)
        assert await get(web.port, "/metrics", authorization=f"Bearer {spoilt}") == 401
    await web.stop()


async def test_elsewhere_without_a_token_there_are_only_the_probes() -> None:
    web = server("0.0.0.0")
    await web.start()
    assert await get(web.port, "/livez") == 200
    assert await get(web.port, "/metrics") == 403
    assert await get(web.port, "/metrics", authorization="Bearer ") == 403
    await web.stop()


async def test_on_loopback_a_token_that_is_set_is_asked_for() -> None:
    web = server(token=TOKEN)
    await web.start()
    assert await get(web.port, "/metrics") == 401
    assert await get(web.port, "/metrics", authorization=f"Bearer {TOKEN}") == 200
    await web.stop()


BAD_TOKENS = [{"token": ""}, {"token": "short"}, {"token": "t" * 15}, {"token": "ä" * 20}]


@pytest.mark.parametrize("given", [*BAD_TOKENS, {"token_file": Path("/nowhere/token")}])
async def test_a_token_that_is_none_is_refused_at_the_start(given: dict[str, object]) -> None:
    with pytest.raises(ListenError, match=r"web\.token") as refused:
        await server("0.0.0.0", **given).start()
    assert "short" not in str(refused.value).replace("shorter", "")


@pytest.fixture
def handlers() -> Iterator[None]:
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
    yield
    assert before == [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]


async def test_no_signal_is_taken_and_the_port_is_free_again(handlers: None) -> None:
    before = signal.getsignal(signal.SIGTERM)
    web = server()
    await web.start()
    await asyncio.sleep(0.05)
    assert signal.getsignal(signal.SIGTERM) == before
    await web.stop()
    again = server(port=web.port)
    await again.start()
    await again.stop()
    await again.stop()


async def test_a_taken_port_is_said_with_what_to_do(web: WebServer) -> None:
    with pytest.raises(ListenError, match=r"cannot listen on .*; set web\.host and web\.port"):
        await server(port=web.port).start()
    with pytest.raises(ListenError, match="cannot listen"):
        await server("host.invalid").start()


@pytest.mark.parametrize("sent", [b"", b"GET /livez HTTP/1.1\r\nhost:"])
async def test_who_connects_and_asks_for_nothing_takes_no_place(
    web: WebServer, sent: bytes
) -> None:
    idle = []
    for _ in range(3):
        for _ in range(40):
            reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
            writer.write(sent)
            idle.append((reader, writer))
        assert await get(web.port, "/livez") == 200
    first, last = idle[0][0], idle[-1][0]
    assert await asyncio.wait_for(first.read(), 5) == b""
    assert not last.at_eof()
    for _, writer in idle:
        writer.close()


async def test_who_has_asked_before_is_served_again_beside_those(web: WebServer) -> None:
    silent = [await asyncio.open_connection("127.0.0.1", web.port) for _ in range(WAITING // 2)]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{web.port}") as client:
        for _ in range(3):
            async with client.get("/livez") as answer:
                assert answer.status == 200
    assert not any(reader.at_eof() for reader, _ in silent)
    for _, writer in silent:
        writer.close()
