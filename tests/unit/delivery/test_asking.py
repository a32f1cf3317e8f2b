"""Asking the registry for a schema until it answers, and what follows."""

import asyncio
from types import SimpleNamespace
from typing import Any

from streams.kafka.asking import Asking
from streams.kafka.codec import NeedsSchema, RegistryAway

NEEDS = NeedsSchema(7)


class Scene:
    """A registry that is away `times` times."""

    def __init__(self, times: int) -> None:
        self.times, self.asked = times, 0
        self.away: list[bool] = []
        self.failures: list[BaseException] = []
        self.over = asyncio.Event()
        codec: Any = SimpleNamespace(fetch_schema=self.fetch_schema)
        self.asking = Asking(codec, self.away.append, self.fail, retry=0.001)

    async def fetch_schema(self, ref: Any) -> RegistryAway | None:
        assert ref == NEEDS.ref
        self.asked += 1
        return RegistryAway("no answer") if self.asked <= self.times else None

    def fail(self, error: BaseException) -> None:
        self.failures.append(error)
        self.over.set()

    async def until_over(self) -> None:
        await asyncio.wait_for(self.over.wait(), 5)


async def test_it_asks_until_there_is_an_answer_and_says_so_meanwhile() -> None:
    scene = Scene(2)
    scene.asking.ask(NEEDS, lambda: True, scene.over.set)
    await scene.until_over()
    assert (scene.asked, scene.away, scene.failures) == (3, [True, True, False], [])


async def test_what_nobody_wants_any_more_is_not_asked_for() -> None:
    scene = Scene(1_000_000)
    scene.asking.ask(NEEDS, lambda: scene.asked < 3, scene.over.set)
    await scene.until_over()
    assert (scene.asked, scene.away[-1]) == (3, False)


async def test_an_error_of_what_follows_ends_the_worker() -> None:
    scene = Scene(0)

    def breaks() -> None:
        raise RuntimeError("a bug")

    scene.asking.ask(NEEDS, lambda: True, breaks)
    await scene.until_over()
    assert [str(one) for one in scene.failures] == ["a bug"]
