"""Visitors in the shell: their events are passed to their home, held there, and follow the user.

| an event                     | here                                                             |
|------------------------------|------------------------------------------------------------------|
| of a visitor, not at home    | passed on to the visitor's home                                  |
| of a visitor who was tied    | passed on to the user's lane                                     |
| of a visitor, to be held     | held                                                             |
| with a user and another id   | as it is, and the visitor's home is told, before it is settled   |

Everything that something later depends on is durable before it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from faust.types import Message

from streams.core import anonymous, stitching
from streams.core.command import Position
from streams.core.compiled import CompiledPlan
from streams.core.decisions import DeadLetter, seen_key
from streams.core.event import Event
from streams.core.outcome import Dead, EventOutcome, Suppressed
from streams.core.routed import Filtered, Routed
from streams.core.visitors import RETELL_MS, Gone, Link, Place, Visitors
from streams.kafka import hops
from streams.kafka.made import Made
from streams.kafka.names import Names
from streams.kafka.outbox import Fact, Outbox, Record
from streams.kafka.partition import Partition
from streams.kafka.reports import HeldEvent, Reports
from streams.kafka.visitor_rows import Held
from streams.kafka.visitor_tables import VisitorTables, in_turn
from streams.metrics import Metrics

TOO_LARGE = "too large to be passed on to the partition of its lane"


@dataclass(frozen=True, slots=True)
class Release:
    """What a tie lets go: the visitor's events first, then what remembers that they are gone."""

    stages: Sequence[Sequence[Fact]]
    merge: Routed


