"""What is held beyond its bounds is let go with a receipt, and nobody is told of it."""

import pytest

from streams.kafka.hops import home_of
from tests.worker.harness import Staging, event, until
from tests.worker.test_visitors import ACTIVITY, names_of, visited

STAGING = Staging(
    plan="identity: {anonymous: hold, hold: {events: 2, days: 0.00005}}"  # 4.3 seconds
)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]


async def test_what_is_too_much_or_too_old_is_told_and_not_sent(stage):
    home = home_of("a-1", 2)
    ids = [f"m-{number}" for number in range(3)]
    for one in ids:
        await stage.publish(visited(one, "a-1"), "a-1", partition=home)
    said = [[why for _, _, why in await stage.outcomes(one, 2)] for one in ids]
    assert said == [["held", "crowded_out"], ["held", "expired"], ["held", "expired"]]
    [_, late] = stage.receipts("m-2")
    assert (late.contact, late.action, late.source.topic) == ("a-1", ACTIVITY, "customer.events")
    await until(lambda: stage.worker.count("held_events") == 0)
    login = event(type="identify", messageId="m-9", userId="u-1", anonymousId="a-1")
    await stage.publish(login, "u-1", partition=1 - home)
    await stage.outcomes("m-9")
    await stage.publish(visited("m-10", "a-1"), "a-1", partition=home)
    assert await stage.outcomes("m-10") == [(ACTIVITY, "delivered", None)]
    assert names_of(await stage.journal(), "u-1") == ["m-10"]


async def test_an_event_that_is_too_large_is_not_held(stage):
    large = visited("m-20", "a-2", properties={"text": "x" * 270_000})
    await stage.publish(large, "a-2", partition=home_of("a-2", 2))
    assert await stage.outcomes("m-20") == [(ACTIVITY, "suppressed", "crowded_out")]
