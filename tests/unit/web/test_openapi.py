"""The description of the pages: fresh, of the pages that exist, and true whatever is asked."""

import asyncio
import contextlib
import socket

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Gauge
from schemathesis.specs.openapi.checks import ignored_auth

from streams.settings import WebSettings
from streams.web.health import HealthState, NotReady, Wait
from streams.web.openapi import openapi
from streams.web.server import WebServer, routes
from tools.openapi import FILE, written

pytestmark = pytest.mark.slow


TOKEN = "a-token-of-the-tests"
EXAMPLES = 60
NOT_THESE = [schemathesis.checks.not_a_server_error]  # 503 is what a probe says


def health():
    made = HealthState(now=lambda: 0.0)
    made.hold(NotReady.KEY_REJECTED)
    made.wait(Wait.BACKOFF, on=True)
    return made


@contextlib.asynccontextmanager
async def served(**more):
    figures = CollectorRegistry()
    Gauge("probe", "A figure.", registry=figures).set(7)
    web = WebServer(health(), figures, WebSettings(port=0, **more))
    await web.start()
    try:
        yield f"http://127.0.0.1:{web.port}"
    finally:
        await web.stop()


def test_the_file_is_fresh():
    assert FILE.read_text() == written(), "run: make docs"


def test_it_has_the_routes_that_exist_and_no_other():
    found = {route.path: route.methods for route in routes(health(), CollectorRegistry())}
    described = {path: {word.upper() for word in one} for path, one in openapi()["paths"].items()}
    assert {path: methods - {"HEAD"} for path, methods in found.items()} == described


def fuzz(url, **headers):
    """Whether a page asks for its token is checked where none is given."""
    excluded = [*NOT_THESE, *([ignored_auth] if headers else [])]
    described = schemathesis.openapi.from_dict(openapi())
    for found in described.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[*HealthCheck])
        def ask(case):
            case.headers.update(headers)
            case.call_and_validate(base_url=url, excluded_checks=excluded)

        ask()


async def test_with_the_token_every_page_answers_as_described():
    async with served(token=TOKEN) as url:
        await asyncio.to_thread(fuzz, url, authorization=f"Bearer {TOKEN}")


async def test_without_the_token_every_page_answers_as_described():
    async with served(token=TOKEN, host="0.0.0.0") as url:
        await asyncio.to_thread(fuzz, url)


PAGE = st.sampled_from([b"/livez", b"/readyz", b"/metrics", b"/"]) | st.binary(max_size=200)
REQUESTS = st.binary(max_size=400) | st.builds(
    lambda method, page, head, body: b"%b %b HTTP/1.1\r\n%b\r\n\r\n%b" % (method, page, head, body),
    st.sampled_from([b"GET", b"POST", b"PUT", b"CONNECT", b"get", b"\xff"]),
    PAGE,
    st.lists(
        st.sampled_from([b"host: 127.0.0.1", b"content-length: 5", b"transfer-encoding: chunked"])
        | st.binary(max_size=60),
        max_size=4,
    ).map(b"\r\n".join),
    st.binary(max_size=60),
)
FLOOD = b"GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\nx: " + b"a" * 200_000


def said(address, sent):
    with socket.create_connection(address, 5) as probe:
        probe.sendall(sent)
        with contextlib.suppress(OSError):  # refused already, and gone
            probe.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            return probe.recv(65_536)
    return b""


async def test_bytes_of_any_kind_get_a_refusal_and_the_pages_go_on():
    async with served(token=TOKEN) as url:
        address = ("127.0.0.1", int(url.rpartition(":")[2]))

        @given(REQUESTS)
        @settings(max_examples=150, deadline=None)
        def ask(sent):
            answer = said(address, sent)
            status = int(answer[9:12]) if answer else 400
            read = b" /livez " in sent or b" /readyz " in sent
            assert status in (400, 401, 405, 421) or (read and status in (200, 503))

        await asyncio.to_thread(ask)
        assert (await asyncio.to_thread(said, address, FLOOD))[9:12] in (b"", b"400", b"431")
        request = b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        assert (await asyncio.to_thread(said, address, request)).startswith(b"HTTP/1.1 200")
