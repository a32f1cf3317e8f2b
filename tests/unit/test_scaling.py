"""The arithmetic of docs/scaling.md, and that its figures are those of the pages it cites."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.routing import KEYS, events
from streams.core.routed import Routed
from streams.core.routing import route
from streams.plan import compile_plan, plan_of
from tools.scaling import CHOSEN, LOADS, MEASURED, at_limit, loads, need, power_of_two, topics

DOCS = Path(__file__).parents[2] / "docs"


def test_what_a_load_asks_for():
    one = need(1_000)
    assert one.cores == pytest.approx(0.819)
    assert (one.workers, one.partitions) == (2, 8)
    assert one.records == pytest.approx(5_280)
    assert one.written == pytest.approx(3 * 1_046_000)
    assert one.seen_hours * 3_600 == pytest.approx(10_000_000 / 1_250)
    assert one.seen_gigabytes == pytest.approx(1.25)
    assert one.order_gigabytes_a_day == pytest.approx(50 * 870 * 86_400 / 1e9)
    assert one.recovery_minutes == pytest.approx(5_000_000 / 178_000 / 60)


def test_little_is_remembered_as_long_as_it_may():
    assert need(1).seen_hours == CHOSEN.days * 24
    assert need(1).seen_gigabytes == pytest.approx(1.25 * 7 * 86_400 / 2 * 250 / 1e9)


@pytest.mark.parametrize("events", LOADS)
def test_workers_are_no_fuller_than_chosen_and_have_partitions_enough(events):
    one = need(events)
    assert one.cores / one.workers <= CHOSEN.full
    assert one.partitions >= 2 * one.workers
    assert one.replicas == topics() * one.partitions * 3


@pytest.mark.parametrize(("least", "power"), [(1, 8), (8, 8), (9, 16), (64, 64), (65, 128)])
def test_partitions_are_a_power_of_two(least, power):
    assert power_of_two(least) == power


def test_a_limit_is_borne_further_the_more_joins():
    alone, contact, action = at_limit(200)
    assert alone == pytest.approx(235.3, abs=0.1)
    assert (contact, action) == (406, 1_736)


def test_the_figures_are_those_that_the_pages_say_were_measured():
    performance = (DOCS / "performance.md").read_text()
    [s1, s2, *_] = re.findall(r"^\| product \|(.+)\|$", performance, re.MULTILINE)
    assert float(s1.split("|")[3]) == MEASURED.cpu_per_1000
    assert float(s2.split("|")[0]) == MEASURED.contact_per_100
    [_, action, *_] = re.findall(r"^\| product, `order: action` \|(.+)\|$", performance, re.M)
    assert float(action.split("|")[0]) == MEASURED.action_per_100
    for said in (
        f"so {MEASURED.two_workers} times",
        f"{MEASURED.recovered:,.0f} rows a second",
        f"{MEASURED.commands} commands",
        f"for ever | {MEASURED.order_bytes:.0f} |",
        f"for `seen_days` | {MEASURED.seen_bytes:.0f} |",
    ):
        assert said in performance, said
    scaling = (DOCS / "scaling.md").read_text()
    assert f"{MEASURED.records} an event, {MEASURED.own_bytes:,} bytes" in scaling


def test_the_commands_and_activities_of_an_event_are_those_of_the_backlog():
    plan, given = compile_plan(plan_of({}), KEYS), events(2_000)
    routed = [one for one in (route(event, plan) for event in given) if isinstance(one, Routed)]
    made = [command.action for one in routed for command in one.commands]
    assert len(made) / len(given) == pytest.approx(MEASURED.commands, rel=0.03)
    activities = made.count("createContactactivities")
    assert activities / len(given) == pytest.approx(MEASURED.alone, rel=0.03)


def test_the_command_prints_a_load_and_a_limit():
    ran = subprocess.run(
        [sys.executable, "-m", "tools.scaling", "3000", "--limit", "500"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(loads((3_000,)))
    assert "| 500 | 588 | 1,015 | 4,340 |" in ran.stdout
