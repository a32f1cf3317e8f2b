from copy import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.cordial.pace import SLOWEST, UNLIMITED, Pace
from streams.core.answer import Answer, Delivered, InDoubt, Limits, NotSent, Refused, Rejected
from tests.unit.cordial.limited import FixedWindow, TokenBucket, catches_up, run

pytestmark = pytest.mark.slow


def pace(jitter: float = 0.0) -> Pace:
    return Pace(jitter=lambda: jitter)


def test_without_a_sign_there_is_no_limit() -> None:
    free = pace()
    for _ in range(1_000):
        assert free.take(0)
        free.answered(Delivered(202), 0)
    assert (free.rate, free.allowance(0), free.next_time(0)) == (None, UNLIMITED, 0)


def test_the_limit_of_the_headers_is_kept_with_a_margin_and_evenly() -> None:
    told = pace()
    told.answered(Delivered(202, Limits(limit=100, remaining=99, reset=1)), 0)
    assert told.rate == 97
    assert told.take(0)
    assert not told.take(0)
    assert told.next_time(0) == pytest.approx(1 / 97)
    assert told.take(1 / 97)


def test_a_higher_limit_in_the_headers_is_used_at_once() -> None:
    told = pace()
    told.answered(Delivered(202, Limits(limit=100, remaining=99)), 0)
    told.answered(Delivered(202, Limits(limit=1_000, remaining=999)), 1)
    assert told.rate == 970


WAITS = [
    (Refused(429, Limits(retry_after=30)), 30.0),
    (Refused(429, Limits(reset=12)), 12.0),
    (Refused(429), 1.0),
    (Refused(503, Limits(retry_after=7)), 7.0),
    (Refused(503), 0.05),
    (Refused(503, Limits(reset=3)), 3.0),
    (InDoubt("status 500", 500, Limits(retry_after=5)), 5.0),
    (Delivered(202, Limits(remaining=0, reset=9)), 9.0),
    (Delivered(202, Limits(remaining=0, reset=1_795_000_000)), 1.0),
    (Refused(429, Limits(reset=1_795_000_000)), 1.0),
]


@pytest.mark.parametrize(("answer", "seconds"), WAITS)
def test_a_wait_that_was_asked_for_is_kept_by_all(answer: Answer, seconds: float) -> None:
    asked = pace()
    asked.answered(answer, 100)
    assert asked.allowance(100 + seconds - 0.001) == 0
    assert asked.next_time(100) == 100 + seconds
    assert asked.allowance(100 + seconds) >= 1


def test_a_wait_has_jitter_that_never_shortens_it() -> None:
    asked = pace(jitter=1.0)
    asked.answered(Refused(429, Limits(retry_after=30)), 100)
    assert asked.next_time(100) == pytest.approx(133)


def test_a_shorter_wait_does_not_cut_a_longer_one() -> None:
    asked = pace()
    asked.answered(Refused(429, Limits(retry_after=30)), 0)
    asked.answered(Refused(429, Limits(retry_after=1)), 1)
    assert asked.waits_until == 30


def test_refusals_without_a_word_wait_longer_while_they_last() -> None:
    told = pace()
    waits = []
    now = 0.0
    for _ in range(10):
        for _ in range(5):  # what was under way together says it once
            told.answered(Refused(503), now, started=now)
        waits.append(round(told.waits_until - now, 2))
        now = told.waits_until
    assert waits == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 15.0]
    told.answered(Delivered(202), now)
    told.answered(Refused(503), now)
    assert told.waits_until - now == pytest.approx(0.05)


def test_one_burst_of_refusals_halves_once() -> None:
    told = pace()
    told.answered(Delivered(202, Limits(limit=100)), 0)
    for _ in range(50):
        told.answered(Refused(429, Limits(limit=100, retry_after=1)), 0.5, started=0.4)
    told.answered(Refused(429, Limits(limit=100, retry_after=1)), 1.6, started=0.4)
    assert told.rate == 97 / 4


