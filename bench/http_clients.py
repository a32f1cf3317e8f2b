"""What one request costs in each HTTP client: CPU of this process per request, side by side.

The stand-in of the bench, in a process of its own, answers 202 after `--latency-ms`.
Each contestant sends the same body over the same number of connections, interleaved over
`--rounds` so that noise of the machine hits all alike; the median is printed.

    python -m bench.http_clients --connections 32 64 --requests 2000 --rounds 3
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import httpx
import uvloop
from httpx_aiohttp import AiohttpTransport

from bench.programs import stand_in
from streams.cordial.client import CordialClient
from streams.cordial.endpoint import endpoint
from streams.cordial.transport import PooledTransport
from streams.cordial.wire import Request

BODY = (
    b'{"contact":{"identifiers":{"customId":"user-1"}},"contactActivities":[' + b" " * 500 + b"]}"
)
HEADERS = {"x-api-key": "bench", "content-type": "application/json"}
Post = Callable[[], Awaitable[int]]


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
async def ours(url: str, n: int) -> AsyncIterator[Post]:
    wire = PooledTransport(connections=n, connect=5)
    request = Request("POST", httpx.URL(url), HEADERS)

    async def post() -> int:
        return (await wire.exchange(request, BODY, 65_536)).status

    yield post
    await wire.aclose()


@asynccontextmanager
async def our_client(url: str, n: int) -> AsyncIterator[Post]:
    address = httpx.URL(url)
    client = CordialClient(
        endpoint(str(address.copy_with(path="/"))),
        key=lambda: "bench",
        deadline=30,
        transport=PooledTransport(connections=n, connect=5),
    )

    async def post() -> int:
        answer = await client.post(address.path, BODY)
        return answer.status or 0

    yield post
    await client.aclose()


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
    "aiohttp": bare_aiohttp,
    "our transport": ours,
    "our client": our_client,
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
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--uvloop", action="store_true")
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as directory,
        stand_in(Path(directory), latency_ms=args.latency_ms, rate=0) as cordial,
    ):
        compare(args, f"{cordial.url}/api/createContactactivities")


def compare(args: argparse.Namespace, url: str) -> None:
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


if __name__ == "__main__":
    main()
