"""What an entry of a lane carries: the command, the record it was read from, its tries."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from faust.types import Message

from streams.core.command import Command, Position
from streams.core.outcome import Dead
from streams.core.records import Place
from streams.core.retrying import AttemptState
from streams.kafka.codec import Codec, Undecodable
from streams.kafka.echoes import Echoes

REPLAY_OF = "x-replay-of"
FORCED = "x-replay-forced"
REPLAY_ACTION = "x-replay-action"
REPLAY_COMMAND = "x-replay-command"
REPLAY_POSITION = "x-replay-position"
SOURCE_TOPIC = "x-source-topic"
SOURCE_PARTITION = "x-source-partition"
SOURCE_OFFSET = "x-source-offset"
SOURCE_TIMESTAMP = "x-source-timestamp"
CORRELATION_ID = "x-correlation-id"
MOVED_FROM = "x-moved-from"
PRODUCED = "x-hop-produced"
SINCE = "x-hop-since"
TRACEPARENT = "traceparent"
MAX_ID = 1_000
MAX_TOPIC = 249
MAX_CORRELATION_ID = 200


@dataclass(slots=True)
class Load:
    """`command` is None where the record on the action topic could not be read as one: `why`."""

    command: Command | None
    message: Message
    headers: dict[str, bytes]
    problem: str = ""
    why: Dead = Dead.UNDECODABLE
    tries: AttemptState = field(default_factory=AttemptState)
    solo: bool = False
    in_doubt: bool = False
    intended: bool = False
    waits: bool = False

    @property
    def contact(self) -> str:
        """The contact key; of an unreadable command what its record is keyed by."""
        if self.command is not None:
            return self.command.contact
        return (self.message.key or b"").decode(errors="replace")[:MAX_ID]

    @property
    def message_id(self) -> str:
        """The command's, else made from the place of its record."""
        message = self.message
        given = self.command.message_id if self.command else ""
        return given or place_of(message)

    @property
    def size(self) -> int:
        """Bytes of the record, which bound those of the body."""
        return len(self.message.value or b"")

    @property
    def produced_ms(self) -> int:
        """When the record was produced."""
        return int(self.message.timestamp * 1000)

    @property
    def since_ms(self) -> int:
        """Since when it is to be delivered, see `since_ms`."""
        return since_ms(self.message, self.headers)

    @property
    def replay_of(self) -> str | None:
        """The id of the dead letter that this is a replay of."""
        return replay_of(self.headers)

    @property
    def forced(self) -> bool:
        """The operator wants it sent although something newer was applied."""
        return FORCED in self.headers

    @property
    def source(self) -> tuple[str, int, int] | None:
        """Topic, partition and offset of the record on the company's bus, where known."""
        return source_of(self.headers)

    @property
    def position(self) -> Position:
        """The identity's position; an external command has that of its copy."""
        if self.command is not None and self.command.position and self.replay_of is None:
            return self.command.position
        return own_position(self.message)


def load_of(codec: Codec | Echoes, message: Message) -> Load:
    """What was read from an action topic."""
    decoded = codec.decode_command(message.value)
    headers = headers_of(message)
    if isinstance(decoded, Undecodable):
        return Load(None, message, headers, decoded.message, why=decoded.reason)
    for name in ("contact", "message_id", "correlation_id"):
        if len(getattr(decoded, name)) > MAX_ID:
            said = f"{name} is longer than {MAX_ID:,} characters"
            return Load(None, message, headers, problem=said)
    return Load(decoded, message, headers)


def place_of(message: Message) -> str:
    """Where a record stands, as one text."""
    return f"{message.topic}-{message.partition}-{message.offset}"


def own_position(message: Message) -> Position:
    """The position of what a record makes that is no keyed one."""
    return Position(-1, message.topic, message.partition, message.offset)


def header_pairs(message: Message) -> tuple[tuple[str, bytes | None], ...]:
    """The headers as they stand on the record: a name may come twice, a value may be null."""
    pairs = message.headers or ()
    return tuple(pairs.items() if isinstance(pairs, Mapping) else pairs)


def headers_of(message: Message) -> dict[str, bytes]:
    """Headers by name; the last of a name wins."""
    if not message.headers:
        return {}
    return {str(name): value for name, value in header_pairs(message) if isinstance(value, bytes)}


