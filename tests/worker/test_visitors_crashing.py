"""A worker is killed at each step of a visitor's way to the user, and another one takes over.

Cordial refuses everything meanwhile, so that nothing is in doubt, and each event is there once.
"""

import asyncio

import pytest

from streams.kafka.hops import home_of
from tests.worker.harness import Staging, event, until
from tests.worker.test_visitors import ACTIVITY, FAST_SESSION, names_of, visited

STAGING = Staging(
    plan="identity: {anonymous: hold}", program="tests.worker.dying", settings=FAST_SESSION
)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(110),
]
HELD = (ACTIVITY, "suppressed", "held")
DUPLICATE = (ACTIVITY, "suppressed", "duplicate")
HOLDING = ["before visit 2", "after visit 2", "before hold 2", "after hold 2"]
TYING = [
    "before tie 1",
    "after tie 1",
    "after told 1",
    "before stitched 1",
    "after stitched 2",
    "before forget 1",
    "after forget 2",
    "before link 1",
    "after link 1",
]


async def killed(stage):
    """The worker is killed, and another one is there."""
    await until(lambda: stage.worker.process.poll() == -9)
    stage.start()
    await until(stage.worker.ready)


async def held(stage, ids):
    for one in ids:
        await until(lambda one=one: stage.receipts(one))
        said = {(x.action, x.outcome, x.reason) for x in stage.receipts(one)}
        assert said - {DUPLICATE} == {HELD}, "what was passed on twice is held once"


@pytest.mark.parametrize("step", HOLDING + TYING)
async def test_each_event_reaches_the_user_once_and_in_order(stage, step):
    name = step.replace(" ", "-")
    visitor, user = f"a-{name}", f"u-{name}"
    home = home_of(visitor, 2)
    there = (home + 1) % 2
    here = there if step in HOLDING else home
    ids = [f"{name}-{number}" for number in range(3)]
    dies = stage.directory / "die"
    if step in HOLDING:
        dies.write_text(step)
    for one in ids:
        await stage.publish(visited(one, visitor), visitor, partition=here)
    if step in HOLDING:
        await killed(stage)
    await held(stage, ids)
    assert names_of(await stage.journal(), user) == []
    stage.faults.change({"error_503": 1.0})
    if step in TYING:
        dies.write_text(step)
    login = event(type="identify", messageId=f"login-{name}", userId=user, anonymousId=visitor)
    await stage.publish(login, user, partition=there)
    if step in TYING:
        await killed(stage)
    later = f"{name}-later"
    await stage.publish(visited(later, visitor), visitor, partition=here)
    await asyncio.sleep(1)
    stage.faults.change({"error_503": 0.0})
    for one in [*ids, later]:
        await until(lambda one=one: any(x.outcome == "delivered" for x in stage.receipts(one)))
    assert names_of(await stage.journal(), user) == [*ids, later]
    await until(lambda: stage.worker.count("lag_events") == 0)
    assert names_of(await stage.journal(), user) == [*ids, later]
    assert not [one for one in stage.letters() if one.message_id in [*ids, later]]
    await until(lambda: stage.worker.count("held_events") == 0)
