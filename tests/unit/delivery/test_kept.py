"""How long requests wait for the pace that an endpoint allows, and for nothing else."""

import pytest

from streams.actions import ACTIONS
from streams.cordial.circuit import Circuit
from streams.cordial.pace import Pace
from streams.core.answer import Delivered, InDoubt, Limits
from streams.kafka.endpoints import Endpoint
from streams.kafka.turns import Turns

WAITS = [("a partition", "a lane")]


@pytest.fixture
def endpoint() -> Endpoint:
    one = Endpoint(ACTIONS["upsertContact"], Pace(lambda: 0.0), Circuit(failures=1, probe=15))
    one.queue = Turns(WAITS)  # type: ignore[arg-type]
    return one


def spend(endpoint: Endpoint, now: float) -> None:
    """Nobody is sent for ten seconds."""
    told = Limits(limit=10, remaining=0, reset=10)
    endpoint.answered(Delivered(202, told), now, now - 0.1)


def test_nobody_waits_where_there_is_no_limit(endpoint: Endpoint) -> None:
    assert endpoint.opens_at(5) is None
    assert endpoint.take_kept(6) == 0


def test_waiting_counts_from_the_first_refusal_to_the_next_request(endpoint: Endpoint) -> None:
    spend(endpoint, 5)
    assert endpoint.opens_at(5) == 15
    assert endpoint.opens_at(7) == 15
    assert endpoint.take_kept(8) == 3
    endpoint.take(15)
    assert endpoint.take_kept(20) == 7
    assert endpoint.take_kept(30) == 0


def test_an_empty_queue_waits_for_nothing(endpoint: Endpoint) -> None:
    spend(endpoint, 5)
    endpoint.opens_at(5)
    endpoint.queue = Turns()
    assert endpoint.take_kept(12) == 0
    assert endpoint.take_kept(14) == 0


def test_an_open_circuit_is_no_pace(endpoint: Endpoint) -> None:
    spend(endpoint, 5)
    endpoint.opens_at(5)
    endpoint.answered(InDoubt("cut"), 6, 5)
    endpoint.opens_at(6)
    assert endpoint.take_kept(20) == 1
