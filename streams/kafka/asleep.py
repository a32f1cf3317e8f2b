"""Lanes that are looked at again after a while."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Asleep:
    """How many of them wait."""

    lanes: int = 0

    def until(self, after: float, then: Callable[[], None]) -> None:
        """One more sleeps for so many seconds; `then` looks at it."""
        self.lanes += 1
        asyncio.get_running_loop().call_later(after, self._over, then)

    def _over(self, then: Callable[[], None]) -> None:
        self.lanes -= 1
        then()
