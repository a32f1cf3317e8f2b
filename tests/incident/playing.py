"""The play: a real worker between an embedded broker and a sandbox, while things go wrong."""

import asyncio
import signal
import urllib.request
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from streams.actions import ACTIONS
from tests.incident.recording import Recording
from tests.incident.stages import Stage
from tests.worker.harness import Stage as Scene
from tests.worker.harness import Staging, event, staged, until

SHOP = ("createContactactivities", "upsertContact")
PLAN = "actions:\n" + "".join(
    f"  {name}: {{enabled: false}}\n" for name in sorted(ACTIONS) if name not in SHOP
)
STAGING = Staging(
    plan=PLAN,
    program="tests.incident.hanging",
    settings={"DELIVERY__BACKOFF_FIRST": "0.5", "DELIVERY__CIRCUIT_PROBE": "1"},
)
CONTACTS = 10
EVENTS_A_SECOND = 3
NO_FAULTS = {"latency": 0.0, "refused_each": 0, "reject_key": False, "poison": ""}


async def played(
    directory: Path, stages: Sequence[Stage], tell: Callable[[str], None]
) -> Recording:
    """The metrics of a worker through all stages, one sample a second."""
    recording = Recording()
    async with staged(directory, STAGING) as scene:
        await until(scene.worker.ready)
        shop = asyncio.create_task(_shop(scene))
        recorder = asyncio.create_task(_recorder(scene, recording))
        try:
            for stage in stages:
                tell(f"{stage.name}: {stage.says}")
                await _stage(scene, stage)
        finally:
            for task in (shop, recorder):
                task.cancel()
            await asyncio.gather(shop, recorder, return_exceptions=True)
    return recording


async def _stage(scene: Scene, stage: Stage) -> None:
    hanging = scene.directory / "hang"
    scene.faults.change(dict(stage.faults))
    poison = asyncio.create_task(_poison(scene)) if stage.poison else None
    if stage.worker == "hang":
        hanging.touch()
    if stage.worker == "stop":
        scene.worker.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(stage.trouble_for)
    if stage.worker == "stop":
        scene.worker.process.send_signal(signal.SIGCONT)
    hanging.unlink(missing_ok=True)
    if poison is not None:
        poison.cancel()
        await asyncio.gather(poison, return_exceptions=True)
    scene.faults.change(NO_FAULTS)
    await asyncio.sleep(stage.rest)


async def _shop(scene: Scene) -> None:
    """A steady flow of events of a few contacts."""
    for number in count():
        user = f"u-{number % CONTACTS}"
        told = {"userId": user, "messageId": f"m-{number}"}
        if number % 3:
            value = event(**told, event="Product Viewed")
        else:
            value = event(**told, type="identify", traits={"visits": number})
        await scene.publish(value, user, partition=number % CONTACTS % 2)
        await asyncio.sleep(1 / EVENTS_A_SECOND)


async def _poison(scene: Scene) -> None:
    for number in count():
        told = event(userId="u-poison", messageId=f"p-{number}", event="Product Viewed")
        await scene.publish(told, "u-poison")
        await asyncio.sleep(1)


async def _recorder(scene: Scene, recording: Recording) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        recording.add(await asyncio.to_thread(_page, scene.worker.port))
        await asyncio.sleep(max(0.0, began + recording.seconds - loop.time()))


def _page(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=0.8) as answer:
            return answer.read().decode()
    except OSError:
        return ""
