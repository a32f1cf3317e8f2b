"""The sink of every action: heads of lanes become requests.

What to send is decided by `core.deciding`, what travels together by `core.joining`; here they are
obeyed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import orjson

from streams.core.answer import Answer
from streams.core.compiled import Instance
from streams.core.decisions import DeadLetter, Decision, Send, Suppress, Wait, WasDelivered
from streams.core.lanes import Entry
from streams.core.learning import Learned
from streams.core.outcome import Dead
from streams.kafka.answering import Answering
from streams.kafka.asleep import Asleep
from streams.kafka.batch import Batch, Bounds, Member, bounds_of, gather, lanes_of, neighbours
from streams.kafka.care import Care
from streams.kafka.endpoints import Endpoint, Endpoints
from streams.kafka.judging import Judging
from streams.kafka.load import Load
from streams.kafka.outcomes import Outcomes
from streams.kafka.partition import Partition
from streams.kafka.turns import Turns
from streams.metrics import Metrics

Post = Callable[[Batch], Awaitable[Answer]]
ACCOUNT_WAIT = 2.0


@dataclass(frozen=True, slots=True)
class Clockwork:
    """Time, as an argument."""

    now: Callable[[], float]
    lease_left: Callable[[], float]


@dataclass(slots=True, eq=False)
class Sink:
    """Dispatches what is ready, as far as endpoints, lease and bounds allow.

    `bounds` are for instances of which the plan says nothing. `held` is why nothing is sent.
    """

    partitions: Mapping[int, Partition]
    instances: Mapping[str, Instance]
    endpoints: Endpoints
    judging: Judging
    outcomes: Outcomes
    post: Post
    clockwork: Clockwork
    bounds: Bounds
    in_flight_max: int
    metrics: Metrics
    fatal: Callable[[BaseException | None], None]
    answering: Answering
    asleep: Asleep
    care: Care = field(default_factory=Care)
    held: str | None = None
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _poked: bool = False
    _stirred: dict[int, None] = field(default_factory=dict)
    _unrecorded: list[tuple[Partition, Entry]] = field(default_factory=list)
    _bounds: dict[str, dict[str, Bounds]] = field(init=False)

    def __post_init__(self) -> None:
        self._bounds = bounds_of(self.instances.values(), self.bounds)

    def poke(self) -> None:
        """Look for work, soon and once."""
        if not self._poked:
            self._poked = True
            asyncio.get_running_loop().call_soon(self._pump)

    def stirred(self, number: int) -> None:
        """Contacts of this partition became ready; look at it when poked."""
        self._stirred[number] = None

    def release(self) -> None:
        """A hold is over."""
        self.held = None
        self.poke()

    def _pump(self) -> None:
        self._poked = False
        try:
            stirred, self._stirred = self._stirred, {}
            for part in [self.partitions[one] for one in stirred if one in self.partitions]:
                for name in part.lanes.take_ready():
                    self._queue(part, name)
            if self._unrecorded:
                self._queue_recorded()
            if self.held is None:
                for endpoint in self.endpoints.all():
                    self._drain(endpoint)
            self.metrics.in_flight(len(self.tasks))
        except Exception as error:  # noqa: BLE001 - the loop would log it, and the lane stand still
            self.fatal(error)

    def _queue(self, part: Partition, name: str) -> None:
        head = part.lanes.head(name)
        if head is None:
            return
        instance = self.instances.get(head.action)
        if instance is None:
            self.outcomes.dead(part, head, DeadLetter(Dead.INVALID, "action", _no_action(head)))
            self.poke()
            return
        self.endpoints.of(instance.declaration).queue.append((part, name))

    def _drain(self, endpoint: Endpoint) -> None:
        while endpoint.queue and len(self.tasks) < self.in_flight_max:
            now = self.clockwork.now()
            opens_at = endpoint.opens_at(now)
            if opens_at is not None:
                self._wake(endpoint, opens_at - now)
                return
            if self.clockwork.lease_left() <= 0:
                self._wake(endpoint, 0.25)
                return
            part, name = endpoint.next()
            head = part.lanes.head(name) if part.live else None
            if head is None:
                continue
            if self._endpoint_of(head) is endpoint:
                tried = self.care.on and self.care.covers(head.payload.position)
                self._start(endpoint, part, head)
                if tried:
                    self.poke()
                    return
            else:  # it was joined from its place here, and its follower goes elsewhere
                self._queue(part, name)

    def _endpoint_of(self, head: Entry) -> Endpoint | None:
        instance = self.instances.get(head.action)
        return None if instance is None else self.endpoints.of(instance.declaration)

    def _wake(self, endpoint: Endpoint, after: float) -> None:
        loop = asyncio.get_running_loop()
        at = loop.time() + max(after, 0.001)
        if endpoint.wake_at is None or at < endpoint.wake_at or endpoint.wake_at <= loop.time():
            endpoint.wake_at = at
            loop.call_at(at, self.poke)

    def _start(self, endpoint: Endpoint, part: Partition, head: Entry) -> None:
        decision = self._judge(head)
        if isinstance(decision, Wait):
            self._await_account(part, head, decision)
            return
        if not isinstance(decision, Send):
            self._settle(part, head, decision)
            self.poke()
            return
        if decision.order_intent is not None and self._order_unrecorded(part, head):
            self._unrecorded.append((part, head))
            return
        batch = self._gather(endpoint, Member(part, head, decision))
        for lane, entries in lanes_of(batch.members):
            lane.lanes.send(entries)
        probe = endpoint.take(self.clockwork.now())
        task = asyncio.get_running_loop().create_task(self._deliver(endpoint, batch, probe))
        self.tasks.add(task)
        task.add_done_callback(self._finished)

    def _gather(self, endpoint: Endpoint, head: Member) -> Batch:
        bounds = self._bounds[endpoint.action.name]
        others = neighbours(endpoint, head.part, head.entry, bounds)
        try:
            return gather(endpoint.action, head, others, self._judge, bounds)
        except Exception:  # noqa: BLE001 - bodies made by hand may not add up; each can go alone
            return Batch(endpoint.action, (head,), head.send.body)

    def _order_unrecorded(self, part: Partition, head: Entry) -> bool:
        """An order's row has room for one intent: the one before must be on record first."""
        before = part.lanes.unrecorded(head.lane)
        return any(self._action_of(one) == self._action_of(head) for one in before)

    def _action_of(self, entry: Entry) -> str:
        instance = self.instances.get(entry.action)
        return entry.action if instance is None else instance.action

    def _queue_recorded(self) -> None:
        """Orders that waited for the record of the one before, where it is there by now."""
        waiting, self._unrecorded = self._unrecorded, []
        for part, head in waiting:
            if part.live and self._order_unrecorded(part, head):
                self._unrecorded.append((part, head))
            elif part.live:
                self._queue(part, head.lane)

    def _queue_again(self, part: Partition, name: str) -> None:
        if part.live:
            self._queue(part, name)
            self.poke()

    def _await_account(self, part: Partition, head: Entry, wait: Wait) -> None:
        """Its lane waits; the account is asked for its attributes by others."""
        self.outcomes.waits(head, wait)
        self.asleep.until(ACCOUNT_WAIT, partial(self._queue_again, part, head.lane))

    def _judge(self, entry: Entry, ahead: Sequence[Learned] = ()) -> Decision:
        try:
            if self.care.on and self.care.covers(entry.payload.position):
                verdict = self.care.verdict(partial(self._rehearse, entry, ahead))
                if verdict is not None:
                    return DeadLetter(verdict.reason, None, verdict.message)
            return self.judging.judge(entry, ahead)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug of ours is an outcome of one command
            return DeadLetter(Dead.BUG, None, f"{type(error).__name__} while deciding")

    def _rehearse(self, entry: Entry, ahead: Sequence[Learned]) -> None:
        decision = self.judging.judge(entry, ahead)
        if isinstance(decision, Send):
            orjson.dumps(decision.body)

    def _settle(
        self, part: Partition, entry: Entry, decision: Suppress | WasDelivered | DeadLetter
    ) -> None:
        if isinstance(decision, Suppress):
            self.outcomes.suppressed(part, entry, decision)
        elif isinstance(decision, WasDelivered):
            self.outcomes.was_delivered(part, entry, decision)
        else:
            self.outcomes.dead(part, entry, decision)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.fatal(task.exception())
        self.poke()

    async def _deliver(self, endpoint: Endpoint, batch: Batch, probe: bool) -> None:
        head = batch.members[0]
        closed_for = 0.0
        if head.send.order_intent is not None or head.send.intents:
            await self.outcomes.intent(head)
            head.entry.payload.intended = True
            closed_for = endpoint.closed_for(self.clockwork.now(), probe=probe)
        head.entry.payload.in_doubt |= head.send.in_doubt
        started = self.clockwork.now()
        if self.clockwork.lease_left() <= 0 or closed_for > 0:
            self.answering.back(batch, max(closed_for, 0.25))
            return
        answer = await self.post(batch)
        now = self.clockwork.now()
        self.metrics.request(head.entry.action, answer, now - started, len(batch.members))
        endpoint.answered(answer, now, started)
        self.answering.answered(endpoint, batch, answer)

    def forget(self, parts: list[Partition]) -> None:
        """These partitions are gone."""
        gone = {id(part) for part in parts}
        for endpoint in self.endpoints.all():
            endpoint.queue = Turns(one for one in endpoint.queue if id(one[0]) not in gone)

    def healthy(self, action: str) -> bool:
        """Whether the endpoint of an action answers and nothing is held."""
        instance = self.instances.get(action)
        if instance is None or self.held is not None:
            return self.held is None
        return self.endpoints.of(instance.declaration).circuit.healthy


def _no_action(head: Entry) -> str:
    load: Load = head.payload
    return load.problem or f"no action is called {head.action}"
