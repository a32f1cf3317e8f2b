"""A stand-in for Cordial that costs next to nothing: it accepts, and remembers when and what.

    python -m bench.stand_in --latency-ms 50 --rate 100 --journal /tmp/journal

It says its URL, FIRST when the first request with a body comes, and on SIGTERM writes the journal:
per such request a JSON line of time, path, status and body. `--rate` is the limit of each path per
second, told in the headers and kept with 429.
"""

import argparse
import asyncio
import json
import signal
import sys
import time
from pathlib import Path

import uvloop

FIRST = "the-first-request"
BODY = b'{"success":"success"}'
ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 21\r\n"
REFUSED = b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n"


class Windows:
    """A fixed window of one second per path; `rate` 0 is no limit."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._windows: dict[str, tuple[int, int]] = {}

    def head(self, path: str, now: float) -> tuple[bool, bytes]:
        """Whether one more is allowed now, and the headers that tell about it."""
        if not self._rate:
            return True, b""
        second, used = self._windows.get(path, (0, 0))
        if second != int(now):
            second, used = int(now), 0
        allowed = used < self._rate
        self._windows[path] = (second, used + allowed)
        told = (
            f"X-Rate-Limit-Limit: {self._rate}\r\n"
            f"X-Rate-Limit-Remaining: {self._rate - used - allowed}\r\nX-Rate-Limit-Reset: 1\r\n"
        )
        return allowed, (told if allowed else told + "Retry-After: 1\r\n").encode()


class Server(asyncio.Protocol):
    """Answers every request that has a content-length, or none."""

    def __init__(self, latency: float, windows: Windows, journal: list[tuple]) -> None:
        self._latency = latency
        self._windows = windows
        self._journal = journal
        self._buffer = b""

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            at = head.lower().find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + size:
                return
            body = self._buffer[end + 4 : end + 4 + size]
            self._buffer = self._buffer[end + 4 + size :]
            self._request(head.split(b" ", 2)[1].decode(), body)

    def _request(self, path: str, body: bytes) -> None:
        now = time.time()
        allowed, told = self._windows.head(path, now)
        if not allowed:
            self._journal.append((now, path, 429, b""))
            self._write(REFUSED + told + b"\r\n")
            return
        if body:  # not the check of the key
            if not self._journal:
                _say(FIRST)
            self._journal.append((now, path, 202, body))
        answer = ACCEPTED + told + b"\r\n" + BODY
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def serve(latency: float, rate: int, journal: Path | None) -> None:
    """Until SIGTERM."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, asked.set)
    seen: list[tuple] = []
    windows = Windows(rate)
    server = await loop.create_server(lambda: Server(latency, windows, seen), "127.0.0.1", 0)
    _say(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await asked.wait()
    if journal is not None:
        with journal.open("w") as lines:
            for at, path, status, body in seen:
                lines.write(json.dumps([at, path, status, body.decode()]) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.stand_in", description=__doc__)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--rate", type=int, default=0, help="per second and path; 0: none")
    parser.add_argument("--journal", type=Path)
    given = parser.parse_args()
    uvloop.run(serve(given.latency_ms / 1000, given.rate, given.journal))


if __name__ == "__main__":
    main()
