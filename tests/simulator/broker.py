"""The broker: logs, committed offsets, and each process's queue of records on their way.

A record is durable once it is in the log. Records of one partition keep their order; a process
that dies leaves a prefix of what it was sending, in every partition its own.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from tests.simulator.chance import Chance

Place = tuple[str, int]
Done = Callable[[], object]
TABLES = ("seen", "orders")


class Broker:
    """Logs by topic and partition; None is an offset that holds no record."""

    def __init__(self, durable: Callable[[Place, Any], None]) -> None:
        self.logs: dict[Place, list[Any]] = {}
        self.committed: dict[Place, int] = {}
        self._durable = durable

    def log(self, place: Place) -> list[Any]:
        return self.logs.setdefault(place, [])

    def append(self, place: Place, value: Any) -> None:
        self.log(place).append(value)
        if value is not None:
            self._durable(place, value)

    def lag(self, place: Place) -> int:
        """Records that the group has not committed; offsets without a record do not count."""
        log = self.log(place)
        return sum(value is not None for value in log[self.committed.get(place, 0) :])


class Outbox:
    """What one process has handed to its producer and the broker has not answered."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._queues: dict[Place, deque[tuple[Any, Done]]] = {}

    def put(self, place: Place, value: Any, done: Done) -> None:
        self._queues.setdefault(place, deque()).append((value, done))

    def waiting(self) -> list[Place]:
        return [place for place, queue in self._queues.items() if queue]

    def drained(self, partition: int) -> bool:
        return not any(queue for (_, at), queue in self._queues.items() if at == partition)

    def answer(self, place: Place, count: int) -> None:
        """The broker takes `count` records and says so."""
        queue = self._queues[place]
        for _ in range(min(count, len(queue))):
            value, done = queue.popleft()
            self._broker.append(place, value)
            done()

    def die(self, rng: Chance) -> None:
        """Of each queue a prefix gets there, now and then no row of a table; nobody hears."""
        forgetful = rng.random() < 0.3
        for place, queue in self._queues.items():
            most = rng.randint(0, len(queue))
            if not (forgetful and place[0] in TABLES):
                for value, _ in list(queue)[:most]:
                    self._broker.append(place, value)
        self._queues.clear()