def test_the_least_rate_is_left_within_minutes() -> None:
    learned, now = pace(), 0.0
    for _ in range(12):
        now = learned.next_time(now)
        learned.answered(Refused(429), now + 0.05, now)
    assert learned.rate == SLOWEST
    well = now
    while learned.rate is not None and learned.rate < 5 and now < well + 1_000:
        now = min(now + 0.5, max(now + 0.001, learned.next_time(now)))
        if learned.take(now):
            learned.answered(Delivered(202), now + 0.05, now)
    assert now - well < 180


def test_an_outage_teaches_no_rate() -> None:
    free = pace()
    for answer in (Refused(503), InDoubt("cut"), NotSent("ConnectError"), Rejected(400)):
        free.answered(answer, 0)
    assert free.rate is None


LIMITS = [5.0, 50.0, 300.0]


@pytest.mark.parametrize("rate", LIMITS)
@pytest.mark.parametrize("kind", [FixedWindow, TokenBucket])
def test_headers_are_used_to_the_full_without_a_refusal(
    rate: float, kind: type[FixedWindow] | type[TokenBucket]
) -> None:
    seen = run(kind(rate), seconds=60)
    assert seen.refused(20, 60) == 0
    assert seen.accepted(20, 60) > 0.95 * rate


@pytest.mark.parametrize("kind", [FixedWindow, TokenBucket])
def test_what_only_refusals_tell_is_used_to_the_full_without_another(
    kind: type[FixedWindow] | type[TokenBucket],
) -> None:
    seen = run(kind(60, told_late=True), seconds=100)
    assert seen.refused(20, 100) == 0
    assert seen.accepted(20, 100) > 0.95 * 60


@pytest.mark.parametrize("seed", range(8))
def test_one_worker_uses_the_budget_of_each_window(seed: int) -> None:
    seen = run(FixedWindow(60), seconds=120, seed=seed)
    assert seen.refused(20, 120) == 0
    assert seen.accepted(20, 120) > 0.95 * 60


@pytest.mark.parametrize("rate", LIMITS)
@pytest.mark.parametrize("kind", [FixedWindow, TokenBucket])
def test_without_headers_the_rate_is_learned(
    rate: float, kind: type[FixedWindow] | type[TokenBucket]
) -> None:
    seen = run(kind(rate, headers=False), seconds=100)
    assert seen.refused(20, 100) < 0.01
    assert seen.accepted(20, 100) > 0.85 * rate


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("demand", "each", "lasts"), [(3.3, 8, 16), (20, 5, 16), (20, 5, 60)])
def test_what_others_used_up_for_a_while_is_soon_forgotten(
    demand: float, each: int, lasts: float, seed: int
) -> None:
    assert catches_up(demand, each=each, lasts=lasts, seed=seed) < 45


def test_a_limit_per_minute_is_used_to_the_full() -> None:
    seen = run(FixedWindow(30, period=60), seconds=240)
    assert seen.refused(60, 240) < 0.01
    assert seen.accepted(60, 240) > 0.9 * 30


@pytest.mark.parametrize("seed", range(10))
def test_two_workers_use_one_limit_alike_and_nearly_all_of_it(seed: int) -> None:
    seen = run(FixedWindow(60), seconds=160, workers=2, seed=seed)
    assert seen.refused(60, 160) < 0.002
    assert seen.accepted(60, 160) > 0.93 * 60
    assert min(seen.shares(60, 160)) > 0.7


@pytest.mark.parametrize("seed", range(3))
def test_who_is_left_takes_what_the_others_had(seed: int) -> None:
    seen = run(FixedWindow(60), seconds=200, workers=4, seed=seed, leaves=120)
    assert seen.refused(120, 200) < 0.01
    assert seen.accepted(150, 200) > 0.93 * 60


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), workers=st.integers(2, 4))
def test_workers_share_one_limit(seed: int, workers: int) -> None:
    seen = run(FixedWindow(60), seconds=160, workers=workers, seed=seed)
    assert seen.refused(60, 160) < 0.01
    assert seen.accepted(60, 160) > 0.85 * 60
    assert min(seen.shares(60, 160)) > 0.4


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), workers=st.integers(2, 4), told_late=st.booleans())
def test_workers_share_one_limit_that_few_answers_tell(
    seed: int, workers: int, told_late: bool
) -> None:
    server = FixedWindow(60, headers=told_late, told_late=told_late)
    seen = run(server, seconds=160, workers=workers, seed=seed)
    assert seen.refused(60, 160) < 0.02
    assert seen.accepted(60, 160) > 0.8 * 60