@dataclass(slots=True, eq=False)
class Visiting:
    """Decides what becomes of visitors' events; the router and the hops obey."""

    plan: CompiledPlan
    names: Names
    outbox: Outbox
    reports: Reports
    rows: VisitorTables
    metrics: Metrics
    now_ms: Callable[[], int]
    live: Mapping[int, Partition]
    known: dict[int, Visitors] = field(default_factory=dict)

    @property
    def on(self) -> bool:
        """Whether the plan wants anything with visitors."""
        return self.plan.anonymous.mode != "drop"

    def assigned(self, numbers: Sequence[int], partitions: int) -> None:
        """These of so many partitions are ours, their tables recovered."""
        self.rows.partitions = partitions
        self.known = self.rows.remembered(numbers, self.plan.anonymous.bounds)

    # An event on its way.

    def turn(
        self, message: Message, position: Position, event: Event, routed: Routed | Filtered
    ) -> Made | tuple[Routed | Filtered, Sequence[Fact]]:
        """What becomes of an event instead; or what is left of it, and what is told of it."""
        if event.user_id is not None:
            return self._with_ties(message, event, routed)
        if isinstance(routed, Filtered) or event.contact is None:
            return routed, ()
        home = self.rows.home(event.contact)
        if home != message.partition:
            headers = hops.visiting(hops.produced_ms(message))
            return self._gone(self._hop(message, position, event, home, event.contact, headers))
        link = self.known[home].link_of(event.contact)
        done = () if link is None else self._done(home, event, routed)
        if link is not None and (not done or len(done) < len(routed.commands)):
            headers = hops.stitching(hops.produced_ms(message), link.contact, done)
            fact = self._hop(message, position, event, link.partition, link.contact, headers)
            self.metrics.stitched(1)
            return self._gone(fact)
        waits = None if done else stitching.held(routed, self.plan)
        return (routed, ()) if waits is None else self._held(message, position, event, waits)

    def _done(self, home: int, event: Event, routed: Routed) -> Sequence[str]:
        """The actions that this event has made before as the visitor's own: a crash, or what
        copied it, may bring it again after the tie."""
        contact, message_id = event.contact or "", event.message_id
        names = [one.action for one in routed.commands]
        if self.live[home].lanes.is_open(contact, message_id):
            return names
        seen = self.rows.tables.seen
        return [one for one in names if seen(seen_key(contact, message_id, one)) is not None]

    def _gone(self, *facts: Fact) -> Made:
        return Made(EventOutcome.ROUTED, "", (), facts)

    def _held(self, message: Message, position: Position, event: Event, routed: Routed) -> Made:
        visitors, partition = self.known[message.partition], message.partition
        place = Place(event.contact or "", event.message_id)
        row = Held(
            value=message.value or b"",
            headers=tuple(hops.passed_on(message)),
            position=position,
            actions=tuple(stitching.waiting(routed)),
            event_time=event.timestamp,
            produced=hops.produced_ms(message),
            since=self.now_ms(),
        )
        size = len(row.value) + sum(len(name) + len(value or b"") for name, value in row.headers)
        if visitors.holds(place) and self.rows.held(place).position != position:
            return self._said(message, position, event, routed, Suppressed.DUPLICATE)
        if not visitors.has_room_for(size):
            return self._said(message, position, event, routed, Suppressed.CROWDED_OUT)
        self._let_go(partition, visitors.hold(place, size, row.since))
        made = self._said(message, position, event, routed, Suppressed.HELD)
        return self._gone(self.rows.held_fact(partition, place, row), *made.facts)

    def _said(
        self, message: Message, position: Position, event: Event, routed: Routed, why: Suppressed
    ) -> Made:
        facts = []
        for one in routed.suppressed:
            reason = why if one.reason is Suppressed.HELD else one.reason
            told = why if one.reason is Suppressed.HELD else one.told
            facts.append(self.reports.event_receipt(message, position, event, told, one.action))
            self.metrics.suppressed(one.action, reason)
        return self._gone(*facts)

    def _with_ties(
        self, message: Message, event: Event, routed: Routed | Filtered
    ) -> tuple[Routed | Filtered, Sequence[Fact]]:
        kept_back = isinstance(routed, Filtered) and routed.reason != "no_action"
        if kept_back or hops.kind_of(message) == hops.STITCHED:
            return routed, ()
        facts: list[Fact] = []
        for visitor in anonymous.tied(event):
            alias = anonymous.is_alias_of(event, visitor)
            if alias and isinstance(routed, Routed):
                routed = stitching.without(routed, stitching.merging(self.plan))
            if alias or not self._told_lately(visitor, event):
                facts.append(self._tie(message, event, visitor))
        return routed, facts

    def _told_lately(self, visitor: str, event: Event) -> bool:
        told = self.rows.told(visitor, event.user_id or "")
        return told is not None and event.timestamp < told.at + RETELL_MS

    def _tie(self, message: Message, event: Event, visitor: str) -> Fact:
        """Tell the visitor's home; only then note that it was told."""
        contact, partition = event.user_id or "", message.partition
        link = Link(contact, partition, event.timestamp, self.now_ms())
        whole = self.plan.anonymous.mode == "send" or anonymous.is_alias_of(event, visitor)
        said = hops.tying(hops.produced_ms(message), link)
        headers = [*hops.passed_on(message), *hops.still_wanted(message), *said]
        home, key = self.rows.home(visitor), visitor.encode()

        def record(durable: Callable[[], None]) -> Record:
            told = self.rows.told_fact(partition, visitor, link)

            def then() -> None:
                self.outbox.put(told(durable))

            def hop(value: bytes | None, refused: Callable[[], None] | None) -> Record:
                return Record(self.names.hops, home, key, value, headers, then, refused)

            if not whole:
                return hop(None, None)
            return hop(message.value, lambda: self.outbox.put(hop(None, None)))

        return record

    def _hop(
        self,
        message: Message,
        position: Position,
        event: Event,
        partition: int,
        key: str,
        said: hops.Headers,
    ) -> Fact:
        """Pass an event on; one that the topic has no room for is a dead letter."""
        headers = [*hops.passed_on(message), *hops.still_wanted(message), *said]

        def record(durable: Callable[[], None]) -> Record:
            def refused() -> None:
                self.metrics.dead_event(Dead.TOO_LARGE)
                verdict = DeadLetter(Dead.TOO_LARGE, None, TOO_LARGE)
                letter, receipt = self.reports.dead_event(message, position, event, verdict)
                in_turn(self.outbox.put, [[letter], [receipt]], durable)

            place = (self.names.hops, partition, key.encode())
            return Record(*place, message.value, headers, durable, refused)

        return record

    # At the visitor's home.

    def tie(
        self, partition: int, visitor: str, said: Link, event: Event | None, source: str | None
    ) -> Release:
        """The visitor is this contact: what was held follows, and so does what comes."""
        visitors = self.known[partition]
        before = visitors.link_of(visitor)
        places = visitors.release(visitor)
        merge = Routed()
        if event is not None:
            merge = stitching.merged_by(
                event, visitor, self.plan, source, before=before, held=bool(places)
            )
        link = stitching.linked(before, said, merge)
        user = link or before or said
        released = [self._released(user, self.rows.held(place)) for place in places]
        later = [self.rows.held_fact(partition, place, None) for place in places]
        if link is not None:
            lost = visitors.link(visitor, link)
            later.append(self.rows.link_fact(partition, visitor, link))
            later += [self.rows.link_fact(partition, one, None) for one in lost]
        self.metrics.stitched(len(places))
        return Release([released, later], merge)

    def _released(self, link: Link, row: Held) -> Fact:
        said = hops.stitching(row.produced, link.contact)
        headers = [*row.headers, *hops.wanted(self.now_ms()), *said]
        place = (self.names.hops, link.partition, link.contact.encode())

        def record(durable: Callable[[], None]) -> Record:
            return Record(*place, row.value, headers, durable)

        return record

    # What is held too long.

    def expire(self, partition: int) -> None:
        """Let go what is over its bounds."""
        now, visitors = self.now_ms(), self.known.get(partition)
        if visitors is None:
            return
        self._let_go(partition, visitors.overdue(now))
        for visitor in visitors.forgotten(now):
            self.outbox.put(self.rows.link_fact(partition, visitor, None)(_nothing))

    def show(self, partition: int) -> None:
        """Numbers for the dashboards."""
        visitors = self.known.get(partition)
        if visitors is not None:
            since = visitors.oldest()
            seconds = 0.0 if since is None else max(0.0, (self.now_ms() - since) / 1000)
            events, of = visitors.events, visitors.visitors
            self.metrics.visitors(partition, events=events, visitors=of, seconds=seconds)

    def _let_go(self, partition: int, gone: Sequence[Gone]) -> None:
        """A receipt for each action, and then the event is forgotten."""
        for place, why in gone:
            row = self.rows.held(place)
            receipts = []
            for action in row.actions:
                held = HeldEvent(action, row.position, row.source, *place, row.event_time)
                receipts.append(self.reports.held_receipt(partition, held, why))
                self.metrics.suppressed(action, why)
            forgotten = self.rows.held_fact(partition, place, None)
            in_turn(self.outbox.put, [receipts, [forgotten]], _nothing)


def _nothing() -> None:
    return None
