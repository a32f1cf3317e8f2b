"""The simulator, shortened: some schedules hold, and every planted defect is caught by name."""

import pytest

from tests.simulator.__main__ import caught
from tests.simulator.world import simulate


def test_random_schedules_break_no_law():
    assert [simulate(seed) for seed in range(1_000)] == [None] * 1_000


QUICKLY_CAUGHT = (
    "acks-out-of-order",
    "acked-on-produce",
    "record-before-dead-letter",
    "sent-before-settled",
    "running-index",
    "start-too-early",
    "action-topic-slowed",
    "no-lease",
    "unrecorded-forgotten",
)


@pytest.mark.parametrize("name", QUICKLY_CAUGHT)
def test_a_planted_defect_is_caught(name):
    assert caught(name, most=2_000) is not None
