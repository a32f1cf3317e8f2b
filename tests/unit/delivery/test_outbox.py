"""What nobody waits for is handed to the producer together, and nothing changes places."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError

from streams.kafka.outbox import MOMENT, Outbox, Record


class Producer:
    """Answers at once; remembers what it was handed, and when."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes | None]] = []

    async def send(self, topic: str, value: bytes | None = None, **_: Any) -> Any:
        self.taken.append((topic, value))
        answer = asyncio.get_running_loop().create_future()
        answer.set_result(None)
        return answer


@pytest.fixture
async def producer() -> Producer:
    return Producer()


@pytest.fixture
async def outbox(producer: Producer) -> AsyncIterator[Outbox]:
    def fatal(error: BaseException) -> None:
        raise error

    box = Outbox(lambda: producer, fatal, patient={"receipts", "seen"})
    running = asyncio.create_task(box.run())
    yield box
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def put(outbox: Outbox, *records: tuple[str, bytes]) -> None:
    for topic, value in records:
        outbox.put(Record(topic, 0, None, value, (), lambda: None))


async def test_a_receipt_lets_go_first_what_is_waited_for(
    outbox: Outbox, producer: Producer
) -> None:
    put(outbox, ("receipts", b"1"), ("command", b"2"), ("seen", b"3"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert producer.taken == [("command", b"2")]
    await asyncio.sleep(MOMENT * 2)
    assert producer.taken == [("command", b"2"), ("receipts", b"1"), ("seen", b"3")]


async def test_nothing_waits_longer_than_a_moment(outbox: Outbox, producer: Producer) -> None:
    for number in range(6):
        put(outbox, ("receipts", b"%d" % number))
        await asyncio.sleep(MOMENT / 2)
    assert len(producer.taken) >= 4


async def test_all_of_a_topic_stays_in_its_order(outbox: Outbox, producer: Producer) -> None:
    for number in range(200):
        put(outbox, (("receipts", "command", "seen")[number % 3], b"%d" % number))
        if number % 20 == 0:
            await asyncio.sleep(MOMENT / 5)
    assert await outbox.drained(1)
    for topic in ("receipts", "command", "seen"):
        values = [int(value or b"") for at, value in producer.taken if at == topic]
        assert values == sorted(values)
    assert len(producer.taken) == 200


async def test_a_stop_waits_for_no_moment(outbox: Outbox, producer: Producer) -> None:
    put(outbox, ("receipts", b"1"))
    began = asyncio.get_running_loop().time()
    assert await outbox.drained(1)
    assert asyncio.get_running_loop().time() - began < MOMENT
    assert producer.taken == [("receipts", b"1")]


async def test_what_the_broker_refuses_or_takes_late_is_told(outbox: Outbox) -> None:
    told: list[str] = []
    over: list[bool] = []
    answers: list[BaseException | None] = [KafkaTimeoutError(), MessageSizeTooLargeError()]

    class Reluctant(Producer):
        async def send(self, topic: str, value: bytes | None = None, **_: Any) -> Any:
            raise answers.pop(0)  # type: ignore[misc]

    outbox.producer, outbox.failed = Reluctant, told.append
    refused = Record("letters", 0, None, b"1", (), lambda: None, lambda: over.append(True))
    outbox.put(refused)
    assert await outbox.drained(1)
    assert told == ["letters", "letters"]
    assert over == [True]
