"""The worker, with its tasks and rows among its metrics; and with a leak, where `LEAK` names one.

It begins to look for old rows every 30 seconds instead of every ten minutes, so that a run has many
such walks.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily

from streams import cli
from streams.kafka import expiry
from streams.running import command, wiring
from streams.settings import Settings

WALK_SECONDS = 30
LEAKED_MIB = 0.25
"""A second."""


class Insides:
    """A collector: `soak_tasks`, and `soak_rows` by table."""

    def __init__(self, tables: Any) -> None:
        self._tables = tables

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What there is now."""
        yield GaugeMetricFamily("soak_tasks", "Tasks", value=len(asyncio.all_tasks()))
        rows = GaugeMetricFamily("soak_rows", "Rows of a table", labels=["table"])
        for name, table in self._tables.rows.items():
            rows.add_metric([name], len(table.data))
        yield rows


class Leak:
    """What is taken each second and never given back."""

    def __init__(self, worker: Any) -> None:
        self._worker = worker
        self._kept: list[Any] = []

    def memory(self) -> None:
        """Bytes."""
        self._kept.append(os.urandom(int(LEAKED_MIB * 2**20)))

    def tasks(self) -> None:
        """One that waits for nothing."""
        self._kept.append(asyncio.ensure_future(asyncio.Event().wait()))

    def sockets(self) -> None:
        """One that is not closed."""
        self._kept.append(socket.socket())

    def rows(self) -> None:
        """A contact's row under a name that no event has."""
        rows = self._worker.partitions.tables.rows["profiles"].data
        rows[f"nobody-{len(self._kept)}".encode()] = b""
        self._kept.append(None)

    def again(self, leak: Callable[[], None]) -> None:
        """Now, and each second."""
        leak()
        asyncio.get_running_loop().call_later(1.0, self.again, leak)


LEAKS = ("memory", "tasks", "sockets", "rows")
built = wiring.build


def watched(settings: Settings, plan: Any) -> Any:
    registry = CollectorRegistry()
    wiring.CollectorRegistry = lambda: registry
    worker = built(settings, plan)
    registry.register(Insides(worker.partitions.tables))
    worker.partitions._expiry._begins = WALK_SECONDS
    leak = os.environ.get("LEAK")
    if leak in LEAKS:
        leaking = Leak(worker)
        leaking.again(getattr(leaking, leak))
    return worker


if __name__ == "__main__":
    expiry.EVERY = WALK_SECONDS
    command.build = watched
    cli.main()
