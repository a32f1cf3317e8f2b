"""The simulator, shortened: some schedules hold, and what is planted is caught by name."""

from pathlib import Path

import pytest

from tests.simulator.__main__ import caught
from tests.simulator.defects import DEFECTS, RARE
from tests.simulator.shrinking import shrunk
from tests.simulator.walk import broken_by, drawn, simulate, tell
from tests.simulator.written import read, write

INVARIANTS = {  # which law a defect may break first
    "acks-out-of-order": {"I1", "I2", "deadlock"},
    "acked-on-produce": {"I1", "I2"},
    "record-before-dead-letter": {"I2"},
    "sent-before-settled": {"I5", "I3", "deadlock"},
    "running-index": {"I1", "I2", "I5"},
    "start-too-early": {"I1", "deadlock"},
    "action-topic-slowed": {"deadlock"},
    "no-lease": {"I3", "I5"},
    "unrecorded-forgotten": {"I3", "I4"},
    "doubt-forgotten": {"I3"},
    "in-doubt-as-dead": {"I3"},
    "lanes-of-one": {"I5", "I3"},
    "lease-of-a-session": {"I5"},
    "partial-fan-out": {"I2", "I10"},
    "letter-without-the-event": {"I9"},
    "receipt-before-the-answer": {"I15"},
    "deaf-to-retry-after": {"I8"},
    "circuit-that-never-opens": {"I8"},
    "intent-then-at-once": {"I8"},
    "refusals-count": {"I8"},
    "back-without-a-word": {"deadlock"},
    "one-sleeps-all-wait": {"I6"},
    "delivered-twice": {"I4"},
    "no-room-asked": {"I7"},
}
LATE = {"start-too-early", "doubt-forgotten", "lease-of-a-session", "intent-then-at-once"}
PLAYS = sorted((Path(__file__).parent / "plays").glob("*.json"))


def test_random_schedules_break_no_law():
    assert [failure for failure in map(simulate, range(600)) if failure] == []


def test_every_defect_says_which_law_it_breaks_and_has_a_play():
    assert list(INVARIANTS) == list(DEFECTS)
    assert set(DEFECTS) <= {path.stem for path in PLAYS}


@pytest.mark.parametrize("name", [name for name in INVARIANTS if name not in LATE])
def test_a_planted_defect_is_caught(name):
    failure, _ = caught(name, most=200)
    assert failure is not None
    assert failure.invariant in INVARIANTS[name]


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_a_play_that_was_kept_holds_and_breaks_its_law_with_its_defect(path):
    play, about = read(path)
    assert broken_by(play) is None
    if about["defect"] != "none":
        broken = broken_by(play, {**DEFECTS, **RARE}[about["defect"]])
        assert broken is not None
        assert broken.invariant == about["law"]
        assert broken.invariant in INVARIANTS.get(about["defect"], {about["law"]})


def test_a_seed_tells_the_same_schedule_again():
    name = "sent-before-settled"
    failure, _ = caught(name, most=100)
    assert failure is not None
    first = tell(drawn(failure.seed), DEFECTS[name])
    assert first == tell(drawn(failure.seed), DEFECTS[name])
    assert first[-1] == failure.text


def test_what_fails_is_made_small_and_written_down(tmp_path):
    name = "record-before-dead-letter"
    failure, _ = caught(name, most=100)
    assert failure is not None
    whole = drawn(failure.seed)
    small = shrunk(whole, failure.invariant, DEFECTS[name], tries=600)
    assert len(small.steps) < len(whole.steps) / 4
    write(small, tmp_path / "play.json", law=failure.invariant)
    again, about = read(tmp_path / "play.json")
    assert again == small
    broken = broken_by(again, DEFECTS[name])
    assert broken is not None
    assert broken.invariant == about["law"]
