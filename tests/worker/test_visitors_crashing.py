"""A worker is killed at each step of holding a visitor's event, and another one takes over."""

import pytest

from tests.worker import crossing

STAGING = crossing.STAGING
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
STEPS = ["before visit 2", "after visit 2", "before hold 2", "after hold 2"]


@pytest.mark.parametrize("step", STEPS)
async def test_each_event_reaches_the_user_once_and_in_order(stage, step):
    await crossing.crosses(stage, step, holding=True)
