"""One connection to Cordial: a request is written whole, and aiohttp's parser reads its answer.

Read at aiohttp 3.14.5: its parser of C, without its session, pool and request objects, which cost
five times as much. `tests/unit/cordial/test_transport.py` notices when it changes.
"""

import asyncio
from typing import Any, cast

import httpx
from aiohttp.http import HttpResponseParser, RawResponseMessage
from aiohttp.streams import StreamReader

from streams.cordial.wire import Reply

UNREAD_MOST = 4 * 2**20
"""Bytes between two readings, above which aiohttp would hold the socket; one reading is less."""


class Connection(asyncio.Protocol):
    """One socket, one request at a time. `reusable` says whether another may follow."""

    # What aiohttp's body asks of its connection; nothing is ever held, see `UNREAD_MOST`.
    _reading_paused = False

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._parser = HttpResponseParser(
            cast(Any, self), loop, UNREAD_MOST, read_until_eof=True, auto_decompress=False
        )
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Reply] | None = None
        self._message: RawResponseMessage | None = None
        self._payload: StreamReader | None = None
        self._body = bytearray()
        self._most = 0
        self._spent = False
        self.idle_since = 0.0

    @property
    def reusable(self) -> bool:
        """Whether another request may be written."""
        alive = self._transport is not None and not self._transport.is_closing()
        return alive and not self._spent and self._answer is None

    async def exchange(self, sent: bytes, most: int) -> Reply:
        """Write a request and read its answer; only once at a time, and only while `reusable`."""
        assert self._transport is not None  # noqa: S101 - see `reusable`
        self._most = most
        answer: asyncio.Future[Reply] = self._loop.create_future()
        self._answer = answer
        self._transport.write(sent)
        return await answer

    def close(self) -> None:
        """Close at once; an answer that is awaited is in doubt."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket stands, with TLS where it is wanted."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of the answer; what nobody asked for ends the connection."""
        if self._answer is None:
            self._spent = True
            self.close()
            return
        try:
            messages, upgraded, _ = self._parser.feed_data(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, the request was written
            self._failed(httpx.RemoteProtocolError(type(error).__name__))
            return
        self._spent = self._spent or upgraded
        for message, payload in messages:
            if 100 <= message.code < 200 and not upgraded:
                continue
            if self._message is not None:  # an answer that nobody asked for
                self._spent = True
                break
            self._message, self._payload = message, payload
        self._read()

    def connection_lost(self, exc: Exception | None) -> None:
        """What was not answered is in doubt; a body may end with its connection."""
        self._transport = None
        if self._answer is None:
            return
        if self._message is None:
            lost = httpx.RemoteProtocolError if exc is None else httpx.ReadError
            self._failed(lost("closed"))
            return
        if exc is None:
            try:
                self._parser.feed_eof()
            except Exception:  # noqa: BLE001 - the body is cut, however it is told
                self._payload = None
        if self._payload is not None:
            self._read()
        if self._answer is not None:
            self._replied(complete=False)

    def pause_reading(self) -> None:
        """Asked by aiohttp's body; see `UNREAD_MOST`."""

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Asked by aiohttp's body at its end; nothing was held."""

    def _read(self) -> None:
        payload = self._payload
        if payload is None:
            return
        if payload.exception() is not None:
            self._replied(complete=False)
            return
        if not payload.at_eof():
            self._body += payload.read_nowait()
        if payload.is_eof() or len(self._body) >= self._most:
            self._replied(complete=True)

    def _replied(self, *, complete: bool) -> None:
        message, payload = self._message, self._payload
        assert message is not None  # noqa: S101 - a body comes after its head
        whole = complete and payload is not None and payload.is_eof()
        self._spent = self._spent or message.should_close or not whole
        reply = Reply(message.code, message.headers, bytes(self._body[: self._most]), complete)
        answer, self._answer = self._answer, None
        self._message = self._payload = None
        self._body.clear()
        if answer is not None and not answer.done():
            answer.set_result(reply)

    def _failed(self, error: httpx.RequestError) -> None:
        self._spent = True
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(error)
