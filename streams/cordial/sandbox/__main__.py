"""`python -m streams.cordial.sandbox`: the stand-in for Cordial, on loopback.

Example: cordial-streams sandbox --port 8025 --key demo --latency-ms 50
"""

import argparse
import asyncio
import ipaddress
import json
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

from streams.cordial.sandbox.app import Sandbox, SandboxConfig
from streams.cordial.sandbox.faults import Faults


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(
        prog="cordial-streams sandbox",
        description="A stand-in for Cordial: accepts what the API documents, keeps and shows it.",
        epilog="example: cordial-streams sandbox --port 8025 --key demo --latency-ms 50",
    )
    options.add_argument("--host", default="127.0.0.1", help="address to listen on")
    options.add_argument(
        "--allow-remote", action="store_true", help="listen on an address that is not loopback"
    )
    options.add_argument("--port", type=int, default=8025, help="0 takes a free one")
    options.add_argument("--key", default="sandbox-key", help="the API key that is right")
    options.add_argument("--strict", action="store_true", help="422 for what would be ignored")
    options.add_argument("--journal", type=Path, help="file of a JSON line per request")
    options.add_argument("--journal-sync", action="store_true", help="fsync every line")
    options.add_argument(
        "--attributes", type=Path, help="JSON file of the account's attributes; without it, all"
    )
    options.add_argument(
        "--page-size", type=int, help="tell attributes and lists in pages of so many"
    )
    options.add_argument("--latency-ms", type=float, default=0, help="before every answer")
    options.add_argument("--rate", type=float, default=0, help="requests a second per endpoint")
    options.add_argument("--error-503", type=float, default=0, help="share answered 503")
    options.add_argument("--cut", type=float, default=0, help="share accepted and then cut off")
    options.add_argument(
        "--process-delay-ms", type=float, default=0, help="from acceptance to processing"
    )
    options.add_argument("--reorder", action="store_true", help="process what waits in any order")
    options.add_argument("--seed", type=int, default=1, help="of the faults' chance")
    return options


def config_of(given: argparse.Namespace) -> SandboxConfig:
    """The configuration that the options state."""
    faults = Faults(
        latency=given.latency_ms / 1000,
        rate=given.rate,
        error_503=given.error_503,
        cut=given.cut,
        process_delay=given.process_delay_ms / 1000,
        reorder=given.reorder,
        seed=given.seed,
    )
    return SandboxConfig(
        key=given.key,
        strict=given.strict,
        journal=given.journal,
        journal_sync=given.journal_sync,
        attributes=json.loads(given.attributes.read_text()) if given.attributes else None,
        page_size=given.page_size,
        faults=faults,
    )


def _listener(host: str, port: int) -> socket.socket:
    """What it accepts inherits TCP_NODELAY: uvicorn writes head and body apart, and of a socket
    that it is given neither it nor asyncio makes sure; every answer would take 40 ms longer."""
    listener = socket.create_server((host, port), backlog=512)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@asynccontextmanager
async def running(
    config: SandboxConfig, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """Serve inside this process; gives the URL."""
    listener = _listener(host, port)
    sandbox = Sandbox(config)
    server = uvicorn.Server(
        uvicorn.Config(sandbox, log_level="warning", lifespan="off", access_log=False)
    )
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        sandbox.close()


async def _serve(config: SandboxConfig, host: str, port: int) -> None:
    listener = _listener(host, port)
    url = f"http://{host}:{listener.getsockname()[1]}"
    sys.stdout.write(f"sandbox: {url} takes the key {config.key}\n")
    sys.stdout.flush()
    await uvicorn.Server(
        uvicorn.Config(Sandbox(config), log_level="warning", lifespan="off", access_log=False)
    ).serve([listener])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT."""
    given = parser().parse_args(arguments)
    if not (given.allow_remote or ipaddress.ip_address(given.host).is_loopback):
        sys.stderr.write(f"{given.host} is not loopback; say --allow-remote to listen there\n")
        return 2
    asyncio.run(_serve(config_of(given), given.host, given.port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
