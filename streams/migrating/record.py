"""Writes down how far a migration has come, and sees that only one runs."""

import asyncio
import time
from dataclasses import replace
from typing import Any

from aiokafka import AIOKafkaConsumer

from streams.kafka import groups
from streams.kafka.cluster import read_migrations
from streams.kafka.connection import client_options
from streams.kafka.migration import Migration, encode_migration
from streams.kafka.names import migrations_topic
from streams.migrating.spans import Bulk
from streams.settings import Settings

SESSION_MS = 10_000
PATIENCE = 45.0
"""Seconds that are waited for one that was killed to be forgotten by the broker."""
EVER_MS = 86_400_000
LOOK = 0.2


class AnotherRunsError(Exception):
    """Another migration of this installation runs."""


class Lock:
    """Held by the one member of a group that is given the topic's only partition.

    Nobody joins a group that has a member: the broker may give the partition to the newcomer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._group = f"{settings.app_id}-migration"
        self._consumer = AIOKafkaConsumer(
            migrations_topic(settings),
            group_id=self._group,
            enable_auto_commit=False,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=SESSION_MS // 5,
            max_poll_interval_ms=EVER_MS,
            **client_options(settings.kafka),
        )

    async def __aenter__(self) -> "Lock":
        end = time.monotonic() + PATIENCE
        try:
            async with groups.admin_of(self._settings) as admin:
                while await groups.members(admin, self._group):
                    await _look_again(end)
            await self._consumer.start()
            while not self._consumer.assignment():
                await _look_again(end)
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(self, *gone: object) -> None:
        await self._consumer.stop()

    async def unchanged(self, layout: int, known: Migration | None) -> None:
        """Raises `AnotherRunsError` where the row of this layout is no longer as it was read."""
        if (await read_migrations(self._settings)).get(layout) != known:
            raise AnotherRunsError("another migration ran meanwhile; run this again")

    def held(self) -> None:
        """Raises `AnotherRunsError` where another one has it by now."""
        if not self._consumer.assignment():
            raise AnotherRunsError("the broker has given the migration to another one")


async def _look_again(end: float) -> None:
    if time.monotonic() > end:
        raise AnotherRunsError("another migration runs; wait until it has ended")
    await asyncio.sleep(LOOK)


class Record:
    """The row of one migration, as it was written last."""

    def __init__(self, settings: Settings, bulk: Bulk, row: Migration) -> None:
        self.row = row
        self._topic = migrations_topic(settings)
        self._bulk = bulk

    async def save(self, **changes: Any) -> None:
        """Write it down with these changes. Raises aiokafka's errors, and `AnotherRunsError`."""
        self.row = replace(self.row, **changes)
        value = encode_migration(self.row)
        await self._bulk.put(self._topic, 0, self.row.key, value)
        await self._bulk.settle()
