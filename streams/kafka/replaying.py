"""Dead letters that are sent again go to the tail of their lanes, in the order of one topic.

That topic is `<prefix>.replays`; were each command replayed onto its action's own topic, those of
one contact could change places. A command comes as it was dead-lettered; an event is routed by
today's plan, wholly or for the one action that its letter names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from faust.types import Message

from streams.core.anonymous import stitched
from streams.core.event import Event
from streams.core.lanes import Planned
from streams.core.outcome import Dead
from streams.kafka.care import careful_load
from streams.kafka.codec import Decoded, NeedsSchema, Undecodable
from streams.kafka.hops import STITCHED, contact_of, kind_of
from streams.kafka.load import (
    REPLAY_ACTION,
    REPLAY_COMMAND,
    Load,
    headers_of,
    own_position,
    replay_position,
)
from streams.kafka.outbox import Outbox
from streams.kafka.partition import Partition
from streams.kafka.router import Router


@dataclass(slots=True, eq=False)
class Replaying:
    """Reads the replays of every partition; `arrived` is called when lanes may have work."""

    router: Router
    outbox: Outbox
    arrived: Callable[[], None]

    def read(self, part: Partition, message: Message) -> None:
        """A replay was read."""
        if not part.lanes.known_copy(message.topic, message.offset):
            part.read(message)
            part.replays.append(message)
            self.go_on(part)

    def go_on(self, part: Partition) -> None:
        """Take what was read, in its order, as far as its schemas are known."""
        care, whose = self.router.care, (self, part.number)
        if care.put_off(whose):
            return
        while part.live and part.replays and not part.replays_wait:
            message = part.replays[0]
            if part.lanes.known_copy(message.topic, message.offset):
                part.replays.popleft()
                continue
            headers = headers_of(message)
            if REPLAY_COMMAND in headers:
                self._command(part, message, headers[REPLAY_COMMAND].decode(errors="replace"))
            else:
                result = self.router.decode(message)
                if isinstance(result, NeedsSchema):
                    part.replays_wait = True
                    self.router.fetch(part, result, partial(self._fetched, part))
                    return
                self._event(part, message, result, headers.get(REPLAY_ACTION))
            part.replays.popleft()
            part.advance()
            self.arrived()
            if care.covers(message):
                care.next_turn(whose, partial(self.go_on, part))
                break

    def _fetched(self, part: Partition) -> None:
        part.replays_wait = False
        self.go_on(part)

    def _command(self, part: Partition, message: Message, action: str) -> None:
        if all(action != instance.name for instance in self.router.plan.instances):
            self._event(part, message, Undecodable(Dead.INVALID, "no such action", "action"), None)
            return
        load = careful_load(self.router.care, self.router.codec, message)
        planned = Planned(action, load.message_id)
        part.lanes.replayed(message.topic, message.offset, load.contact, [(planned, load)])

    def _event(
        self,
        part: Partition,
        message: Message,
        result: Decoded,
        only: bytes | None,
    ) -> None:
        contact = contact_of(message)
        if kind_of(message) == STITCHED and isinstance(result, Event) and contact is not None:
            result = stitched(result, contact)
        position = replay_position(message) or own_position(message)
        made = self.router.made(message, position, result, only)
        headers = headers_of(message)
        commands = [
            (Planned(one.action, one.message_id), Load(one, message, headers))
            for one, _ in made.commands
        ]
        part.lanes.replayed(
            message.topic, message.offset, made.contact, commands, holds=len(made.facts)
        )
        for fact in made.facts:
            self.outbox.put(fact(partial(self._release, part, message)))

    def _release(self, part: Partition, message: Message) -> None:
        part.lanes.release_copy(message.topic, message.offset)
        part.advance()
