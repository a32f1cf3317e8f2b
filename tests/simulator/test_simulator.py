"""The simulator, shortened: some schedules hold, and every planted defect is caught by name."""

import pytest

from tests.simulator.__main__ import caught
from tests.simulator.world import simulate


def test_random_schedules_break_no_law():
    assert [simulate(seed) for seed in range(1_000)] == [None] * 1_000


QUICKLY_CAUGHT = {  # defect: the invariant that it breaks
    "acks-out-of-order": "I1",
    "acked-on-produce": "I2",
    "record-before-dead-letter": "I2",
    "sent-before-settled": "I5",
    "running-index": "I1",
    "start-too-early": "I1",
    "action-topic-slowed": "deadlock",
    "no-lease": "I3",
    "unrecorded-forgotten": "I3",
}


@pytest.mark.parametrize("name", QUICKLY_CAUGHT)
def test_a_planted_defect_is_caught(name):
    failure = caught(name, most=1_000)
    assert failure is not None
    assert failure.invariant == QUICKLY_CAUGHT[name]
