"""The broker goes away and comes back, and the way to it is slow, silent or cut."""

import asyncio
import time

import pytest

from tests.worker.harness import until

pytestmark = pytest.mark.kafka
SLOW = {"latency": 0.15}


def bounce(kafka):
    kafka.kill()
    time.sleep(1)
    kafka.start()


async def begun(scene, **settings):
    """A worker in the midst of its load."""
    scene.faults.change(SLOW)
    worker = await scene.start(**settings)
    scene.load()
    await scene.reached(40)
    return worker


async def test_the_broker_is_killed_and_comes_back(scene):
    worker = await begun(scene)
    await asyncio.to_thread(bounce, scene.kafka)
    await scene.verified()
    assert worker.process.poll() is None


async def test_the_broker_is_killed_five_times(scene):
    worker = await begun(scene)
    for _ in range(5):
        await asyncio.to_thread(bounce, scene.kafka)
        await asyncio.sleep(1)
    await scene.verified()
    assert worker.process.poll() is None


async def test_a_broker_that_is_restarted_in_order(scene):
    worker = await begun(scene)
    await asyncio.to_thread(scene.kafka.restart)
    await scene.verified()
    assert worker.process.poll() is None


async def test_who_reaches_cordial_and_not_the_broker_sends_nothing(scene, proxy):
    """Its lease is the session's 6 s without the deadline's 2 s and a margin of 2 s."""
    few = {"DELIVERY__IN_FLIGHT": "4", "KAFKA__BOOTSTRAP": f"127.0.0.1:{proxy.port}"}
    worker = await begun(scene, **few)
    scene.faults.change({"latency": 0.5})
    await until(lambda: worker.count("window_commands") > 100)
    with proxy.silent():
        await asyncio.sleep(5)
        sent = len(await scene.journal())
        await asyncio.sleep(4)
        assert len(await scene.journal()) == sent
        assert worker.count("window_commands") > 20, "it had something to send"
        await until(lambda: "broker_away" in worker.page("/readyz")[1])
    scene.faults.change({"latency": 0})
    await again(scene, worker)
    await scene.verified()


async def again(scene, worker):
    """Start a worker in place of one that had to end."""
    await until(lambda: worker.process.poll() is not None or worker.ready(), 60)
    if worker.process.poll() is not None:
        assert worker.process.poll() == 4
        assert "fatal: stopping without committing" in scene.log()
        await scene.start()


async def test_a_slow_way_that_is_reset_again_and_again(scene, proxy):
    worker = await begun(scene, KAFKA__BOOTSTRAP=f"127.0.0.1:{proxy.port}")
    proxy.delay = 0.25
    for _ in range(6):
        await asyncio.sleep(1.5)
        proxy.reset()
    proxy.delay = 0
    await again(scene, worker)
    await scene.verified()
    assert proxy.connections > 10


async def test_answers_of_the_broker_are_cut_in_the_midst(scene, proxy):
    worker = await begun(scene, KAFKA__BOOTSTRAP=f"127.0.0.1:{proxy.port}")
    proxy.cut_after = 3_000
    await asyncio.sleep(8)
    proxy.cut_after = None
    await again(scene, worker)
    await scene.verified()
