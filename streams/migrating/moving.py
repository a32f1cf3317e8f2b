"""What goes where when the number of partitions changes. Pure.

A contact's lane is on the partition that its key hashes to, as our copy of the sources does it,
and all that is remembered of the contact stands on the same partition.

| table                                                    | whose a row is                       |
|----------------------------------------------------------|--------------------------------------|
| `parked` `identities` `profiles` `consent` `memberships` | its key is the contact               |
| `orders`                                                 | its key begins with the contact      |
| `held`                                                   | its key begins with the visitor      |
| `links`                                                  | the visitor's, or of a tie the user's |
| `seen` `supplements`                                     | its key is a hash: others know whose |
| `groups`                                                 | everybody's: on every partition      |

A row that says a partition says the new one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from streams.core.records import DeadLetter
from streams.kafka import hops, own
from streams.kafka.hops import lane_of
from streams.kafka.learned_rows import decode_row, encode_row
from streams.kafka.load import SOURCE_OFFSET, SOURCE_PARTITION, SOURCE_TOPIC
from streams.kafka.names import Names
from streams.kafka.visitor_rows import (
    decode_link,
    encode_link,
    place_of,
    told_of,
    visitor_of,
)

Headers = tuple[tuple[str, bytes | None], ...]
HASHED = frozenset({"seen", "supplements"})
"""Tables whose keys do not say whose their rows are."""
EVERYWHERE = frozenset({"groups"})
"""Tables whose rows every partition has."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record of a changelog as it is to be; without a value it forgets the row."""

    partition: int
    key: bytes
    value: bytes | None


def moved(
    table: str,
    key: bytes,
    value: bytes | None,
    partitions: int,
    owners: Mapping[bytes, int],
) -> Sequence[Row]:
    """Where a record of a changelog goes, and as what; nowhere if nobody knows whose the row is.

    `owners` has the new partitions of rows of `HASHED`. What forgets a row of nobody knows whom
    goes everywhere. Raises ValueError for what is no row.
    """
    number = _number(table, key, value, partitions, owners)
    if number is None:
        spread = value is None or table in EVERYWHERE
        return [Row(one, key, value) for one in range(partitions)] if spread else ()
    if value is not None and table in REWRITES:
        value = REWRITES[table](value, number, partitions)
    return [Row(number, key, value)]


def _number(
    table: str, key: bytes, value: bytes | None, partitions: int, owners: Mapping[bytes, int]
) -> int | None:
    if table in EVERYWHERE:
        return None
    if table in HASHED:
        return owners.get(key)
    whose = WHOSE[table](key, value)
    return None if whose is None else lane_of(whose, partitions)


def _contact(key: bytes, value: bytes | None) -> bytes:
    return key


def _of_order(key: bytes, value: bytes | None) -> bytes | None:
    """Where the contact or the number of the order has a NUL, too, the row has to say."""
    if key.count(b"\0") == 1:
        return key.partition(b"\0")[0]
    if value is None:
        return None
    row = own.decode("order_state", value)
    if isinstance(row, own.Unreadable):
        raise ValueError(f"row of orders: {row.why}")  # noqa: TRY004 - bad data, not a bad type
    return _bytes(row["contact"])


def _of_held(key: bytes, value: bytes | None) -> bytes:
    return _bytes(place_of(key).visitor)


def _of_link(key: bytes, value: bytes | None) -> bytes:
    visitor = visitor_of(key)
    return _bytes(told_of(key).contact if visitor is None else visitor)


WHOSE: Mapping[str, Callable[[bytes, bytes | None], bytes | None]] = {
    "orders": _of_order,
    "parked": _contact,
    "identities": _contact,
    "profiles": _contact,
    "consent": _contact,
    "memberships": _contact,
    "held": _of_held,
    "links": _of_link,
}


def _link(value: bytes, number: int, partitions: int) -> bytes:
    link = decode_link(value)
    return encode_link(link._replace(partition=lane_of(_bytes(link.contact), partitions)))


def _supplement(value: bytes, number: int, partitions: int) -> bytes:
    row = decode_row("supplements", value)
    return encode_row("supplements", replace(row, partition=number))


REWRITES: Mapping[str, Callable[[bytes, int, int], bytes]] = {
    "links": _link,
    "supplements": _supplement,
}


def moved_hop(key: bytes | None, headers: Headers, partitions: int) -> tuple[int, Headers]:
    """Where a record that was passed on goes: to the lane of its key; a tie says the user's."""
    said = {name: value for name, value in headers if value is not None}
    contact = said.get(hops.CONTACT)
    if said.get(hops.HOP) == hops.TIE.encode() and contact is not None:
        lane = str(lane_of(contact, partitions)).encode()
        headers = tuple(
            (name, lane if name == hops.PARTITION else value) for name, value in headers
        )
    return lane_of(key or b"", partitions), headers


def moved_letter(letter: DeadLetter, old: Names, new: Names, partitions: int) -> DeadLetter:
    """A dead letter of which a replay reaches its contact's lane.

    Where the event stood on the bus stands in its headers from now on.
    """
    whose = letter.contact.encode() if letter.contact else letter.key or b""
    headers = letter.headers
    if SOURCE_TOPIC not in dict(headers):
        headers = (
            *headers,
            (SOURCE_TOPIC, letter.topic.encode()),
            (SOURCE_PARTITION, str(letter.partition).encode()),
            (SOURCE_OFFSET, str(letter.offset).encode()),
        )
    own = letter.action is not None and letter.topic == old.action(letter.action)
    topic = new.action(letter.action) if own and letter.action is not None else letter.topic
    partition = lane_of(whose, partitions)
    return replace(letter, topic=topic, partition=partition, headers=headers, replay_to=new.replays)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
