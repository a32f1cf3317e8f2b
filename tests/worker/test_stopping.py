"""A bug costs one event; a worker that is stopped loses nothing, and the repaired one goes on."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from tests.worker.harness import Staging, event, until

FAST_SESSION = {
    "KAFKA__SESSION_TIMEOUT": "8",
    "KAFKA__HEARTBEAT": "1",
    "DELIVERY__DEADLINE": "3",
}
STAGING = Staging(settings=FAST_SESSION, program="tests.worker.buggy")
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
ACTIVITY = "createContactactivities"
USERS, EVENTS = 5, 60


async def publish(stage, first, last):
    for number in range(first, last):
        user = f"u-{number % USERS}"
        # What is told of the contact in between keeps activities from travelling together.
        told = event(type="identify", messageId=f"i-{number}", userId=user, traits={"n": number})
        await stage.publish(told, user, partition=number % USERS % 2)
        value = event(event=f"E{number}", messageId=f"m-{number}", userId=user)
        await stage.publish(value, user, partition=number % USERS % 2)


def told(journal):
    for line in journal:
        if line["action"] == ACTIVITY:
            user = line["body"]["contact"]["identifiers"]["segment_id"]
            yield from ((user, one["name"]) for one in line["body"]["contactActivities"])


@pytest.mark.parametrize("where", ["routing", "deciding"])
async def test_a_bug_is_a_dead_letter_and_the_next_event_goes_on(stage, where):
    bad = event(event="Bug", messageId=where, userId="u-bug", properties={f"break_{where}": "Ana"})
    offset = await stage.publish(bad, "u-bug")
    await stage.publish(event(event="Next", messageId=f"after-{where}", userId="u-bug"), "u-bug")
    assert await stage.outcomes(f"after-{where}") == [(ACTIVITY, "delivered", None)]
    [letter] = await until(lambda: stage.letters(where))
    assert (letter.reason, letter.message) == ("bug", f"RuntimeError while {where}")
    assert letter.position.offset == offset
    assert [one[1:] for one in await stage.outcomes(where)] == [("dead_lettered", "bug")]
    log = (stage.directory / "worker.log").read_text()
    assert "Ana" not in log


async def test_a_stopped_worker_exits_with_0_in_the_midst_and_loses_nothing(stage):
    stage.faults.change({"latency": 0.3})
    await publish(stage, 0, EVENTS // 2)
    await until(lambda: stage.receipts("m-3"))
    assert await asyncio.to_thread(stage.worker.stop) == 0
    before = {one.message_id for one in stage.receipts()}
    assert not before >= {f"m-{number}" for number in range(EVENTS // 2)}, "it was in the midst"
    await publish(stage, EVENTS // 2, EVENTS)
    stage.faults.change({"latency": 0})
    stage.staging = replace(STAGING, program="streams.cli")
    stage.start()
    for number in range(EVENTS):
        assert await stage.outcomes(f"m-{number}") == [(ACTIVITY, "delivered", None)]
    journal = list(told(await stage.journal()))
    for user in range(USERS):
        expected = [f"E{number}" for number in range(user, EVENTS, USERS)]
        assert [name for one, name in journal if one == f"u-{user}"] == expected
    await until(lambda: stage.worker.count("lag_events") == 0)
    receipts = Counter((one.position, one.action) for one in stage.receipts())
    assert set(receipts.values()) == {1}


async def test_what_the_bug_cost_is_replayed_by_the_repaired_program(stage):
    ran = await stage.run("dead-letters", "replay", "--reason", "bug")
    assert ran.returncode == 0, ran.stderr
    for where in ("routing", "deciding"):
        became = await stage.outcomes(where, 2)
        assert became[1] == (ACTIVITY, "delivered", None)
