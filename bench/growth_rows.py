"""Rows of a shop with many orders, as its changelogs would have them: what `bench.growth` fills
tables with, through the product's own codec. A million events would say the same in an hour.
"""

from collections.abc import Iterator, Mapping
from hashlib import blake2b

from streams.core.command import Position
from streams.core.decisions import Seen, seen_key
from streams.core.identities import Identifier
from streams.core.memberships import Row as Membership
from streams.core.memberships import Times
from streams.core.order_state import OrderState
from streams.core.outcome import CommandOutcome
from streams.core.profiles import Profile, Told
from streams.kafka.codec import Codec
from streams.kafka.learned_rows import encode_row
from streams.kafka.tables import order_key

TOPIC = "customer.events"
BEGAN_MS = 1_794_000_000_000
PARTITIONS = 8
HASH_BYTES = 8
LINE = {
    "name": "Linen shirt",
    "category": "Shirts",
    "price": 49.9,
    "quantity": 1,
    "properties": {"brand": "Acme", "sku": "sku-4711"},
}
CODEC = Codec()

Rows = Mapping[str, dict[bytes, bytes]]


def contact_of(number: int) -> str:
    """Its user id, as the backlog has it."""
    return f"u-{number:05d}"


def rows(orders: int, contacts: int, seen: int, now_ms: int) -> Rows:
    """So many rows of each table; every contact has a profile, identifiers and two lists.

    What is seen was seen just before `now_ms`.
    """
    return {
        "orders": dict(_orders(orders, contacts)),
        "seen": dict(_seen(seen, contacts, now_ms)),
        "profiles": dict(_profiles(contacts)),
        "memberships": dict(_memberships(contacts)),
        "identities": dict(_identities(contacts)),
    }


def _hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=HASH_BYTES).digest()


def _position(number: int) -> Position:
    return Position(0, TOPIC, number % PARTITIONS, number // PARTITIONS)


def order_row(number: int, contact: str) -> tuple[bytes, bytes]:
    """An order of two lines that was told."""
    order_id = f"before-{number}"
    body = {
        "orderID": order_id,
        "identifiers": {"userID": contact},
        "purchaseDate": "2026-11-21T10:00:00.000Z",
        "status": "processing",
        "currency": "EUR",
        "totalPrice": 104.7,
        "items": [{**LINE, "productID": f"p-{number}-{line}"} for line in range(2)],
        "properties": {"tax": 5.0, "shipping": 4.9},
    }
    row = OrderState(
        contact=contact,
        status="done",
        hash=f"{number:064x}",
        body=body,
        event_time=BEGAN_MS + number,
        message_id=f"before-{number:028d}",
        position=_position(number),
        action="upsertOrder",
        first=BEGAN_MS + number,
    )
    return order_key(contact, order_id), CODEC.encode_order(row, BEGAN_MS + number)


def seen_row(number: int, contact: str, at_ms: int) -> tuple[bytes, bytes]:
    """A command that was delivered then."""
    row = Seen(_position(number), at_ms, CommandOutcome.DELIVERED)
    key = seen_key(contact, f"before-{number}", "createContactactivities")
    return key, CODEC.encode_seen(row)


def _orders(count: int, contacts: int) -> Iterator[tuple[bytes, bytes]]:
    for number in range(count):
        yield order_row(number, contact_of(number % contacts))


def _seen(count: int, contacts: int, now_ms: int) -> Iterator[tuple[bytes, bytes]]:
    for number in range(count):
        yield seen_row(number, contact_of(number % contacts), now_ms - count + number)


def _profiles(count: int) -> Iterator[tuple[bytes, bytes]]:
    for number in range(count):
        told = {
            _hash(name): Told(_hash(f"{name}{number}"), BEGAN_MS, BEGAN_MS)
            for name in ("firstName", "lastName", "city", "n", "visits")
        }
        row = Profile(position=_position(number), action="upsertContact", attributes=told)
        yield contact_of(number).encode(), encode_row("profiles", row)


def _memberships(count: int) -> Iterator[tuple[bytes, bytes]]:
    for number in range(count):
        times = {_hash(f"list-{one}"): Times(BEGAN_MS) for one in range(2)}
        row = Membership(position=_position(number), action="addContactsToList", times=times)
        yield contact_of(number).encode(), encode_row("memberships", row)


def _identities(count: int) -> Iterator[tuple[bytes, bytes]]:
    for number in range(count):
        contact = contact_of(number)
        row = {
            "segment_id": Identifier(contact, BEGAN_MS),
            "email": Identifier(f"{contact}@shop.example", BEGAN_MS),
        }
        yield contact.encode(), encode_row("identities", row)
