import asyncio
import os
from pathlib import Path

import pytest

from bench.backlog import Work, backlog
from bench.journal import Seen
from bench.peers.cores import CONTESTANT, CORES, WORLD, on_core
from bench.peers.pace import MARGIN, Pace, Turns
from bench.peers.reached import broken, reached
from bench.peers.results import Results
from bench.peers.scenarios import SCENARIOS
from bench.peers.table import shown
from bench.peers.verdict import done, verdict
from bench.peers.wanted import requests

S1 = SCENARIOS["S1"]


def work(n: int, kind: str, contact: str = "a", list_name: str | None = None) -> Work:
    return Work(n, contact, kind, {}, list_name)


def accepted(*commands: tuple[str, int]) -> Seen:
    seen = Seen()
    seen.commands.update(commands)
    return seen


def test_every_command_of_an_event_must_arrive() -> None:
    cart = ("addProductsToCart", 1)
    seen = accepted(cart)
    assert verdict([work(1, "added")], seen).lost == 1
    seen.commands["createContactactivities", 1] += 1
    assert verdict([work(1, "added")], seen).lost == 0
    assert verdict([work(1, "added")], accepted(cart, cart)).doubled == 1


def test_a_profile_may_travel_within_a_later_one_of_the_same_contact() -> None:
    both = [work(1, "identify"), work(2, "identify"), work(3, "identify", "b")]
    assert verdict(both, accepted(("upsertContact", 2), ("upsertContact", 3))).lost == 0
    assert verdict(both, accepted(("upsertContact", 1), ("upsertContact", 3))).lost == 1


def test_a_member_must_be_in_its_list() -> None:
    seen = Seen(members={("list-1", "a")})
    assert verdict([work(1, "group", "a", "list-1")], seen).lost == 0
    assert verdict([work(1, "group", "b", "list-1")], seen).lost == 1


def test_of_one_who_was_ended_only_whole_events_count() -> None:
    told = [work(1, "added"), work(2, "page"), work(3, "group", "a", "list-1"), work(4, "page")]
    seen = accepted(("addProductsToCart", 1), ("createContactactivities", 2))
    assert done(told, seen) == 1
    seen.commands["createContactactivities", 1] += 1
    seen.members.add(("list-1", "a"))
    assert done(told, seen) == 3


def test_a_hot_contact_has_its_share_and_the_backlog_without_one_is_as_it_was() -> None:
    hot = sum(one.contact == "u-hot" for one in backlog(2_000, hot=0.3))
    assert 500 < hot < 700
    assert not any(one.contact == "u-hot" for one in backlog(2_000))


def test_requests_of_a_path_are_evenly_apart() -> None:
    pace = Pace(10)
    assert pace.wait("a", 5.0) == 0.0
    assert pace.wait("a", 5.0) == pytest.approx(0.1 / MARGIN)
    assert pace.wait("b", 5.0) == 0.0
    assert Pace(0).wait("a", 5.0) == Pace(0).wait("a", 5.0) == 0.0


