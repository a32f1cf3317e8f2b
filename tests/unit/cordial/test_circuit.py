from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streams.cordial.circuit import Circuit


def opened() -> Circuit:
    circuit = Circuit(failures=3, probe=15)
    for second in range(3):
        circuit.record(False, float(second))
    return circuit


def test_failures_in_a_row_open_it() -> None:
    circuit = Circuit(failures=3, probe=15)
    circuit.record(False, 0)
    circuit.record(False, 1)
    circuit.record(True, 2)
    circuit.record(False, 3)
    circuit.record(False, 4)
    assert circuit.healthy
    circuit.record(False, 5)
    assert not circuit.healthy
    assert circuit.open_since == 5


def test_one_probe_every_fifteen_seconds() -> None:
    circuit = opened()
    assert not circuit.allows(16.9)
    assert circuit.next_time(16.9) == 17
    assert circuit.allows(17)
    circuit.take(17)
    assert not circuit.allows(17)
    circuit.record(False, 20)
    assert not circuit.allows(31.9)
    assert circuit.allows(32)
    assert circuit.open_since == 2


def test_a_probe_that_never_reports_is_followed_by_another() -> None:
    circuit = opened()
    circuit.take(17)
    assert circuit.allows(32)


def test_late_failures_of_requests_under_way_do_not_put_the_probe_off() -> None:
    circuit = opened()
    for late in range(3, 12):
        circuit.record(False, float(late))
    assert circuit.next_time(12) == 17


def test_a_success_closes_it() -> None:
    circuit = opened()
    circuit.take(17)
    circuit.record(True, 18)
    assert circuit.healthy
    assert circuit.allows(18)
    assert circuit.next_time(18) == 18


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 20)), max_size=60))
def test_while_open_at_most_one_request_leaves_per_probe_time(
    steps: list[tuple[bool, float]],
) -> None:
    circuit, now, sent = Circuit(failures=3, probe=15), 0.0, []
    for ok, passed in steps:
        now += passed
        if circuit.allows(now):
            if not circuit.healthy:
                sent.append(now)
            circuit.take(now)
            circuit.record(ok, now)
            if ok:
                sent.clear()
        assert circuit.next_time(now) >= now
    assert all(later - earlier >= 15 for earlier, later in pairwise(sent))
