"""Faust's aiokafka transport, with what an event bus needs and Faust has no setting for.

Read at faust-streaming 0.15.3; `tests/broker/test_transport.py` notices when it changes.

* The consumer reads committed records only; Faust does so under exactly-once alone.
* The producer is idempotent, with acks from all; Faust's repeats a record whose answer is lost.
  While the broker is away it waits, see `kafka.patience`.
* What may be committed is what the lanes say, not Faust's list of acks, which goes past gaps.
* The fetch loop drops no record of a partition that is slowed down or kept over a rebalance,
  makes no task per message, hands agents bundles of records (`kafka.bundles`), and reads again,
  once, where offsets jump without a reason.
* Where offsets lead out of what a topic holds, it is told (`kafka.reach`); Faust's goes elsewhere
  in silence.
* The heartbeats' success is kept: the lease against zombies (`kafka.consumer_thread`).
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol

import aiokafka
from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.core.suspicion import CAREFUL_FROM
from streams.kafka.bundles import bundles
from streams.kafka.connection import client_options, outlast
from streams.kafka.consumer_thread import ConsumerThread, suspension_clock
from streams.kafka.patience import wait_while_away
from streams.kafka.reach import Beyond, Missed, reach
from streams.settings import KafkaSettings

POLL_SECONDS = 1.0
POLL_SECONDS_SLOWED = 0.05


class Shell(Protocol):
    """What the consumer tells the rest of the worker about its partitions."""

    async def assigned(self, starts: Mapping[TP, int], suspect: Mapping[TP, int]) -> None:
        """Tables are recovered; reading begins at these offsets.

        Of the `suspect` topics it began there several times and got nowhere; what may be to blame
        stands below these offsets.
        """

    async def revoke(self) -> None:
        """Stop reading and sending, wait for what is in flight, say what is done."""

    def jumped(self, tp: TP) -> None:
        """Offsets jumped without a reason; the records are read again."""

    def astray(self, what: Missed | Beyond) -> None:
        """A topic does not hold what is to be read next; beyond its end nothing more is read."""


class Consumer(driver.Consumer):  # type: ignore[misc]
    """Reads, and commits what the lanes have closed."""

    _thread: ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._closed_to: dict[TP, int] = {}
        self._slowed: set[TP] = set()
        self._expected: dict[TP, int] = {}
        self._sought: dict[TP, int] = {}
        self._dropped: set[TP] = set()
        self._begun = False
        self._noted: dict[TP, int] = {}
        self._last_commit = self._last_poll = suspension_clock()

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def shell(self) -> Shell:
        """The worker's side of this consumer."""
        shell: Shell = self.app.shell
        return shell

    def lease_age(self) -> float:
        """Seconds since the broker last confirmed, as of its asking, that we are a member."""
        return suspension_clock() - self._thread.last_heartbeat

    def commit_age(self) -> float:
        """Seconds since a commit succeeded while there was something to commit; else 0."""
        behind = any(self._should_commit(tp, offset) for tp, offset in self._closed_to.items())
        return suspension_clock() - self._last_commit if behind else 0.0

    def poll_age(self) -> float:
        """Seconds since records were last asked for."""
        return suspension_clock() - self._last_poll

    async def _commit_offsets(
        self, offsets: Mapping[TP, int], start_new_transaction: bool = True
    ) -> bool:
        committed: bool = await super()._commit_offsets(offsets, start_new_transaction)
        if committed:
            self._last_commit = suspension_clock()
        return committed

    def slow(self, tp: TP) -> None:
        """Fetch nothing more of this partition; nothing that was fetched is dropped."""
        self._slowed.add(tp)

    def resume(self, tp: TP) -> None:
        """Fetch of this partition again."""
        self._slowed.discard(tp)

    async def ends(self, tps: Iterable[TP]) -> Mapping[TP, int]:
        """The offsets that the next records of these will have. Raises aiokafka's errors."""
        found: Mapping[TP, int] = await self.highwaters(*tps)
        return found

    def count_of(self, topic: str) -> int:
        """How many partitions a topic has that is read: Faust's own count knows the group's
        leader alone."""
        return len(self._thread._ensure_consumer().partitions_for_topic(topic) or ())

    def closed(self, tp: TP, next_offset: int) -> None:
        """Everything of the partition below `next_offset` is closed and may be committed."""
        self._closed_to[tp] = next_offset

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterable[TP]:
        return [tp for tp in self._closed_to if topics is None or tp in topics]

    def _new_offset(self, tp: TP) -> int | None:
        return self._closed_to.get(tp)

    async def wait_empty(self) -> None:
        """Before a revoke or a stop: let the lanes finish what is in flight, then commit."""
        await self.shell.revoke()
        await self.commit_and_end_transactions()
        self._closed_to.clear()
        stands = {tp: self._committed_offset.get(tp) for tp in self._noted}
        still = {tp: at for tp, at in self._noted.items() if stands[tp] in (None, at)}
        self._noted = {}
        if still:
            await self._thread.take_back(still)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit first; the base forgets the committed offsets of what it revokes."""
        self._begun = False
        await super().on_partitions_revoked(revoked)
        self._closed_to.clear()
        self._slowed.clear()
        self._expected.clear()
        self._sought.clear()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """The broker has just made us a member of this generation."""
        self._thread.last_heartbeat = suspension_clock()
        await super().on_partitions_assigned(assigned, generation_id)

    async def perform_seek(self) -> None:
        """Seek to the committed offsets and tell the worker where reading really begins."""
        self._begun = False
        await super().perform_seek()
        assigned = self.assignment()
        tps = [tp for tp in assigned if not self._is_changelog_tp(tp)]
        committed = {tp: self._committed_offset.get(tp) for tp in tps}
        stands = {tp: int(offset) for tp, offset in committed.items() if offset is not None}
        firsts: Mapping[TP, int] = await self.earliest_offsets(*tps) if tps else {}
        ends: Mapping[TP, int] = await self.highwaters(*tps) if tps else {}
        if not self._within(stands, firsts, ends):
            return
        starts = {tp: max(firsts[tp], stands.get(tp, 0)) for tp in tps}
        sought = {tp: offset for tp, offset in starts.items() if stands.get(tp) != offset}
        if sought:
            await self._thread.seek_wait(sought)
        await self._thread.renew()
        self._closed_to.clear()
        self._expected = dict(starts)
        self._sought.clear()
        self._noted = {tp: at for tp, at in starts.items() if at < ends[tp]}
        times = await self._thread.begin(self._noted) if self._noted else {}
        again = [tp for tp, count in times.items() if count >= CAREFUL_FROM]
        await self.shell.assigned(starts, {tp: ends[tp] for tp in again})
        self._begun = True

    async def _drain_messages(self, fetcher: Any) -> None:
        stopping = (self._stopped.is_set, fetcher._stopped.is_set)
        try:
            while not any(stopped() for stopped in stopping):
                if not self.flow_active:
                    await self.wait(self.can_resume_flow)
                    continue
                await self._drain_once()
        except (*self.consumer_stopped_errors, asyncio.CancelledError):
            if not self.app.should_stop:
                raise

    async def _drain_once(self) -> None:
        self._last_poll = suspension_clock()
        generation = self.app.consumer_generation_id
        wanted = self._wanted()
        if not wanted:
            await self.sleep(POLL_SECONDS_SLOWED)
            return
        if self._dropped:
            await self._read_dropped_again()
        # What is not asked for now may be wanted before any of the others has a record.
        partial = self._slowed or self._buffered_partitions
        timeout = POLL_SECONDS_SLOWED if partial else POLL_SECONDS
        batches = await self._getmany(active_partitions=wanted, timeout=timeout) or {}
        if not await self._passed_on(batches, generation):
            self._dropped.update(batches)
        await asyncio.sleep(0)

    async def _passed_on(self, batches: Mapping[TP, Any], generation: int) -> bool:
        """False where the assignment that asked for them is over: the rest is dropped."""
        for tp, records in batches.items():
            if self._is_over(generation):
                return False
            if not records or await self._jumps(tp, records[0].offset):
                continue
            for message in bundles(tp, records, generation):
                if self._is_over(generation):
                    return False
                await self.callback(message)
            if self._is_over(generation):
                return False
            self._expected[tp] = records[-1].offset + 1
        return True

    def _is_over(self, generation: int) -> bool:
        return not self.flow_active or bool(self.app.consumer_generation_id != generation)

    async def _read_dropped_again(self) -> None:
        """What was asked for before a rebalance may have come after its seek."""
        held, self._dropped = self._dropped & self.assignment(), set()
        places = {tp: self._expected[tp] for tp in held if tp in self._expected}
        with suppress(IllegalStateError):  # it is gone by now
            await self._thread.seek_wait(places)

    def _get_active_partitions(self) -> set[TP]:
        """Faust's asks each for its type, at every poll."""
        known: set[TP] | None = self._active_partitions
        return super()._get_active_partitions() if known is None else known

    def _wanted(self) -> set[TP]:
        """Faust resumes the streams before it seeks; what came in between would be lost."""
        if not self._begun:
            return set()
        active: set[TP] = self._get_active_partitions() - self._slowed
        unread = self.app.unread.topics
        if unread:
            active = {tp for tp in active if tp.topic not in unread}
        return active

    async def _jumps(self, tp: TP, first: int) -> bool:
        expected = self._expected.get(tp)
        if expected is None or first == expected:
            return False
        if first < expected:
            return not self._within({tp: expected}, {tp: 0}, await self.highwaters(tp))
        if self._sought.get(tp) == expected:
            self._within({tp: expected}, await self.earliest_offsets(tp), {tp: first})
            return False
        self._sought[tp] = expected
        await self._thread.seek_wait({tp: expected})
        self.shell.jumped(tp)
        return True

    def _within(
        self, stands: Mapping[TP, int], firsts: Mapping[TP, int], ends: Mapping[TP, int]
    ) -> bool:
        """Whether reading may go on there; what is wrong is told."""
        wrong = list(reach(stands, firsts, ends))
        for one in wrong:
            self.shell.astray(one)
        return not any(isinstance(one, Beyond) for one in wrong)


class Producer(driver.Producer):  # type: ignore[misc]
    """Idempotent, acks from all, in large batches; patient while the broker is away."""

    def _new_producer(self, transactional_id: str | None = None) -> aiokafka.AIOKafkaProducer:
        producer = super()._new_producer(transactional_id)
        wait_while_away(producer, lambda: self.app.may_write())
        outlast(producer.client, self.app.kafka_settings)
        return producer

    def _settings_auth(self) -> Mapping[str, Any]:
        return client_options(self.app.kafka_settings)

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):  # type: ignore[misc]
    """The two of them."""

    Consumer = Consumer
    Producer = Producer


def uses(settings: KafkaSettings) -> list[str]:
    """The broker list as Faust takes it."""
    return [f"kafka://{server.strip()}" for server in settings.bootstrap.split(",")]
