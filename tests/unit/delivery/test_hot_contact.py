"""The longest lane: found where much waits, named by its hash, told once in a while."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP
from structlog.testing import capture_logs

from streams.core.lanes import Lanes, Planned
from streams.kafka import hot_contact
from streams.kafka.hot_contact import HotContact
from streams.kafka.partition import Partition
from streams.web.health import HealthState, LongestLane, lanes

ACTION = "createContactactivities"


class Scene:
    def __init__(self) -> None:
        self.now = 100_000
        self.shown: list[int] = []
        metrics: Any = SimpleNamespace(longest_lane=self.shown.append)
        self.health = HealthState(now=lambda: 0.0)
        hashed = {"hot": "0a1b2c3d"}.get
        self.hot = HotContact(metrics, self.health, lambda one: hashed(one, one), lambda: self.now)

    def look(self, *parts: Partition) -> LongestLane | None:
        self.hot.look(parts)
        return self.health.longest


def part(number: int, contacts: Sequence[tuple[str, int]]) -> Partition:
    lines = Lanes(start=0, max_commands=5_000, max_span=5_000)
    offset = 0
    for contact, count in contacts:
        for _ in range(count):
            [entry] = lines.read(offset, contact, [Planned(ACTION, f"m-{offset}")])
            payload = SimpleNamespace(since_ms=40_000)
            lines.arrive(
                "t", offset, contact=contact, action=ACTION, offset=offset,
                message_id=entry.message_id, payload=payload,
            )  # fmt: skip
            offset += 1
    return Partition(number, TP("keyed", number), lines, {}, lambda *_: None)


def many(count: int, each: int) -> list[tuple[str, int]]:
    return [(f"u-{number}", each) for number in range(count)]


def test_it_is_found_in_whatever_partition_it_is():
    scene = Scene()
    found = scene.look(
        part(0, many(50, 2)), part(1, [*many(9, 3), ("hot", 73)]), part(2, [("u", 30)])
    )
    assert found == LongestLane("0a1b2c3d", 1, 73, 100, 60.0)
    assert scene.shown == [73]
    assert lanes(scene.health)["longest"] == {
        "contact": "0a1b2c3d",
        "partition": 1,
        "commands": 73,
        "of": 100,
        "seconds": 60.0,
    }


def test_where_little_waits_no_lane_is_looked_at(monkeypatch):
    monkeypatch.setattr("streams.core.lanes._length", None)
    scene = Scene()
    assert scene.look(part(0, many(9, 2))) is None
    assert scene.shown == [0]
    assert lanes(scene.health) == {"longest": None}


@pytest.mark.parametrize(("hot", "others", "said"), [(150, 40, 1), (99, 0, 0), (150, 2_000, 0)])
def test_the_log_is_told_of_a_lane_that_is_long_and_a_large_share(hot, others, said):
    scene, given = Scene(), part(0, [*many(others, 1), ("hot", hot)])
    with capture_logs() as told:
        for _ in range(3):
            scene.look(given)
    assert len(told) == said
    assert all(one["contact"] == "0a1b2c3d" for one in told)


def test_the_log_is_told_again_after_a_while_or_of_another():
    scene = Scene()
    with capture_logs() as told:
        scene.look(part(0, [("hot", 150)]))
        scene.now += hot_contact.SAID_FOR
        scene.look(part(0, [("hot", 150)]))
        scene.look(part(0, [("other", 150)]))
    assert [one["contact"] for one in told] == ["0a1b2c3d", "0a1b2c3d", "other"]
