"""When a record is taken for what ends the worker, and when nothing is told."""

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.suspicion import PASSED, RAISED, TRIALS, End, began, end_of, guilty, note, told

ENDS = [
    (PASSED, End.PASSED),
    (RAISED, End.FELL),
    (0, End.FELL),  # whatever exits with 0 did not come to its end
    (3, End.FELL),
    (-signal.SIGSEGV, End.FELL),
    (-signal.SIGABRT, End.FELL),
    (-signal.SIGXCPU, End.FELL),
    (-signal.SIGKILL, End.UNTOLD),
    (-signal.SIGTERM, End.UNTOLD),
    (-signal.SIGINT, End.UNTOLD),
    (-signal.SIGALRM, End.UNTOLD),
]


@pytest.mark.parametrize(("code", "end"), ENDS)
def test_how_a_trial_ended(code, end):
    assert end_of(code) is end


FELL = [RAISED] * TRIALS


@pytest.mark.parametrize(
    ("control", "trials", "verdict"),
    [
        (PASSED, FELL, True),
        (PASSED, [0, 3, -signal.SIGSEGV], True),
        (PASSED, [RAISED] * (TRIALS - 1), False),
        (PASSED, [RAISED, RAISED, PASSED], False),
        (PASSED, [RAISED, -signal.SIGKILL, RAISED], False),
        (PASSED, [-signal.SIGKILL] * TRIALS, False),
        (PASSED, [], False),
        (RAISED, FELL, False),
        (-signal.SIGKILL, FELL, False),
    ],
)
def test_what_ends_the_worker(control, trials, verdict):
    assert guilty(control, trials) is verdict


codes = st.sampled_from([code for code, _ in ENDS]) | st.integers(-64, 255)


@given(control=codes, trials=st.lists(codes, max_size=5))
def test_a_kill_or_a_success_is_never_evidence(control, trials):
    if guilty(control, trials):
        assert control == PASSED
        assert len(trials) >= TRIALS
        assert {end_of(code) for code in trials} == {End.FELL}
        assert -signal.SIGKILL not in trials


@given(st.integers(0, 999_999_999))
def test_a_note_says_how_often(times):
    assert began(note(times)) == times


@pytest.mark.parametrize(
    "said", [None, "", "began", "began x", "began -1", "x began 3", "began 3 "]
)
def test_what_is_no_note_says_nothing(said):
    assert began(said) == 0


@pytest.mark.parametrize(
    ("code", "text"), [(RAISED, "by an error"), (9, "with exit 9"), (-11, "by SIGSEGV")]
)
def test_people_are_told_how(code, text):
    assert told(code) == text
