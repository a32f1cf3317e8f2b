"""The one place that talks to Cordial: a request goes in, an `Answer` comes out, no exception.

Law: a failure is `NotSent` only where no byte of the request was written; whatever breaks later,
the deadline included, is `InDoubt`. No redirect is followed. At most 64 KiB of an answer are
read; a longer one closes its connection. No body and no key reaches a message.
It speaks httpx's errors, and takes any of its transports, which is how fakes come in.
"""

import asyncio
import base64
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Final, Literal

import httpx

from streams.cordial.complaint import complaint
from streams.cordial.endpoint import Endpoint
from streams.cordial.wire import OverHttpx, Reply, Request, Wire
from streams.core.answer import Answer, InDoubt, NotSent, Unauthorized, classify

BODY_MOST: Final = 65_536
REQUESTS_KEPT: Final = 256
CHECK_AUTH: Final = "/api/checkAuth"
KEY_MISSING: Final = 401

# Raised before the first byte; every other failure may come after Cordial has accepted.
NEVER_WRITTEN: Final[tuple[type[httpx.RequestError], ...]] = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)

Authorisation = Literal["ok", "rejected", "away"]


class UnusableKeyError(Exception):
    """The API key is missing, unreadable or cannot stand in a header."""


class CordialClient:
    """Sends requests to one endpoint with the key that `key` gives.

    `key` is asked at every request, so a key that was replaced is used at the next one.
    `deadline` bounds one request in seconds, from the connection to the last byte of
    the answer; the transport's own bound for a connection must be smaller, so that a deadline
    is known to come after it. `wall` gives seconds since 1970.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        key: Callable[[], str],
        deadline: float,
        transport: Wire | httpx.AsyncBaseTransport,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._endpoint = endpoint
        self._read_key = key
        self._deadline = deadline
        self._wire: Wire = (
            OverHttpx(transport) if isinstance(transport, httpx.AsyncBaseTransport) else transport
        )
        self._wall = wall
        self._key = self._key_read = ""
        self._requests: dict[tuple[str, str, bool], Request] = {}

    async def post(self, path: str, body: bytes) -> Answer:
        """The answer to one command."""
        return await self.request("POST", path, body)

    async def request(self, method: str, path: str, body: bytes) -> Answer:
        """The answer to one request."""
        try:
            request = self._made(method, path, bool(body))
        except UnusableKeyError:
            return Unauthorized(KEY_MISSING)
        try:
            async with asyncio.timeout(self._deadline):
                reply = await self._wire.exchange(request, body, BODY_MOST)
        except TimeoutError:
            return InDoubt("no answer in time")
        except httpx.RequestError as error:
            return unanswered(error)
        return self._judged(reply, request.headers["x-api-key"])

    async def check_auth(self) -> Authorisation:
        """Whether Cordial takes the key, as it reads now; `away` where nobody can tell."""
        try:
            self._key_now()
        except UnusableKeyError:
            return "rejected"
        answer = await self.request("GET", CHECK_AUTH, b"")
        if isinstance(answer, Unauthorized):
            return "rejected"
        return "ok" if answer.status is not None and answer.status < 300 else "away"

    async def page(self, path: str, most: int) -> Reply | None:
        """What stands at a path, of less than `most` bytes; None where no whole answer came."""
        try:
            request = self._made("GET", path, False)
            async with asyncio.timeout(self._deadline):
                reply = await self._wire.exchange(request, b"", most)
        except (UnusableKeyError, TimeoutError, httpx.RequestError):
            return None
        whole = reply.complete and len(reply.body) < most
        return reply if whole else None

    async def aclose(self) -> None:
        """Close all connections."""
        await self._wire.aclose()

    def _judged(self, reply: Reply, key: str) -> Answer:
        if not reply.complete:
            return InDoubt("answer cut")
        failed = 400 <= reply.status < 500
        message = complaint(reply.body, (key,)) if failed else ""
        return classify(reply.status, reply.headers, now=self._wall(), message=message)

    def _made(self, method: str, path: str, has_body: bool) -> Request:
        """Everything but the body, made once for each path and key."""
        key = self._usable_key()
        place = method, path, has_body
        request = self._requests.get(place)
        if request is not None and request.headers["x-api-key"] == key:
            return request
        headers = {"x-api-key": key, **STANDING_HEADERS}
        if path.startswith("/v2/"):
            headers["authorization"] = _basic(key)
        if has_body:
            headers["content-type"] = "application/json"
        if len(self._requests) >= REQUESTS_KEPT:
            self._requests.clear()
        made = Request(method, httpx.URL(self._endpoint.url(path)), headers)
        self._requests[place] = made
        return made

    def _usable_key(self) -> str:
        """The key as it stands now; while it is being replaced and is none, the one before."""
        try:
            return self._key_now()
        except UnusableKeyError:
            if self._key:
                return self._key
            raise

    def _key_now(self) -> str:
        try:
            key = self._read_key()
        except (OSError, UnicodeError) as error:
            raise UnusableKeyError("the key's file cannot be read") from error
        if key != self._key_read or not self._key:
            self._key = _visible(key)
            self._key_read = key
        return self._key


STANDING_HEADERS: Final = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "user-agent": f"cordial-streams/{version('cordial-streams')}",
}


def unanswered(error: httpx.RequestError) -> Answer:
    """What a request that failed without an answer has become. The error's text is not kept."""
    why = type(error).__name__
    return NotSent(why) if isinstance(error, NEVER_WRITTEN) else InDoubt(why)


def _visible(text: str) -> str:
    """The key without the space around it. Raises `UnusableKeyError`."""
    key = text.strip()
    if not key or not all("!" <= letter <= "~" for letter in key):
        raise UnusableKeyError("the key is empty or has characters that no header takes")
    return key


def _basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode("ascii")).decode("ascii")
