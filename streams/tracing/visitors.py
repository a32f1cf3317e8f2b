"""Visitors in a trace: what is held of them, and what follows when they are tied to a user.

All lines are one history on one partition, so what a tie releases stands on the line of the tie.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.core import anonymous, stitching
from streams.core.compiled import CompiledPlan
from streams.core.event import Event, Note
from streams.core.routed import Filtered, Routed
from streams.core.routing import route
from streams.core.visitors import Gone, Link, Place, Visitors
from streams.tracing.lines import Line, note_part

WHAT = "anonymousId"


@dataclass(slots=True)
class Visits:
    """What the tables of visitors would know. Time is that of the events."""

    plan: CompiledPlan
    events: dict[Place, tuple[Event, str | None]] = field(default_factory=dict)
    visitors: Visitors = field(init=False)

    def __post_init__(self) -> None:
        self.visitors = Visitors(self.plan.anonymous.bounds)

    @property
    def on(self) -> bool:
        """Whether the plan wants anything with visitors."""
        return self.plan.anonymous.mode != "drop"

    def turned(
        self, event: Event, routed: Routed | Filtered, line: Line, source: str | None
    ) -> tuple[Event, Routed | Filtered]:
        """A visitor's event as the user's, or held, or as it is."""
        self._gone(self.visitors.overdue(event.timestamp), line)
        list(self.visitors.forgotten(event.timestamp))
        if isinstance(routed, Filtered):
            return event, routed
        if event.user_id is not None:
            if any(anonymous.is_alias_of(event, one) for one in anonymous.tied(event)):
                routed = stitching.without(routed, stitching.merging(self.plan))
            return event, routed
        visitor = event.contact or ""
        link = self.visitors.link_of(visitor)
        if link is not None:
            event = anonymous.stitched(event, link.contact)
            return event, route(event, self.plan, source)
        held = stitching.held(routed, self.plan)
        if held is None:
            return event, routed
        place = Place(visitor, event.message_id)
        self.events.setdefault(place, (event, source))
        self._gone(self.visitors.hold(place, 0, event.timestamp), line)
        return event, held

    def follow(
        self, event: Event, routed: Routed | Filtered, source: str | None
    ) -> Iterator[tuple[Event, Routed | Filtered]]:
        """What the event's ties merge and release, each as the event that it is by then."""
        if isinstance(routed, Filtered) and routed.reason != "no_action":
            return
        for visitor in anonymous.tied(event):
            before = self.visitors.link_of(visitor)
            places = self.visitors.release(visitor)
            said = Link(event.user_id or "", 0, event.timestamp, event.timestamp)
            merge = stitching.merged_by(
                event, visitor, self.plan, source, before=before, held=bool(places)
            )
            link = stitching.linked(before, said, merge)
            if link is not None:
                self.visitors.link(visitor, link)
            if merge != Routed():
                yield event, merge
            user = (link or before or said).contact
            for place in places:
                was, where = self.events.pop(place)
                his = anonymous.stitched(was, user)
                yield his, route(his, self.plan, where)

    def _gone(self, gone: list[Gone], line: Line) -> None:
        for place, why in gone:
            self.events.pop(place, None)
            note = Note(WHAT, f"{place.message_id} was held, and is {why}")
            line["notes"].append(note_part(None, note))
