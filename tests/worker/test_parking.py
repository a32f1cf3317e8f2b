"""A contact that holds its partition up is parked; a replay sends what waits, in order."""

import pytest

from streams.core.command import Position
from streams.settings import Settings
from tests.worker.harness import CODEC, Staging, event, until
from tests.worker.parts import Tail

STAGING = Staging(settings={"WINDOW__SPAN": "12"}, partitions=1)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
ACTIVITY = "createContactactivities"
CHANGELOG = f"{Settings().app_id}-parked-changelog"


async def publish_ill(stage, number):
    """An update and an activity by turns, so that their order is that of two topics."""
    kind = {"type": "identify", "traits": {"n": number}} if number % 2 else {"event": f"E{number}"}
    await stage.publish(event(messageId=f"ill-{number}", userId="u-ill", **kind), "u-ill")


def told(journal):
    """What Cordial was told of the ill contact, as the numbers of its events."""
    for line in journal:
        body = line["body"]
        identifiers = body.get("identifiers") or body["contact"]["identifiers"]
        if identifiers["segment_id"] == "u-ill":
            if line["action"] == "upsertContact":
                yield body["attributes"]["n"]
            yield from (int(one["name"][1:]) for one in body.get("contactActivities", ()))


async def test_a_contact_is_parked_with_its_followers_and_the_partition_goes_on(stage):
    stage.faults.change({"poison": "u-ill"})
    for number in range(6):
        await publish_ill(stage, number)
    for number in range(30):
        user = f"u-{number}"
        await stage.publish(event(event="W", messageId=f"well-{number}", userId=user), user)
    await stage.outcomes("well-29")
    became = [one for number in range(6) for one in await stage.outcomes(f"ill-{number}")]
    behind = [
        ("upsertContact", "dead_lettered", "parked_behind"),
        (ACTIVITY, "dead_lettered", "parked_behind"),
    ]
    assert became == [(ACTIVITY, "dead_lettered", "parked"), *behind, *behind, behind[0]]


async def test_the_row_of_the_contact_says_which_command_parked_it(stage):
    async with Tail().reading(stage.bootstrap, CHANGELOG, 1) as tail:
        (row,) = await until(lambda: [one.value for one in tail.records])
    parked = CODEC.decode("parked", row)
    (letter,) = stage.letters("ill-0")
    assert parked["reason"] == "parked"
    assert Position(**parked["position"]) == letter.position


async def test_what_comes_later_waits_too(stage):
    stage.faults.change({"poison": ""})
    await publish_ill(stage, 6)
    assert await stage.outcomes("ill-6") == [(ACTIVITY, "dead_lettered", "parked_behind")]


async def test_a_replay_sends_them_in_order_and_opens_the_lane(stage):
    replayed = await stage.run("dead-letters", "replay", "--contact", "u-ill")
    assert replayed.returncode == 0, replayed.stderr
    assert "7 replayed" in replayed.stdout
    for number in range(7):
        assert (await stage.outcomes(f"ill-{number}", 2))[-1][1:] == ("delivered", None)
    await publish_ill(stage, 7)
    assert await stage.outcomes("ill-7") == [("upsertContact", "delivered", None)]
    assert list(told(await stage.journal())) == list(range(8))
    [receipt] = [one for one in stage.receipts("ill-3") if one.outcome == "delivered"]
    [letter] = stage.letters("ill-3")
    assert receipt.replay_of == letter.id
    await until(lambda: stage.worker.count("lag_events") == 0)
