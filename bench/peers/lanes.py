"""A peer: aiokafka and aiohttp by hand, a lane per contact, one request per command.

It keeps order per contact and is at least once: it commits, once a second, what is done without a
gap. It has no tables, no receipts and no second topic.

    python -m bench.peers.lanes --bootstrap … --topic … --url … --group …
"""

import asyncio
import signal
from collections import deque
from heapq import heappop, heappush
from typing import Any

import aiohttp
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from bench.peers.options import given
from bench.peers.pace import Turns
from bench.peers.wanted import decoder, requests

OPEN_EVENTS = 16_000
CONNECTIONS = 100
COMMIT_SECONDS = 1.0
HEADERS = {"x-api-key": "bench", "content-type": "application/json"}


class Done:
    """Offsets of one partition; `floor` is what may be committed."""

    def __init__(self, start: int) -> None:
        self.floor = start
        self._beyond: list[int] = []

    def done(self, offset: int) -> None:
        heappush(self._beyond, offset)
        while self._beyond and self._beyond[0] == self.floor:
            heappop(self._beyond)
            self.floor += 1


class Peer:
    """Reads, keeps a lane per contact, sends."""

    def __init__(self, session: aiohttp.ClientSession, rate: float) -> None:
        self._session = session
        self._turns = Turns(rate)
        self._lanes: dict[bytes, deque[tuple[TopicPartition, int, Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.done: dict[TopicPartition, Done] = {}
        self.open = 0
        self.room = asyncio.Event()

    def take(self, tp: TopicPartition, offset: int, key: bytes, event: Any) -> None:
        self.done.setdefault(tp, Done(offset))
        self.open += 1
        lane = self._lanes.get(key)
        if lane is not None:
            lane.append((tp, offset, event))
            return
        self._lanes[key] = deque([(tp, offset, event)])
        task = asyncio.create_task(self._walk(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _walk(self, key: bytes) -> None:
        lane = self._lanes[key]
        while lane:
            tp, offset, event = lane[0]
            for path, body in requests(event):
                await self._send(path, body, len(lane))
            lane.popleft()
            self.done[tp].done(offset)
            self.open -= 1
            if self.open < OPEN_EVENTS:
                self.room.set()
        del self._lanes[key]

    async def _send(self, path: str, body: bytes, length: int) -> None:
        while True:
            await self._turns.turn(path, length)
            async with self._session.post(path, data=body) as answer:
                await answer.read()
                if answer.status == 202:
                    return
                await asyncio.sleep(float(answer.headers.get("retry-after", 1)))


async def main() -> None:
    options = given("lanes", __doc__)
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    decode = decoder()
    consumer = AIOKafkaConsumer(
        options.topic,
        bootstrap_servers=options.bootstrap,
        group_id=options.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    await consumer.start()
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(options.url, connector=connector, headers=HEADERS) as session:
        peer = Peer(session, options.rate)
        committing = asyncio.create_task(_commit(consumer, peer))
        reading = asyncio.create_task(_read(consumer, peer, decode))
        await asked.wait()
        for task in (reading, committing):
            task.cancel()
    await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, peer: Peer, decode: Any) -> None:
    while True:
        for tp, records in (await consumer.getmany(timeout_ms=1000, max_records=1000)).items():
            for record in records:
                peer.take(tp, record.offset, record.key, decode(record.value))
        while peer.open >= OPEN_EVENTS:
            peer.room.clear()
            await peer.room.wait()


async def _commit(consumer: AIOKafkaConsumer, peer: Peer) -> None:
    told: dict[TopicPartition, int] = {}
    while True:
        await asyncio.sleep(COMMIT_SECONDS)
        new = {tp: one.floor for tp, one in peer.done.items() if one.floor != told.get(tp)}
        if new:
            await consumer.commit({tp: OffsetAndMetadata(at, "") for tp, at in new.items()})
            told.update(new)


if __name__ == "__main__":
    uvloop.run(main())
