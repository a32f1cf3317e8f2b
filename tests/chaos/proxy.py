"""Passes bytes between whoever connects and a target, with trouble on demand.

Slow: every piece waits `delay` seconds. Silent: connections stay open and nothing passes, new ones
are taken and hear nothing. Reset: all that are open end with a reset. Refusing: new ones are reset
at once. `cut_after`: a connection is reset when so many bytes of an answer have passed.
"""

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field
from typing import Self

PIECE = 65_536
NOW = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Proxy:
    """An address on loopback before `target`; `async with` opens and closes it."""

    target: tuple[str, int]
    port: int = 0
    delay: float = 0.0
    refusing: bool = False
    cut_after: int | None = None
    connections: int = 0
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._flows.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._flows.set()
        self._server.close()
        self.reset()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def silent(self):
        """Nothing passes within the block."""
        self._flows.clear()
        try:
            yield
        finally:
            self._flows.set()

    def reset(self) -> None:
        """End every open connection with a reset."""
        for writer in list(self._open):
            _reset(writer)

    async def _connected(self, reader, writer) -> None:
        self.connections += 1
        if self.refusing:
            _reset(writer)
            return
        try:
            back, forth = await asyncio.open_connection(*self.target)
        except OSError:
            _reset(writer)
            return
        both = {writer, forth}
        self._open |= both
        try:
            await asyncio.gather(self._pass(reader, forth), self._pass(back, writer, answers=True))
        except OSError:
            pass
        finally:
            for one in both:
                one.transport.abort()
            self._open -= both

    async def _pass(self, reader, writer, *, answers: bool = False) -> None:
        passed = 0
        while piece := await reader.read(PIECE):
            if self.delay:
                await asyncio.sleep(self.delay)
            await self._flows.wait()
            passed += len(piece)
            if answers and self.cut_after is not None and passed > self.cut_after:
                raise ConnectionResetError
            writer.write(piece)
            await writer.drain()
        writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOW)
    writer.transport.abort()
