"""The registry: unknown is one thing, away another; against a real HTTP server on loopback."""

import asyncio
import base64
import contextlib
import json
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import web
from pydantic import SecretStr

from streams.core.event import Event
from streams.core.records import Place
from streams.kafka.codec import Codec, Undecodable
from streams.kafka.registry import (
    ConfluentRegistry,
    EmbeddedRegistry,
    Found,
    RegistryAway,
    UnknownSchema,
    open_registry,
)
from streams.kafka.registry_client import ANSWER_MOST
from streams.kafka.schemas import own_schemas
from streams.settings import RegistrySettings

GUID = UUID("6f4d1b8a-3c0e-4a59-9a3f-0d9b8a7c6e5f")
OURS = own_schemas()[1_900_000_001]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def stand_in(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server on loopback that answers everything with `handler`; gives its URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"{'https' if tls else 'http'}://{host}:{port}"
    finally:
        await runner.cleanup()


def settings(url: str, **more: object) -> RegistrySettings:
    return RegistrySettings.model_validate({"url": url, **more})


def refuse(status: int, code: int, message: str = "no") -> web.Response:
    return web.json_response({"error_code": code, "message": message}, status=status)


async def shop_registry(request: web.Request) -> web.StreamResponse:
    """Knows id 7 and a GUID; id 8 refers to a record of another subject; 9 is no Avro."""
    answers = {
        "/schemas/ids/7": {"schema": OURS.text},
        f"/schemas/guids/{GUID}": {"schema": OURS.text, "id": 7, "guid": str(GUID)},
        "/schemas/ids/8": {
            "schema": '{"type": "record", "name": "A", "fields": []}',
            "references": [{"name": "shop.B", "subject": "b", "version": 2}],
        },
        "/subjects/b/versions/2": {
            "subject": "b",
            "version": 2,
            "id": 6,
            "schema": '{"type": "record", "name": "shop.B", "fields": []}',
        },
        "/schemas/ids/9": {"schema": "{}", "schemaType": "JSON"},
    }
    answer = answers.get(request.path)
    if answer is None:
        return refuse(404, 40403, "Schema not found")
    return web.json_response(answer)


async def test_known_and_unknown_schemas() -> None:
    async with stand_in(shop_registry) as url:
        registry = open_registry(settings(url))
        assert isinstance(registry, ConfluentRegistry)
        assert await registry.lookup(7) == Found((OURS.text,))
        assert await registry.lookup(GUID) == Found((OURS.text,))
        assert await registry.lookup(1) == UnknownSchema(1)
        assert await registry.lookup(UUID(int=1)) == UnknownSchema(UUID(int=1))
        eight = await registry.lookup(8)
        assert isinstance(eight, Found)
        assert ["shop.B" in text for text in eight.texts] == [True, False]
        nine = await registry.lookup(9)
        assert isinstance(nine, Found)
        assert nine.kind == "JSON"
        await registry.close()


AWAY: list[tuple[str, int, int, str]] = [
    ("an error of the server", 500, 50001, "HTTP 500, code 50001"),
    ("a proxy without its backend", 502, -1, "HTTP 502, code -1"),
    ("overload", 429, 42901, "HTTP 429, code 42901"),
    ("a wrong password", 401, 40101, "it rejects our credentials (HTTP 401)"),
    ("no permission", 403, 40301, "it rejects our credentials (HTTP 403)"),
    ("a wrong path", 404, 404, "HTTP 404, code 404"),
]


@pytest.mark.parametrize(("status", "code", "why"), [c[1:] for c in AWAY], ids=[c[0] for c in AWAY])
async def test_a_registry_that_gives_no_answer_is_away(status: int, code: int, why: str) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return refuse(status, code)

    async with stand_in(handler) as url:
        registry = open_registry(settings(url))
        assert await registry.lookup(7) == RegistryAway(why)
        assert await registry.lookup(GUID) == RegistryAway(why)
        await registry.close()


GARBLED: list[tuple[str, int, str]] = [
    ("a page of a proxy", 200, "<html>sorry</html>"),
    ("a page of a proxy that finds nothing", 404, "<html>not found</html>"),
    ("JSON of something else", 200, "[]"),
]


@pytest.mark.parametrize(("status", "text"), [c[1:] for c in GARBLED], ids=[c[0] for c in GARBLED])
async def test_a_garbled_answer_is_none(status: int, text: str) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text)

    async with stand_in(handler) as url:
        registry = open_registry(settings(url))
        assert isinstance(await registry.lookup(7), RegistryAway)
        await registry.close()


async def test_a_refused_connection_is_away() -> None:
    async with stand_in(shop_registry) as url:
        pass
    registry = open_registry(settings(url))
    assert await registry.lookup(7) == RegistryAway("no usable answer: ConnectError")
    await registry.close()


