"""Identifier health: who has which, what could not be used, who shares one; never a value."""

from streams.core.event import Note
from streams.core.identities import Identifier
from streams.core.identity import NOT_USABLE
from streams.core.identity_health import Tally
from streams.core.outcome import CommandOutcome, Dead
from streams.core.records import Place, Receipt
from streams.operating.identity import as_document
from streams.plan import Plan, compile_plan
from tests.unit.core.made import KEYS


def row(**identifiers):
    return {key: Identifier(value, 1) for key, value in identifiers.items()}


def receipt(offset, *fields, **said):
    return Receipt(
        kind="command",
        outcome=said.pop("outcome", CommandOutcome.DELIVERED),
        time=0,
        source=Place("customer.events", 0, offset),
        notes=tuple(Note(field, NOT_USABLE) for field in fields),
        **said,
    )


def health(rows=(), receipts=()):
    tally = Tally(compile_plan(Plan(), KEYS).sought)
    for partition, contact, one in rows:
        tally.row(partition, contact, one)
    for one in receipts:
        tally.receipt(one)
    return tally.health()


def identifier(found, name):
    (one,) = (one for one in found.identifiers if one.name == name)
    return one


def test_the_share_is_of_all_contacts_also_of_those_that_nothing_identifies():
    unidentifiable = {"outcome": CommandOutcome.DEAD_LETTERED, "reason": Dead.UNIDENTIFIABLE}
    found = health(
        [
            (0, "u-1", row(segment_id="u-1", email="ana@shop.example")),
            (0, "u-2", row(segment_id="u-2")),
            (1, "u-3", row(segment_id="u-3", email="eva@shop.example")),
        ],
        [receipt(1, contact="u-9", **unidentifiable), receipt(2, contact="u-1", **unidentifiable)],
    )
    assert (found.contacts, found.unidentified) == (4, 1)
    email = identifier(found, "email")
    assert (email.contacts, email.missing, email.share) == (2, 2, 0.5)
    assert identifier(found, "phone").contacts == 0


def test_contacts_that_claim_one_value_are_a_conflict_across_partitions():
    found = health(
        [
            (0, "u-1", row(email="ana@shop.example")),
            (1, "u-2", row(email="ana@shop.example")),
            (1, "u-3", row(email="eva@shop.example")),
        ]
    )
    assert identifier(found, "email").conflicts == (("u-1", "u-2"),)


def test_the_last_row_of_a_contact_counts_and_a_forgotten_one_does_not():
    found = health(
        [
            (0, "u-1", row(email="ana@shop.example")),
            (0, "u-1", row(email="ana@new.example")),
            (0, "u-2", row(email="ana@shop.example")),
            (0, "u-3", row(email="ana@new.example")),
            (0, "u-3", None),
        ]
    )
    assert found.contacts == 2
    assert identifier(found, "email").conflicts == ()


def test_a_contact_on_two_partitions_is_one_and_is_named_as_split():
    found = health(
        [(0, "u-1", row(email="ana@shop.example")), (1, "u-1", row(email="ana@shop.example"))]
    )
    assert (found.contacts, found.split) == (1, 1)
    assert identifier(found, "email").conflicts == ()


def test_what_cannot_be_used_is_counted_by_event_whatever_it_became():
    found = health(
        receipts=[
            receipt(1, "traits.email", "traits.phone"),
            receipt(1, "traits.email"),
            receipt(2, "context.traits.email"),
            receipt(3, "traits.firstName"),
        ]
    )
    assert identifier(found, "email").invalid == 2
    assert identifier(found, "phone").invalid == 1


def test_the_document_holds_no_contact_and_no_value():
    found = health(
        [
            (0, "user-one", row(segment_id="user-one", email="ana@shop.example")),
            (1, "user-two", row(segment_id="user-two", email="ana@shop.example")),
        ]
    )
    text = str(as_document(found, "secret"))
    assert "user-" not in text
    assert "ana" not in text
    [conflict] = as_document(found, "secret")["identifiers"][1]["conflicts"]
    assert [len(one) for one in conflict] == [8, 8]
