"""Reading a topic from given offsets to its present end, and writing one in bulk."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from streams.kafka.connection import client_options
from streams.kafka.outbox import REFUSED
from streams.kafka.reading import assign_all, consumer_of_no_group
from streams.migrating.errors import CannotError
from streams.settings import Settings

PATIENCE = 60.0
"""Seconds without any record after which the broker counts as away."""
MOST = 5_000
"""Records that are under way to the broker."""
LINGER_MS = 5
WAIT_MS = 10
"""That a broker waits for a record: the fetch behind the end of one span delays the next."""
BATCH = 262_144
ANY_SIZE = 2**30
"""Bytes of a request: what is too large the topic says, where its setting can be raised."""


class Reader:
    """One consumer for many spans, one after the other: to make one takes longer than to read."""

    def __init__(self, settings: Settings) -> None:
        self.consumer = consumer_of_no_group(settings, WAIT_MS)

    async def __aenter__(self) -> "Reader":
        await self.consumer.start()
        return self

    async def __aexit__(self, *gone: object) -> None:
        await self.consumer.stop()


@dataclass(slots=True)
class Span:
    """What a topic holds from `starts`, by partition, to its end as it is found.

    `ends` are known once reading has begun; where they are given they are kept to. Only partitions
    of `only` are read, where it is given.
    """

    reader: Reader
    topic: str
    starts: Mapping[int, int] = field(default_factory=dict)
    only: Collection[int] | None = None
    ends: dict[int, int] = field(default_factory=dict)

    async def records(self) -> AsyncIterator[Any]:
        """Those of a partition in order. Raises aiokafka's errors."""
        consumer = self.reader.consumer
        tps = await assign_all(consumer, self.topic)
        if self.only is not None:
            tps = [tp for tp in tps if tp.partition in self.only]
            consumer.assign(tps)
        found = await consumer.end_offsets(tps)
        self.ends = self.ends or {tp.partition: found[tp] for tp in tps}
        firsts = await consumer.beginning_offsets(tps)
        for tp in tps:
            consumer.seek(tp, max(firsts[tp], self.starts.get(tp.partition, 0)))
        async for batch in _until(consumer, {tp: self.ends[tp.partition] for tp in tps}):
            for record in batch:
                yield record


async def _until(consumer: Any, ends: Mapping[TopicPartition, int]) -> AsyncIterator[list[Any]]:
    left = {tp for tp, end in ends.items() if await consumer.position(tp) < end}
    patience = time.monotonic() + PATIENCE
    while left:
        found = await consumer.getmany(*left, timeout_ms=500)
        if found:
            patience = time.monotonic() + PATIENCE
        for tp, records in found.items():
            yield [one for one in records if one.offset < ends[tp]]
        over = {tp for tp in left if await consumer.position(tp) >= ends[tp]}
        consumer.pause(*over)
        left -= over
        if time.monotonic() > patience:
            raise KafkaTimeoutError(f"no record for {PATIENCE:.0f} s")


class _Sent(NamedTuple):
    answer: "asyncio.Future[Any]"
    topic: str
    value: bytes | None
    of: Any


@dataclass(slots=True)
class Bulk:
    """Writes many records; `written` are those that the broker has.

    `held` is called before each, and raises what is to be raised where it must not be written.
    """

    producer: AIOKafkaProducer
    held: Callable[[], None]
    written: int = 0
    _under_way: list[_Sent] = field(default_factory=list)

    async def put(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        *,
        headers: Any = (),
        timestamp: int | None = None,
        of: Any = None,
    ) -> None:
        """Write a record, soon, which was made of the record `of`.

        Raises as `held`, and as `settle` for earlier ones.
        """
        self.held()
        sent = await self.producer.send(
            topic,
            value,
            key,
            partition=partition,
            timestamp_ms=timestamp,
            headers=list(headers),
        )
        self._under_way.append(_Sent(sent, topic, value, of))
        # Behind one that may be refused nothing is under way: it would be written before it.
        if len(self._under_way) >= MOST or len(value or b"") > BATCH // 2:
            await self.settle()

    async def settle(self) -> None:
        """Wait until the broker has everything.

        Raises aiokafka's errors, and `CannotError` where a topic has no room for a record.
        """
        under_way, self._under_way = self._under_way, []
        await asyncio.gather(*(one.answer for one in under_way), return_exceptions=True)
        failed = [one for one in under_way if one.answer.exception() is not None]
        for one in failed:
            if isinstance(one.answer.exception(), REFUSED) and one.of is not None:
                raise _no_room(one)
        for one in failed:
            one.answer.result()
        self.written += len(under_way)


def _no_room(one: _Sent) -> CannotError:
    room = 2 * len(one.value or b"") + BATCH
    return CannotError(
        f"{one.of.topic}, partition {one.of.partition}, offset {one.of.offset} does not fit into "
        f"{one.topic}; run: kafka-configs --alter --topic {one.topic} --add-config "
        f"max.message.bytes={room} and then this again: it goes on where it is"
    )


@asynccontextmanager
async def open_bulk(settings: Settings, held: Callable[[], None]) -> AsyncIterator[Bulk]:
    """A writer, for as long as `held` raises nothing."""
    producer = AIOKafkaProducer(
        acks="all",
        enable_idempotence=True,
        linger_ms=LINGER_MS,
        max_batch_size=BATCH,
        max_request_size=ANY_SIZE,
        **client_options(settings.kafka),
    )
    await producer.start()
    try:
        yield Bulk(producer, held)
    finally:
        await producer.stop()
