import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from streams.cordial.client import BODY_MOST, NEVER_WRITTEN, CordialClient, unanswered
from streams.cordial.endpoint import endpoint
from streams.core.answer import (
    Delivered,
    InDoubt,
    Limits,
    NotSent,
    Refused,
    Rejected,
    Unauthorized,
)
from streams.settings.secret_file import secret_file

KEY = "canary-key-1"
Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler, key: Callable[[], str] = lambda: KEY) -> CordialClient:
    return CordialClient(
        endpoint("usw2"),
        key=key,
        deadline=5,
        transport=httpx.MockTransport(handler),
        wall=lambda: 1_000.0,
    )


def answering(status: int, **more: object) -> Handler:
    return lambda request: httpx.Response(status, **more)  # type: ignore[arg-type]


def every_subclass(of: type[httpx.RequestError]) -> Iterator[type[httpx.RequestError]]:
    yield of
    for one in of.__subclasses__():
        yield from every_subclass(one)


EVERY_ERROR = sorted(
    set(every_subclass(httpx.RequestError)),
    key=lambda error: error.__name__,
)


def made(error: type[httpx.RequestError]) -> httpx.RequestError:
    return error("canary-key-1 ada@example.com")


@pytest.mark.parametrize("error", EVERY_ERROR)
async def test_every_exception_of_httpx_becomes_a_value(error: type[httpx.RequestError]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise made(error)

    answer = await client(fail).post("/api/upsertContact", b"{}")
    never = issubclass(error, NEVER_WRITTEN)
    assert isinstance(answer, NotSent if never else InDoubt)
    assert answer.why == error.__name__


def test_all_transport_errors_are_among_them() -> None:
    assert set(every_subclass(httpx.TransportError)) <= set(EVERY_ERROR)
    assert len(EVERY_ERROR) >= 18


def test_only_what_fails_before_the_first_byte_is_not_sent() -> None:
    not_sent = {
        error.__name__ for error in EVERY_ERROR if isinstance(unanswered(made(error)), NotSent)
    }
    assert not_sent == {
        "ConnectError",
        "ConnectTimeout",
        "PoolTimeout",
        "ProxyError",
        "UnsupportedProtocol",
    }


STATUSES = [
    (200, Delivered),
    (202, Delivered),
    (301, Unauthorized),
    (307, Unauthorized),
    (400, Rejected),
    (401, Unauthorized),
    (403, Unauthorized),
    (404, Rejected),
    (408, InDoubt),
    (413, Rejected),
    (422, Rejected),
    (429, Refused),
    (500, InDoubt),
    (502, InDoubt),
    (503, Refused),
    (504, InDoubt),
]


@pytest.mark.parametrize(("status", "value"), STATUSES)
async def test_a_status_becomes_a_value(status: int, value: type) -> None:
    headers = {"location": "https://evil.example/"}
    answer = await client(answering(status, headers=headers)).post("/api/upsertContact", b"{}")
    assert isinstance(answer, value)
    assert answer.status == status


async def test_no_redirect_is_followed() -> None:
    asked = []

    def redirect(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"location": "https://evil.example/"})

    await client(redirect).post("/api/upsertContact", b"{}")
    assert asked == ["integrations-ingest-svc.usw2.cordial.com"]


async def test_the_limits_travel_with_the_answer() -> None:
    headers = {
        "X-Rate-Limit-Limit": "100",
        "X-Rate-Limit-Remaining": "0",
        "X-Rate-Limit-Reset": "3",
        "Retry-After": "7",
    }
    answer = await client(answering(429, headers=headers)).post("/api/upsertContact", b"{}")
    assert answer == Refused(429, Limits(limit=100, remaining=0, reset=3, retry_after=7))


async def test_the_request_on_the_wire() -> None:
    seen: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(202)

    cordial = client(keep)
    await cordial.post("/api/upsertContact", b'{"a":1}')
    await cordial.request("POST", "/v2/products", b"{}")
    ingest, core = seen
    assert str(ingest.url) == ("https://integrations-ingest-svc.usw2.cordial.com/api/upsertContact")
    assert ingest.content == b'{"a":1}'
    assert ingest.headers["x-api-key"] == KEY
    assert ingest.headers["content-type"] == "application/json"
    assert "authorization" not in ingest.headers
    assert str(core.url) == "https://api.usw2.cordial.io/v2/products"
    assert core.headers["authorization"] == "Basic Y2FuYXJ5LWtleS0xOg=="


