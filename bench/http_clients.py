"""What one request costs in each HTTP client: CPU of this process per request, side by side.

A light server (asyncio protocol in its own process) answers 202 after `--latency` seconds.
Each contestant sends the same body over the same number of connections, interleaved over
`--rounds` so that noise of the machine hits all alike; the median is printed.

    python bench/http_clients.py --connections 32 64 --requests 2000 --rounds 3
"""

import argparse
import asyncio
import multiprocessing
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection

import aiohttp
import httpx
import uvloop
from httpx_aiohttp import AiohttpTransport

from streams.cordial.transport import PooledTransport

BODY = (
    b'{"contact":{"identifiers":{"customId":"user-1"}},"contactActivities":[' + b" " * 500 + b"]}"
)
HEADERS = {"x-api-key": "bench", "content-type": "application/json"}
ANSWER = (
    b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 21\r\n\r\n"
    b'{"success":"success"}'
)

Post = Callable[[], Awaitable[int]]


class Server(asyncio.Protocol):
    """Answers every request that has a content-length, and nothing else."""

    latency = 0.0

    def connection_made(self, transport):
        self.transport = transport
        self.buffer = b""

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + size:
                return
            self.buffer = self.buffer[end + 4 + size :]
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.answer)
            else:
                self.answer()

    def answer(self):
        if not self.transport.is_closing():
            self.transport.write(ANSWER)


def serve(latency: float, port: Connection) -> None:
    async def run() -> None:
        Server.latency = latency
        server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(run())


@asynccontextmanager
async def httpx_with(
    transport: httpx.AsyncBaseTransport | None, url: str, n: int
) -> AsyncIterator[Post]:
    limits = httpx.Limits(max_connections=n, max_keepalive_connections=n)
    async with httpx.AsyncClient(transport=transport, limits=limits, trust_env=False) as client:

        async def post() -> int:
            return (await client.post(url, content=BODY, headers=HEADERS)).status_code

        yield post


@asynccontextmanager
async def transport_alone(url: str, n: int) -> AsyncIterator[Post]:
    async with PooledTransport(connections=n, connect=5) as transport:
        target = httpx.URL(url)

        async def post() -> int:
            request = httpx.Request("POST", target, content=BODY, headers=HEADERS)
            answer = await transport.handle_async_request(request)
            await answer.aread()
            await answer.aclose()
            return answer.status_code

        yield post


@asynccontextmanager
async def bare_aiohttp(url: str, n: int) -> AsyncIterator[Post]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=n)) as session:

        async def post() -> int:
            async with session.post(url, data=BODY, headers=HEADERS) as answer:
                await answer.read()
                return answer.status

        yield post


def limits(n: int) -> httpx.Limits:
    return httpx.Limits(max_connections=n, max_keepalive_connections=n)


CONTESTANTS = {
    "httpx, its own transport": lambda url, n: httpx_with(None, url, n),
    "httpx + httpx-aiohttp": lambda url, n: httpx_with(AiohttpTransport(limits=limits(n)), url, n),
    "httpx + our transport": lambda url, n: httpx_with(
        PooledTransport(connections=n, connect=5), url, n
    ),
    "our transport, no httpx.AsyncClient": transport_alone,
    "aiohttp": bare_aiohttp,
}


async def measure(name: str, url: str, connections: int, requests: int) -> tuple[float, float]:
    """(CPU ms per request, requests per second) after a warm-up that opens the connections."""
    async with CONTESTANTS[name](url, connections) as post:

        async def worker(times: int) -> None:
            for _ in range(times):
                if await post() != 202:
                    raise RuntimeError(name)

        await asyncio.gather(*(worker(2) for _ in range(connections)))
        each = requests // connections
        cpu, wall = time.process_time(), time.perf_counter()
        await asyncio.gather(*(worker(each) for _ in range(connections)))
        done = each * connections
        return (
            (time.process_time() - cpu) / done * 1000,
            done / (time.perf_counter() - wall),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--uvloop", action="store_true")
    args = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(args.latency, theirs), daemon=True
    )
    process.start()
    url = f"http://127.0.0.1:{ours.recv()}/api/createContactactivities"
    run = uvloop.run if args.uvloop else asyncio.run
    print(f"{'contestant':38}{'connections':>12}{'CPU ms/request':>16}{'requests/s':>12}")
    for connections in args.connections:
        results: dict[str, list[tuple[float, float]]] = {name: [] for name in CONTESTANTS}
        for _ in range(args.rounds):
            for name in CONTESTANTS:
                results[name].append(run(measure(name, url, connections, args.requests)))
        for name, rows in results.items():
            cpu = statistics.median(row[0] for row in rows)
            rate = statistics.median(row[1] for row in rows)
            print(f"{name:38}{connections:12}{cpu:16.3f}{rate:12.0f}")
    process.terminate()
    process.join()


if __name__ == "__main__":
    main()
