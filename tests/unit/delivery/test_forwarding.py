"""Records that are only passed on: what an earlier assignment left over goes nowhere."""

import asyncio
from types import SimpleNamespace
from typing import Any

from faust.types import TP, Message

from streams.core.suspicion import PASSED
from streams.kafka.care import Care
from streams.kafka.codec import Codec
from streams.kafka.forwarding import Forwarding
from streams.kafka.outbox import Fact, Record

WEB = TP("web.events", 3)


class Bench:
    """Forwarding of one partition, whose records below 10 are tried first."""

    def __init__(self) -> None:
        self.written: list[Record] = []
        self.committed: list[int] = []
        outbox: Any = SimpleNamespace(put=self.written.append)
        none: Any = lambda *_: None  # noqa: E731 - nothing is asked of it
        care = Care(trial=lambda _: PASSED)
        care.begin({WEB: 10})
        self.forwarding = Forwarding(
            codec=Codec(),
            outbox=outbox,
            make=self._made,
            commit=lambda _, below: self.committed.append(below),
            registry_away=none,
            now_ms=lambda: 0,
            fatal=none,
            care=care,
        )
        self.forwarding.assigned({WEB: 0})

    def _made(self, message: Message, _: object) -> list[Fact]:
        return [lambda durable: Record("keyed", None, None, message.value, [], durable)]

    def read(self, offset: int) -> None:
        self.forwarding.read(Message(*WEB, offset, 0, 0, (), b"", b"\7", None, tp=WEB))


async def test_a_turn_that_was_due_when_the_partition_went_passes_nothing_on() -> None:
    bench = Bench()
    for offset in range(3):
        bench.read(offset)
    assert len(bench.written) == 1
    bench.forwarding.revoked()
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(bench.written) == 1
    bench.written[0].durable()
    assert bench.committed == []


async def test_each_record_that_is_tried_has_a_turn_of_its_own() -> None:
    bench = Bench()
    for offset in range(3):
        bench.read(offset)
    for number in (1, 2, 3):
        assert len(bench.written) == number
        await asyncio.sleep(0)
    for record in bench.written:
        record.durable()
    assert bench.committed == [1, 2, 3]
