"""The simulator, shortened: some schedules hold, and what is planted is caught by name."""

import pytest

from tests.simulator.__main__ import caught
from tests.simulator.defects import DEFECTS
from tests.simulator.world import simulate, tell

INVARIANTS = {  # which law a defect may break first
    "acks-out-of-order": {"I1", "I2", "deadlock"},
    "acked-on-produce": {"I1", "I2"},
    "record-before-dead-letter": {"I2"},
    "sent-before-settled": {"I5", "I3", "deadlock"},
    "running-index": {"I1", "I2"},
    "start-too-early": {"I1", "deadlock"},
    "action-topic-slowed": {"deadlock"},
    "no-lease": {"I3", "I5"},
    "unrecorded-forgotten": {"I3"},
    "doubt-forgotten": {"I3"},
    "in-doubt-as-dead": {"I3"},
    "lanes-of-one": {"I5", "I3"},
}


def test_random_schedules_break_no_law():
    assert [failure for failure in map(simulate, range(1_500)) if failure] == []


def test_every_defect_says_which_law_it_breaks():
    assert list(INVARIANTS) == list(DEFECTS)


@pytest.mark.parametrize("name", INVARIANTS)
def test_a_planted_defect_is_caught(name):
    failure = caught(name, most=4_000)
    assert failure is not None
    assert failure.invariant in INVARIANTS[name]


def test_a_seed_tells_the_same_schedule_again():
    name = "sent-before-settled"
    failure = caught(name, most=100)
    assert failure is not None
    first = tell(failure.seed, DEFECTS[name])
    assert first == tell(failure.seed, DEFECTS[name])
    assert first[-1] == failure.text
