"""What goes where when the number of partitions changes."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from streams.core.command import Position
from streams.core.decisions import Seen, seen_key
from streams.core.learning import Learned
from streams.core.order_state import OrderState
from streams.core.records import DeadLetter
from streams.core.supplements import Row as Updated
from streams.core.supplements import key_of
from streams.core.visitors import Link, Place
from streams.kafka import hops
from streams.kafka.codec import Codec
from streams.kafka.hops import home_of
from streams.kafka.learned_rows import decode_row, encode_row
from streams.kafka.names import TABLES, Names
from streams.kafka.tables import Tables
from streams.kafka.visitor_rows import Held, decode_link
from streams.kafka.visitor_tables import VisitorTables
from streams.migrating.moving import (
    EVERYWHERE,
    HASHED,
    Row,
    lane_of,
    moved,
    moved_hop,
    moved_letter,
)

AT = Position(0, "cordial.keyed", 3, 41)
OLD, NEW = Names("cordial", "app"), Names("cordial.1", "app-1")
CONTACTS = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable())
COUNTS = st.integers(1, 64)


def copied_to(contact, partitions):
    """Where our copy of the sources brings an event of the contact."""
    return DefaultPartitioner()(contact.encode(), list(range(partitions)), [])


def written(write):
    """The records of changelogs that the worker's own tables write."""
    rows = {table: SimpleNamespace(data={}) for table in TABLES}
    tables = Tables(rows, lambda table: table, Codec(), None, lambda: 1)
    return [fact(lambda: None) for fact in write(tables)]


def of_contact(contact):
    """A row of each table that has a contact's, as the worker writes it, with whose it is."""
    link = Link(contact, 3, at=1, since=2)
    order = OrderState(contact, "done", "h", {"orderID": "o-1"}, 1, "m", position=AT)
    held = Held(b"v", (), AT, ("upsertContact",), 1, 1, 1)

    def write(tables):
        visitors = VisitorTables(tables)
        return [
            tables.order_fact(3, order),
            tables.parked_fact(3, contact, "parked", AT),
            *tables.learned(3, [Learned("memberships", contact, _row("memberships"))]),
            *tables.learned(3, [Learned("profiles", contact, _row("profiles"))]),
            *tables.learned(3, [Learned("consent", contact, _row("consent"))]),
            tables.row_fact("identities", 3, contact.encode(), b"row"),
            visitors.held_fact(3, Place(contact, "m-1"), held),
            visitors.link_fact(3, contact, link),
            visitors.told_fact(3, "a visitor", link),
        ]

    return written(write)


def _row(table):
    from streams.core.consent import Consent
    from streams.core.memberships import Row as Membership
    from streams.core.profiles import Profile

    made = {
        "memberships": Membership(AT, "x", {}),
        "profiles": Profile(position=AT, action="x", attributes={}),
        "consent": Consent({}, AT, "x"),
    }
    return made[table]


def test_every_table_has_its_rule():
    of_contacts = {record.topic for record in of_contact("u-1")}
    assert of_contacts | HASHED | EVERYWHERE == set(TABLES)


@given(contact=CONTACTS, partitions=COUNTS)
def test_every_row_of_a_contact_goes_to_the_one_partition_where_its_events_go(contact, partitions):
    for record in of_contact(contact):
        [row] = moved(record.topic, record.key, record.value, partitions, {})
        assert (row.partition, row.key) == (copied_to(contact, partitions), record.key)
        [gone] = moved(record.topic, record.key, None, partitions, {})
        assert gone == Row(row.partition, record.key, None)


@given(contact=st.text(), order=st.text(), partitions=COUNTS)
def test_an_orders_row_follows_its_contact_whatever_its_name_is(contact, order, partitions):
    state = OrderState(contact, "done", "h", {"orderID": order}, 1, "m")
    [record] = written(lambda tables: [tables.order_fact(0, state)])
    [row] = moved("orders", record.key, record.value, partitions, {})
    assert row == Row(copied_to(contact, partitions), record.key, record.value)
    gone = moved("orders", record.key, None, partitions, {})
    assert Row(row.partition, record.key, None) in gone


