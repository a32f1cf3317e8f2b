"""Lists through the worker: what is known of them outlives it, and what a crash lost of it."""

import asyncio

import pytest

from streams.core.action_names import JOIN, LEAVE
from streams.core.command import Position
from streams.core.memberships import Row, Times
from streams.kafka.learned_rows import decode_row, encode_row
from streams.settings import Settings
from tests.worker.harness import SOURCE, Staging, event, until
from tests.worker.parts import Tail

PLAN = """
actions:
  createContactactivities: {enabled: false}
  removeContactsFromList: {trigger: event = "Left List"}
"""
STAGING = Staging(plan=PLAN, partitions=1)
CHANGELOG = f"{Settings().app_id}-memberships-changelog"
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]


def at(hour):
    return f"2026-11-20T{hour:02}:00:00Z"


def join(message_id, hour, **fields):
    named = {"groupId": "g-1", "traits": {"name": "VIP"}}
    return event(type="group", messageId=message_id, timestamp=at(hour), **{**named, **fields})


def leave(message_id, hour):
    said = {"event": "Left List", "groupId": "g-1"}
    return event(messageId=message_id, timestamp=at(hour), properties={}, **said)


async def told(stage):
    return [one["action"] for one in await stage.journal()]


async def test_an_older_join_joins_nobody_again_after_a_restart(stage):
    await stage.publish(join("m-1", 10))
    await stage.publish(leave("m-3", 12))
    assert await stage.outcomes("m-3") == [(LEAVE, "delivered", None)]
    await until(lambda: stage.worker.count("lag_events") == 0)
    stage.worker.end()
    await stage.publish(join("m-2", 11))
    await stage.publish(join("m-4", 13))
    await stage.publish(leave("m-0", 9))
    stage.start()
    assert await stage.outcomes("m-2") == [(JOIN, "suppressed", "stale")]
    assert await stage.outcomes("m-4") == [(JOIN, "delivered", None)]
    assert await stage.outcomes("m-0") == [(LEAVE, "suppressed", "stale")]
    (receipt,) = stage.receipts("m-2")
    assert [one.field for one in receipt.notes] == ["groupId"]
    assert await told(stage) == [JOIN, LEAVE, JOIN]
    assert all(one["result"] == "ok" for one in await stage.journal())


async def test_a_join_whose_record_was_lost_was_delivered_and_is_not_sent_again(stage):
    """The row of the table is durable before the record that the command is settled."""
    first = await stage.publish(join("n-1", 14))
    await stage.outcomes("n-1")
    async with Tail().reading(stage.bootstrap, CHANGELOG, 1) as tail:
        await until(lambda: [one for one in tail.records if one.key == b"u-1"][3:])
    assert decode_row("memberships", tail.records[-1].value).position.offset == first
    before = await told(stage)
    assert await asyncio.to_thread(stage.worker.stop) == 0
    position = Position(Settings().generation, SOURCE, 0, first + 2)
    times = decode_row("memberships", tail.records[-1].value).times
    lost = {key: Times(one.joined, one.left, one.name) for key, one in times.items()}
    key = next(key for key, one in lost.items() if one.left is not None)
    hour = 3_600_000
    lost[key] = Times(lost[key].joined + hour, lost[key].joined + 2 * hour)
    row = encode_row("memberships", Row(position, LEAVE, lost))
    await stage.publish(row, "u-1", topic=CHANGELOG)
    assert await stage.publish(join("n-2", 15)) == first + 1
    assert await stage.publish(leave("n-3", 16)) == first + 2
    stage.start()
    assert await stage.outcomes("n-2") == [(JOIN, "delivered", None)]
    assert await stage.outcomes("n-3") == [(LEAVE, "delivered", None)]
    assert await told(stage) == before


async def test_a_join_that_died_is_stale_when_it_is_replayed_after_a_newer_removal(stage):
    stage.faults.change({"poison": "VIP", "poison_status": 422})
    await stage.publish(join("r-1", 17))
    assert await stage.outcomes("r-1") == [(JOIN, "dead_lettered", "rejected")]
    stage.faults.change({"poison": ""})
    await stage.publish(leave("r-2", 18))
    assert await stage.outcomes("r-2") == [(LEAVE, "delivered", None)]
    (letter,) = await until(lambda: stage.letters("r-1"))
    await stage.run("dead-letters", "replay", "--id", letter.id)
    told = await stage.outcomes("r-1", 2)
    assert told[1] == (JOIN, "dead_lettered", "stale")
    await stage.run("dead-letters", "replay", "--id", letter.id, "--force")
    assert (await stage.outcomes("r-1", 3))[2] == (JOIN, "delivered", None)
