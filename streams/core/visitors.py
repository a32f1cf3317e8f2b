"""Visitors of one partition: whose events are held, and whom the tied ones became.

Law: what is held is bounded: of each visitor in events, of all in bytes and in time. What must
go for a bound is handed to the caller, who writes its receipt; nothing goes silently.
It knows no events and no clock: times are given, in milliseconds since 1970. Pure.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from streams.core.outcome import Suppressed
from streams.core.times import DAY_MS

ROW = 500
"""Bytes that a held event takes beside itself, about."""
RETELL_MS = 3_600_000
"""How long, in times of events, a tie that was told need not be told again."""
LARGEST = 262_144
"""Bytes of the largest event that is held."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """`events` of one visitor, `size` in bytes of all, `age` and `link_age` in milliseconds."""

    events: int = 100
    size: int = 67_108_864
    age: int = 7 * DAY_MS
    link_age: int = 30 * DAY_MS
    links: int = 500_000


class Link(NamedTuple):
    """The contact that a visitor became, and the partition of its lane.

    `at` is when the event happened that tied them, `since` when that was learned; `by` is the
    message id of the event whose merge was asked for, empty where none was.
    """

    contact: str
    partition: int
    at: int
    since: int
    by: str = ""


class Place(NamedTuple):
    """A held event: whose, and its message id."""

    visitor: str
    message_id: str


class Gone(NamedTuple):
    """A held event that must go: `expired`, or `crowded_out`."""

    place: Place
    why: Suppressed


class _Kept(NamedTuple):
    since: int
    size: int


class Visitors:
    """What is remembered of the visitors whose home is one partition."""

    def __init__(self, bounds: Bounds) -> None:
        self.size = 0
        self._bounds = bounds
        self._held: OrderedDict[Place, _Kept] = OrderedDict()
        self._of: dict[str, dict[str, None]] = {}
        self._links: OrderedDict[str, Link] = OrderedDict()

    @property
    def events(self) -> int:
        """How many events are held."""
        return len(self._held)

    @property
    def visitors(self) -> int:
        """Of how many visitors."""
        return len(self._of)

    def oldest(self) -> int | None:
        """Since when the oldest event is held."""
        return next(iter(self._held.values())).since if self._held else None

    # Holding.

    def has_room_for(self, size: int) -> bool:
        """Whether an event of so many bytes is held at all."""
        return size <= LARGEST

    def holds(self, place: Place) -> bool:
        """Whether this event is held."""
        return place in self._held

    def hold(self, place: Place, size: int, now: int) -> list[Gone]:
        """Hold an event, the newest; gives what must go for it."""
        if place in self._held:
            return []
        self._held[place] = _Kept(now, size + ROW)
        self._of.setdefault(place.visitor, {})[place.message_id] = None
        self.size += size + ROW
        gone = []
        his = self._of[place.visitor]
        while len(his) > self._bounds.events:
            gone.append(Gone(Place(place.visitor, next(iter(his))), Suppressed.CROWDED_OUT))
            self._forget(gone[-1].place)
        while self.size > self._bounds.size and self._held:
            gone.append(Gone(next(iter(self._held)), Suppressed.CROWDED_OUT))
            self._forget(gone[-1].place)
        return gone

    def restore(self, place: Place, size: int, since: int) -> None:
        """An event is held since then, as a table has it; bounds are looked at later."""
        self._held[place] = _Kept(since, size)
        self._of.setdefault(place.visitor, {})[place.message_id] = None
        self.size += size

    def overdue(self, now: int, most: int = 1_000) -> list[Gone]:
        """Events that were held too long, the oldest first, and no longer are."""
        gone: list[Gone] = []
        while self._held and len(gone) < most:
            place, kept = next(iter(self._held.items()))
            if kept.since + self._bounds.age > now:
                break
            gone.append(Gone(place, Suppressed.EXPIRED))
            self._forget(place)
        return gone

    def release(self, visitor: str) -> list[Place]:
        """The visitor's events in their order; they are held no longer."""
        places = [Place(visitor, message_id) for message_id in self._of.get(visitor, ())]
        for place in places:
            self._forget(place)
        return places

    def _forget(self, place: Place) -> None:
        self.size -= self._held.pop(place).size
        his = self._of[place.visitor]
        del his[place.message_id]
        if not his:
            del self._of[place.visitor]

    # Links.

    def link_of(self, visitor: str) -> Link | None:
        """Whom the visitor became, as far as it is remembered."""
        return self._links.get(visitor)

    def link(self, visitor: str, link: Link) -> list[str]:
        """The visitor became this contact; gives the visitors whose links must go for it."""
        self._links.pop(visitor, None)
        self._links[visitor] = link
        gone = []
        while len(self._links) > self._bounds.links:
            gone.append(self._links.popitem(last=False)[0])
        return gone

    def forgotten(self, now: int, most: int = 1_000) -> Iterator[str]:
        """Visitors whose links are too old, and no longer known."""
        while self._links and most > 0:
            visitor, link = next(iter(self._links.items()))
            if link.since + self._bounds.link_age > now:
                break
            del self._links[visitor]
            most -= 1
            yield visitor
