"""`trace --explain` of subscriptions: what is listed, from where a status is, and why not."""

import io

import pytest
from rich.console import Console

from streams.core.outcome import Suppressed
from streams.core.why_suppressed import WAITS, why_suppressed
from streams.plan import compile_plan, plan_of
from streams.tracing.page import Page
from streams.tracing.telling import tell
from tests.unit.core.made import KEYS, TEN_O_CLOCK

PLAN = {
    "consent": {
        "since": "2026-11-10",
        "channels": {
            "email": {
                "status": ["traits.newsletter", "traits.custom.newsletter"],
                "words": {"yes": "subscribed", "no": "unsubscribed"},
                "events": [
                    {"name": "form", "when": 'event = "Joined"', "status": "subscribed"},
                    {"name": "left", "when": 'event = "Left"', "status": "unsubscribed"},
                ],
            },
            "sms": {
                "words": {"opted in": "subscribed"},
                "events": [
                    {"name": "keyword", "when": 'event = "Answered"', "value": "properties.answer"}
                ],
            },
        },
    },
    "actions": {"createContactactivities": {"enabled": False}},
}


def event(name, hour, **parts):
    kind = "identify" if name == "identify" else "track"
    at = f"2026-11-20T{hour:02}:00:00Z"
    said = {"type": kind, "event": name, "messageId": f"m-{name}-{hour}", "userId": "u-42"}
    return {**said, "timestamp": at, **parts}


def told_of(*events, plan=PLAN):
    compiled = compile_plan(plan_of(plan), KEYS)
    return list(tell(events, compiled, TEN_O_CLOCK, explain=True)), compiled


def explained(*events, action="consent", channel="email"):
    *_, told = told_of(*events)[0]
    (one,) = (one for one in told.line["explain"]["instances"] if one["name"] == action)
    (said,) = (one for one in one["consent"] if one["channel"] == channel)
    return one, said


def test_each_listed_event_of_a_channel_says_whether_this_is_one():
    _, said = explained(event("Joined", 9))
    assert said["listed"] == [{"name": "form", "true": True}, {"name": "left", "true": False}]
    assert (said["rule"], said["from"], said["status"], said["consent"]) == (
        "form",
        [],
        "subscribed",
        True,
    )
    one, said = explained(event("Viewed", 9))
    assert (one["wanted"], {mark["true"] for mark in said["listed"]}) == (False, {False})
    assert said["rule"] is None


def test_the_field_that_gave_the_status_is_named_with_its_word():
    _, said = explained(event("Answered", 9, properties={"answer": "Opted In"}), channel="sms")
    assert (said["rule"], said["from"], said["value"]) == (
        "keyword",
        ["properties.answer"],
        "Opted In",
    )
    assert (said["status"], said["consent"]) == ("subscribed", True)
    traits = {"custom": {"newsletter": "yes"}}
    _, said = explained(event("identify", 9, traits=traits), action="upsertContact")
    assert (said["rule"], said["from"], said["value"]) == (
        "status",
        ["traits.custom.newsletter"],
        "yes",
    )
    assert (said["status"], said["consent"], said["then"]) == (
        "subscribed",
        False,
        ["status is sent"],
    )


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (event("Answered", 9, properties={"answer": "hm"}), "has a word that is not in the plan"),
        (event("Answered", 9), "says no status"),
        (
            event("Answered", 9, properties={"answer": "opted in"}, timestamp="2026-11-01"),
            "is of an event before since: it counts as a status",
        ),
        (
            event("Answered", 9, properties={"answer": "opted in"}, timestamp="2199-11-01"),
            "is of an event whose time is in the future: it counts as a status",
        ),
    ],
)
def test_why_nothing_is_said_or_why_it_is_no_consent(one, why):
    assert explained(one, channel="sms")[1]["why"] == why


def test_an_attempt_that_is_suppressed_says_why_and_what_was_known():
    one, said = explained(event("Left", 11), event("Joined", 10))
    assert said["then"] == ["form is not newer than what is known; left out"]
    assert said["known"]["status"] == "unsubscribed"
    assert (said["known"]["left"]["rule"], said["known"]["left"]["messageId"]) == (
        "left",
        "m-Left-11",
    )
    assert one["suppressed"].startswith("what it says of a subscription is not newer")
    again, said = explained(event("Joined", 10), event("Joined", 10))
    assert again["suppressed"].startswith("its message id")
    assert said["known"]["consented"]["rule"] == "form"


def test_a_status_of_an_event_that_is_listed_says_by_which_rule():
    when = {"any": ['event = "Joined"', 'type = "identify"']}
    rules = [{"name": "form", "when": when, "status": "subscribed"}]
    email = {**PLAN["consent"]["channels"]["email"], "events": rules}
    plan = {**PLAN, "consent": {**PLAN["consent"], "channels": {"email": email}}}
    (told,), _ = told_of(event("identify", 9, traits={"newsletter": "no"}), plan=plan)
    of = {one["name"]: one["consent"] for one in told.line["explain"]["instances"]}
    (said,) = of["upsertContact"]
    assert said["why"] == "is not looked at: form lists the event"
    assert of["consent"][0]["consent"]


def test_the_page_says_it():
    traits = {"newsletter": "maybe"}
    events = [event("Left", 11), event("Joined", 10), event("identify", 9, traits=traits)]
    lines, compiled = told_of(*events)
    out = io.StringIO()
    page = Page(compiled, Console(file=out, width=200))
    for told in lines:
        page.show(told.line, told.event)
    said = out.getvalue()
    assert "email, listed events: ✗ form, ✓ left" in said
    assert "email ← left: unsubscribed, by a listed event" in said
    assert "email ← form: subscribed, consent" in said
    assert "email, then: form is not newer than what is known; left out" in said
    assert "email, known before: left last unsubscribed by left, event m-Left-11 of " in said
    assert 'email ← traits.newsletter by status = "maybe": left out, has a word' in said
    assert "    suppressed: what it says of a subscription" in said


def test_every_reason_has_words():
    assert all(why_suppressed(one) for one in Suppressed)
    assert why_suppressed("filter:quiet") == why_suppressed("filtered")
    assert why_suppressed(WAITS)
