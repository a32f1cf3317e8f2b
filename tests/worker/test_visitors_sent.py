"""Visitors who are sent: their contact is merged at the tail of their lane, and none is left."""

import pytest

from streams.kafka.hops import home_of
from tests.worker.crossing import killed
from tests.worker.harness import Staging, event, until
from tests.worker.test_visitors import ACTIVITY, FAST_SESSION, visited

STAGING = Staging(
    plan="identity: {anonymous: send, anonymous_attribute: visitor_id}",
    program="tests.worker.dying",
    settings=FAST_SESSION,
)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
MERGE = "mergeContacts"


def told(requests, visitor, user):
    """What Cordial accepted of the two, in its order."""
    for request in requests:
        body = request["body"]
        if request["action"] == MERGE and body["previousId"] == visitor:
            yield MERGE, body["segmentId"]
        elif request["action"] == ACTIVITY:
            ids = body["contact"]["identifiers"]
            if ids.get("visitor_id") == visitor or ids.get("segment_id") == user:
                for one in body["contactActivities"]:
                    yield one["name"], ids.get("segment_id") or ids["visitor_id"]


@pytest.mark.parametrize(
    ("kind", "step", "away"),
    [
        ("identify", "", 0),
        ("alias", "", 1),
        ("identify", "before tie 1", 0),
        ("identify", "after tie 1", 1),
        ("alias", "after tie 1", 0),
        ("alias", "before link 1", 1),
        ("identify", "after link 1", 0),
        ("identify", "after link 1", 1),
    ],
)
async def test_the_visitor_is_merged_after_all_that_was_sent(stage, kind, step, away):
    name = f"{kind}-{away}-{step.replace(' ', '-')}"
    visitor, user = f"a-{name}", f"u-{name}"
    home = home_of(visitor, 2)
    here, there = (home + away) % 2, (home + 1) % 2
    ids = [f"{name}-{number}" for number in range(4)]
    await stage.publish(visited(ids[0], visitor), visitor, partition=here)
    await stage.outcomes(ids[0])
    if step:
        stage.faults.change({"error_503": 1.0})
        (stage.directory / "die").write_text(step)
    await stage.publish(visited(ids[1], visitor), visitor, partition=here)
    ties = {"previousId": visitor} if kind == "alias" else {"anonymousId": visitor}
    login = event(type=kind, messageId=f"login-{name}", userId=user, **ties)
    await stage.publish(login, user, partition=there)
    if step:
        # What is the visitor's goes at once then: between it and the user's nothing is ordered.
        await until(lambda: stage.worker.process.poll() == -9)
        stage.faults.change({"error_503": 0.0})
        await killed(stage)
    for one in ids[2:]:
        await stage.publish(visited(one, visitor), visitor, partition=here)
    for one in ids:
        await until(lambda one=one: any(x.outcome == "delivered" for x in stage.receipts(one)))
    merges = f"login-{name}"
    await until(
        lambda: [x for x in stage.receipts(merges) if (x.action, x.outcome) == (MERGE, "delivered")]
    )
    await until(lambda: stage.worker.count("lag_events") == 0)
    said = list(told(await stage.journal(), visitor, user))
    assert sorted(one for one, _ in said) == sorted([*ids, MERGE])
    where = said.index((MERGE, user))
    assert visitor not in [who for _, who in said[where:]], "a ghost of the visitor"
    assert said[0] == (ids[0], visitor)
    for who in (visitor, user):  # between the two nothing is ordered
        of_one = [one for one, whose in said if whose == who and one != MERGE]
        assert of_one == sorted(of_one)
