"""Whose turn it is at an endpoint."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.actions import ACTIONS
from streams.cordial.circuit import Circuit
from streams.cordial.pace import Pace
from streams.core.answer import Delivered, Limits
from streams.kafka.endpoints import Endpoint
from streams.kafka.turns import LOOKS, SPARE, Turns

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


def work_off(lanes: dict[str, int], seconds: int) -> list[str]:
    """Who was sent at a limit of ten a second, one request of a lane at a time."""
    part = SimpleNamespace(lanes=SimpleNamespace(waiting=lanes.__getitem__))
    made = Endpoint(ACTIONS["upsertContact"], Pace(lambda: 0.0), Circuit(failures=10, probe=15))
    made.pace.answered(Delivered(202, Limits(limit=10)), 0)
    made.queue.extend((part, name) for name in lanes)
    sent = []
    for _ in range(10 * seconds):
        if made.queue:
            name = made.next()[1]
            sent.append(name)
            lanes[name] -= 1
            if lanes[name]:
                made.queue.append((part, name))
    return sent


def test_a_flood_of_one_contact_gets_half_of_the_turns_and_starves_nobody() -> None:
    many = [f"few{number}" for number in range(200)]
    sent = work_off({"flood": 10_000} | dict.fromkeys(many, 2), 80)
    assert sent.count("flood") == len(sent) / 2
    assert {sent.count(name) for name in many} == {2}
    assert sent.index("few199") <= 2 * 200


def test_many_contacts_do_not_starve_the_longest_lane() -> None:
    many = [f"few{number}" for number in range(1_000)]
    sent = work_off(dict.fromkeys(many, 3) | {"busy": 500}, 20)
    assert sent.count("busy") >= 100 - 5


class Part:
    """Lanes by their lengths; counts how often somebody asks for one."""

    def __init__(self, lengths: dict[str, int]) -> None:
        self.lengths, self.asked = lengths, 0
        self.lanes = self

    def waiting(self, name: str) -> int:
        self.asked += 1
        return self.lengths[name]


def test_a_turn_looks_at_few_of_those_who_wait_however_many_they_are() -> None:
    part = Part({str(number): number % 7 for number in range(10_000)})
    waiting = Turns((part, name) for name in part.lengths)
    waiting.longest()
    for _ in range(1_000):
        part.asked = 0
        part.lengths["new"] = 3
        waiting.append((part, "new"))
        waiting.first()
        waiting.longest()
        assert part.asked <= LOOKS + 2


def test_a_lane_that_grew_while_it_waited_is_found_within_some_turns() -> None:
    part = Part(dict.fromkeys(map(str, range(1_000)), 1))
    waiting = Turns((part, name) for name in part.lengths)
    waiting.longest()
    part.lengths["999"] = 9
    found = [waiting.longest()[1] for _ in range(1_000 // LOOKS + 1)]
    assert "999" in found


def test_a_lane_that_shrank_while_it_waited_is_the_longest_no_more() -> None:
    part = Part({"ann": 3, "bob": 5, "cat": 9})
    waiting = Turns((part, name) for name in part.lengths)
    assert waiting.longest()[1] == "cat"
    part.lengths["bob"] = 1
    assert [waiting.longest()[1] for _ in range(2)] == ["ann", "bob"]


@pytest.mark.parametrize("every", [2, 3, 10_000])
def test_what_is_kept_of_those_who_went_does_not_grow(every: int) -> None:
    part = Part(dict.fromkeys("abcdefgh", 0))
    waiting = Turns((part, name) for name in part.lengths)
    for number in range(1, 5_000):
        for name in part.lengths:
            part.lengths[name] = number
        waiting.append(waiting.first() if number % every else waiting.longest())
    kept = [getattr(waiting, name) for name in Turns.__slots__ if name != "_came"]
    assert max(map(len, kept)) <= 2 * 8 + SPARE + LOOKS


@given(st.lists(st.integers(0, 5), max_size=40), st.lists(st.booleans(), max_size=60))
def test_turns_are_as_if_everybody_was_looked_at_while_no_lane_changes(
    lengths: list[int], turns_: list[bool]
) -> None:
    part = Part({str(place): length for place, length in enumerate(lengths)})
    waiting, naive = Turns(), []
    waiting.extend((part, name) for name in part.lengths)
    naive = list(part.lengths)
    for longest in turns_:
        assert [name for _, name in waiting] == naive
        assert len(waiting) == len(naive)
        if not naive:
            break
        name = max(naive, key=part.lengths.__getitem__) if longest else naive[0]
        assert (waiting.longest() if longest else waiting.first())[1] == name
        naive.remove(name)
        if part.lengths[name] > 2:
            waiting.append((part, name))
            naive.append(name)
