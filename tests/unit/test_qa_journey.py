"""QA journeys: the file, and what came of a run beside what was expected."""

from pathlib import Path

import pytest

from streams.core.records import Receipt
from streams.qa.journey import InTheEnd, JourneyError, plays, read_journey, read_profile
from streams.qa.judging import (
    At,
    Heard,
    at_cordial,
    complete,
    contact_problems,
    cordial_problems,
    rows,
)

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
WHO = read_profile("{userId: u-1, traits: {email: A@shop.example}, context: {locale: en}}", "p")
JOURNEY = """
steps:
  - event: {type: identify, traits: {plan: vip}}
    expect: [upsertContact]
  - event: {type: track, event: Bought, properties: {order_id: "o-{run}"}}
    expect: [upsertOrder, {action: createContactactivities, outcome: any}]
"""
PLAYS = list(plays(read_journey(JOURNEY, "j"), WHO, "r7"))


def heard(step, action, place, outcome="delivered", reason=None):
    said = Receipt(
        kind="command",
        outcome=outcome,
        time=0,
        action=action,
        reason=reason,
        message_id=f"qa-r7-{step}",
    )
    return Heard(place, said, 0.5)


CONTACT, ORDER = heard(1, "upsertContact", 3), heard(2, "upsertOrder", 4)
ACTIVITY = heard(2, "createContactactivities", 5)


def test_events_are_made_of_step_profile_and_run():
    first, second = (one.event for one in PLAYS)
    assert first["traits"] == {"email": "A@shop.example", "plan": "vip"}
    assert second["properties"] == {"order_id": "o-r7"}
    assert (second["userId"], second["messageId"]) == ("u-1", "qa-r7-2")
    assert second["context"] == {"locale": "en"}
    assert "traits" not in second


def test_the_examples_are_read():
    journey = read_journey((EXAMPLES / "journey.yaml").read_text(), "journey.yaml")
    profile = read_profile((EXAMPLES / "profile.yaml").read_text(), "profile.yaml")
    assert len(list(plays(journey, profile, "r"))) == len(journey.steps) == 5


VERDICTS = {
    "as expected": ([CONTACT, ORDER, ACTIVITY], ["ok", "ok", "ok"]),
    "something is missing": ([CONTACT, ACTIVITY], ["ok", "missing", "ok"]),
    "something comes early": (
        [CONTACT, ORDER, heard(2, "createContactactivities", 2)],
        ["ok", "ok", "out of order"],
    ),
    "something else came of it": (
        [CONTACT, heard(2, "upsertOrder", 4, "dead_lettered", "missing"), ACTIVITY],
        ["ok", "is dead_lettered (missing)", "ok", "not expected"],
    ),
    "something nobody expects": (
        [CONTACT, ORDER, ACTIVITY, heard(2, "addContactsToList", 6)],
        ["ok", "ok", "ok", "not expected"],
    ),
    "what routing suppresses is told early": (
        [CONTACT, ORDER, heard(2, "createContactactivities", 1, "suppressed", "filtered")],
        ["ok", "ok", "ok"],
    ),
}


@pytest.mark.parametrize(("told", "verdicts"), VERDICTS.values(), ids=VERDICTS)
def test_what_came_is_judged(told, verdicts):
    assert sorted(one.verdict for one in rows(PLAYS, told)) == sorted(verdicts)


@pytest.mark.parametrize(("within", "verdict"), [(0.4, "too late"), (0.5, "ok")])
def test_what_comes_too_late_is_told(within, verdict):
    text = f"steps: [{{event: {{type: page}}, expect: [{{action: a, within: {within}}}]}}]"
    (play,) = plays(read_journey(text, "j"), WHO, "r7")
    (row,) = rows([play], [heard(1, "a", 1)])
    assert (row.verdict, row.expected) == (verdict, f"a delivered within {within} s")


def test_what_the_contact_lacks_in_the_end_is_told():
    text = "contact: {attributes: [plan, city], lists: [A, B], no_lists: [C, D]}\n" + JOURNEY
    wanted = read_journey(text, "j").contact
    other = {"identifiers": {"segment_id": "u-2"}, "attributes": {"city": "B"}, "lists": ["B"]}
    hers = {
        "identifiers": {"segment_id": "u-1"},
        "attributes": {"plan": "vip"},
        "lists": ["A", "C"],
    }
    assert contact_problems(wanted, [other, hers], ["u-1"]) == [
        "Cordial: the contact has no city",
        "Cordial: the contact is not on B",
        "Cordial: the contact is still on C",
    ]
    assert contact_problems(wanted, [other], ["u-1"]) == ["Cordial has no such contact"]
    assert contact_problems(InTheEnd(), [], ["u-1"]) == []


def test_a_run_is_over_when_each_event_has_its_receipts():
    assert not complete(PLAYS, [CONTACT, ORDER])
    assert complete(PLAYS, [CONTACT, ORDER, ACTIVITY])


BLOCK = {"identifiers": {"segment_id": "u-1"}}


def line(action, body, **said):
    given = {"action": action, "body": body, "accepted": True, "seconds": 1.0, "result": "ok"}
    return {**given, **said}


def test_what_cordial_has_of_the_contact_is_told_apart():
    journal = [
        line("upsertContact", BLOCK),
        line("createContactactivities", {"contact": BLOCK, "contactActivities": [{}, {}]}),
        line("addContactsToList", {"contacts": {"identifiers": [{"email": "b@x.example"}]}}),
        line("addContactsToList", {"contacts": {"identifiers": [{"segment_id": "u-1"}]}}),
        line("upsertOrder", {"contact": BLOCK}, accepted=False),
        line("upsertOrder", None, accepted=False),
    ]
    assert [one.action for one in at_cordial(journal, ["u-1"])] == [
        "upsertContact",
        "createContactactivities",
        "createContactactivities",
        "addContactsToList",
    ]


def test_what_cordial_lacks_ignored_or_heard_in_another_order_is_a_problem():
    told, kinds = [CONTACT, ORDER, ACTIVITY], {"upsertOrder": "upsertOrder"}
    names = ["upsertContact", "upsertOrder", "createContactactivities"]
    at = [At(name, 1.0, "ok") for name in names]
    assert cordial_problems(PLAYS, told, at, kinds) == []
    assert len(cordial_problems(PLAYS, told, at[:2], kinds)) == 1
    assert len(cordial_problems(PLAYS, told, at[::-1], kinds)) == 1
    ignored = [*at[:2], At(names[2], 1.0, "ignored: no name")]
    assert cordial_problems(PLAYS, told, ignored, kinds) == [
        "Cordial: createContactactivities: ignored: no name"
    ]


WRONG = {
    "no step": ("steps: []", "line 1: steps "),
    "no type": ("steps:\n  - event: {event: A}", "line 2: steps.0.event has no type"),
    "an id": (
        "steps:\n  - event: {type: page, messageId: m}",
        "has a messageId, which each run makes anew",
    ),
    "an unknown key": ("steps:\n  - event: {type: page}\n    expects: []", "line 3"),
    "no yaml": ("steps: [", "is no YAML"),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_journey_is_said(text, said):
    with pytest.raises(JourneyError) as error:
        read_journey(text, "j.yaml")
    assert said in str(error.value)
    assert str(error.value).startswith("j.yaml")


def test_a_profile_without_a_contact_is_none():
    with pytest.raises(JourneyError, match="says no contact"):
        read_profile("traits: {email: a@shop.example}", "p.yaml")