async def test_silence_is_away() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.2)
        return refuse(404, 40403)

    async with stand_in(handler) as url:
        registry = open_registry(settings(url), timeout=0.05)
        away = await registry.lookup(7)
        whoever_was_first = ("ReadTimeout", "TimeoutError")
        assert away in [RegistryAway(f"no usable answer: {one}") for one in whoever_was_first]
        await registry.close()


async def test_credentials_are_sent() -> None:
    wanted = "Basic " + base64.b64encode(b"streams:s3:cret").decode()

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != wanted:
            return refuse(401, 40101)
        return await shop_registry(request)

    async with stand_in(handler) as url:
        known = settings(url, username="streams", password=SecretStr("s3:cret"))
        for chosen, answer in ((known, Found), (settings(url), RegistryAway)):
            registry = open_registry(chosen)
            assert isinstance(await registry.lookup(7), answer)
            await registry.close()


async def test_the_next_question_has_the_password_that_was_put_in_its_place(
    tmp_path: Path,
) -> None:
    file = tmp_path / "password"
    file.write_text("first")
    seen: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(base64.b64decode(request.headers["Authorization"].split()[1]).decode())
        return refuse(503, 50301)

    async with stand_in(handler) as url:
        registry = open_registry(settings(url, username="streams", password_file=file))
        for text in ("first", "second", None, "third"):
            file.unlink() if text is None else file.write_text(text)
            assert isinstance(await registry.lookup(7), RegistryAway)
        await registry.close()
    assert seen == ["streams:first", "streams:second", "streams:second", "streams:third"]


async def test_the_password_follows_no_redirect() -> None:
    seen: list[str | None] = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization"))
        return await shop_registry(request)

    async with stand_in(elsewhere) as other:

        async def handler(request: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(f"{other}{request.path}")

        async with stand_in(handler) as url:
            registry = open_registry(settings(url, username="u", password=SecretStr("s3cret")))
            assert isinstance(await registry.lookup(7), RegistryAway)
            await registry.close()
    assert seen == []


async def test_an_answer_without_an_end_is_given_up() -> None:
    sent = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b" " * 65_536)
                sent += 65_536
        return response

    async with stand_in(handler) as url:
        registry = open_registry(settings(url))
        assert await registry.lookup(7) == RegistryAway("no usable answer: TooLongError")
        await registry.close()
    assert sent < 8 * ANSWER_MOST


async def test_a_slow_answer_is_given_up_as_a_whole() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b" ")
                await asyncio.sleep(0.02)
        return response

    async with stand_in(handler) as url:
        registry = open_registry(settings(url), timeout=0.1)
        assert await registry.lookup(7) == RegistryAway("no usable answer: TimeoutError")
        await registry.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    made = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=registry"
    named = "-addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        ["openssl", "req", *made.split(), *named.split(), "-keyout", str(key), "-out", str(cert)],
        check=True,
        capture_output=True,
    )
    return cert, key


async def test_tls_trusts_the_given_authority_and_no_other(certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    async with stand_in(shop_registry, context) as url:
        trusted = open_registry(settings(url, ca_file=cert))
        assert isinstance(await trusted.lookup(7), Found)
        await trusted.close()
        stranger = open_registry(settings(url))
        assert await stranger.lookup(7) == RegistryAway("no usable answer: ConnectError")
        await stranger.close()


async def test_our_own_files_are_the_registry_where_no_url_is_set() -> None:
    registry = open_registry(RegistrySettings.model_validate({}))
    assert isinstance(registry, EmbeddedRegistry)
    assert await registry.lookup(OURS.id) == Found((OURS.text,))
    assert await registry.lookup(OURS.guid) == Found((OURS.text,))
    assert await registry.lookup(1) == UnknownSchema(1)
    await registry.close()


async def test_events_wait_for_the_registry_and_known_schemas_go_on(event: Event) -> None:
    place = Place("shop.events", 3, 42)
    up = True

    async def handler(request: web.Request) -> web.StreamResponse:
        return await shop_registry(request) if up else refuse(503, 50301)

    async with stand_in(handler) as url:
        codec = Codec(open_registry(settings(url)))
        body = codec.encode_event(event)[5:]
        by_id, unknown = (n.to_bytes(5, "big") + body for n in (7, 1))
        assert await codec.decode_event(by_id, None, place) == event
        up = False
        assert await codec.decode_event(by_id, None, place) == event
        assert isinstance(await codec.decode_event(unknown, None, place), RegistryAway)
        up = True
        assert isinstance(await codec.decode_event(unknown, None, place), Undecodable)
        header = [("__value_schema_id", b"\1" + GUID.bytes)]
        assert await codec.decode_event(body, header, place) == event
        await codec.close()


def test_no_answer_shows_a_secret() -> None:
    shown = json.dumps(str(settings("http://127.0.0.1", password="hidden")))
    assert "hidden" not in shown
