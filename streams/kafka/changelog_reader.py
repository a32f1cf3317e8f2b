"""Changelogs read in bulk: what the tables lack of their partitions, from one offset to another.

Faust reads them with the group's consumer, and makes an object for each record in five places.
Here a consumer that is in no group reads nothing else, from the brokers' batches straight to keys
and values, and ends with the recovery: nothing of an assignment before can be left in it.

Read at aiokafka 0.14.0, which makes a record of twelve fields of each that it fetched;
`tests/broker/test_recovery.py` notices when it changes.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError
from faust.types import TP

from streams.kafka.connection import client_options, outlast
from streams.kafka.owners import Row
from streams.settings import KafkaSettings

FETCH_BYTES = 4 * 2**20
"""Of one answer of a broker: what is in memory beside the tables."""
PARTITION_BYTES = 2**20
ROWS = 5_000
"""Taken in one go, in a few milliseconds: everything else in the process waits for so long."""
POLL_MS = 100
SILENCE = 10.0
"""Seconds in which nothing came; then the brokers are asked whether they are there."""

Take = Callable[[TP, Sequence[Row]], None]


class ChangelogReader:
    """Reads parts of changelogs; an asynchronous context manager.

    Where no broker answers, it raises `KafkaConnectionError` or `KafkaTimeoutError`.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._consumer: AIOKafkaConsumer

    async def __aenter__(self) -> Self:
        """Raises aiokafka's errors."""
        self._consumer = self._new()
        try:
            await self._consumer.start()
        except BaseException:
            await self._stop()
            raise
        self._consumer._fetcher._records = _Fetched()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    async def spans(self, tps: Iterable[TP]) -> Mapping[TP, tuple[int, int]]:
        """Where each begins, and where it ends for who reads what is committed.

        Raises aiokafka's errors.
        """
        asked = [TopicPartition(*tp) for tp in tps]
        await self._consumer._client.set_topics({tp.topic for tp in asked})
        firsts = await self._consumer.beginning_offsets(asked)
        ends = await self._consumer.end_offsets(asked)
        return {TP(*tp): (firsts[tp], ends[tp]) for tp in asked}

    async def read(self, spans: Mapping[TP, tuple[int, int]], take: Take) -> None:
        """Hand over what is from the first to before the second offset of each, in order.

        What follows may be handed over, too. Raises aiokafka's errors.
        """
        left = {}
        for tp, (begin, end) in spans.items():
            if begin < end:
                left[TopicPartition(*tp)] = end
        self._consumer.assign(list(left))
        for one in left:
            self._consumer.seek(one, spans[TP(*one)][0])
        heard = time.monotonic()
        while left:
            found = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=ROWS)
            for one, rows in found.items():
                take(TP(*one), rows)
            # Where a transaction's mark or a gap is last, only the position goes there.
            for one in list(found or left):
                if one in left and await self._consumer.position(one) >= left[one]:
                    del left[one]
                    self._consumer.pause(one)
            if found:
                heard = time.monotonic()
            elif time.monotonic() - heard >= SILENCE:  # the fetcher asks on and says nothing
                await self._consumer.end_offsets(list(left))
                heard = time.monotonic()
            await asyncio.sleep(0)

    def _new(self) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=PARTITION_BYTES,
            **client_options(self._settings),
        )
        outlast(consumer._client, self._settings)
        return consumer

    async def _stop(self) -> None:
        stopping = asyncio.create_task(self._consumer.stop())
        await asyncio.wait([stopping])
        if stopping.cancelled():  # a fetch that waits to ask again cancels who closes the fetcher
            await self._consumer._client.close()
            return
        with suppress(KafkaConnectionError):
            stopping.result()


class _Fetched(OrderedDict[Any, Any]):
    """What was fetched and not taken; its records come as they stand in their batches."""

    def __setitem__(self, tp: Any, fetched: Any) -> None:
        records = getattr(fetched, "_partition_records", None)
        if records is not None:
            records._consumer_record = _bare
        super().__setitem__(tp, fetched)


def _bare(tp: object, record: Any) -> Any:
    return record
