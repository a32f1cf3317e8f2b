"""Supplement records: the guard against older ones, ids, what may travel together, the plan."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.deciding import decide
from streams.core.decisions import DeadLetter, Known, Send, Suppress
from streams.core.learning import merged
from streams.core.outcome import Dead, Suppressed
from streams.core.routing import route
from streams.core.supplements import fit, key_of
from streams.kafka.batch import Bounds, Member, gather
from streams.plan import PlanError, parse_plan
from tests.unit.core.made import HERE, command, event, instance, plan

PETS = {
    "action": "upsertSupplementRecords",
    "trigger": 'event = "Pet Told"',
    "supplement": {
        "name": "pets",
        "each": "properties.pets",
        "id": "id",
        "updated_date_field": "at",
        "updated": "at",
        "record": {"name": "name"},
    },
}
INSTANCE = instance("pets", **PETS)
TIMES = tuple(f"2026-11-20T1{number}:00:00.000+00:00" for number in range(6))


def body(*records, dated=True):
    """Each record is its id and the number of its time."""
    told = [{"id": one, "at": TIMES[at], "n": at} for one, at in records]
    contact = {"identifiers": {"email": "a@shop.example"}}
    field = {"updatedDateField": "at"} if dated else {}
    return {"contact": contact, "supplement": "pets", "records": told, **field}


def told(bodies, *, instance=INSTANCE):
    """What is sent of bodies, one after the other, and what is known in the end."""
    rows, decisions = {}, []
    for number, one in enumerate(bodies):
        said = command("pets", one, message_id=f"m-{number}")
        decision = decide(said, Known(HERE, supplements=rows), instance)
        if isinstance(decision, Send):
            rows |= {each.key: merged(rows.get(each.key), each) for each in decision.learned}
        decisions.append(decision)
    return decisions, rows


def test_an_older_record_is_not_sent_after_a_newer_one():
    decisions, _ = told([body(("1", 2)), body(("1", 1)), body(("1", 1), ("2", 1))])
    assert decisions[1] == Suppress(Suppressed.STALE)
    assert [one["id"] for one in decisions[2].body["records"]] == ["2"]


HISTORY = st.lists(
    st.lists(st.tuples(st.sampled_from("123"), st.integers(0, 5)), min_size=1, max_size=3),
    max_size=6,
)


@given(HISTORY)
def test_whatever_the_order_the_newest_of_each_record_stands_last(history):
    decisions, _ = told([body(*one) for one in history])
    last = {}
    for decision in decisions:
        for one in decision.body["records"] if isinstance(decision, Send) else ():
            last[one["id"]] = one["n"]
    newest = {}
    for record_id, at in (pair for one in history for pair in one):
        newest[record_id] = max(at, newest.get(record_id, 0))
    assert last == newest


def test_the_same_date_is_sent_again_after_a_crash():
    decisions, _ = told([body(("1", 2)), body(("1", 2))])
    assert isinstance(decisions[1], Send)


def test_what_two_contacts_tell_is_not_compared():
    assert key_of("u-1", "pets", "1") != key_of("u-2", "pets", "1")
    assert key_of("u-1", "pets", "1") != key_of("u-1", "toys", "1")


def test_a_replay_of_an_older_record_is_stale_unless_it_is_forced():
    _, rows = told([body(("1", 2))])
    said = command("pets", body(("1", 1)), message_id="m-9")
    stale = decide(said, Known(HERE, supplements=rows, replay=True), INSTANCE)
    assert isinstance(stale, DeadLetter)
    assert stale.reason is Dead.STALE
    known = Known(HERE, supplements=rows, replay=True, forced=True)
    forced = decide(said, known, INSTANCE)
    assert isinstance(forced, Send)
    (kept,) = {merged(rows[one.key], one).updated for one in forced.learned}
    assert kept == next(iter(rows.values())).updated


def test_without_a_date_there_is_nothing_to_compare():
    decisions, rows = told([body(("1", 2), dated=False), body(("1", 1), dated=False)])
    assert all(isinstance(one, Send) for one in decisions)
    assert rows == {}


def joined(*bodies):
    entries = [
        SimpleNamespace(
            contact="u-42",
            lane="u-42",
            action="pets",
            message_id=f"m-{number}",
            payload=SimpleNamespace(solo=False, size=100, body=one),
        )
        for number, one in enumerate(bodies)
    ]
    members = [Member(None, one, Send(one.payload.body)) for one in entries]
    rest = [(None, one) for one in entries[1:]]
    judge = lambda entry, ahead: Send(entry.payload.body)  # noqa: E731
    bounds = {"pets": Bounds(100, 100_000)}
    batch = gather(INSTANCE.declaration, members[0], rest, judge, bounds)
    return [one["id"] for one in batch.body["records"]]


def test_records_of_several_commands_travel_together_but_not_two_of_one_id():
    assert joined(body(("1", 1)), body(("2", 1)), body(("3", 1))) == ["1", "2", "3"]
    assert joined(body(("1", 2)), body(("2", 1)), body(("1", 1)), body(("4", 1))) == ["1", "2"]


IDS = {
    "digits": (266787835, "266787835", 0),
    "24 hexadecimal digits": ("507f1f77bcf86cd799439011", "id-507f1f77bcf86cd799439011", 1),
    "in capitals": ("507F1F77BCF86CD799439011", "id-507F1F77BCF86CD799439011", 1),
    "24 digits as a number": (10**23, f"id-{10**23}", 1),
    "23 of them": ("507f1f77bcf86cd79943901", "507f1f77bcf86cd79943901", 0),
    "no hexadecimal one": ("507f1f77bcf86cd79943901x", "507f1f77bcf86cd79943901x", 0),
}


@pytest.mark.parametrize(("given_", "made", "notes"), IDS.values(), ids=IDS)
def test_an_id_is_one_that_cordial_takes(given_, made, notes):
    holder, said = {"records": [{"id": given_}]}, []
    assert fit(holder, said, prefix="id-") is None
    assert holder["records"] == [{"id": made}]
    assert len(said) == notes


@pytest.mark.parametrize("given_", [None, "", True, 2.5, {"a": 1}, ["1"]])
def test_a_record_without_a_usable_id_is_a_dead_letter_that_names_it(given_):
    lines = [{"id": 1, "at": TIMES[0]}, {"id": given_, "at": TIMES[0]}]
    said = event(event="Pet Told", properties={"pets": lines})
    (dead,) = (one for one in route(said, plan(pets=PETS)).dead if one.action == "pets")
    assert dead.field == "properties.pets[1].id"
    assert dead.reason in (Dead.MISSING, Dead.INVALID)


@pytest.mark.parametrize(
    ("each", "id_", "field"),
    [
        ("$.properties.pets", "id", "properties.pets[0].id"),
        ("properties.pets", "$.properties.owner", "properties.owner"),
        ("properties.pets", {"fn": "text", "of": ["tag", "id"]}, "properties.pets[0].tag"),
    ],
)
def test_a_missing_id_is_named_by_its_place_in_the_event(each, id_, field):
    asked = {**PETS, "supplement": {**PETS["supplement"], "each": each, "id": id_}}
    said = event(event="Pet Told", properties={"pets": [{"at": TIMES[0]}]})
    (dead,) = (one for one in route(said, plan(pets=asked)).dead if one.action == "pets")
    assert dead.field == field


WRONG = {
    "on another action": (
        "{upsertContact: {supplement: {name: a, id: userId}}}",
        "is for upsertSupplementRecords alone",
    ),
    "nothing": (
        "{pets: {action: upsertSupplementRecords, trigger: event exists}}",
        "says nothing of its records",
    ),
    "an unknown key": (
        "{pets: {action: upsertSupplementRecords, trigger: event exists,"
        " supplement: {name: a, id: userId, ech: properties.a}}}",
        "did you mean each?",
    ),
    "a path that is none": (
        "{pets: {action: upsertSupplementRecords, trigger: event exists,"
        " supplement: {name: a, id: property.id}}}",
        "property.id is no field of an event",
    ),
    "a date for no field": (
        "{pets: {action: upsertSupplementRecords, trigger: event exists,"
        " supplement: {name: a, id: userId, updated: properties.at}}}",
        "updated_date_field",
    ),
    "an id said twice": (
        "{pets: {action: upsertSupplementRecords, trigger: event exists,"
        " supplement: {name: a, id: userId, record: {id: userId}}}}",
        "is what id: says",
    ),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_the_plan_is_said(text, said):
    with pytest.raises(PlanError) as error:
        parse_plan(f"actions: {text}")
    assert said in str(error.value)
