import asyncio
import signal
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Gauge

from streams.web.health import HealthState
from streams.web.server import ListenError, WebServer, is_loopback_host


def registry() -> CollectorRegistry:
    made = CollectorRegistry()
    Gauge("probe", "A figure.", registry=made).set(7)
    return made


def server(host: str = "127.0.0.1", port: int = 0) -> WebServer:
    return WebServer(HealthState(now=lambda: 0.0), registry(), host=host, port=port)


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


HOSTS = [
    (["localhost"], True),
    (["LOCALHOST:80"], True),
    (["127.0.0.1:8080"], True),
    (["[::1]"], True),
    (["[::1]:8080"], True),
    ([], False),
    (["localhost", "localhost"], False),
    (["[::2]"], False),
    (["::1"], False),
    (["localhost:80:80"], False),
    (["127.0.0.1@evil.example"], False),
]


@pytest.mark.parametrize(("hosts", "fine"), HOSTS)
def test_loopback_hosts(hosts: list[str], fine: bool) -> None:
    assert is_loopback_host(hosts) is fine


async def test_elsewhere_any_host_is_answered() -> None:
    web = server("0.0.0.0")
    await web.start()
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"http://127.0.0.1:{web.port}/livez", headers={"host": "10.1.2.3"}) as answer,
    ):
        assert answer.status == 200
    await web.stop()


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
