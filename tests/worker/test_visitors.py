"""Visitors whose events are held, on one partition and on another than their users."""

import asyncio

import pytest

from streams.kafka.hops import home_of
from tests.worker.harness import Staging, event, until

FAST_SESSION = {
    "KAFKA__SESSION_TIMEOUT": "6",
    "KAFKA__HEARTBEAT": "1",
    "DELIVERY__DEADLINE": "2",
}
STAGING = Staging(plan="identity: {anonymous: hold}", settings=FAST_SESSION)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
ACTIVITY = "createContactactivities"


def visited(message_id, visitor, **fields):
    given = {"messageId": message_id, "event": message_id, "userId": None, "anonymousId": visitor}
    return event(**{**given, **fields})


def names_of(requests, user):
    """The activities of a user in the order in which Cordial accepted them."""
    return [
        one["name"]
        for request in requests
        if request["action"] == ACTIVITY
        and request["body"]["contact"]["identifiers"].get("segment_id") == user
        for one in request["body"]["contactActivities"]
    ]


@pytest.mark.parametrize(("visitor", "user", "away"), [("a-1", "u-1", 0), ("a-2", "u-2", 1)])
async def test_what_a_visitor_did_follows_to_the_user(stage, visitor, user, away):
    home = home_of(visitor, 2)
    here, there = (home + away) % 2, (home + 1) % 2
    ids = [f"{visitor}-{number}" for number in range(3)]
    for number, one in enumerate(ids):
        at = f"2026-11-20T0{number}:00:00Z"
        await stage.publish(visited(one, visitor, timestamp=at), visitor, partition=here)
    for one in ids:
        assert await stage.outcomes(one) == [(ACTIVITY, "suppressed", "held")]
    assert names_of(await stage.journal(), user) == []
    login = event(type="identify", messageId=f"login-{user}", userId=user, anonymousId=visitor)
    await stage.publish(login, user, partition=there)
    for one in ids:
        assert (await stage.outcomes(one, 2))[1] == (ACTIVITY, "delivered", None)
    await stage.publish(visited(f"{visitor}-9", visitor), visitor, partition=here)
    assert await stage.outcomes(f"{visitor}-9") == [(ACTIVITY, "delivered", None)]
    assert names_of(await stage.journal(), user) == [*ids, f"{visitor}-9"]
    stitched = stage.receipts(ids[0])[1]
    assert ("anonymousId", "stitched: the visitor was tied to this user later") in [
        (note.field, note.what) for note in stitched.notes
    ]
    assert stitched.contact == user
    assert stitched.source.topic == "customer.events"
    sent = [one for one in await stage.journal() if one["action"] == ACTIVITY]
    times = [
        one["time"]
        for request in sent
        for one in request["body"]["contactActivities"]
        if one["name"] == ids[2]
    ]
    assert times == ["2026-11-20T02:00:00.000+00:00"]


@pytest.mark.parametrize(("visitor", "user", "away"), [("a-3", "u-3", 0), ("a-4", "u-4", 1)])
async def test_held_events_and_links_outlive_the_worker(stage, visitor, user, away):
    home = home_of(visitor, 2)
    here, there = (home + away) % 2, (home + 1) % 2
    ids = [f"{visitor}-{number}" for number in range(3)]
    await stage.publish(visited(ids[0], visitor), visitor, partition=here)
    assert await stage.outcomes(ids[0]) == [(ACTIVITY, "suppressed", "held")]
    await started_anew(stage)
    await until(lambda: stage.worker.count("held_events") == 1)
    login = event(type="identify", messageId=f"login-{user}", userId=user, anonymousId=visitor)
    await stage.publish(login, user, partition=there)
    await stage.outcomes(ids[0], 2)
    await until(lambda: stage.worker.count("lag_events") == 0)
    await started_anew(stage)
    for one in ids[1:]:
        await stage.publish(visited(one, visitor), visitor, partition=here)
        assert await stage.outcomes(one) == [(ACTIVITY, "delivered", None)]
    assert names_of(await stage.journal(), user) == ids


async def started_anew(stage):
    assert await asyncio.to_thread(stage.worker.stop) == 0
    stage.start()
    await until(stage.worker.ready)


async def test_in_the_end_nothing_lags_and_nothing_is_held(stage):
    await until(lambda: stage.worker.count("lag_events") == 0)
    await until(lambda: stage.worker.count("held_events") == 0)
