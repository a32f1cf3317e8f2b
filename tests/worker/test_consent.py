"""Consent and profiles through a worker that is killed: nobody is resubscribed, nothing is lost."""

import asyncio
import json

import httpx
import pytest

from streams.kafka.learned_rows import decode_row
from streams.settings import Settings
from tests.leaks import KEY
from tests.worker.harness import Staging, event, until
from tests.worker.parts import Tail

PLAN = """
consent:
  since: 2026-01-01T00:00:00Z
  channels:
    email:
      status: traits.newsletter
      words: {"yes": subscribed, "no": unsubscribed}
      events:
        - {name: form, when: event = "Joined", status: subscribed}
        - {name: link, when: event = "Left", status: unsubscribed}
actions:
  createContactactivities: {enabled: false}
"""
STAGING = Staging(partitions=2, plan=PLAN)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
CHANGELOG = f"{Settings().app_id}-consent-changelog"
EMAIL = "channels.email.subscribeStatus"
FORCE = "forceSubscribe"


def said(name, message_id, user, hour):
    at = f"2026-11-20T{hour:02}:00:00Z"
    return event(event=name, messageId=message_id, userId=user, timestamp=at)


def identify(message_id, user, hour, **traits):
    at = f"2026-11-20T{hour:02}:00:00Z"
    return event(type="identify", messageId=message_id, userId=user, timestamp=at, traits=traits)


async def told(stage, user):
    """What Cordial was told of a contact: attributes, and whether by force."""
    bodies = [one["body"] for one in await stage.journal() if one["path"] == "/api/upsertContact"]
    return [
        (body.get("attributes"), body.get(FORCE, False))
        for body in bodies
        if body["identifiers"]["segment_id"] == user
    ]


async def test_a_consent_that_a_kill_left_open_resubscribes_nobody(stage):
    await stage.publish(said("Left", "a-1", "u-1", 8))
    assert await stage.outcomes("a-1") == [("consent", "delivered", None)]
    stage.faults.change({"cut": 1.0})
    await stage.publish(said("Joined", "a-2", "u-1", 9))

    async def forced():
        return [force for _, force in await told(stage, "u-1") if force]

    await until(forced)
    stage.worker.end()
    stage.faults.change({"cut": 0.0})
    opted_out = {
        "identifiers": {"segment_id": "u-1"},
        "identifiersPriority": ["segment_id"],
        "attributes": {EMAIL: "unsubscribed"},
    }
    async with httpx.AsyncClient(headers={"x-api-key": KEY}) as client:
        await client.post(f"{stage.cordial}/api/upsertContact", json=opted_out)
    stage.start()
    assert await stage.outcomes("a-2") == [("consent", "delivered", None)]
    assert (await told(stage, "u-1"))[-1] == ({EMAIL: "subscribed"}, False)
    [receipt] = stage.receipts("a-2")
    assert receipt.in_doubt
    assert receipt.notes[-1].what == "form is in doubt: sent without forceSubscribe"


async def test_what_is_known_outlives_the_worker(stage):
    await stage.publish(said("Joined", "b-1", "u-2", 9))
    await stage.publish(identify("b-2", "u-2", 9, city="Rome"))
    assert await stage.outcomes("b-2") == [("upsertContact", "delivered", None)]
    await stage.publish(said("Left", "b-3", "u-2", 10))
    assert await stage.outcomes("b-3") == [("consent", "delivered", None)]
    await until(lambda: stage.worker.count("lag_events") == 0)
    stage.worker.end()
    stage.start()
    await stage.publish(said("Joined", "b-4", "u-2", 9))
    assert await stage.outcomes("b-4") == [("consent", "suppressed", "consent")]
    await stage.publish(identify("b-5", "u-2", 11, city="Rome", newsletter="yes"))
    assert await stage.outcomes("b-5") == [("upsertContact", "delivered", None)]
    assert await told(stage, "u-2") == [
        ({EMAIL: "subscribed"}, True),
        ({"city": "Rome"}, False),
        ({EMAIL: "unsubscribed"}, False),
        ({"newsletter": "yes"}, False),
    ]
    await stage.publish(identify("b-6", "u-2", 12, city="Rome"))
    await stage.publish(identify("b-7", "u-2", 8, city="Bonn"))
    assert await stage.outcomes("b-6") == [("upsertContact", "suppressed", "unchanged")]
    assert await stage.outcomes("b-7") == [("upsertContact", "suppressed", "stale")]


async def test_the_audit_says_why(stage):
    shown = await stage.run("consent", "show", "--contact", "u-2", "--channel", "email", "--json")
    assert shown.returncode == 0, shown.stderr
    [email] = json.loads(shown.stdout)["channels"]
    assert (email["status"], email["because"]["messageId"]) == ("unsubscribed", "b-3")
    assert email["consented"]["forced"] is True
    attempts = [(one["messageId"], one["sent"]) for one in email["attempts"]]
    assert attempts == [("b-1", True), ("b-3", True), ("b-4", False), ("b-5", False)]
    shown = await stage.run("consent", "show", "--contact", "u-2")
    assert shown.stdout.startswith(
        "email: unsubscribed since 2026-11-20T10:00:00.000+00:00, by link"
    )


async def test_a_consent_that_died_is_forced_by_its_replay_and_leaving_counts_though_it_died(stage):
    stage.faults.change({"poison": "u-3", "poison_status": 400})
    await stage.publish(said("Joined", "c-1", "u-3", 9))
    assert await stage.outcomes("c-1") == [("consent", "dead_lettered", "rejected")]
    [joined] = await until(lambda: stage.letters("c-1"))
    stage.faults.change({"poison": ""})
    await stage.run("dead-letters", "replay", "--id", joined.id)
    await until(lambda: len(stage.receipts("c-1")) == 2)
    assert (await told(stage, "u-3"))[-1] == ({EMAIL: "subscribed"}, True)
    stage.faults.change({"poison": "u-3", "poison_status": 400})
    await stage.publish(said("Left", "c-2", "u-3", 11))
    assert await stage.outcomes("c-2") == [("consent", "dead_lettered", "rejected")]
    stage.faults.change({"poison": ""})
    await stage.publish(said("Joined", "c-3", "u-3", 10))
    assert await stage.outcomes("c-3") == [("consent", "suppressed", "consent")]
    [left] = await until(lambda: stage.letters("c-2"))
    await stage.run("dead-letters", "replay", "--id", left.id)
    await until(lambda: len(stage.receipts("c-2")) == 2)
    assert (await told(stage, "u-3"))[-1] == ({EMAIL: "unsubscribed"}, False)


async def test_a_consent_is_on_record_before_it_leaves(stage):
    await stage.publish(said("Joined", "d-1", "u-4", 9))
    assert await stage.outcomes("d-1") == [("consent", "delivered", None)]
    async with Tail().reading(stage.bootstrap, CHANGELOG, 2) as tail:
        rows = await until(
            lambda: [x for x in tail.records if x.key == b"u-4"][1:] and tail.records
        )
    first, last = (decode_row("consent", one.value) for one in rows if one.key == b"u-4")
    assert first.channels["email"].under_way.message_id == "d-1"
    assert first.channels["email"].granted is None
    assert last.channels["email"].under_way is None
    assert last.channels["email"].granted.message_id == "d-1"
    assert await asyncio.to_thread(stage.worker.stop) == 0
