"""What is done for one event does not grow with what else there is: steps are counted."""

from types import SimpleNamespace
from typing import Any

from faust.types import TP

from streams.actions import ACTIONS
from streams.cordial.circuit import Circuit
from streams.cordial.pace import Pace
from streams.kafka.endpoints import Endpoints
from streams.kafka.partition import Partition
from streams.kafka.showing import Showing
from streams.kafka.sink import Sink
from streams.kafka.unread import Unread

TOPICS = ["keyed", *(f"action-{number}" for number in range(14))]


class Counting:
    """Takes every call, and notes its name and what it was about."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: self.calls.append((name, *args))


class Lanes:
    """Nothing is in them; counts who asks."""

    open_commands = held = 0
    taken = 0

    def take_ready(self) -> list[str]:
        self.taken += 1
        return []


def part(number: int) -> Partition:
    starts = dict.fromkeys(TOPICS, 0)
    return Partition(number, TP("keyed", number), Lanes(), starts, lambda *_: None)


def sink_of(parts: dict[int, Partition]) -> Sink:
    endpoints = Endpoints(
        ACTIONS.values(), pace=lambda: Pace(lambda: 0.0), circuit=lambda: Circuit(10, 15)
    )
    world = dict.fromkeys(("judging", "outcomes", "post", "clockwork", "bounds", "answering"))
    return Sink(
        partitions=parts,
        instances={},
        endpoints=endpoints,
        in_flight_max=1,
        metrics=Counting(),
        fatal=_raise,
        asleep=None,
        **world,
    )


def _raise(error: BaseException | None) -> None:
    assert error is not None
    raise error


def showing_of(metrics: Counting, ends: dict[TP, int]) -> Showing:
    unread = Unread()
    consumer = SimpleNamespace(highwater=lambda tp: ends.get(tp, 0))
    world = dict.fromkeys(("recovery_left", "recovery_away", "live", "sink", "health", "hot"))
    return Showing(
        keyed_topic="keyed",
        consumer=lambda: consumer,
        visiting=Counting(),
        unread=unread,
        metrics=metrics,
        **world,
    )


def test_a_poke_looks_only_at_partitions_where_a_contact_became_ready() -> None:
    parts = {number: part(number) for number in range(64)}
    sink = sink_of(parts)
    sink.stirred(7)
    sink.stirred(9)
    sink.stirred(7)
    sink.stirred(99)
    sink._pump()
    sink._pump()
    assert {number: one.lanes.taken for number, one in parts.items() if one.lanes.taken} == {
        7: 1,
        9: 1,
    }


def test_dashboards_are_told_only_of_topics_where_something_changed() -> None:
    metrics, ends = Counting(), dict[TP, int]()
    showing, parts = showing_of(metrics, ends), [part(number) for number in range(64)]

    def told() -> list[tuple[str, int]]:
        metrics.calls.clear()
        for one in parts:
            showing.topics(one.topics(), 100.0)
        return [call[1:3] for call in metrics.calls if call[0] == "lag"]

    assert len(told()) == len(parts) * len(TOPICS)
    assert told() == []
    ends[TP("action-3", 5)] = 2
    assert told() == [("action-3", 5)]
    assert told() == []
    parts[5].ages["action-3"].read(0, 90.0)
    assert told() == [("action-3", 5)]
    assert told() == [("action-3", 5)]
    parts[5].ages["action-3"].closed(2)
    assert told() == [("action-3", 5)]
    assert told() == []


def test_a_source_that_was_paused_is_told_of_when_it_is_read_again() -> None:
    metrics = Counting()
    showing, one = showing_of(metrics, {}), part(0)
    showing.topics(one.topics(), 100.0)
    showing.unread.paused = frozenset({"action-3"})
    showing.topics(one.topics(), 100.0)
    showing.unread.paused = frozenset()
    metrics.calls.clear()
    showing.topics(one.topics(), 100.0)
    assert ("resumed", "action-3", 0) in metrics.calls
