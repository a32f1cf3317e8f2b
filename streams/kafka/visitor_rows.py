"""Rows of the tables `held` and `links`, and their keys. Pure.

The key of a held event is its visitor and message id; of a link, its visitor. What a partition
has told of its users stands beside the links, under the visitor and the user.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from streams.core.command import Position
from streams.core.records import Place as Source
from streams.core.visitors import Link, Place
from streams.kafka import own
from streams.kafka.load import source_of

Headers = tuple[tuple[str, bytes | None], ...]
LINK, TOLD = b"v", b"t"


class Told(NamedTuple):
    """A tie that a user's partition has told of."""

    visitor: str
    contact: str


@dataclass(frozen=True, slots=True)
class Held:
    """A row of `held`; times in milliseconds since 1970."""

    value: bytes
    headers: Headers
    position: Position
    actions: tuple[str, ...]
    event_time: int
    produced: int
    since: int

    @property
    def source(self) -> Source | None:
        """The record on the company's bus, where it is known."""
        said = source_of({name: value for name, value in self.headers if value is not None})
        return None if said is None else Source(*said)


def held_key(place: Place) -> bytes:
    """The key of a held event."""
    return _two(place.visitor, place.message_id)


def place_of(key: bytes) -> Place:
    """Whose event stands under a key of `held`. Raises ValueError."""
    length, _, text = key.decode("utf-8", "surrogatepass").partition(":")
    return Place(text[: int(length)], text[int(length) :])


def link_key(visitor: str) -> bytes:
    """The key of a link."""
    return LINK + _bytes(visitor)


def visitor_of(key: bytes) -> str | None:
    """Whose link stands under a key of `links`; None where it is no link."""
    return key[1:].decode("utf-8", "surrogatepass") if key[:1] == LINK else None


def told_key(visitor: str, contact: str) -> bytes:
    """The key under which a user's partition notes that it has told of the tie."""
    return TOLD + _two(visitor, contact)


def told_of(key: bytes) -> Told:
    """Of whom a partition has told. Raises ValueError where the key is none of these."""
    if key[:1] != TOLD:
        raise ValueError("no key of links")
    place = place_of(key[1:])
    return Told(place.visitor, place.message_id)


def encode_held(row: Held) -> bytes:
    """A row of `held`."""
    position = row.position
    record = {
        "value": row.value,
        "headers": [{"key": key, "value": value} for key, value in row.headers],
        "position": {
            "generation": position.generation,
            "topic": position.topic,
            "partition": position.partition,
            "offset": position.offset,
        },
        "actions": list(row.actions),
        "eventTime": row.event_time,
        "produced": row.produced,
        "since": row.since,
    }
    return own.encode("held", record)


def decode_held(value: bytes) -> Held:
    """A row of `held`. Raises ValueError."""
    record = _row("held", value)
    return Held(
        value=record["value"],
        headers=tuple((one["key"], one["value"]) for one in record["headers"]),
        position=Position(**record["position"]),
        actions=tuple(record["actions"]),
        event_time=record["eventTime"],
        produced=record["produced"],
        since=record["since"],
    )


def encode_link(link: Link) -> bytes:
    """A row of `links`."""
    return own.encode("link", link._asdict())


def decode_link(value: bytes) -> Link:
    """A row of `links`. Raises ValueError."""
    return Link(**_row("link", value))


def _row(name: str, value: bytes) -> dict[str, Any]:
    record = own.decode(name, value)
    if isinstance(record, own.Unreadable):
        raise ValueError(f"row of {name}: {record.why}")  # noqa: TRY004 - bad data, not a bad type
    return record


def _two(first: str, second: str) -> bytes:
    return _bytes(f"{len(first)}:{first}{second}")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
