"""Retrying: the rows of the table in `core.retrying`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.answer import Delivered, InDoubt, Limits, NotSent, Refused, Rejected, Unauthorized
from streams.core.outcome import Dead
from streams.core.retrying import (
    MOST_REJECTED,
    WINDOW,
    Again,
    AttemptState,
    GiveUp,
    Hold,
    Policy,
    RejectionLimit,
    SplitAndTryAgain,
    next_step,
)

POLICY = Policy()
FAILURES = [InDoubt("timed out"), InDoubt("status 500", 500), NotSent("refused")]


def step(answer, state=None, *, joined=False, healthy=True, jitter=0.5, policy=POLICY):
    state = state or AttemptState(attempts=1)
    return next_step(answer, state, policy, joined=joined, healthy=healthy, jitter=jitter)


ROWS = [
    (Refused(429), False, Again(0.25)),
    (Refused(503, Limits(retry_after=7.0)), False, Again(7.25)),
    (Refused(429, Limits(retry_after=900.0)), False, Again(900.25)),
    (Refused(429, Limits(retry_after=901.0)), False, Hold("retry_after_too_long")),
    (Unauthorized(401), False, Hold("key_rejected")),
    (Unauthorized(302), True, Hold("key_rejected")),
    (Rejected(422, "no"), True, SplitAndTryAgain()),
    (Rejected(422, "no"), False, GiveUp(Dead.REJECTED, "Cordial answered 422: no")),
    (Rejected(400), False, GiveUp(Dead.REJECTED, "Cordial answered 400")),
]


@pytest.mark.parametrize(("answer", "joined", "expected"), ROWS)
def test_what_follows_an_answer(answer, joined, expected):
    assert step(answer, joined=joined) == expected


@pytest.mark.parametrize("answer", [Refused(429), Unauthorized(401), Rejected(422)])
def test_only_a_failure_is_charged(answer):
    state = AttemptState(attempts=1)
    step(answer, state)
    assert state == AttemptState(attempts=1)


@pytest.mark.parametrize("answer", FAILURES)
def test_a_failure_backs_off_up_to_the_bound(answer):
    waits = []
    for attempts in range(1, 12):
        after = step(answer, AttemptState(attempts=attempts), jitter=1.0)
        assert isinstance(after, Again)
        waits.append(after.after)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0, 60.0]


def test_thousands_of_attempts_overflow_nothing():
    assert step(NotSent("refused"), AttemptState(attempts=5_000), healthy=False) == Again(30.0)


ASKED = [
    (20.0, 1, Again(20.25)),
    (20.0, 8, Again(30.0)),
    (0.0, 1, Again(0.25)),
    (900.0, 1, Again(900.25)),
    (901.0, 1, Hold("retry_after_too_long")),
]


@pytest.mark.parametrize(("seconds", "attempts", "expected"), ASKED)
def test_a_failure_waits_as_long_as_asked_with_jitter_and_holds_beyond_the_bound(
    seconds, attempts, expected
):
    answer = InDoubt("status 500", 500, Limits(retry_after=seconds))
    assert step(answer, AttemptState(attempts=attempts)) == expected


@given(
    asked=st.floats(0, 1_000),
    attempts=st.integers(1, 50),
    jitter=st.floats(0, 1, exclude_max=True),
    healthy=st.booleans(),
    kind=st.sampled_from([Refused, InDoubt]),
)
def test_no_wait_that_was_asked_for_is_shortened(asked, attempts, jitter, healthy, kind):
    limits = Limits(retry_after=asked)
    answer = Refused(429, limits) if kind is Refused else InDoubt("status 500", 500, limits)
    state = AttemptState(attempts=attempts)
    after = step(answer, state, healthy=healthy, jitter=jitter)
    assert isinstance(after, Hold) if asked > POLICY.retry_after_max else after.after >= asked


@pytest.mark.parametrize("answer", FAILURES)
def test_past_its_attempts_a_command_is_given_up(answer):
    state = AttemptState()
    for attempt in range(1, POLICY.attempts + 1):
        state.count()
        after = step(answer, state, jitter=0.0)
        assert isinstance(after, GiveUp if attempt == POLICY.attempts else Again)
    assert after == GiveUp(Dead.EXHAUSTED, f"10 attempts, the last: {answer.why}")


@pytest.mark.parametrize("answer", FAILURES)
def test_past_its_attempts_a_joined_request_is_split_as_one_member_may_be_at_fault(answer):
    state = AttemptState(attempts=9, charged=8)
    assert isinstance(step(answer, state, joined=True), Again)
    assert step(answer, state, joined=True) == SplitAndTryAgain()
    assert isinstance(step(answer, state), GiveUp)
    assert isinstance(step(answer, AttemptState(attempts=10)), Again)


def test_an_absurd_retry_after_keeps_no_command_alive_forever():
    answer = InDoubt("status 500", 500, Limits(retry_after=5_000.0))
    state = AttemptState(attempts=1)
    steps = [step(answer, state) for _ in range(POLICY.attempts)]
    assert steps[:-1] == [Hold("retry_after_too_long")] * (POLICY.attempts - 1)
    assert isinstance(steps[-1], GiveUp)


def test_past_its_patience_a_command_is_given_up():
    state = AttemptState(attempts=2, waited=POLICY.patience)
    assert isinstance(step(InDoubt("timed out"), state), GiveUp)


@pytest.mark.parametrize("answer", FAILURES)
def test_while_the_endpoint_answers_nobody_the_budget_stands_still(answer):
    state = AttemptState()
    for _ in range(500):
        state.count()
        assert isinstance(step(answer, state, healthy=False), Again)
    assert (state.charged, state.waited) == (0, 0.0)


def test_a_delivery_is_not_tried_again():
    with pytest.raises(ValueError, match="not tried again"):
        step(Delivered(202))


def test_nearly_all_rejected_is_our_fault():
    limit = RejectionLimit()
    assert [limit.rejected() for _ in range(MOST_REJECTED)] == [False] * 44 + [True]


def test_deliveries_push_rejections_out_of_the_window():
    limit = RejectionLimit()
    for _ in range(10):
        for _ in range(MOST_REJECTED - 1):
            assert not limit.rejected()
        for _ in range(WINDOW - MOST_REJECTED + 1):
            limit.delivered()


def test_after_a_reset_it_counts_anew():
    limit = RejectionLimit()
    for _ in range(MOST_REJECTED - 1):
        limit.rejected()
    limit.reset()
    assert not limit.rejected()


def test_what_was_waited_adds_up_as_long_as_it_was():
    state = AttemptState(attempts=1, waited=5.0)
    step(FAILURES[0], state)
    assert state.waited == 5.25
    step(InDoubt("status 500", 500, Limits(retry_after=7.0)), state)
    assert state.waited == 12.5


def test_a_delivery_is_nothing_to_try_again():
    with pytest.raises(ValueError, match=r"^a delivery is not tried again$"):
        step(Delivered(202))
