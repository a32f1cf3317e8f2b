"""One worker's partitions: what Faust reads goes to router and lanes, what they close is committed.

Implements the consumer's `Shell`: partitions come with `assigned`, after their tables are
recovered, and go with `revoke`, before their offsets are committed for the last time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from faust.types import TP, Message

from streams.core.decisions import DeadLetter
from streams.core.lane_order import Ordering
from streams.core.lanes import Lanes
from streams.core.outcome import Dead
from streams.kafka.care import Care, careful_load
from streams.kafka.expiry import Expiry
from streams.kafka.forwarding import Forwarding
from streams.kafka.hopping import Hopping
from streams.kafka.outbox import Outbox
from streams.kafka.outcomes import Outcomes
from streams.kafka.partition import Ages, Partition
from streams.kafka.reach import Beyond, Missed
from streams.kafka.replaying import Replaying
from streams.kafka.reports import Reports
from streams.kafka.router import Router
from streams.kafka.showing import Showing
from streams.kafka.sink import Sink
from streams.kafka.tables import Tables
from streams.metrics import Metrics
from streams.settings import Settings
from streams.web.health import HealthState, NotReady

log = structlog.get_logger(__name__)

TICK = 1.0
LOOK_EVERY = 5


@dataclass(slots=True, eq=False)
class Partitions:
    """The shell between Faust's consumer and the lanes."""

    settings: Settings
    keyed_topic: str
    consumer: Callable[[], Any]
    live: dict[int, Partition]
    busy: set[str]
    router: Router
    hopping: Hopping
    sink: Sink
    outbox: Outbox
    outcomes: Outcomes
    reports: Reports
    tables: Tables
    metrics: Metrics
    health: HealthState
    fatal: Callable[[BaseException], None]
    now_ms: Callable[[], int]
    showing: Showing
    ordering: Ordering
    elsewhere: Callable[[], Awaitable[str | None]]
    care: Care
    forwarding: list[Forwarding] = field(default_factory=list)
    _expiry: Expiry = field(init=False)
    _ticks: int = 0
    _revoked_ms: int = 0
    _revoking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _joined: bool = False

    def __post_init__(self) -> None:
        self._revoked_ms = self.now_ms()
        visiting = self.hopping.visiting
        self._expiry = Expiry(
            tables=self.tables,
            visitors=visiting.rows,
            live=self.live,
            seen_days=self.settings.seen_days,
            link_age=visiting.plan.anonymous.bounds.link_age,
            now_ms=self.now_ms,
        )

    async def assigned(self, starts: Mapping[TP, int], suspect: Mapping[TP, int]) -> None:
        """Reading begins at these offsets, with care below those."""
        if not await self._may_join():
            return
        self.care.begin(suspect)
        window = self.settings.window
        by_number: dict[int, dict[str, int]] = {}
        forwarded = {forwarding.topic for forwarding in self.forwarding}
        for tp, offset in starts.items():
            if tp.topic not in forwarded:
                by_number.setdefault(tp.partition, {})[tp.topic] = offset
        for number, topics in by_number.items():
            if self.keyed_topic not in topics:
                continue
            lanes = Lanes(
                start=topics[self.keyed_topic],
                max_commands=window.commands,
                max_span=window.span,
                busy=self.busy,
                ordering=self.ordering,
                stirred=partial(self.sink.stirred, number),
            )
            self.live[number] = Partition(
                number=number,
                keyed=TP(self.keyed_topic, number),
                lanes=lanes,
                starts=topics,
                commit=self.consumer().closed,
            )
        if self.live:
            count = self.consumer().count_of(self.keyed_topic)
            self.hopping.visiting.assigned([*self.live], count)
        for forwarding in self.forwarding:
            forwarding.assigned(starts)
        self.metrics.rebalance()
        self.metrics.recovered((self.now_ms() - self._revoked_ms) / 1000)
        self.health.assigned(len(self.live))
        self.showing.recovery()

    async def _may_join(self) -> bool:
        """Ask once more, now that we are in the group: who hands it over has seen us there, or has
        written down before that it is handed over. And see who wrote the tables."""
        why = None if self._joined else await self.elsewhere()
        refusal = self.tables.unreadable() if why is None else LookupError(why)
        if refusal is not None:
            log.error("refusing to start", error=str(refusal))
            self.fatal(refusal)
            return False
        self._joined = True
        return True

    async def revoke(self) -> None:
        """Stop reading and sending, wait for what is in flight, pass on what is closed."""
        async with self._revoking:
            parts = list(self.live.values())
            for part in parts:
                self.busy.update(entry.lane for entry in part.lanes.revoke())
            if self.sink.tasks:
                deadline = self.settings.delivery.deadline + 1
                await asyncio.wait(set(self.sink.tasks), timeout=deadline)
            if not await self.outbox.drained(min(self.settings.grace, 10.0)):
                self.fatal(TimeoutError("the broker did not take what the next owner must read"))
            for part in parts:
                part.advance()
                part.live = False
            for number in {tp.partition for tp, _ in self._topics()}:
                self.metrics.revoked(number)
            self.live.clear()
            self.health.assigned(0)
            self.sink.forget(parts)
            self._revoked_ms = self.now_ms()
            for forwarding in self.forwarding:
                forwarding.revoked()

    def may_write(self) -> bool:
        """Whether nobody else can own our partitions, and have read their changelogs, by now."""
        return not self.live or self.consumer().lease_age() < self.settings.kafka.session_timeout

    def jumped(self, tp: TP) -> None:
        """Offsets jumped without a reason; the records are read again."""
        self.metrics.fetch_jump()

    def astray(self, what: Missed | Beyond) -> None:
        """A topic does not hold what is to be read next."""
        log.error(str(what), topic=what.tp.topic, partition=what.tp.partition)
        if isinstance(what, Missed):
            self.metrics.deleted_unread(what.tp.topic, what.count)
        else:
            self.fatal(LookupError("the group stands beyond the end of a topic"))

    def read_keyed(self, message: Message) -> None:
        """A record of the keyed topic."""
        part = self.live.get(message.partition)
        if part is not None and not part.lanes.revoked and not part.lanes.known(message.offset):
            part.read(message)
            self._guarded(lambda: self.router.read(part, message))

    def read_copy(self, action: str, message: Message) -> None:
        """A record of an action topic."""
        part = self.live.get(message.partition)
        if part is not None and not part.lanes.revoked:
            self._guarded(lambda: self._arrive(part, action, message))

    def read_replay(self, replaying: Replaying, message: Message) -> None:
        """A dead letter that is sent again."""
        part = self.live.get(message.partition)
        if part is not None and not part.lanes.revoked:
            self._guarded(lambda: replaying.read(part, message))

    def read_hop(self, message: Message) -> None:
        """A record that was passed on to us."""
        part = self.live.get(message.partition)
        if part is not None and not part.lanes.revoked:
            self._guarded(lambda: self.hopping.read(part, message))

    def _arrive(self, part: Partition, action: str, message: Message) -> None:
        load = careful_load(self.care, self.router.echoes, message)
        command = load.command
        external = command is None or command.position is None or load.replay_of is not None
        position = None if command is None else command.position
        stale = position is not None and position.generation != self.settings.generation
        arrival = part.lanes.arrive(
            message.topic,
            message.offset,
            contact=load.contact,
            action=action,
            offset=None if external or stale or position is None else position.offset,
            message_id=load.message_id,
            payload=load,
        )
        if arrival.outcome != "again":
            part.read(message)
        if arrival.outcome in ("below", "again"):
            part.advance()
        self.report_superseded(part)
        self.sink.poke()

    def report_superseded(self, part: Partition) -> None:
        """Copies of an earlier run that today's plan does not want."""
        for copy in part.lanes.take_superseded():
            self.outbox.put(
                self.reports.superseded_receipt(copy)(
                    lambda copy=copy: self._copy_closed(part, copy)  # type: ignore[misc]
                )
            )

    def _copy_closed(self, part: Partition, copy: Any) -> None:
        part.lanes.close_copy(copy)
        part.advance()

    def settled(self, part: Partition) -> None:
        """A command was settled or closed: there may be room and work."""
        self.health.settled()
        if part.live and part.backlog:
            self.router.go_on(part)
        if part.live and part.hops:
            self.hopping.go_on(part)
        self.sink.poke()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - nothing may leave an agent: Faust would ack
            self.fatal(error)

    async def ticking(self) -> None:
        """Once a second: numbers for the dashboards, parking, expiry."""
        while True:
            await asyncio.sleep(TICK)
            if self._ticks % LOOK_EVERY == 0:
                await self.showing.look(self._topics())
            self._guarded(self._tick)

    def _away(self) -> bool:
        if not self.live:
            return self.showing.recovery_away()
        return self.sink.clockwork.lease_left() <= 0

    def _topics(self) -> Iterator[tuple[TP, Ages]]:
        """All that is ours: sources that are copied may have partitions that nothing else has."""
        for part in self.live.values():
            yield from part.topics()
        for forwarding in self.forwarding:
            yield from forwarding.topics()

    def _tick(self) -> None:
        self._ticks += 1
        now = self.now_ms() / 1000
        unsettled = 0
        away = self._away()
        self.health.away(NotReady.BROKER_AWAY, on=away)
        for part in self.live.values():
            unsettled += part.lanes.open_commands + len(part.backlog) + len(part.hops)
            self.showing.partition(part, now)
            overdue = part.lanes.overdue()
            if overdue is not None and not away and self.sink.healthy(overdue.action):
                text = "the window is full behind this command; see window.span"
                self.outcomes.dead(part, overdue, DeadLetter(Dead.PARKED, None, text))
            self.hopping.visiting.expire(part.number)
        self.showing.topics(self._topics(), now)
        if self.care.on:
            self.care.passed({tp: ages.position for tp, ages in self._topics()})
        for fact in self._expiry.step() if self.live else ():
            self.outbox.put(fact(_nothing))
        self.health.work(unsettled)
        if self._ticks % LOOK_EVERY == 0:
            self.showing.hot.look(self.live.values())
        self.showing.waits()
        self.showing.recovery()
        self.showing.reading(self.outbox.unanswered)
        self.sink.poke()


def _nothing() -> None:
    return None
