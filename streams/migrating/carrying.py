"""Carries over what the old workers had not finished when they stopped, and the dead letters.

| from                 | what                                         | to the lane of       |
|----------------------|----------------------------------------------|----------------------|
| the old keyed topic  | what is not settled, where it is ours        | its key              |
| `<prefix>.hops`      | what is not settled                          | its key              |
| the action topics    | what is not settled and no event has made    | the command's contact |
| `<prefix>.dead-letters` | of what no replay is settled              | the letter's contact |

What an event has made is made again from its event. Each carried record says where it stood, so
that a second run carries none twice.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from streams.core import records as bus
from streams.core.command import Command
from streams.core.event import Event
from streams.core.records import DeadLetter
from streams.kafka.codec import Codec, RegistryAway
from streams.kafka.fitting import EVER_SMALLER
from streams.kafka.forwarding import copied_headers
from streams.kafka.groups import Offsets
from streams.kafka.hops import lane_of
from streams.kafka.load import MOVED_FROM, REPLAY_OF, headers_of
from streams.kafka.names import Names, names_of
from streams.migrating.moving import Headers, moved_hop, moved_letter
from streams.migrating.spans import Bulk, Reader, Span
from streams.settings import Settings

LARGEST = 1_000_000
"""Bytes of a dead letter, which a record that was added to must still fit."""
Placed = tuple[int, bytes | None, Headers]
"""The new partition of a record, its key and its headers."""


@dataclass(slots=True)
class Carrying:
    """Carries from the layout of `old` to that of `new`, which has so many `partitions`.

    `stands` is where the old group stands; what is carried of a source is behind it.
    """

    old: Settings
    new: Settings
    partitions: int
    stands: Offsets
    reader: Reader
    bulk: Bulk
    _codec: Codec = field(default_factory=Codec)

    async def keyed(self, topic: str) -> int:
        """What is left of the keyed topic; how many records it was."""

        async def place(record: Any) -> Placed:
            return self._lane(record.key, record), record.key, record.headers

        return await self._carry(self._left(topic), names_of(self.new).keyed, place)

    async def grown(self, topic: str, partitions: int, codec: Codec) -> int:
        """What is left of the first `partitions` of a company's topic that has more by now.

        The group `stands` behind it then. Raises `OSError` where no registry answers.
        """

        async def place(record: Any) -> Placed:
            key = await self._contact_of(record, codec)
            headers = tuple(copied_headers(record, record.timestamp))
            return self._lane(key, record), key, headers

        span = self._left(topic, only=range(partitions))
        count = await self._carry(span, names_of(self.new).keyed, place)
        self.stands |= {(topic, number): at for number, at in span.ends.items()}
        return count

    async def hops(self) -> int:
        """What is left of the hops."""

        async def place(record: Any) -> Placed:
            number, headers = moved_hop(record.key, record.headers, self.partitions)
            return number, record.key, headers

        return await self._carry(self._left(self._from.hops), names_of(self.new).hops, place)

    async def commands(self, actions: Iterable[str]) -> int:
        """What others put on the action topics."""

        async def place(record: Any) -> Placed | None:
            command = self._codec.decode_command(record.value)
            if not isinstance(command, Command):
                return lane_of(record.key or b"", self.partitions), record.key, record.headers
            if command.position is not None:
                return None
            contact = command.contact.encode()
            return lane_of(contact, self.partitions), record.key, record.headers

        count = 0
        for action in actions:
            old, new = self._from.action(action), names_of(self.new).action(action)
            count += await self._carry(self._left(old), new, place)
        return count

    async def letters(self) -> int:
        """The dead letters of which no replay is settled.

        Nobody reads a replay behind that any more; its letter can be replayed again.
        """
        names = names_of(self.new)
        done = {letter.id async for letter, _ in self._letters(names.dead_letters)}
        async for record in Span(self.reader, self._from.replays).records():
            said = dict(record.headers).get(REPLAY_OF)
            if said and record.offset < self.stands.get((record.topic, record.partition), 0):
                done.add(said.decode(errors="replace"))
        count = 0
        async for letter, record in self._letters(self._from.dead_letters):
            if letter.id in done:
                continue
            done.add(letter.id)
            moved, value = self._fitting(moved_letter(letter, self._from, names, self.partitions))
            at = record.timestamp
            await self.bulk.put(
                names.dead_letters, moved.partition, moved.key, value, timestamp=at, of=record
            )
            count += 1
        await self.bulk.settle()
        return count

    async def _contact_of(self, record: Any, codec: Codec) -> bytes | None:
        place = bus.Place(record.topic, record.partition, record.offset, time=record.timestamp)
        event = await codec.decode_event(record.value, headers_of(record), place)
        if isinstance(event, RegistryAway):
            raise ConnectionError("the schema registry does not answer")
        contact = event.contact if isinstance(event, Event) else None
        return contact.encode() if contact else record.key

    @property
    def _from(self) -> Names:
        return names_of(self.old)

    def _fitting(self, letter: DeadLetter) -> tuple[DeadLetter, bytes]:
        for smaller in (lambda one: one, *EVER_SMALLER):
            letter = smaller(letter)
            value = self._codec.encode_dead_letter(letter)
            if len(value) <= LARGEST:
                break
        return letter, value

    async def _letters(self, topic: str) -> AsyncIterator[tuple[DeadLetter, Any]]:
        async for record in Span(self.reader, topic).records():
            letter = self._codec.decode_dead_letter(record.value)
            if isinstance(letter, DeadLetter):
                yield letter, record

    async def _carry(
        self, span: Span, new: str, place: Callable[[Any], Awaitable[Placed | None]]
    ) -> int:
        done = await self._done(new)
        count = 0
        async for record in span.records():
            at = f"{span.topic} {record.partition} {record.offset}".encode()
            found = None if at in done else await place(record)
            if found is None:
                continue
            number, key, headers = found
            said = [*(pair for pair in headers if pair[0] != MOVED_FROM), (MOVED_FROM, at)]
            time = record.timestamp
            await self.bulk.put(
                new, number, key, record.value, headers=said, timestamp=time, of=record
            )
            count += 1
        await self.bulk.settle()
        return count

    def _left(self, topic: str, only: Collection[int] | None = None) -> Span:
        stood = {number: at for (name, number), at in self.stands.items() if name == topic}
        return Span(self.reader, topic, stood, only)

    def _lane(self, key: bytes | None, record: Any) -> int:
        return lane_of(key, self.partitions) if key else record.partition % self.partitions

    async def _done(self, topic: str) -> set[bytes]:
        """Where the records stood that were carried before; nobody else writes to it yet."""
        done: set[bytes] = set()
        async for record in Span(self.reader, topic).records():
            said = dict(record.headers).get(MOVED_FROM)
            done |= {said} if said else set()
        return done
