"""A worker is killed at each step of tying a visitor to a user, and another one takes over."""

import pytest

from tests.worker import crossing

STAGING = crossing.STAGING
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
STEPS = [
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


@pytest.mark.parametrize("step", STEPS)
async def test_each_event_reaches_the_user_once_and_in_order(stage, step):
    await crossing.crosses(stage, step, holding=False)
