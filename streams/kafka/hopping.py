"""Records that were passed on to us go to the tail of their lanes, as external commands.

A partition takes them while it has room for their commands; a record is acknowledged when all
that it made is closed, and of a tie when what was held is with the user and is forgotten here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from faust.types import Message

from streams.core.anonymous import stitched
from streams.core.command import Command
from streams.core.event import Event
from streams.core.lanes import Planned
from streams.core.outcome import Dead
from streams.kafka import hops
from streams.kafka.codec import Decoded, NeedsSchema, Tombstone, Undecodable
from streams.kafka.load import Load, headers_of, own_position
from streams.kafka.outbox import Fact, Outbox
from streams.kafka.partition import Partition
from streams.kafka.router import Router
from streams.kafka.visiting import Visiting
from streams.kafka.visitor_tables import in_turn

NO_HOP = Undecodable(Dead.INVALID, "no such hop", hops.HOP)


@dataclass(slots=True, eq=False)
class Hopping:
    """Takes what was passed on; `slow` and `arrived` are told of lanes."""

    router: Router
    visiting: Visiting
    outbox: Outbox
    slow: Callable[[Partition, bool], None]
    arrived: Callable[[], None]

    def read(self, part: Partition, message: Message) -> None:
        """A record that was passed on was read."""
        if not part.lanes.known_copy(message.topic, message.offset):
            part.read(message)
            part.hops.append(message)
            self.go_on(part)

    def go_on(self, part: Partition) -> None:
        """Take what was read, in its order, as far as there is room and schemas are known."""
        care, whose = self.router.care, (self, part.number)
        if care.put_off(whose):
            return
        while part.live and part.hops and not part.hops_wait:
            message = part.hops[0]
            if part.lanes.known_copy(message.topic, message.offset):
                part.hops.popleft()
                continue
            if not part.lanes.room_beside(message.topic):
                break
            decoded = self._decoded(message)
            if isinstance(decoded, NeedsSchema):
                part.hops_wait = True
                self.router.fetch(part, decoded, partial(self._fetched, part))
                break
            part.hops.popleft()
            self._take(part, message, decoded)
            part.advance()
            self.arrived()
            if care.covers(message):
                care.next_turn(whose, partial(self.go_on, part))
                break
        full = bool(part.hops)
        if full != part.hops_slowed and part.live:
            part.hops_slowed = full
            self.slow(part, full)

    def _fetched(self, part: Partition) -> None:
        part.hops_wait = False
        self.go_on(part)

    def _decoded(self, message: Message) -> Decoded | NeedsSchema:
        if hops.kind_of(message) == hops.TIE and message.value is None:
            return Tombstone()
        return self.router.decode(message, hops.produced_ms(message))

    def _take(self, part: Partition, message: Message, decoded: Decoded) -> None:
        kind, contact = hops.kind_of(message), hops.contact_of(message)
        if isinstance(decoded, Undecodable) and decoded.reason is Dead.CRASHES_WORKER:
            self._event(part, message, decoded)
        elif kind == hops.TIE:
            self._tie(part, message, decoded)
        elif kind == hops.STITCHED and isinstance(decoded, Event) and contact is not None:
            self._event(part, message, stitched(decoded, contact))
        elif kind in (hops.VISIT, hops.STITCHED):
            self._event(part, message, decoded)
        else:
            self._event(part, message, NO_HOP)

    def _event(self, part: Partition, message: Message, decoded: Decoded) -> None:
        made = self.router.made(message, own_position(message), decoded)
        done = hops.without(message)
        commands = [one for one, _ in made.commands if one.action not in done]
        self._lay(part, message, made.contact, commands, [made.facts])

    def _tie(self, part: Partition, message: Message, decoded: Decoded) -> None:
        link, visitor = hops.link_of(message, self.router.now_ms()), hops.visitor_of(message)
        if link is None or not visitor:
            self._event(part, message, NO_HOP)
            return
        event = decoded if isinstance(decoded, Event) else None
        source = self.router.source(message)
        release = self.visiting.tie(part.number, visitor, link, event, source)
        position, merge = own_position(message), release.merge
        beside = (
            []
            if event is None
            else self.router.routing_facts(
                message, position, replace(event, user_id=None, anonymous_id=visitor), merge
            )
        )
        commands = [one for one, _ in self.router.stamped(message, None, merge.commands)]
        self._lay(part, message, visitor, commands, [*release.stages, beside])

    def _lay(
        self,
        part: Partition,
        message: Message,
        contact: str,
        commands: Sequence[Command],
        stages: Sequence[Sequence[Fact]],
    ) -> None:
        headers = headers_of(message)
        planned = [
            (
                Planned(one.action, one.message_id),
                Load(replace(one, position=None), message, headers),
            )
            for one in commands
        ]
        part.lanes.replayed(message.topic, message.offset, contact, planned, holds=1)
        in_turn(self.outbox.put, stages, partial(self._release, part, message))

    def _release(self, part: Partition, message: Message) -> None:
        part.lanes.release_copy(message.topic, message.offset)
        part.advance()
        self.go_on(part)
