"""The tables of visitors: `held`, their events; `links`, whom they became."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from streams.core.visitors import Bounds, Link, Place, Visitors
from streams.kafka.hops import home_of
from streams.kafka.outbox import Fact, Record
from streams.kafka.tables import Tables
from streams.kafka.visitor_rows import (
    TOLD,
    Held,
    decode_held,
    decode_link,
    encode_held,
    encode_link,
    held_key,
    link_key,
    place_of,
    told_key,
    visitor_of,
)


@dataclass(slots=True)
class VisitorTables:
    """Typed reads and writes. `partitions` is how many there are, from the assignment on."""

    tables: Tables
    partitions: int = 0

    def home(self, visitor: str) -> int:
        """The partition at which a visitor is remembered."""
        return home_of(visitor, self.partitions)

    def held(self, place: Place) -> Held:
        """A held event. Raises KeyError where it is not held."""
        return decode_held(self.tables.rows["held"].data[held_key(place)])

    def told(self, visitor: str, contact: str) -> Link | None:
        """What a user's partition has last told of the tie."""
        raw = self.tables.rows["links"].data.get(told_key(visitor, contact))
        return None if raw is None else decode_link(raw)

    def held_fact(self, partition: int, place: Place, row: Held | None) -> Fact:
        """Hold an event; None lets it go."""
        value = None if row is None else encode_held(row)
        return self.tables.row_fact("held", partition, held_key(place), value)

    def link_fact(self, partition: int, visitor: str, link: Link | None) -> Fact:
        """The contact that a visitor became; None forgets it."""
        value = None if link is None else encode_link(link)
        return self.tables.row_fact("links", partition, link_key(visitor), value)

    def told_fact(self, partition: int, visitor: str, link: Link) -> Fact:
        """A user's partition has told of the tie."""
        key = told_key(visitor, link.contact)
        return self.tables.row_fact("links", partition, key, encode_link(link))

    def remembered(self, numbers: Sequence[int], bounds: Bounds) -> dict[int, Visitors]:
        """The visitors of these partitions as the tables have them, and of no other."""
        known = {number: Visitors(bounds) for number in numbers}
        rows = self.tables.rows
        for key, raw in list(rows["held"].data.items()):
            place = place_of(key)
            visitors = known.get(self.home(place.visitor))
            if visitors is None:
                rows["held"].data.pop(key, None)
            else:
                visitors.restore(place, len(raw), decode_held(raw).since)
        for key, raw in list(rows["links"].data.items()):
            visitor, link = visitor_of(key), decode_link(raw)
            visitors = known.get(link.partition if visitor is None else self.home(visitor))
            if visitors is None:
                rows["links"].data.pop(key, None)
            elif visitor is not None:
                visitors.link(visitor, link)
        return known

    def old_told(self, key: bytes, raw: bytes, before: int) -> int | None:
        """The partition of a user that has told of a tie before this time; else None."""
        if key[:1] != TOLD:
            return None
        link = decode_link(raw)
        return link.partition if link.since < before else None


def in_turn(
    put: Callable[[Record], None], stages: Sequence[Sequence[Fact]], done: Callable[[], None]
) -> None:
    """Write the facts of each stage when the broker has those of the stage before it."""
    waiting = [stage for stage in stages if stage]
    if not waiting:
        done()
        return
    now, *later = waiting
    left = len(now)

    def durable() -> None:
        nonlocal left
        left -= 1
        if not left:
            in_turn(put, later, done)

    for fact in now:
        put(fact(durable))
