"""Looks at a part of a topic and leaves no trace: no group, nothing committed, nothing produced."""

import heapq
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from streams.kafka.reading import assign_all, consumer_of_no_group
from streams.settings import Settings

PATIENCE = 30.0
"""Seconds without any record after which the broker counts as away."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin in each partition: at an offset, at a time in milliseconds since 1970, or,
    with neither, at the beginning."""

    offset: int | None = None
    time: int | None = None


@dataclass(frozen=True, slots=True)
class Peeked:
    """The records in the order of their times, and in that of their offsets in each partition.

    `spans` are the offsets that were looked at, by partition: the first, and the one behind the
    last; `whole` says that they reach to the end of the topic.
    """

    records: list[Any]
    spans: dict[int, tuple[int, int]]
    whole: bool


async def peek(settings: Settings, topic: str, start: Start, limit: int) -> Peeked:
    """At most `limit` committed records of a topic as it is now. Raises aiokafka's errors."""
    consumer = consumer_of_no_group(settings)
    try:
        await consumer.start()
        tps = await assign_all(consumer, topic)
        firsts, ends = await _bounds(consumer, tps, start)
        read = await _read(consumer, firsts, ends, limit)
    finally:
        await consumer.stop()
    return _merged(read, {tp.partition: (firsts[tp], ends[tp]) for tp in tps}, limit)


Offsets = dict[TopicPartition, int]


async def _bounds(
    consumer: AIOKafkaConsumer, tps: list[TopicPartition], start: Start
) -> tuple[Offsets, Offsets]:
    firsts = dict(await consumer.beginning_offsets(tps))
    ends = dict(await consumer.end_offsets(tps))
    if start.time is not None:
        found = await consumer.offsets_for_times(dict.fromkeys(tps, start.time))
        firsts = {tp: ends[tp] if (at := found.get(tp)) is None else at.offset for tp in tps}
    elif start.offset is not None:
        firsts = {tp: max(first, start.offset) for tp, first in firsts.items()}
    return {tp: min(first, ends[tp]) for tp, first in firsts.items()}, ends


async def _read(
    consumer: AIOKafkaConsumer, firsts: Offsets, ends: Offsets, limit: int
) -> dict[int, list[Any]]:
    read: dict[int, list[Any]] = {tp.partition: [] for tp in firsts}
    left = {tp for tp in firsts if firsts[tp] < ends[tp]}
    consumer.pause(*(set(firsts) - left))
    for tp in left:
        consumer.seek(tp, firsts[tp])
    patience = time.monotonic() + PATIENCE
    while left:
        for tp, records in (await consumer.getmany(*left, timeout_ms=500)).items():
            patience = time.monotonic() + PATIENCE
            read[tp.partition] += [one for one in records if one.offset < ends[tp]]
        over = {
            tp
            for tp in left
            if len(read[tp.partition]) >= limit or await consumer.position(tp) >= ends[tp]
        }
        consumer.pause(*over)
        left -= over
        if time.monotonic() > patience:
            raise KafkaTimeoutError(f"no record for {PATIENCE:.0f} s")
    return read


def _merged(read: dict[int, list[Any]], bounds: dict[int, tuple[int, int]], limit: int) -> Peeked:
    parts: Iterable[list[Any]] = read.values()
    merged = heapq.merge(*parts, key=lambda one: (one.timestamp, one.partition))
    taken = list(islice(merged, limit))
    lasts = {one.partition: one.offset + 1 for one in taken}
    whole = sum(map(len, read.values())) == len(taken) and len(taken) < limit
    spans = {
        number: (first, end if whole else lasts.get(number, first))
        for number, (first, end) in bounds.items()
    }
    return Peeked(taken, spans, whole)
