"""The audit says why a contact is subscribed: from the row and the receipts, and from no more."""

import json
from dataclasses import replace

from streams.core.command import Position
from streams.core.consent import Channel, Consent, Said, used_key
from streams.core.consent_audit import attempts, document, lines
from streams.core.event import Note
from streams.core.records import Receipt

FIELD = "channels.email.subscribeStatus"
JOINED = Said("subscribed", 1_795_168_800_000, "form", "m-7", Position(1, "customer.events", 3, 9))
ROW = Consent({"email": Channel(granted=JOINED, accepted=JOINED, used=(used_key("m-7"),))})
SENT = Receipt(
    kind="command",
    outcome="delivered",
    time=1_795_168_801_000,
    action="consent",
    contact="u-42",
    message_id="m-7",
    position=JOINED.position,
    event_time=JOINED.time,
    notes=(
        Note("traits.phone", "not usable"),
        Note(FIELD, "form asks for it"),
        Note(FIELD, "form is consent: sent with forceSubscribe"),
    ),
)
OLDER = replace(
    SENT,
    outcome="suppressed",
    reason="consent",
    time=SENT.time + 5,
    message_id="m-6",
    notes=(
        Note(FIELD, "form asks for it"),
        Note(FIELD, "form is not newer than what is known; left out"),
    ),
)
AGAIN = replace(
    SENT,
    outcome="suppressed",
    reason="duplicate",
    time=SENT.time + 9,
    notes=(Note(FIELD, "form asks for it"),),
)
RECEIPTS = [AGAIN, OLDER, SENT, replace(SENT, contact="u-43")]


def test_it_says_which_event_subscribed_the_contact_and_what_was_suppressed_since():
    answer = document("u-42", ROW, attempts(RECEIPTS, "u-42"))
    (email,) = answer["channels"]
    assert (email["channel"], email["status"]) == ("email", "subscribed")
    assert email["since"] == "2026-11-20T10:00:00.000+00:00"
    because = email["because"]
    assert (because["messageId"], because["rule"], because["forced"]) == ("m-7", "form", True)
    assert because["position"]["offset"] == 9
    assert [(one["sent"], one["messageId"], one["what"]) for one in email["attempts"]] == [
        (True, "m-7", "form is consent: sent with forceSubscribe"),
        (False, "m-6", "form is not newer than what is known; left out"),
        (False, "m-7", "form asks for it; suppressed, duplicate"),
    ]


def test_what_a_crash_repeated_is_told_once_and_what_was_sent_again_is_another_attempt():
    repeated = replace(SENT, time=SENT.time + 2)
    died = replace(SENT, outcome="dead_lettered", reason="rejected", time=SENT.time - 2)
    found = attempts([repeated, SENT, died], "u-42")
    assert [(one.sent, one.time) for one in found] == [(False, died.time), (True, SENT.time)]


def test_it_holds_nothing_of_the_contact_but_key_and_statuses():
    answer = json.dumps(document("u-42", ROW, attempts(RECEIPTS, "u-42")))
    assert "traits.phone" not in answer
    assert "u-43" not in answer


def test_people_read_the_same():
    text = "\n".join(lines(document("u-42", ROW, attempts(RECEIPTS, "u-42"))))
    assert "email: subscribed since 2026-11-20T10:00:00.000+00:00, by form, event m-7" in text
    assert "customer.events-3@9, with forceSubscribe" in text
    assert "not sent: form is not newer than what is known; left out (m-6)" in text


def test_a_channel_or_a_contact_that_nobody_told_anything_of():
    assert document("u-42", ROW, (), "sms")["channels"] == []
    nothing = document("u-9", None, ())
    assert list(lines(nothing)) == ["nothing is known of this contact's subscriptions"]
    doubt = Consent({"email": Channel(under_way=JOINED)})
    text = "\n".join(lines(document("u-42", doubt, ())))
    assert "email: Cordial was told nothing" in text
    assert "a consent whose answer never came: form" in text
