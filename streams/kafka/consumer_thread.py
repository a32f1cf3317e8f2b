"""The thread that owns the aiokafka consumer: how it is made, and when the broker last knew us.

Read at faust-streaming 0.15.3. Heartbeats are kept on a clock that counts suspension.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiokafka
import uvloop
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.core.suspicion import began, note
from streams.kafka.connection import client_options, outlast
from streams.kafka.fetch_session import SessionClient

POLL_RECORDS = 500
NOTE_SECONDS = 5.0
"""That a note may take: without one there is only less suspicion."""


def suspension_clock() -> float:
    """Seconds on a clock that goes on while the machine or the process is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The thread that owns the aiokafka consumer."""

    last_heartbeat: float = 0.0
    _sessions: SessionClient
    _assignment: tuple[object, set[TP]] = (None, set())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, thread_loop=uvloop.new_event_loop(), **kwargs)
        self._close_thread_loop_on_stop = True  # mode would close only what it made

    async def on_start(self) -> None:
        """Start the consumer, watch its heartbeats, and let it fetch in sessions."""
        await super().on_start()
        consumer = self._ensure_consumer()
        self._sessions = consumer._fetcher._client = SessionClient(consumer._client)
        coordinator = consumer._coordinator
        beat: Callable[[], Awaitable[bool]] = coordinator._do_heartbeat

        async def watched() -> bool:
            asked = suspension_clock()
            alive = await beat()
            if alive:
                self.last_heartbeat = asked
            return alive

        coordinator._do_heartbeat = watched

    def assignment(self) -> set[TP]:
        """As Faust's, which makes it anew for each offset that is committed."""
        found = self._ensure_consumer().assignment()
        if found is not self._assignment[0]:
            self._assignment = (found, super().assignment())
        return self._assignment[1]

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Changelogs are assigned for their partitions' sake, and not read here.

        aiokafka would fetch what we write, keep it, and for each partition of it wait 100 ms with
        the others.
        """
        consumer, logs = self._ensure_consumer(), self.app.tables.changelog_topics
        consumer.pause(*(tp for tp in consumer.assignment() if tp.topic in logs))
        await super().on_partitions_assigned(assigned, generation_id)

    async def renew(self) -> None:
        """Positions are sought: be told of each partition again."""
        await self.call_thread(self._renew)

    async def _renew(self) -> None:
        self._sessions.renew()

    async def begin(self, starts: Mapping[TP, int]) -> Mapping[TP, int]:
        """Note that reading begins at these offsets; how many times it has by now, each."""
        times: Mapping[TP, int] = await self.call_thread(self._begin, starts)
        return times

    async def _begin(self, starts: Mapping[TP, int]) -> Mapping[TP, int]:
        coordinator = self._ensure_consumer()._coordinator
        try:
            async with asyncio.timeout(NOTE_SECONDS):
                kept = await coordinator.fetch_committed_offsets([*map(_aiokafka, starts)])
        except (KafkaError, TimeoutError):
            return {}
        there = {tp: kept[tp] for tp, at in starts.items() if tp in kept and kept[tp].offset == at}
        times = {tp: 1 + (began(there[tp].metadata) if tp in there else 0) for tp in starts}
        return times if await self._note(starts, {tp: note(n) for tp, n in times.items()}) else {}

    async def take_back(self, starts: Mapping[TP, int]) -> None:
        """What began at these offsets ended in order, and got no further."""
        await self.call_thread(self._note, starts, {})

    async def _note(self, offsets: Mapping[TP, int], notes: Mapping[TP, str]) -> bool:
        """Commit where we stand already; False where the group would not have it."""
        said = {
            _aiokafka(tp): OffsetAndMetadata(offset, notes.get(tp, ""))
            for tp, offset in offsets.items()
        }
        try:
            async with asyncio.timeout(NOTE_SECONDS):
                await self._ensure_consumer().commit(said)
        except (KafkaError, TimeoutError):
            return False
        return True

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        conf = self.app.conf
        self._assignor = self.app.assignor
        consumer = aiokafka.AIOKafkaConsumer(
            client_id=conf.broker_client_id,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset=conf.consumer_auto_offset_reset,
            max_poll_records=POLL_RECORDS,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            fetch_max_wait_ms=500,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            isolation_level="read_committed",
            metadata_max_age_ms=conf.consumer_metadata_max_age_ms,
            **client_options(self.app.kafka_settings),
        )
        outlast(consumer._client, self.app.kafka_settings)
        return consumer


def _aiokafka(tp: TP) -> TopicPartition:
    return TopicPartition(tp.topic, tp.partition)
