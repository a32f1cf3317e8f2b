"""The story of a visitor whose worker is killed on the way to the user.

Cordial refuses everything meanwhile, so that nothing is in doubt, and each event is there once.
"""

import asyncio

from streams.kafka.hops import home_of
from tests.worker.harness import Staging, event, until
from tests.worker.test_visitors import ACTIVITY, FAST_SESSION, names_of, visited

STAGING = Staging(
    plan="identity: {anonymous: hold}", program="tests.worker.dying", settings=FAST_SESSION
)
HELD = (ACTIVITY, "suppressed", "held")
DUPLICATE = (ACTIVITY, "suppressed", "duplicate")


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


async def crosses(stage, step, *, holding):
    """The worker is killed at `step`, while an event is held or while the visitor is tied."""
    name = step.replace(" ", "-")
    visitor, user = f"a-{name}", f"u-{name}"
    home = home_of(visitor, 2)
    there = (home + 1) % 2
    here = there if holding else home
    ids = [f"{name}-{number}" for number in range(3)]
    dies = stage.directory / "die"
    if holding:
        dies.write_text(step)
    for one in ids:
        await stage.publish(visited(one, visitor), visitor, partition=here)
    if holding:
        await killed(stage)
    await held(stage, ids)
    assert names_of(await stage.journal(), user) == []
    stage.faults.change({"error_503": 1.0})
    if not holding:
        dies.write_text(step)
    login = event(type="identify", messageId=f"login-{name}", userId=user, anonymousId=visitor)
    await stage.publish(login, user, partition=there)
    if not holding:
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