def replay_of(headers: Mapping[str, bytes]) -> str | None:
    """The id of the dead letter that a record is a replay of."""
    value = headers.get(REPLAY_OF)
    return None if value is None else value.decode(errors="replace")[:MAX_ID]


def position_header(position: Position) -> bytes:
    """The place of the keyed record that a replay stems from."""
    generation, offset = position.generation, position.offset
    return f"{generation} {position.partition} {offset} {position.topic}".encode()


def replay_position(message: Message) -> Position | None:
    """What `position_header` says of a replay; None where it says nothing of use."""
    try:
        text = headers_of(message)[REPLAY_POSITION].decode()
        generation, partition, offset, topic = text.split(" ", 3)
        position = Position(int(generation), topic, int(partition), int(offset))
    except (KeyError, ValueError):
        return None
    known = -1 <= position.generation < 2**31 and 0 <= position.partition < 2**31
    return position if known and 0 <= position.offset < 2**63 else None


def source_of(headers: Mapping[str, bytes]) -> tuple[str, int, int] | None:
    """The `x-source-*` headers as a place, or None where they are missing or garbled."""
    try:
        topic = headers[SOURCE_TOPIC].decode()
        partition, offset = int(headers[SOURCE_PARTITION]), int(headers[SOURCE_OFFSET])
    except (KeyError, ValueError):
        return None
    possible = 0 <= partition < 2**31 and 0 <= offset < 2**63
    return (topic, partition, offset) if possible and len(topic) <= MAX_TOPIC else None


def bus_place(message: Message) -> tuple[str, int, int]:
    """Where the event stands on the company's bus: as the headers say, else where it was read."""
    return _place(message, headers_of(message))


def _place(message: Message, headers: Mapping[str, bytes]) -> tuple[str, int, int]:
    source = source_of(headers) if headers else None
    return source or (message.topic, message.partition, message.offset)


def bus_time(message: Message) -> int:
    """When the record on the company's bus was produced, in milliseconds, however often copied."""
    return _time(message, headers_of(message))


def _time(message: Message, headers: Mapping[str, bytes]) -> int:
    said = -1
    if SOURCE_TIMESTAMP in headers and source_of(headers):
        with suppress(ValueError):
            said = int(headers[SOURCE_TIMESTAMP])
    return said if 0 <= said < 2**53 else int(message.timestamp * 1000)


def since_ms(message: Message, headers: Mapping[str, bytes]) -> int:
    """Since when an event is to be delivered, in milliseconds: when it came to the bus, or was let
    go or sent again."""
    if REPLAY_OF in headers:
        return int(message.timestamp * 1000)
    for name in (SINCE, PRODUCED):
        with suppress(KeyError, ValueError):
            return int(headers[name])
    return _time(message, headers)


def origin(message: Message, produced: int | None = None) -> tuple[dict[str, bytes], Place]:
    """The headers, and where the event stands on the company's bus, and when it came there.

    `produced` is that time in milliseconds, where it was passed on since.
    """
    headers = headers_of(message)
    time = _time(message, headers) if produced is None else produced
    return headers, Place(*_place(message, headers), time)


def correlation_id(message: Message) -> str:
    """The one that the sender gave, where it is usable; else made from the record's place."""
    given = headers_of(message).get(CORRELATION_ID, b"").decode(errors="ignore")
    if given and len(given) <= MAX_CORRELATION_ID and given.isprintable():
        return given
    return place_of(message)


def command_headers(message: Message, command: Command) -> list[tuple[str, bytes]]:
    """The headers of a command: where its event stands on the bus and since when, and its trace."""
    headers = headers_of(message)
    source = _place(message, headers)
    ours = [
        (SOURCE_TOPIC, source[0].encode()),
        (SOURCE_PARTITION, str(source[1]).encode()),
        (SOURCE_OFFSET, str(source[2]).encode()),
        (SOURCE_TIMESTAMP, str(_time(message, headers)).encode()),
        (CORRELATION_ID, command.correlation_id.encode()),
    ]
    if TRACEPARENT in headers:
        ours.append((TRACEPARENT, headers[TRACEPARENT]))
    return ours
