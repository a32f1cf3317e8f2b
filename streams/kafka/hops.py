"""The topic on which records are passed on to the partition of their lane, and how they look.

| hop        | from                         | to                 | key     | then                 |
|------------|------------------------------|--------------------|---------|----------------------|
| `visit`    | where a visitor's event is   | the visitor's home | visitor | as if it was there   |
| `tie`      | where an event ties the id   | the visitor's home | visitor | release, merge, link |
| `stitched` | the visitor's home           | the user's lane    | user    | routed as the user's |

The value is the event's record, untouched. A visitor's home is named by our own hash, which is
that of the bus where its producers use Java's partitioner: then nothing has to visit.
"""

from collections.abc import Sequence

from aiokafka.partitioner import murmur2
from faust.types import Message

from streams.core.visitors import Link
from streams.kafka.load import (
    CORRELATION_ID,
    FORCED,
    MAX_ID,
    PRODUCED,
    REPLAY_ACTION,
    REPLAY_COMMAND,
    REPLAY_OF,
    REPLAY_POSITION,
    SINCE,
    SOURCE_OFFSET,
    SOURCE_PARTITION,
    SOURCE_TOPIC,
    bus_place,
    bus_time,
    correlation_id,
    header_pairs,
    headers_of,
    since_ms,
)

HOP = "x-hop"
CONTACT = "x-hop-contact"
PARTITION = "x-hop-partition"
AT = "x-hop-at"
WITHOUT = "x-hop-without"
VISIT, TIE, STITCHED = "visit", "tie", "stitched"
OURS = frozenset(
    {
        *(HOP, CONTACT, PARTITION, PRODUCED, SINCE, AT, WITHOUT),
        *(SOURCE_TOPIC, SOURCE_PARTITION, SOURCE_OFFSET, CORRELATION_ID),
        *(REPLAY_OF, REPLAY_ACTION, REPLAY_COMMAND, REPLAY_POSITION, FORCED),
    }
)

Headers = list[tuple[str, bytes | None]]


def home_of(visitor: str, partitions: int) -> int:
    """The partition at which a visitor is remembered, whatever partition its events come from."""
    return lane_of(visitor.encode(), partitions)


def lane_of(contact: bytes, partitions: int) -> int:
    """The partition to which our copy of the sources brings a contact, of so many."""
    hashed: int = murmur2(contact)
    return (hashed & 0x7FFFFFFF) % partitions


def kind_of(message: Message) -> str | None:
    """Which hop a record is; None where it is none."""
    value = headers_of(message).get(HOP)
    return None if value is None else value.decode(errors="replace")


def contact_of(message: Message) -> str | None:
    """The user of a tie or of a stitched event."""
    return _text(headers_of(message).get(CONTACT))


def visitor_of(message: Message) -> str:
    """The visitor of a tie."""
    return (message.key or b"").decode(errors="replace")


def link_of(message: Message, now: int) -> Link | None:
    """What a tie says; None where it says nothing of use."""
    headers, contact = headers_of(message), contact_of(message)
    try:
        partition, at = int(headers[PARTITION]), int(headers[AT])
    except (KeyError, ValueError):
        return None
    return None if contact is None else Link(contact, partition, at, now)


def produced_ms(message: Message) -> int:
    """When the event's own record was produced, however often it was passed on."""
    try:
        return int(headers_of(message)[PRODUCED])
    except (KeyError, ValueError):
        return bus_time(message)


def passed_on(message: Message) -> Headers:
    """A record's own headers, and where it stands on the bus."""
    topic, partition, offset = bus_place(message)
    return [
        *(pair for pair in header_pairs(message) if pair[0] not in OURS),
        (SOURCE_TOPIC, topic.encode()),
        (SOURCE_PARTITION, str(partition).encode()),
        (SOURCE_OFFSET, str(offset).encode()),
        (CORRELATION_ID, correlation_id(message).encode()),
    ]


def wanted(since: int) -> Headers:
    """Since when an event is to be delivered, in milliseconds."""
    return [(SINCE, str(since).encode())]


def still_wanted(message: Message) -> Headers:
    """That an event is to be delivered since when it was before."""
    return wanted(since_ms(message, headers_of(message)))


def visiting(produced: int) -> Headers:
    """What makes a record a visit."""
    return [(HOP, VISIT.encode()), (PRODUCED, str(produced).encode())]


def tying(produced: int, link: Link) -> Headers:
    """What makes a record a tie of its key."""
    return [
        (HOP, TIE.encode()),
        (PRODUCED, str(produced).encode()),
        (CONTACT, link.contact.encode()),
        (PARTITION, str(link.partition).encode()),
        (AT, str(link.at).encode()),
    ]


def without(message: Message) -> Sequence[str]:
    """The actions that a stitched event has made before."""
    return headers_of(message).get(WITHOUT, b"").decode(errors="replace").split()


def stitching(produced: int, contact: str, done: Sequence[str] = ()) -> Headers:
    """What makes a record an event of this contact; these actions it has made before."""
    return [
        *([(WITHOUT, " ".join(done).encode())] if done else []),
        (HOP, STITCHED.encode()),
        (PRODUCED, str(produced).encode()),
        (CONTACT, contact.encode()),
    ]


def _text(value: bytes | None) -> str | None:
    text = (value or b"").decode(errors="replace")[:MAX_ID]
    return text or None
