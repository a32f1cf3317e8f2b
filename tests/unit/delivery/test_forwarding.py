"""Records that are only passed on: what an earlier assignment left over goes nowhere."""

import asyncio
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

from faust.types import TP, Message
from prometheus_client import CollectorRegistry

from streams.core.suspicion import PASSED
from streams.kafka.care import Care
from streams.kafka.codec import Codec
from streams.kafka.forwarding import Forwarding
from streams.kafka.outbox import Fact, Record
from streams.kafka.worker import Partitions
from streams.metrics import Metrics

WEB = TP("web.events", 3)


class Bench:
    """Forwarding of one partition, whose records below 2 are tried first."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.written: list[Record] = []
        self.committed: list[int] = []
        outbox: Any = SimpleNamespace(put=self.written.append)
        none: Any = lambda *_: None  # noqa: E731 - nothing is asked of it
        self.care = Care(trial=lambda _: PASSED)
        self.care.begin({WEB: 2})
        self.forwarding = Forwarding(
            topic=WEB.topic,
            codec=Codec(),
            outbox=outbox,
            make=self._made,
            commit=lambda _, below: self.committed.append(below),
            registry_away=none,
            now_ms=lambda: 0,
            fatal=none,
            care=self.care,
        )
        self.forwarding.assigned({WEB: 0})

    def _made(self, message: Message, _: object) -> list[Fact]:
        return [lambda durable: Record("keyed", None, None, message.value, [], durable)]

    def read(self, offset: int) -> None:
        self.forwarding.read(Message(*WEB, offset, 0, 0, (), b"", b"\7", None, tp=WEB))


class Anything:
    """Has whatever is asked of it, and does nothing."""

    def __getattr__(self, name: str) -> Any:
        return Anything()

    def __call__(self, *args: object, **kwargs: object) -> "Anything":
        return self


async def _drained(_: float) -> bool:
    return True


def partitions_of(bench: Bench) -> Partitions:
    """A worker that has this partition of the source, and no other of anything."""
    others = {one.name: Anything() for one in fields(Partitions) if one.init}
    given: Any = others | {
        "live": {},
        "care": bench.care,
        "forwarding": [bench.forwarding],
        "metrics": Metrics(bench.registry),
        "settings": SimpleNamespace(grace=1.0, seen_days=7),
        "sink": SimpleNamespace(tasks=(), forget=Anything(), poke=Anything()),
        "outbox": SimpleNamespace(drained=_drained, unanswered=0),
        "_revoking": asyncio.Lock(),
        "now_ms": lambda: 0,
        "_revoked_ms": 0,
        "_ticks": 0,
    }
    return Partitions(**given)


async def test_care_ends_also_where_a_source_has_a_partition_that_nothing_else_has() -> None:
    bench = Bench()
    partitions = partitions_of(bench)
    for offset in (0, 1):
        bench.read(offset)
        await asyncio.sleep(0)
        partitions._tick()
        assert bench.care.on
    for record in bench.written:
        record.durable()
    partitions._tick()
    assert not bench.care.on


async def test_what_was_shown_of_a_partition_goes_with_it() -> None:
    bench = Bench()
    partitions = partitions_of(bench)
    labels = {"topic": WEB.topic, "partition": str(WEB.partition)}
    partitions.metrics.lag(*WEB, events=7, seconds=60)
    assert bench.registry.get_sample_value("cordial_streams_lag_events", labels) == 7
    await partitions.revoke()
    assert bench.registry.get_sample_value("cordial_streams_lag_events", labels) is None


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
