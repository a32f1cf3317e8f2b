"""Everything we produce, in the order in which it was asked for.

One task hands the records to aiokafka: two tasks that wait for the same full batch may overtake
each other, and a changelog whose rows changed places would be recovered wrong.
What nobody waits for, a receipt or what is remembered of a command that is over, is handed on a
moment later with its like: in a steady flow each would be a request to the broker.
A record that the broker refuses for good (too large) is its sender's affair. While the broker is
away records wait without an end. Any other failure is fatal: what was promised is not durable, so
nothing may be committed any more.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from aiokafka.errors import (
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)

Headers = Sequence[tuple[str, bytes | None]]

MOMENT = 0.025
"""Seconds that records of patient topics are gathered for."""

REFUSED = (MessageSizeTooLargeError, RecordListTooLargeError)


class Producer(Protocol):
    """What we use of aiokafka's producer."""

    async def send(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        headers: Headers | None = None,
    ) -> "asyncio.Future[Any]":
        """Put one record into a batch; the future ends with the broker's answer."""


@dataclass(slots=True)
class Record:
    """One record to produce, and whom to tell."""

    topic: str
    partition: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers
    durable: Callable[[], None]
    refused: Callable[[], None] | None = None


Fact = Callable[[Callable[[], None]], Record]
"""One durable write that something waits for: given whom to tell, the record to produce."""


@dataclass(slots=True)
class Outbox:
    """The queue before the producer. Of a topic in `patient` nobody waits for a record.

    `failed` is told the topic of whatever the broker refuses or does not take in time.
    """

    producer: Callable[[], Producer]
    fatal: Callable[[BaseException], None]
    patient: Container[str] = ()
    failed: Callable[[str], None] = lambda topic: None
    _queue: deque[Record] = field(default_factory=deque)
    _gathered: deque[Record] = field(default_factory=deque)
    _filled: asyncio.Event = field(default_factory=asyncio.Event)
    unanswered: int = 0

    def put(self, record: Record) -> None:
        """Produce the record after all of its topic that were put before it."""
        self.unanswered += 1
        if record.topic not in self.patient:
            self._queue.append(record)
            self._filled.set()
            return
        if not self._gathered:
            asyncio.get_running_loop().call_later(MOMENT, self._hand_on)
        self._gathered.append(record)

    def _hand_on(self) -> None:
        if self._gathered:
            self._queue.extend(self._gathered)
            self._gathered.clear()
            self._filled.set()

    async def run(self) -> None:
        """Hand records over for ever."""
        while True:
            await self._filled.wait()
            while self._queue:
                await self._hand_over(self._queue.popleft())
            self._filled.clear()

    async def _hand_over(self, record: Record) -> None:
        try:
            answer = await self._sent(record)
        except REFUSED as error:
            self._refused(record, error)
        except Exception as error:  # noqa: BLE001 - the one place that meets producer errors
            self.failed(record.topic)
            self.fatal(error)
        else:
            answer.add_done_callback(partial(self._answered, record))

    async def _sent(self, record: Record) -> "asyncio.Future[Any]":
        """Where the batch is full it leaves with the broker's return, however late that is."""
        while True:
            try:
                return await self.producer().send(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    partition=record.partition,
                    headers=record.headers,
                )
            except KafkaTimeoutError:
                self.failed(record.topic)

    def _answered(self, record: Record, done: "asyncio.Future[Any]") -> None:
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            self.unanswered -= 1
            self._tell(record.durable)
        elif isinstance(error, REFUSED):
            self._refused(record, error)
        else:
            self.failed(record.topic)
            self.fatal(error)

    def _refused(self, record: Record, error: BaseException) -> None:
        self.failed(record.topic)
        if record.refused is None:
            self.fatal(error)
            return
        self.unanswered -= 1
        self._tell(record.refused)

    def _tell(self, sender: Callable[[], None]) -> None:
        try:
            sender()
        except Exception as error:  # noqa: BLE001 - a callback's error would reach nobody
            self.fatal(error)

    async def drained(self, deadline: float) -> bool:
        """Wait until the broker has answered everything; False where `deadline` s did not do."""
        end = asyncio.get_running_loop().time() + deadline
        while self.unanswered:
            self._hand_on()
            if asyncio.get_running_loop().time() > end:
                return False
            await asyncio.sleep(0.005)
        return True
