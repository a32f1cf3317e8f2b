"""A connection of the pages, and how many may wait: who asks is served whoever else is silent.

Read at uvicorn 0.54.0, which counts connections and never closes one that sends nothing.
"""

import asyncio
from itertools import count
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTIONS: Final = 32
"""Of all kinds; a request beyond them is answered 503."""
WAITING: Final = 24
"""Without a whole request, or between two; where one more comes, the oldest is closed."""

_numbers = count()


class Connection(H11Protocol):
    """One client's."""

    number: int

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room for it."""
        super().connection_made(transport)
        self.number = next(_numbers)
        waiting = [one for one in self.connections if isinstance(one, Connection) and one.waits]
        if len(waiting) > WAITING:
            min(waiting, key=lambda one: one.number).transport.abort()

    @property
    def waits(self) -> bool:
        """Whether no request is under way, and it is open."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered and not self.transport.is_closing()
