"""What we leave behind on our own topics: one receipt per outcome, one dead letter per failure.

Values only; how they are written is the codec's affair. Times are milliseconds since 1970 UTC.
"""

from dataclasses import dataclass
from typing import Literal

from streams.core.command import Position
from streams.core.event import Note


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands on the bus. `time` is the record's own, where it is known."""

    topic: str
    partition: int
    offset: int
    time: int | None = None


# Not frozen, as one is made for every command: that takes half the time.
@dataclass(slots=True, kw_only=True)
class Receipt:
    """What became of one command, or of one event that made none. It holds no body.

    `outcome` and `reason` are the words of `core.outcome`; a filtered event's reason is free.
    `source` is the record on the company's bus, `position` the keyed record; `status` is the
    last HTTP status, `latency_ms` the time from reading the record to the outcome.
    """

    kind: Literal["event", "command"]
    outcome: str
    time: int
    action: str | None = None
    reason: str | None = None
    field: str | None = None
    status: int | None = None
    attempts: int = 0
    latency_ms: int | None = None
    position: Position | None = None
    source: Place | None = None
    contact: str | None = None
    message_id: str | None = None
    correlation_id: str = ""
    event_time: int | None = None
    notes: tuple[Note, ...] = ()
    replay_of: str | None = None
    in_doubt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event or a command that cannot be delivered, with what a replay needs.

    `topic`, `partition`, `offset`, `key`, `value` and `headers` are the original record's,
    untouched; `value` is None for a tombstone and for a record too large to be kept.
    `message` is for people and holds no value of the event. `replay_to` is the topic through
    which it is sent again.
    """

    id: str
    reason: str
    message: str
    topic: str
    partition: int
    offset: int
    time: int
    replay_to: str
    app_version: str
    action: str | None = None
    field: str | None = None
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    position: Position | None = None
    contact: str | None = None
    message_id: str | None = None
    attempts: int = 0
    status: int | None = None
