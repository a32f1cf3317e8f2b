"""Workers that join, die, are frozen and are restarted while they deliver."""

import asyncio
import os
import signal
import time

import pytest
from aiokafka import AIOKafkaProducer

from streams.core.command import Position
from streams.core.decisions import Seen
from tests.chaos.scene import PARTITIONS
from tests.worker.harness import CODEC, until

pytestmark = pytest.mark.kafka
SLOW = {"latency": 0.15}
STILL = 10
"""Seconds that a partition may stand still."""
SEEN = CODEC.encode_seen(Seen(Position(-1, "t", 0, 0), time=0, outcome="delivered"))


async def test_a_worker_joins_while_requests_are_under_way(scene):
    scene.faults.change(SLOW)
    await scene.start()
    scene.load()
    await scene.reached(40)
    second = await scene.start()
    await until(lambda: second.count("commands_total", "delivered") > 10)
    await scene.verified()


async def test_another_worker_takes_over_within_its_time(scene):
    """The session of 6 s, and 10 s."""
    scene.faults.change(SLOW)
    first = await scene.start()
    await scene.start()
    scene.load()
    await scene.reached(40)
    first.end()
    died = time.time()
    ours = {tp for tp in await scene.committed() if tp[0] == scene.bus}
    stood = await scene.committed()

    async def all_move() -> bool:
        now = await scene.committed()
        return all(now[tp] > stood[tp] for tp in ours)

    await until(all_move)
    assert time.time() - died < 16
    await scene.verified()


async def test_a_frozen_worker_sends_nothing_of_what_another_one_has(scene):
    """When it wakes it has requests ready that the other one has sent since."""
    scene.faults.change({"latency": 0.3})
    first = await scene.start(DELIVERY__IN_FLIGHT="4")
    await scene.start()
    scene.load()
    await until(lambda: first.count("window_commands") > 50)
    os.kill(first.process.pid, signal.SIGSTOP)
    scene.faults.change({"latency": 0})
    stood = await scene.committed()
    theirs = {tp for tp in stood if tp[0] == scene.bus}

    async def all_moved() -> bool:
        now = await scene.committed()
        return all(now[tp] > stood[tp] + 20 for tp in theirs)

    await until(all_moved)
    os.kill(first.process.pid, signal.SIGCONT)
    await scene.reached(40)
    await scene.verified()


async def test_five_workers_come_and_are_killed(scene):
    scene.faults.change(SLOW)
    await scene.start()
    scene.load(20)
    for _ in range(5):
        await asyncio.sleep(1)
        worker = scene.begin()
        await asyncio.sleep(4)
        worker.end()
    await scene.verified()


async def test_static_members_are_restarted_one_by_one(scene):
    """Nobody else is disturbed, and nobody's customers wait for more than ten seconds."""
    scene.faults.change(SLOW)
    names = ("one", "two")
    workers = [await scene.start(KAFKA__INSTANCE_ID=name) for name in names]
    scene.load()
    await scene.reached(40)
    async with scene.standing() as longest:
        for number, name in enumerate(names):
            assert await asyncio.to_thread(workers[number].stop) == 0
            other = workers[1 - number]
            before = other.count("rebalances_total")
            workers[number] = await scene.start(KAFKA__INSTANCE_ID=name)
            await scene.reached(40)
            assert other.count("rebalances_total") == before
    assert len(longest) == PARTITIONS
    assert max(longest.values()) < STILL
    await scene.verified()


async def test_a_static_member_that_was_killed_goes_on_where_it_was(scene):
    """Within 15 s, though its session has not ended, and the other one hears nothing of it."""
    scene.faults.change(SLOW)
    one = await scene.start(KAFKA__INSTANCE_ID="one")
    two = await scene.start(KAFKA__INSTANCE_ID="two")
    scene.load()
    await scene.reached(40)
    before = two.count("rebalances_total")
    async with scene.standing() as longest:
        one.end()
        one = await scene.start(KAFKA__INSTANCE_ID="one")
        await scene.reached(40)
    assert max(longest.values()) < 15
    assert two.count("rebalances_total") == before
    assert one.count("rebalances_total") == 1
    await scene.verified()


async def test_nobody_stands_still_for_long_because_a_worker_joins_or_leaves(scene):
    scene.faults.change(SLOW)
    first = await scene.start()
    scene.load()
    await scene.reached(40)
    before = first.count("rebalances_total")
    async with scene.standing() as longest:
        second = await scene.start()
        await until(lambda: second.count("commands_total", "delivered") > 10)
        assert await asyncio.to_thread(second.stop) == 0
        await scene.reached(80)
    assert len(longest) == PARTITIONS
    assert max(longest.values()) < STILL
    assert first.count("rebalances_total") == before + 2
    await scene.verified()


async def test_a_worker_is_killed_while_its_tables_are_read(scene):
    """Whoever comes next knows the orders that were told."""
    await scene.told(range(20))
    rows = {number.to_bytes(16, "big"): SEEN for number in range(8_000)}
    async with AIOKafkaProducer(bootstrap_servers=scene.kafka.bootstrap) as producer:
        for key, row in rows.items():
            await producer.send(f"{scene.group}-seen-changelog", row, key, partition=0)
    worker = scene.begin("tests.worker.unhurried")
    await until(lambda: '"recovering"' in worker.page("/readyz")[1])
    worker.end()
    await scene.start()
    for number in range(21):
        await scene.order(number)
    await scene.settled()
    await scene.once(range(21))
