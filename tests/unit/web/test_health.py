import pytest

from streams.web.health import (
    TO_DO,
    HealthState,
    NotReady,
    Progress,
    Wait,
    live,
    livez,
    readyz,
)


class Clock:
    def __init__(self) -> None:
        self.time = 1_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> HealthState:
    state = HealthState(now=clock)
    state.assigned(8)
    return state


LIVENESS = [
    (Progress(work=True, last_reason=0), 119.9, True),
    (Progress(work=True, last_reason=0), 120.0, False),
    (Progress(work=False, last_reason=0), 9_999.0, True),
    *(
        (Progress(work=True, last_reason=0, waits=frozenset({wait})), 9_999.0, True)
        for wait in Wait
    ),
]


@pytest.mark.parametrize(("progress", "now", "alive"), LIVENESS)
def test_not_live_means_stuck_without_a_reason(progress: Progress, now: float, alive: bool) -> None:
    assert live(progress, now) is alive


def test_work_that_stands_still_is_not_live(state: HealthState, clock: Clock) -> None:
    clock.time += 500
    state.work(3)
    clock.time += 119
    assert livez(state)[0] == 200
    clock.time += 1
    status, body = livez(state)
    assert (status, body["live"], body["still_seconds"]) == (503, False, 120.0)
    state.settled()
    assert livez(state)[0] == 200


def test_more_work_is_no_progress(state: HealthState, clock: Clock) -> None:
    for seconds in range(1, 13):
        state.work(seconds)
        clock.time += 10
    clock.time += 1
    assert livez(state)[0] == 503


def test_the_patience_starts_anew_when_a_wait_ends(state: HealthState, clock: Clock) -> None:
    state.work(1)
    state.wait(Wait.CIRCUIT, on=True)
    clock.time += 600
    assert livez(state) == (
        200,
        {"live": True, "waits": ["circuit"], "unsettled": 1, "still_seconds": 0.0},
    )
    state.wait(Wait.CIRCUIT, on=False)
    clock.time += 119
    assert livez(state)[0] == 200
    clock.time += 1
    assert livez(state)[0] == 503


def test_a_recovery_is_a_wait_while_it_moves(state: HealthState, clock: Clock) -> None:
    state.recovering(1_000)
    for left in range(900, 0, -100):
        clock.time += 100
        state.recovering(left)
    assert livez(state)[0] == 200
    clock.time += 119
    state.recovering(100)
    assert livez(state)[0] == 200
    clock.time += 1
    state.recovering(100)
    assert livez(state)[0] == 503
    state.recovered()
    assert livez(state)[0] == 200
    assert readyz(state)[0] == 200


def test_a_hold_is_live_and_not_ready(state: HealthState, clock: Clock) -> None:
    state.work(1)
    state.hold(NotReady.KEY_REJECTED)
    clock.time += 1_000
    assert livez(state)[0] == 200
    status, body = readyz(state)
    assert (status, body["ready"], body["waits"]) == (503, False, ["hold"])
    (reason,) = body["reasons"]
    assert reason["reason"] == "key_rejected"
    assert reason["seconds"] == 1_000
    assert "api_key_file" in reason["to_do"]


def test_two_holds_end_with_the_second(state: HealthState) -> None:
    state.hold(NotReady.KEY_REJECTED)
    state.hold(NotReady.REJECTION_LIMIT)
    state.release(NotReady.KEY_REJECTED)
    assert state.waits == {Wait.HOLD}
    state.release(NotReady.REJECTION_LIMIT)
    assert state.waits == set()
    assert state.ready


@pytest.mark.parametrize("reason", [NotReady.BROKER_AWAY, NotReady.REGISTRY_AWAY])
def test_a_dependency_away_is_live_and_not_ready(
    state: HealthState, clock: Clock, reason: NotReady
) -> None:
    state.work(1)
    state.away(reason, on=True)
    clock.time += 1_000
    assert (livez(state)[0], readyz(state)[0]) == (200, 503)
    state.away(reason, on=False)
    assert (livez(state)[0], readyz(state)[0]) == (200, 200)


def test_a_worker_is_ready_once_it_has_partitions(clock: Clock) -> None:
    state = HealthState(now=clock)
    assert readyz(state)[0] == 503
    state.assigned(0)
    assert [reason["reason"] for reason in readyz(state)[1]["reasons"]] == ["not_assigned"]
    state.assigned(2)
    assert readyz(state)[0] == 200


def test_every_reason_says_what_it_means_and_what_to_do() -> None:
    assert set(TO_DO) == set(NotReady)
    assert all(meaning and to_do for meaning, to_do in TO_DO.values())