def test_a_run_goes_on_where_it_was_but_for_another_version(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    Results(file).add(S1, "quix", "1", 1, {"rate": 10.0, "lost": 1})
    Results(file).add(S1, "quix", "1", 2, {"rate": 30.0, "lost": 1})
    again = Results(file)
    assert again.has(S1, "quix", "1", 2)
    assert not again.has(S1, "quix", "1", 3)
    assert not again.has(S1, "quix", "2", 1)
    assert again.medians(S1, "quix", "1") == {"rounds": 2, "rate": 20.0, "lost": 2}


def test_the_table_says_how_ours_stands_beside_the_best() -> None:
    rows = {
        "product": {"rate": 200.0, "cpu_per_1000": 1.0},
        "aiokafka-aiohttp": {"rate": 100.0, "cpu_per_1000": 0.5},
        "quix": {"rate": 50.0, "cpu_per_1000": 2.0},
    }
    text = shown([S1], {"S1": rows}, {"S1": {"product": 250.0}}, {})
    assert "0.80 of the bound (250/s)" in text
    assert "2.00 times the rate of aiokafka-aiohttp" in text
    assert "2.00 times the CPU of aiokafka-aiohttp" in text


def test_the_table_says_how_order_per_action_stands_to_its_own_bound() -> None:
    rows = {
        "product": {"rate": 200.0, "cpu_per_1000": 1.0},
        "product-action": {"rate": 600.0, "cpu_per_1000": 1.0},
        "aiokafka-aiohttp": {"rate": 100.0, "cpu_per_1000": 0.5},
    }
    text = shown([S1], {"S1": rows}, {"S1": {"product": 250.0, "product-action": 1000.0}}, {})
    assert "product: 0.80 of the bound (250/s), 2.00 times the rate of aiokafka" in text
    assert "product-action: 0.60 of the bound (1000/s), 6.00 times the rate of aiokafka" in text


def test_the_table_says_of_each_wanted_figure_whether_it_was_reached() -> None:
    ours = {"rate": 130.0, "cpu_per_1000": 1.0, "running_per_1000": 0.7, "lost": 0, "doubled": 0}
    by_hand = {"rate": 100.0, "cpu_per_1000": 0.5, "running_per_1000": 0.3}
    figures = {
        "S1": {"product": ours, "aiokafka-aiohttp": by_hand},
        "S4": {"product": {"rate": 95.0, "own_p50_ms": 20.0, "own_p99_ms": 130.0}},
    }
    bounds = {"S1": {"product": 150.0}}
    found = {one.what: one.reached(got) for one, got in reached(figures, bounds)}
    assert found == {
        "events/s, times the best peer's": False,
        "events/s, of the bound": True,
        "CPU per 1,000, times that of aiokafka-aiohttp": True,
        "CPU per 1,000, times that of aiokafka-aiohttp, without the start": False,
        "p50 until its request, ms": True,
        "p99 until its request, ms": False,
    }
    text = shown([S1, SCENARIOS["S4"]], figures, bounds, {"S4": "order alone"})
    assert "| S1 | product | events/s, of the bound | at least 0.8 | 0.867 | yes |" in text
    assert "Of the first 950 events no times are counted.\n\norder alone" in text
    assert text.endswith("Nothing of ours was lost, doubled or out of order.")


def test_what_ours_lost_is_told_and_what_a_peer_lost_is_not() -> None:
    rows = {"product": {"rate": 1.0, "lost": 2, "doubled": 0}, "quix": {"rate": 1.0, "lost": 1}}
    assert list(broken({"S1": rows})) == ["S1 product: 2 lost"]


def test_the_contestant_has_another_core_than_the_world() -> None:
    with on_core(WORLD):
        world = os.sched_getaffinity(0)
        with on_core(CONTESTANT):
            assert len(CORES) == 1 or os.sched_getaffinity(0) != world
        assert os.sched_getaffinity(0) == world
    assert sorted(os.sched_getaffinity(0)) == CORES


def test_a_peer_asks_for_what_the_product_asks_for() -> None:
    event = {
        "type": "track",
        "event": "Product Removed",
        "userId": "u-1",
        "timestamp": 0,
        "properties": {
            "fields": {
                "n": 7,
                "product_id": "p-7",
                "sku": "s",
                "category": "c",
                "name": "x",
                "brand": "b",
                "price": 1.0,
                "quantity": 1,
            }
        },
    }
    assert [path for path, _ in requests(event)] == [
        "/api/removeProductsFromCart",
        "/api/createContactactivities",
    ]


def test_turns_go_to_who_came_first_and_to_the_longest_lane_alternately() -> None:
    async def play() -> list[str]:
        turns, order = Turns(100), []

        async def lane(name: str, length: int) -> None:
            await turns.turn("/api/x", length)
            order.append(name)

        names = {"short": 1, "short too": 1, "long": 9}
        await asyncio.gather(*(lane(name, length) for name, length in names.items()))
        return order

    assert asyncio.run(play()) == ["short", "long", "short too"]
