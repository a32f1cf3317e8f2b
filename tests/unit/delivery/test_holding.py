"""How long everything is held, and that each hold ends for itself."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from streams.kafka import holding
from streams.kafka.holding import Holding
from streams.metrics import Metrics
from streams.web.health import HealthState, NotReady


class Scene:
    """A hold over a sink that waits for `asked` seconds, with a key that is wrong at first."""

    def __init__(self, asked: float) -> None:
        loop = asyncio.get_running_loop()
        self.released = 0
        self.key = "ok"
        self.sink: Any = SimpleNamespace(
            held=None,
            endpoints=SimpleNamespace(asked_until=loop.time() + asked),
            clockwork=SimpleNamespace(now=loop.time),
            release=self.release,
        )
        self.health = HealthState(loop.time)
        self.health.assigned(1)
        client: Any = SimpleNamespace(check_auth=self.check_auth)
        self.registry = CollectorRegistry()
        self.holding = Holding(self.sink, client, self.health, Metrics(self.registry))

    async def check_auth(self) -> str:
        return self.key

    def shown(self, metric: str, reason: NotReady) -> float | None:
        return self.registry.get_sample_value(f"cordial_streams_{metric}", {"reason": reason.value})

    def release(self) -> None:
        self.sink.held = None
        self.released += 1


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "FIRST_WAIT", 0.05)


async def test_a_hold_for_a_long_retry_after_ends_with_it() -> None:
    scene = Scene(asked=0.3)
    running = asyncio.create_task(scene.holding.run())
    scene.holding.begin(NotReady.RETRY_AFTER_TOO_LONG)
    await asyncio.sleep(0.2)
    assert (scene.released, scene.health.ready) == (0, False)
    await asyncio.sleep(0.2)
    assert (scene.released, scene.health.ready) == (1, True)
    running.cancel()


async def test_a_key_that_is_rejected_while_something_else_holds_is_asked_about_after_it() -> None:
    scene = Scene(asked=0.2)
    running = asyncio.create_task(scene.holding.run())
    scene.holding.begin(NotReady.RETRY_AFTER_TOO_LONG)
    await asyncio.sleep(0.05)
    scene.key = "rejected"
    scene.holding.begin(NotReady.KEY_REJECTED)
    await asyncio.sleep(0.4)
    assert scene.released == 0
    assert list(scene.health.reasons) == [NotReady.KEY_REJECTED]
    scene.key = "ok"
    await asyncio.sleep(0.5)
    assert (scene.released, scene.health.ready) == (1, True)
    running.cancel()


async def test_answers_that_come_while_everything_is_held_already_begin_no_hold() -> None:
    """As many as there were requests under way."""
    scene, why = Scene(asked=0.1), NotReady.RETRY_AFTER_TOO_LONG
    running = asyncio.create_task(scene.holding.run())
    for _ in range(3):
        scene.holding.begin(why)
    assert (scene.shown("holds_begun_total", why), scene.shown("holds", why)) == (1, 1)
    await asyncio.sleep(0.2)
    assert scene.shown("holds", why) == 0
    scene.holding.begin(why)
    assert (scene.shown("holds_begun_total", why), scene.shown("holds", why)) == (2, 1)
    running.cancel()
