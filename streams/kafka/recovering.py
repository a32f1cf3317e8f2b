"""Recovery of the tables after a rebalance: what they lack of our partitions is read in bulk.

Takes the place of Faust's, which hands each record through a queue of its own and looks at all
partitions after each. Read at faust-streaming 0.15.3; `tests/broker/test_recovery.py` notices when
it changes. Order: rows of partitions that went are dropped, what the changelogs hold by now is
read, and only then the consumer seeks and the lanes begin. A broker that goes away meanwhile is
waited for, and the reading goes on where it was.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import structlog
from aiokafka.errors import IllegalStateError, KafkaConnectionError, KafkaTimeoutError
from faust.exceptions import ConsistencyError
from faust.tables import TableManager as FaustTableManager
from faust.tables.recovery import RebalanceAgain, ServiceStopped
from faust.tables.recovery import Recovery as FaustRecovery
from faust.types import TP
from mode import Service

from streams.kafka import owners
from streams.kafka.changelog_reader import ChangelogReader

log = structlog.get_logger(__name__)

TELL_EVERY = 5.0
RETRY = 1.0


class Recovery(FaustRecovery):  # type: ignore[misc]
    """Knows how far each changelog of ours is in its table; `away` while no broker answers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reached: dict[TP, int] = {}
        self._ends: Mapping[TP, int] = {}
        self.away = False

    def left(self) -> int:
        """How many offsets of the changelogs are not in the tables yet."""
        return sum(max(0, end - self._reached.get(tp, 0)) for tp, end in self._ends.items())

    async def on_rebalance(
        self,
        assigned: set[TP],
        revoked: set[TP],
        newly_assigned: set[TP],
        generation_id: int = 0,
    ) -> None:
        """Of a partition that went we know nothing any more, whatever comes in between.

        A reading that goes on for a moment notes its progress where nobody looks any more.
        """
        self.away = False
        self._reached = {tp: at for tp, at in self._reached.items() if tp in assigned}
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    @Service.task  # type: ignore[untyped-decorator]
    async def _restart_recovery(self) -> None:
        while not await self.wait_for_stopped(self.signal_recovery_start):
            self.signal_recovery_start.clear()
            try:
                await self._recover(self._generation_id)
            except (RebalanceAgain, IllegalStateError):
                continue
            except ServiceStopped:
                if not self.should_stop:
                    raise TimeoutError("the group's offsets could not be had in time") from None

    async def _recover(self, generation: int) -> None:
        self._ends = {}
        self._set_recovery_started()
        # What of ours came after the end that is read to would be undone by older rows.
        await self._wait(self.app.producer.flush())
        while not await self._has_read():
            await self._wait(asyncio.sleep(RETRY))
        await self.on_recovery_completed(generation)

    async def _has_read(self) -> bool:
        try:
            await self._wait(self._read(set(self.active_tps)))
        except (KafkaConnectionError, KafkaTimeoutError) as error:
            self.away = True
            log.warning("no broker answers; the tables wait", error=type(error).__name__)
            return False
        return True

    async def _read(self, tps: set[TP]) -> None:
        reached = self._reached
        for topic, table in self.tables._changelogs.items():
            kept = {tp.partition for tp in reached if tp.topic == topic}
            await owners.keep(table.data, kept)
        async with ChangelogReader(self.app.kafka_settings) as reader:
            spans = await reader.spans(tps)
            self.away = False
            for tp, (first, end) in spans.items():
                if reached.get(tp, 0) > end:
                    raise ConsistencyError(f"{tp.topic} of partition {tp.partition} lost records")
                reached[tp] = max(first, reached.get(tp, 0))
            ends = self._ends = {tp: end for tp, (_, end) in spans.items()}
            lacking = {tp: (reached[tp], end) for tp, end in ends.items()}
            await reader.read(lacking, partial(self._take, reached))
        reached.update({tp: max(reached[tp], end) for tp, end in ends.items()})

    def _take(self, reached: dict[TP, int], tp: TP, rows: Sequence[owners.Row]) -> None:
        table = self.tp_to_table[tp]
        owner = None if table.name in owners.SHARED else tp.partition
        owners.put_all(table.data, rows, owner)
        reached[tp] = rows[-1].offset + 1

    @Service.task  # type: ignore[untyped-decorator]
    async def _slurp_changelogs(self) -> None:
        """Faust's queue of changelog records stays empty."""

    @Service.task  # type: ignore[untyped-decorator]
    async def _publish_stats(self) -> None:
        while not self.should_stop:
            await self.sleep(TELL_EVERY)
            if self.in_recovery:
                log.info("the tables are being read from their changelogs", rows_left=self.left())


class TableManager(FaustTableManager):  # type: ignore[misc]
    """Recovers so."""

    _recovery: Recovery | None = None

    @property
    def recovery(self) -> Recovery:
        """The one recovery of this app."""
        if self._recovery is None:
            self._recovery = Recovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