@given(contact=CONTACTS, partitions=COUNTS)
def test_a_row_under_a_hash_goes_where_its_owner_is_known_to_be(contact, partitions):
    number = copied_to(contact, partitions)
    key = seen_key(contact, "m-1", "upsertContact")
    value = Codec().encode_seen(Seen(AT, 1, "delivered"))
    assert moved("seen", key, value, partitions, {key: number}) == [Row(number, key, value)]
    assert not moved("seen", key, value, partitions, {})
    everywhere = [Row(one, key, None) for one in range(partitions)]
    assert moved("seen", key, None, partitions, {}) == everywhere
    record = key_of(contact, "shops", "1").encode()
    updated = encode_row("supplements", Updated(7, 3))
    [row] = moved("supplements", record, updated, partitions, {record: number})
    assert row.partition == number
    assert decode_row("supplements", row.value) == Updated(7, number)


def test_every_partition_has_the_groups():
    assert moved("groups", b"g-1", b"v", 3, {}) == [Row(one, b"g-1", b"v") for one in range(3)]


@given(user=CONTACTS, visitor=CONTACTS, partitions=COUNTS)
def test_links_are_at_the_visitors_home_and_say_the_users_lane(user, visitor, partitions):
    link = Link(user, 3, at=1, since=2, by="m-2")

    def write(tables):
        visitors = VisitorTables(tables)
        return [visitors.link_fact(3, visitor, link), visitors.told_fact(3, visitor, link)]

    lane = copied_to(user, partitions)
    homes = [home_of(visitor, partitions), lane]
    for record, home in zip(written(write), homes, strict=True):
        [row] = moved("links", record.key, record.value, partitions, {})
        assert row.partition == home
        assert decode_link(row.value) == link._replace(partition=lane)


@given(user=CONTACTS, visitor=CONTACTS, partitions=COUNTS)
def test_what_was_passed_on_goes_to_its_lane_and_a_tie_says_the_users(user, visitor, partitions):
    tie = tuple(hops.tying(1, Link(user, 3, 1, 1)))
    number, headers = moved_hop(visitor.encode(), tie, partitions)
    assert number == home_of(visitor, partitions)
    assert dict(headers)[hops.PARTITION] == str(copied_to(user, partitions)).encode()
    assert {**dict(tie), hops.PARTITION: b""} == {**dict(headers), hops.PARTITION: b""}
    stitched = tuple(hops.stitching(1, user))
    lane = copied_to(user, partitions)
    assert moved_hop(user.encode(), stitched, partitions) == (lane, stitched)


LETTER = DeadLetter(
    id="customer.events-2-41",
    reason="invalid",
    message="",
    topic="customer.events",
    partition=2,
    offset=41,
    time=1,
    replay_to="cordial.replays",
    app_version="1",
    key=b"another key",
    contact="u-1",
    headers=(("traceparent", b"t"),),
)


def test_a_letter_is_replayed_to_its_contacts_lane_and_says_where_its_event_stood():
    letter = moved_letter(LETTER, OLD, NEW, 8)
    assert (letter.partition, letter.replay_to) == (copied_to("u-1", 8), "cordial.1.replays")
    assert (letter.id, letter.topic, letter.offset) == (LETTER.id, "customer.events", 41)
    assert letter.headers == (
        ("traceparent", b"t"),
        ("x-source-topic", b"customer.events"),
        ("x-source-partition", b"2"),
        ("x-source-offset", b"41"),
    )
    assert moved_letter(letter, OLD, NEW, 8) == letter


@pytest.mark.parametrize(
    ("action", "topic", "becomes"),
    [
        ("upsertOrder", "cordial.upsertOrder", "cordial.1.upsertOrder"),
        ("upsertOrder", "cordial.keyed", "cordial.keyed"),
        (None, "cordial.keyed", "cordial.keyed"),
    ],
)
def test_a_letter_of_a_command_stays_one_of_a_command(action, topic, becomes):
    letter = moved_letter(replace(LETTER, action=action, topic=topic), OLD, NEW, 8)
    assert letter.topic == becomes


def test_a_letter_of_nobody_goes_by_its_key():
    letter = moved_letter(replace(LETTER, contact=None), OLD, NEW, 8)
    assert letter.partition == lane_of(b"another key", 8)