async def test_a_rejection_says_what_the_envelope_says_and_nobodys_data() -> None:
    body = b'{"error":true,"message":"ada@example.com with canary-key-1 is unknown","name":"Ada"}'
    answer = await client(answering(422, content=body)).post("/api/upsertContact", b"{}")
    assert answer == Rejected(422, "[email] with [secret] is unknown")


async def test_the_next_request_has_the_key_that_was_put_in_its_place(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("old")
    seen: list[str] = []

    def judge(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["x-api-key"])
        return httpx.Response(202)

    cordial = client(judge, key=secret_file(file).read)
    for key in ("old", "new", "newer"):
        file.write_text(key)
        assert isinstance(await cordial.post("/api/upsertContact", b"{}"), Delivered)
    assert seen == ["old", "new", "newer"]


@pytest.mark.parametrize("half", ["", "\x00", None])
async def test_a_key_that_is_being_replaced_leaves_the_one_before(
    half: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text("old")

    def judge(request: httpx.Request) -> httpx.Response:
        return httpx.Response(202 if request.headers["x-api-key"] == "old" else 401)

    cordial = client(judge, key=secret_file(file).read)
    assert isinstance(await cordial.post("/api/upsertContact", b"{}"), Delivered)
    file.unlink() if half is None else file.write_text(half)
    assert isinstance(await cordial.post("/api/upsertContact", b"{}"), Delivered)
    assert await cordial.check_auth() == "rejected"


UNUSABLE = ["", "  \n", "a\r\nx-evil: 1", "a b", "schl\u00fcssel", "\U0001f511", "a\x00"]


@pytest.mark.parametrize("key", UNUSABLE)
async def test_a_key_that_no_header_takes_holds_instead_of_failing(key: str) -> None:
    cordial = client(answering(202), key=lambda: key)
    assert isinstance(await cordial.post("/api/upsertContact", b"{}"), Unauthorized)
    assert await cordial.check_auth() == "rejected"


async def test_a_key_file_that_is_gone_holds_instead_of_failing() -> None:
    def gone() -> str:
        raise FileNotFoundError("gone")

    assert await client(answering(202), key=gone).check_auth() == "rejected"


async def test_space_around_the_key_is_dropped() -> None:
    def judge(request: httpx.Request) -> httpx.Response:
        return httpx.Response(202 if request.headers["x-api-key"] == "key" else 401)

    assert await client(judge, key=lambda: " key\n").check_auth() == "ok"


AUTHORISATIONS = [
    (200, "ok"),
    (401, "rejected"),
    (403, "rejected"),
    (302, "rejected"),
    (404, "away"),
    (429, "away"),
    (500, "away"),
    (503, "away"),
]


@pytest.mark.parametrize(("status", "verdict"), AUTHORISATIONS)
async def test_check_auth(status: int, verdict: str) -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.path))
        return httpx.Response(status)

    assert await client(answer).check_auth() == verdict
    assert seen == [("GET", "/api/checkAuth")]


async def test_check_auth_says_away_where_nobody_answers() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert await client(fail).check_auth() == "away"


class Endless(httpx.AsyncByteStream):
    def __init__(self) -> None:
        self.given = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.given += 1_024
            yield b"x" * 1_024

    async def aclose(self) -> None:
        self.closed = True


async def test_an_endless_answer_is_read_to_its_bound_and_closed() -> None:
    stream = Endless()
    answer = await client(answering(400, stream=stream)).post("/api/upsertContact", b"{}")
    assert answer == Rejected(400)
    assert stream.given == BODY_MOST
    assert stream.closed


async def test_a_deadline_covers_the_body_too() -> None:
    class Dripping(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                await asyncio.sleep(0.01)
                yield b"x"

    cordial = CordialClient(
        endpoint("usw1"),
        key=lambda: KEY,
        deadline=0.1,
        transport=httpx.MockTransport(answering(202, stream=Dripping())),
    )
    assert isinstance(await cordial.post("/api/upsertContact", b"{}"), InDoubt)
