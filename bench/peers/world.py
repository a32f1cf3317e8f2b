"""What all contestants have in common: the machine, the broker, and how much the stand-in bears."""

import os
import platform
import subprocess
import tempfile
from pathlib import Path

import uvloop

from bench.http_clients import measure
from bench.peers.cores import CONTESTANT, WORLD, on_core
from bench.programs import stand_in
from tests.broker.parts import VERSION, java

CONNECTIONS = 64
REQUESTS = 20_000


def versions() -> str:
    """Of what is no contestant."""
    asked = subprocess.run([java(), "-version"], capture_output=True, text=True, check=False)
    runtime = asked.stderr.splitlines()[0].replace('"', "")
    cores = f"{os.cpu_count()} cores"
    return f"{cores}, Python {platform.python_version()}, Kafka {VERSION} on {runtime}"


def bearable() -> float:
    """Requests a second that the stand-in answered to our own client, which may be the limit."""
    with (
        tempfile.TemporaryDirectory() as directory,
        on_core(WORLD),
        stand_in(Path(directory), latency_ms=0, rate=0) as cordial,
        on_core(CONTESTANT),
    ):
        url = f"{cordial.url}/api/createContactactivities"
        _, rate = uvloop.run(measure("our transport", url, CONNECTIONS, REQUESTS))
    return rate
