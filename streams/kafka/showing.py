"""What dashboards and probes are shown of a worker's partitions."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiokafka.errors import KafkaError
from faust.types import TP

from streams.kafka.hot_contact import HotContact
from streams.kafka.partition import Ages, Partition
from streams.kafka.sink import Sink
from streams.kafka.unread import Unread
from streams.kafka.visiting import Visiting
from streams.metrics import Metrics
from streams.web.health import HealthState, Wait

LOOK_SECONDS = 5.0


@dataclass(slots=True, eq=False)
class Showing:
    """Moves metrics and health; what it shows it only reads."""

    keyed_topic: str
    consumer: Callable[[], Any]
    recovery_left: Callable[[], int | None]
    recovery_away: Callable[[], bool]
    live: Mapping[int, Partition]
    sink: Sink
    visiting: Visiting
    unread: Unread
    metrics: Metrics
    health: HealthState
    hot: HotContact
    _ends: Mapping[TP, int] = field(default_factory=dict)

    async def look(self, topics: Iterable[tuple[TP, Ages]]) -> None:
        """How much waits in what is paused: nothing is fetched there that would tell."""
        if not self.unread.paused:
            return
        paused = [tp for tp, _ in topics if tp.topic in self.unread.paused]
        with suppress(KafkaError, TimeoutError):
            self._ends = await asyncio.wait_for(self.consumer().ends(paused), LOOK_SECONDS)

    def topics(self, topics: Iterable[tuple[TP, Ages]], now: float) -> None:
        """What is unsettled in partitions of topics; `now` is in seconds since 1970."""
        consumer = self.consumer()
        for tp, ages in topics:
            if tp.topic in self.unread.off:
                continue
            if tp.topic in self.unread.paused:
                ages.shown = None
                self._paused(tp, ages, now)
                continue
            oldest = ages.oldest()
            state = (consumer.highwater(tp) or 0, ages.position)
            if oldest is None and state == ages.shown:
                continue  # most topics of most partitions, most of the time
            ages.shown = state
            self._read(tp, oldest, behind=max(0, state[0] - state[1]), now=now)

    def partition(self, part: Partition, now: float) -> None:
        """The state of one partition beside its topics; `now` is in seconds since 1970."""
        self.visiting.show(part.number)
        oldest = part.ages[self.keyed_topic].oldest()
        self.metrics.partition(
            part.number,
            oldest=max(0.0, now - oldest) if oldest is not None else 0.0,
            commands=part.lanes.open_commands,
            held=part.lanes.held,
        )

    def _read(self, tp: TP, oldest: float | None, *, behind: int, now: float) -> None:
        self.metrics.resumed(tp.topic, tp.partition)
        age = max(0.0, now - oldest) if oldest is not None else 0.0
        self.metrics.lag(tp.topic, tp.partition, events=behind, seconds=age)

    def _paused(self, tp: TP, ages: Ages, now: float) -> None:
        """Only what was read before is late."""
        oldest = ages.oldest()
        age = max(0.0, now - oldest) if oldest is not None else 0.0
        events = ages.reached - ages.position if oldest is not None else 0
        self.metrics.lag(tp.topic, tp.partition, events=events, seconds=age)
        waiting = max(0, self._ends.get(tp, 0) - ages.reached)
        self.metrics.paused(tp.topic, tp.partition, events=waiting)

    def waits(self) -> None:
        """What delivery waits for, and each endpoint's circuit and pace."""
        now = self.sink.clockwork.now()
        on = {Wait.BACKOFF: self.sink.asleep.lanes > 0}
        for endpoint in self.sink.endpoints.all():
            name, pace = endpoint.action.name, endpoint.pace
            is_open = not endpoint.circuit.healthy
            self.metrics.circuit(name, is_open=is_open)
            self.metrics.pace(name, pace.rate)
            kept = endpoint.take_kept(now)
            if self.sink.held is None:
                self.metrics.rate_limit_wait(name, kept)
            paced = now < pace.waits_until and endpoint.asked_until < pace.waits_until
            on[Wait.CIRCUIT] = on.get(Wait.CIRCUIT, False) or is_open
            on[Wait.PACE] = on.get(Wait.PACE, False) or paced
        on[Wait.RETRY_AFTER] = now < self.sink.endpoints.asked_until
        for wait, is_on in on.items():
            self.health.wait(wait, on=is_on)

    def reading(self, unwritten: int) -> None:
        """Whether the consumer goes on asking and committing, and what the broker has not taken."""
        consumer = self.consumer()
        self.metrics.commit_age(consumer.commit_age())
        self.metrics.poll_age(consumer.poll_age())
        self.metrics.unwritten(unwritten)

    def recovery(self) -> None:
        """How much of the tables is still to be read."""
        left = None if self.live else self.recovery_left()
        self.metrics.recovery_left(left or 0)
        if left is None:
            self.health.recovered()
        else:
            self.health.recovering(left)
