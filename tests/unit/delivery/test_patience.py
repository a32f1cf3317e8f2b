"""While the broker is away what is produced waits, in its order, and leaves when it may."""

import asyncio
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError
from aiokafka.producer.message_accumulator import MessageAccumulator

from streams.kafka.outbox import Outbox, Record
from streams.kafka.patience import wait_while_away

PLACE = TopicPartition("cordial.receipts", 0)


class Cluster:
    leader: int | None = 1

    def leader_for_partition(self, _: TopicPartition) -> int | None:
        return self.leader


class Broker:
    """aiokafka's accumulator of batches, as a producer has it."""

    def __init__(self) -> None:
        self.allowed, self.cluster = False, Cluster()
        self._message_accumulator: Any = MessageAccumulator(self.cluster, 1_000, 0, 0.0)
        wait_while_away(self, lambda: self.allowed)

    def leave(self) -> list[TopicPartition]:
        """Where batches go that leave now."""
        nodes, _ = self._message_accumulator.drain_by_nodes(ignore_nodes=set())
        return [place for batches in nodes.values() for place in batches]


async def test_a_batch_leaves_only_while_nobody_else_can_own_its_partition() -> None:
    broker = Broker()
    sent = await broker._message_accumulator.add_message(PLACE, None, b"row", 1)
    assert broker.leave() == []
    assert not broker._message_accumulator.waiter().done()
    await asyncio.wait_for(broker._message_accumulator.waiter(), 2)
    assert broker.leave() == []
    broker.allowed = True
    assert broker.leave() == [PLACE]
    assert not sent.done()


async def test_a_batch_waits_without_an_end_for_a_leader() -> None:
    broker = Broker()
    broker.allowed, broker.cluster.leader = True, None
    sent = await broker._message_accumulator.add_message(PLACE, None, b"row", 1)
    await asyncio.sleep(0.01)
    assert broker.leave() == []
    assert not sent.done()
    broker.cluster.leader = 1
    assert broker.leave() == [PLACE]


class FullProducer:
    """Its batch is full until the broker is back."""

    def __init__(self, refusals: int) -> None:
        self.refusals, self.taken = refusals, list[bytes | None]()

    async def send(self, topic: str, value: bytes | None = None, **_: Any) -> Any:
        if self.refusals:
            self.refusals -= 1
            raise KafkaTimeoutError
        self.taken.append(value)
        return asyncio.get_running_loop().create_future()


async def test_a_full_batch_is_waited_for_and_the_order_stays() -> None:
    producer, failures = FullProducer(refusals=3), list[BaseException]()
    outbox = Outbox(lambda: producer, failures.append)
    running = asyncio.create_task(outbox.run())
    for value in (b"1", b"2", b"3"):
        outbox.put(Record("t", 0, None, value, (), lambda: None))
    await asyncio.sleep(0.05)
    running.cancel()
    assert producer.taken == [b"1", b"2", b"3"]
    assert failures == []
