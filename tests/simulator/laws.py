"""The invariants of the guarantees, checked from outside at the step that could break them.

By what is in the logs, what was committed and what Cordial was asked and accepted; nothing here
asks the product what it believes. `deadlock` is a lag that stays.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streams.core.answer import Delivered
from tests.simulator.broker import Broker, Place
from tests.simulator.clock import POLICY
from tests.simulator.cordial import Member, Request
from tests.simulator.manners import Manners
from tests.simulator.order_law import Acceptance, OrderLaw
from tests.simulator.schedule import ACTIONS, KEYED, RANK, Event, Plan, Schedule
from tests.simulator.verdict import Broken

Identity = tuple[str, str]  # message id and action: one effect at Cordial


class Copy(NamedTuple):
    """A record of an action topic; `offset` None is an external one."""

    event: Event
    action: str
    offset: int | None
    identity: str  # what the sink believes the action instance to be


class Receipt(NamedTuple):
    """A record of the receipts; `action` None tells of the event."""

    message_id: str
    action: str | None
    outcome: str
    in_doubt: bool = False


class Letter(NamedTuple):
    """A record of the dead letters."""

    event: Event
    action: str
    reason: str


@dataclass(slots=True)
class Laws:
    """What is true, and what must be."""

    schedule: Schedule
    done: set[Identity] = field(default_factory=set)
    receipts: set[tuple[str, str | None]] = field(default_factory=set)
    named: set[Identity] = field(default_factory=set)
    rejected: set[Identity] = field(default_factory=set)
    dead: list[Letter] = field(default_factory=list)
    originals: dict[str, Event] = field(default_factory=dict)
    copies: set[tuple[int, int | None, str]] = field(default_factory=set)
    orders: dict[Identity, int] = field(default_factory=lambda: defaultdict(int))
    manners: Manners = field(init=False)
    order: OrderLaw = field(init=False)

    def __post_init__(self) -> None:
        self.manners = Manners(self.schedule)
        self.order = OrderLaw(self.schedule, self.rejected)

    def published(self, event: Event) -> None:
        """The bus has it."""
        self.originals[event.message_id] = event

    def durable(self, place: Place, value: Any) -> None:
        """A record is in the log."""
        topic, partition = place
        if topic == "receipts":
            self._told(value)
        elif topic == "dead":
            self._died(value)
        elif topic in RANK:
            self.copies.add((partition, value.offset, value.action))

    def _told(self, receipt: Receipt) -> None:
        identity = (receipt.message_id, receipt.action)
        self.receipts.add(identity)
        if receipt.in_doubt:
            self.named.add((receipt.message_id, receipt.action or ""))
        if receipt.outcome == "delivered" and identity not in self.done:
            raise Broken("I15", f"a receipt says that {identity} was delivered, and it was not")

    def _died(self, letter: Letter) -> None:
        identity = (letter.event.message_id, letter.action)
        self.done.add(identity)
        self.dead.append(letter)
        if self.originals.get(letter.event.message_id) != letter.event:
            raise Broken("I9", f"the dead letter of {identity} does not hold the event")
        if letter.reason == "rejected" and identity not in self.rejected:
            raise Broken("I9", f"the dead letter says that {identity} was rejected, it was not")
        if letter.reason == "exhausted" and self.manners.failed[identity] < POLICY.attempts:
            times = self.manners.failed[identity]
            raise Broken("I8", f"{identity} died after {times} failures, the rest were refusals")
        if letter.reason == "in_doubt" and not self.schedule.at_most_once:
            raise Broken("I9", f"{identity} died in doubt, and nobody asked for that")

    def refused_for_good(self, member: Member) -> None:
        """Cordial rejected a command: it may be accepted later, when the cause is repaired."""
        self.rejected.add((member.event.message_id, member.action))

    def sent(self, request: Request, under_way: list[Request]) -> None:
        """A request leaves."""
        self.manners.sent(request)
        known = request.shell.known_delivered
        mine = {self._kept(member) for member in request.members}
        for member in request.members:
            identity = (member.event.message_id, member.action)
            if identity in known:
                raise Broken("I4", f"{identity} was delivered, this worker knows, and it is sent")
        for other in under_way:
            if other.answer is None and not mine.isdisjoint(map(self._kept, other.members)):
                raise Broken("I5", f"{request} leaves while {other} is under way")

    def _kept(self, member: Member) -> str:
        return self.schedule.kept(member.event.contact, member.action)

    def heard(self, request: Request, now: float) -> None:
        """An answer reached the worker."""
        self.manners.heard(request, now)
        if isinstance(request.answer, Delivered):
            told = ((member.event.message_id, member.action) for member in request.members)
            request.shell.known_delivered.update(told)

    def accepted(self, member: Member) -> None:
        """Cordial accepted a command."""
        event, action, offset = member.event, member.action, member.entry.offset
        identity = (event.message_id, action)
        self.done.add(identity)
        if action == "order":
            self.orders[identity] += 1
            kept = self.schedule.at_most_once and self.schedule.in_every_plan("order")
            if kept and self.orders[identity] > 1:
                raise Broken("I3", f"{identity} reached Cordial twice, at most once was asked for")
        if offset is not None and self.schedule.in_every_plan(action):
            self.order.accepted(self._kept(member), Acceptance((offset, RANK[action]), identity))

    def superseded(self, event: Event, action: str, plan: Plan) -> None:
        """A copy was given up because the router does not ask for it."""
        if action in plan:
            raise Broken("I1", f"{action} of {event.message_id} is wanted and was superseded")

    def committed(self, place: Place, first: int, records: list[Any], plan: Plan) -> None:
        """The group committed these records, the first of which stands at `first`."""
        for offset, record in enumerate(records, start=first):
            if record is None:
                continue
            if place[0] == KEYED:
                self._keyed_is_done(place[1], offset, record, plan)
            elif record.offset is None or self.schedule.in_every_plan(record.action):
                self._is_done(record.event, record.action, place)

    def _keyed_is_done(self, partition: int, offset: int, event: Event, plan: Plan) -> None:
        wanted = [action for action in event.wants if action in plan]
        for action in wanted:
            self._is_done(event, action, (KEYED, 0))
            if (partition, offset, action) not in self.copies:
                raise Broken("I10", f"{action} of {event.message_id} never reached its topic")
        if not wanted and (event.message_id, None) not in self.receipts:
            raise Broken("I1", f"{event.message_id} was filtered and has no receipt")

    def _is_done(self, event: Event, action: str, place: Place) -> None:
        identity = (event.message_id, action)
        if identity not in self.done:
            raise Broken("I2", f"{place[0]} was committed above {identity}, which has no outcome")
        if identity not in self.receipts:
            raise Broken("I1", f"{place[0]} was committed above {identity}, which has no receipt")

    def at_rest(self, broker: Broker) -> None:
        """Nothing moves any more."""
        for partition in range(self.schedule.partitions):
            for topic in (KEYED, *ACTIONS):
                lag = broker.lag((topic, partition))
                if lag:
                    raise Broken("deadlock", f"{topic}-{partition} has a lag of {lag} for ever")
        for event in self.originals.values():
            for action in event.wants:
                if self.schedule.in_every_plan(action):
                    self._is_done(event, action, ("the end", 0))
        for identity, times in self.orders.items():
            kept = self.schedule.in_every_plan("order")
            if kept and times > 1 and identity not in self.named:
                raise Broken("I3", f"{identity} reached Cordial {times} times and was not named")
        self.order.at_rest()