def test_an_answer_of_a_window_that_is_over_stops_nobody() -> None:
    told = pace()
    for at, remaining in [(0.1, 99), (0.9, 4), (1.1, 99)]:
        told.answered(Delivered(202, Limits(limit=100, remaining=remaining, reset=1)), at)
    late = Delivered(202, Limits(limit=100, remaining=0, reset=1))
    told.answered(late, 1.12, started=0.95)
    assert told.waits_until == 0
    told.answered(late, 1.5, started=1.4)
    assert told.waits_until == pytest.approx(2.1, abs=0.02)


def test_a_refusal_for_load_does_not_slow_down() -> None:
    told = pace()
    told.answered(Delivered(202, Limits(limit=100)), 0)
    for answer in (Refused(503), Refused(503, Limits(limit=100, retry_after=5))):
        told.answered(answer, 100)
        assert told.rate == 97


@pytest.mark.parametrize(("headers", "told_late"), [(True, False), (True, True), (False, False)])
def test_a_lifted_limit_is_found(headers: bool, told_late: bool) -> None:
    server = TokenBucket(20, headers=headers, told_late=told_late)

    def lift() -> None:
        server.rate = 200

    seen = run(server, seconds=330, at=60, change=lift)
    assert seen.accepted(30, 60) > 0.85 * 20
    assert seen.accepted(300, 330) > 0.85 * 200


def test_a_limit_that_is_told_no_more_is_gone_after_a_while() -> None:
    told = pace()
    told.answered(Delivered(202, Limits(limit=20)), 0)
    for second in range(1, 180):
        told.answered(Delivered(202), second)
    assert told.rate == pytest.approx(19.4)
    for at in range(1_810, 2_100):
        while told.take(at / 10):
            told.answered(Delivered(202), at / 10)
    assert told.rate > 1_000


def test_a_limit_that_refusals_tell_costs_few_of_them_when_it_is_looked_for_again() -> None:
    seen = run(TokenBucket(20, told_late=True), seconds=800)
    assert 0 < seen.refused(20, 800) < 0.01
    assert seen.accepted(20, 800) > 0.9 * 20


@pytest.mark.parametrize("headers", [True, False])
def test_a_lowered_limit_is_found_within_seconds(headers: bool) -> None:
    server = FixedWindow(200, headers=headers)

    def lower() -> None:
        server.rate = 20

    seen = run(server, seconds=120, at=40, change=lower)
    assert seen.refused(70, 120) < 0.02
    assert seen.accepted(70, 120) > 0.8 * 20


@given(
    st.lists(
        st.tuples(
            st.floats(0, 5),
            st.sampled_from(
                [
                    Delivered(202),
                    Delivered(202, Limits(limit=10, remaining=0, reset=1)),
                    Delivered(202, Limits(limit=0, remaining=0)),
                    Refused(429),
                    Refused(429, Limits(retry_after=3)),
                    Refused(503, Limits(retry_after=0)),
                    InDoubt("cut"),
                ]
            ),
        ),
        max_size=50,
    )
)
def test_it_always_goes_on_and_never_shortens_a_wait(steps: list[tuple[float, Answer]]) -> None:
    learning, now, promised = pace(jitter=0.5), 0.0, 0.0
    for passed, answer in steps:
        now += passed
        if learning.take(now):
            assert now >= promised
        learning.answered(answer, now)
        promised = max(promised, now + (answer.limits.retry_after or 0))
        later = learning.next_time(now)
        assert now <= later < now + 30
        assert copy(learning).allowance(later + 0.001) >= 1
        assert learning.rate is None or learning.rate >= 0.1
