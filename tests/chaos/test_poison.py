"""Records that end the worker each time they are read, and workers that end for other reasons."""

import asyncio
import signal

import pytest

from streams.core.suspicion import CAREFUL_FROM
from streams.kafka.trials import trial
from tests.worker.harness import event, until

pytestmark = pytest.mark.kafka
STATIC = {"KAFKA__INSTANCE_ID": "one"}
CAREFUL = "reading began here several times"
WAYS = [
    *("segfault reading", "exit routing", "memory routing"),
    *("segfault deciding", "memory reading", "memory deciding"),
]


async def lives(scene):
    """How many workers it takes until all is settled; each is started when the last has died."""
    while True:
        worker = scene.begin("tests.chaos.poisonous", **STATIC)
        while worker.process.poll() is None:
            if await scene.open() == 0:
                return len(scene.workers)
            await asyncio.sleep(0.3)


async def test_a_record_that_ends_the_worker_dies_after_some_restarts(scene):
    events, commands = {}, set()
    for number, way in enumerate(WAYS):
        user, partition = f"u-{number}", number % 4
        named = {"type": "track", "event": "Played", "messageId": f"p-{number}", "userId": user}
        value = event(**named, properties={"poison": way})
        await scene.order(number, user, partition)
        at = partition, await scene.publish(value, user, partition)
        await scene.order(number + 10, user, partition)
        if way.endswith("deciding"):
            commands.add(at)
        else:
            events[at] = value
    assert await lives(scene) <= CAREFUL_FROM + 1
    letters = await scene.letters()
    assert {one.reason for one in letters} == {"crashes_worker"}
    dead = [one for one in letters if one.action is None]
    assert {(one.partition, one.offset): one.value for one in dead} == events
    positions = [one.position for one in letters if one.action is not None]
    assert {(one.partition, one.offset) for one in positions} == commands
    assert len(letters) == len(WAYS)
    told = [f"o-{number}" for number in (*range(len(WAYS)), *range(10, 10 + len(WAYS)))]
    assert sorted(await scene.orders()) == sorted(told)


async def test_kills_of_healthy_workers_make_no_letter(scene):
    scene.faults.change({"error_503": 1.0})
    for number in range(5):
        await scene.order(number, f"u-{number}", number % 4)
    for _ in range(CAREFUL_FROM + 1):
        worker = scene.begin(**STATIC)
        await until(lambda worker=worker: worker.count("window_commands") > 0)
        worker.process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(worker.process.wait)
    assert CAREFUL in scene.log()
    scene.faults.change({"error_503": 0.0})
    await scene.start(**STATIC)
    await scene.settled()
    assert sorted(await scene.orders()) == [f"o-{number}" for number in range(5)]
    assert await scene.letters() == []


async def test_who_stops_in_order_again_and_again_is_not_suspected(scene):
    scene.faults.change({"error_503": 1.0})
    await scene.order(1)
    for _ in range(CAREFUL_FROM):
        worker = scene.begin(**STATIC)
        await until(lambda worker=worker: worker.count("window_commands") > 0)
        assert await asyncio.to_thread(worker.stop) == 0
    assert CAREFUL not in "".join(scene.log(number) for number in range(len(scene.workers)))


def test_a_step_that_never_ends_is_a_fault():
    def endless():
        while True:
            pass

    assert trial(endless) == -signal.SIGXCPU
