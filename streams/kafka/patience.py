"""Producing while the broker is away: what is not durable waits, and is never written too late.

What aiokafka's producer was handed cannot be taken back, and it sends on as soon as the broker
answers. By then the group may have given our partitions to somebody who has read the changelogs:
a row that came now would undo his. So a batch leaves only while nobody else can have them, and
until then waits without an end.
"""

import asyncio
from collections.abc import Callable, Container
from math import inf
from typing import Any

LOOK_AGAIN = 0.25


def wait_while_away(producer: Any, may_write: Callable[[], bool]) -> None:
    """Let batches of an aiokafka producer leave only while `may_write()`."""
    accumulator = producer._message_accumulator
    accumulator._batch_ttl = inf
    drain = accumulator.drain_by_nodes

    def drained(ignore_nodes: Container[int], muted_partitions: Container[Any] = ()) -> Any:
        if may_write():
            return drain(ignore_nodes, muted_partitions)
        _look_again(accumulator)
        return {}, False

    accumulator.drain_by_nodes = drained


def _look_again(accumulator: Any) -> None:
    """Without a new future to wait for, the sender would ask again at once and for ever."""
    loop = asyncio.get_running_loop()
    accumulator._waiter_future = loop.create_future()
    loop.call_later(LOOK_AGAIN, accumulator._wakeup, accumulator._waiter_future)
