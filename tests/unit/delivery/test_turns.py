"""Whose turn it is at an endpoint."""

from types import SimpleNamespace

from streams.actions import ACTIONS
from streams.cordial.circuit import Circuit
from streams.cordial.pace import Pace
from streams.core.answer import Delivered, Limits
from streams.kafka.endpoints import Endpoint

LANES = {"ann": 1, "bob": 3, "cat": 9, "dan": 2}
PART = SimpleNamespace(lanes=SimpleNamespace(waiting=LANES.get))


def endpoint(limit: float | None) -> Endpoint:
    made = Endpoint(
        ACTIONS["upsertContact"], Pace(jitter=lambda: 0.0), Circuit(failures=10, probe=15)
    )
    made.pace.answered(Delivered(202, Limits(limit=limit)), 0)
    made.queue.extend((PART, contact) for contact in LANES)
    return made


def turns(made: Endpoint) -> list[str]:
    return [made.next()[1] for _ in LANES]


def test_without_a_limit_first_come_is_first_served() -> None:
    assert turns(endpoint(None)) == ["ann", "bob", "cat", "dan"]


def test_at_a_limit_the_longest_lane_goes_in_turn_with_who_waited_longest() -> None:
    assert turns(endpoint(100)) == ["cat", "ann", "bob", "dan"]
