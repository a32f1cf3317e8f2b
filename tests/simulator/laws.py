"""The invariants, checked from outside: by what is in the logs and what Cordial accepted.

Nothing here asks the product what it believes. The names are those of the guarantees: I1
conservation, I2 nothing lost, I3 orders once, I5 order; `deadlock` is a lag that stays.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.simulator.broker import Broker, Place
from tests.simulator.cordial import Member
from tests.simulator.schedule import ACTIONS, KEYED, RANK, Event, Plan, Schedule

Identity = tuple[str, str]  # message id and action: one effect at Cordial


class Broken(Exception):  # noqa: N818 - what it says of an invariant
    """An invariant does not hold."""

    def __init__(self, invariant: str, text: str) -> None:
        super().__init__(f"{invariant}: {text}")
        self.invariant = invariant


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


class Acceptance(NamedTuple):
    """A command that Cordial accepted, where it stands in the source, and its effect."""

    place: tuple[int, int]
    identity: Identity


@dataclass(slots=True)
class Laws:
    """What is true, and what must be."""

    schedule: Schedule
    done: set[Identity] = field(default_factory=set)
    receipts: set[tuple[str, str | None]] = field(default_factory=set)
    named: set[Identity] = field(default_factory=set)
    rejected: set[Identity] = field(default_factory=set)
    dead: list[tuple[Event, str]] = field(default_factory=list)
    orders: dict[Identity, int] = field(default_factory=lambda: defaultdict(int))
    history: dict[str, list[Acceptance]] = field(default_factory=lambda: defaultdict(list))
    furthest: dict[str, tuple[int, int]] = field(default_factory=dict)
    first: set[tuple[str, tuple[int, int]]] = field(default_factory=set)

    def durable(self, place: Place, value: Any) -> None:
        """A record is in the log."""
        topic = place[0]
        if topic == "receipts":
            self.receipts.add((value.message_id, value.action))
            if value.in_doubt:
                self.named.add((value.message_id, value.action))
        elif topic == "dead":
            event, action = value
            self.done.add((event.message_id, action))
            self.dead.append(value)

    def refused_for_good(self, member: Member) -> None:
        """Cordial rejected a command: it may be accepted later, when the cause is repaired."""
        self.rejected.add((member.event.message_id, member.action))

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
        if offset is None or not self.schedule.in_every_plan(action):
            return
        kept = event.contact if self.schedule.order == "contact" else f"{event.contact} {action}"
        self._in_order(kept, Acceptance((offset, RANK[action]), identity))

    def _in_order(self, kept: str, new: Acceptance) -> None:
        """`kept` is what keeps its order: a contact, or one of its actions."""
        furthest = self.furthest.get(kept, (-1, -1))
        fresh = (kept, new.place) not in self.first
        if fresh and new.place < furthest and new.identity not in self.rejected:
            raise Broken("I5", f"{kept}: {new.place} was first accepted after {furthest}")
        self.first.add((kept, new.place))
        self.furthest[kept] = max(furthest, new.place)
        self.history[kept].append(new)

    def superseded(self, event: Event, action: str, plan: Plan) -> None:
        """A copy was given up because the router does not ask for it."""
        if action in plan:
            raise Broken("I1", f"{action} of {event.message_id} is wanted and was superseded")

    def committed(self, place: Place, records: list[Any], plan: Plan) -> None:
        """The group committed these records."""
        for record in records:
            if record is None:
                continue
            if place[0] == KEYED:
                self._keyed_is_done(record, plan)
            elif record.offset is None or self.schedule.in_every_plan(record.action):
                self._is_done(record.event, record.action, place)

    def _keyed_is_done(self, event: Event, plan: Plan) -> None:
        wanted = [action for action in event.wants if action in plan]
        for action in wanted:
            self._is_done(event, action, (KEYED, 0))
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
        for identity, times in self.orders.items():
            kept = self.schedule.in_every_plan("order")
            if kept and times > 1 and identity not in self.named:
                raise Broken("I3", f"{identity} reached Cordial {times} times and was not named")
        for kept, history in self.history.items():
            self._repeats_are_suffixes(kept, history)

    def _repeats_are_suffixes(self, kept: str, history: list[Acceptance]) -> None:
        """Where an acceptance steps back, everything that it stepped over comes again.

        Orders need not: their own table knows them. So no older state stays last.
        """
        furthest = (-1, -1)
        for time, now in enumerate(history):
            if now.place < furthest:
                again = {each.identity for each in history[time:]}
                for before in history[:time]:
                    over = before.place > now.place and before.identity[1] != "order"
                    if over and before.identity not in again:
                        text = f"{kept}: {now.place} was accepted after {before.place}, "
                        raise Broken("I5", text + "which did not come again")
            furthest = max(furthest, now.place)
        self._orders_end_new(kept, history)

    def _orders_end_new(self, kept: str, history: list[Acceptance]) -> None:
        last: dict[str, tuple[int, int]] = {}
        most: dict[str, tuple[int, int]] = {}
        for each in history:
            if each.identity[1] == "order":
                order = self._order_of(each.identity[0])
                last[order] = each.place
                most[order] = max(most.get(order, each.place), each.place)
        for order, place in last.items():
            if place != most[order]:
                raise Broken("I5", f"{kept}: the older state {place} of {order} is the last")

    def _order_of(self, message_id: str) -> str:
        return self.schedule.events[int(message_id[1:])].order
