"""The soak run's own judgement: what is a slope, which rows are explained, what a seed says."""

import json
import random
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.soak.account import Account, Got
from tests.soak.causing import CORDIAL, Causing
from tests.soak.explained import beyond, most
from tests.soak.judging import BOUNDS, grown, line, rows_grown
from tests.soak.page import RESULT, page
from tests.soak.picture import deliveries, picture
from tests.soak.samples import CALM, Inside, Sample, read
from tests.soak.schedule import KINDS, PAUSE, schedule
from tests.verifier.facts import Expected, Place, Published

MINUTES = 30
WARM_UP = MINUTES * 10
ALL = {"verdict": "ALL", "kept": True, "violations": {}, "actions": {}, "inDoubt": []}
SHARE_OF_CALM = 0.25


def day(*, seconds=MINUTES * 60, seed=3, **a_second):
    """Samples of a worker that works, with peaks after faults, that leaks so much each second."""
    chance = random.Random(seed)
    for time in range(0, seconds, 2):
        calm = chance.random() < SHARE_OF_CALM
        peak = 0 if calm and chance.random() < 0.8 else chance.uniform(0, 40)
        usual = {
            "memory": 150 + chance.uniform(-4, 4) + peak,
            "files": 60 + chance.randrange(12),
            "sockets": 50 + chance.randrange(12),
            "threads": 9,
            "tasks": 120 + chance.randrange(6) + peak,
            "delivered": time * 300,
            "rows": {"seen": 30_000 + chance.randrange(6_000)},
        }
        for what, much in a_second.items():
            usual[what] += much * time
        worker = Inside(pid=7, **usual)
        second = replace(worker, pid=100 + time // 60, memory=90 + time % 60)
        workers = {"worker-1": worker, "worker-2": second}
        yield Sample(float(time), CALM if calm else "503", 40, 90, time * 250, workers)


def test_a_worker_that_works_and_has_peaks_has_no_slope():
    found = grown(list(day()), WARM_UP)
    assert {one.what for one in found} == {*BOUNDS}
    assert [str(one) for one in found if not one.kept] == []


@pytest.mark.parametrize(
    ("what", "a_second"), [("memory", 0.015), ("files", 0.01), ("sockets", 0.01), ("tasks", 0.01)]
)
def test_a_leak_is_a_slope(what, a_second):
    """Of 16 KiB a second, or of one thing in a hundred seconds, in half an hour."""
    found = grown(list(day(**{what: a_second})), WARM_UP)
    assert [one.what for one in found if not one.kept] == [what]


def test_what_grows_while_it_warms_up_is_none():
    samples = [
        replace(one, workers={"worker-1": replace(worker, memory=min(one.time, WARM_UP) + 100)})
        for one in day()
        for worker in [one.workers["worker-1"]]
    ]
    assert all(one.kept for one in grown(samples, WARM_UP))


def test_only_processes_that_lived_for_long_are_judged():
    assert {one.whose for one in grown(list(day()), WARM_UP)} == {"worker-1 (7)"}


def test_seen_must_stop_growing():
    flat, rising = list(day()), []
    for one in flat:
        rows = {"seen": 30_000 + round(one.time * 10)}
        rising.append(
            replace(one, workers={"w": replace(one.workers["worker-1"], rows=rows), "x": None})
        )
    assert rows_grown(flat).kept
    assert rows_grown(rising) is None, "of a worker that is silent nothing is known"
    alone = [replace(one, workers={"w": one.workers["w"]}) for one in rising]
    assert not rows_grown(alone).kept


def test_a_line_goes_through_most_points():
    assert line([(0, 1), (1, 2), (2, 99), (3, 4), (4, 5)]) == (1, 5)
    assert line([(5, 3)]) == (3, 3)


def published(*wishes, contact="u-1"):
    return Published(Place("bus", 0, 0), contact, "m-1", expect=wishes)


def test_a_row_is_explained_by_an_event():
    manifest = [
        published(Expected("upsertOrder", "o-1/Order Completed")),
        published(Expected("upsertOrder", "o-1/Order Refunded")),
        published(Expected("upsertOrder", "o-1/Order Completed"), contact="u-2"),
        published(Expected("upsertOrder", "o-9/Order Refunded", "dead_lettered")),
        published(Expected("upsertOrder", "o-8/Order Completed", "suppressed"), contact="a-1"),
        published(Expected("addContactsToList", "list-1"), Expected("upsertContact", "3")),
        published(contact=None),
    ]
    bounds = most(manifest, workers=2)
    assert (bounds["orders"], bounds["groups"], bounds["identities"]) == (3, 2, 2)
    assert (bounds["profiles"], bounds["memberships"]) == (1, 1)
    assert bounds["links"] == 0
    assert beyond({"orders": 3, "groups": 2, "profiles": 1, "seen": 99}, bounds) == []
    assert beyond({"orders": 4, "links": 1}, bounds) == [
        "orders has 4 rows, and the events account for 3",
        "links has 1 rows, and the events account for 0",
    ]


def test_a_seed_says_the_same_again_and_each_round_has_every_kind():
    first = list(islice(schedule(5), len(KINDS)))
    assert first == list(islice(schedule(5), len(KINDS)))
    assert first != list(islice(schedule(6), len(KINDS)))
    assert Counter(one.kind for one in first) == Counter(KINDS)
    for one in first:
        assert one.kind.least <= one.seconds <= one.kind.most
        assert PAUSE[0] <= one.pause <= PAUSE[1]


def test_every_kind_can_be_caused():
    causing = Causing(None, "", {}, None, None, None)
    assert {*causing._others(), *CORDIAL} == {kind.name for kind in KINDS}


def account(**found):
    one = Account(seed=5, minutes=MINUTES, capacity=600.0, rate=300.0)
    one.verdict, one.drained = {**ALL, **found}, 3.0
    one.got = [Got("503", 400.0, 8.0, 2.5), Got("503", 500.0, 4.0, None)]
    return one


def test_all_is_well_only_where_the_verifier_says_so():
    samples = list(day())
    well, lost = account(), account(verdict="LESS", violations={"lost": ["m-1"]}, kept=False)
    late = account()
    late.drained = None
    for one in (well, lost, late):
        one.judge(samples, {"orders": 9})
    assert (well.kept, lost.kept, late.kept) == (True, False, False)
    assert lost.findings == ["the verifier says LESS: {'lost': 1}"]
    assert json.loads(json.dumps(well.told()))["kept"]


def test_the_warm_up_lasts_until_a_fault_of_every_kind_was_there():
    late = MINUTES * 60 * 0.7
    samples = [
        replace(
            one, workers={"worker-1": replace(worker, memory=100 + 60 * min(one.time / late, 1))}
        )
        for one in day()
        for worker in [one.workers["worker-1"]]
    ]
    for kinds, kept in ((KINDS, True), (KINDS[1:], False)):
        one = account()
        one.got = [Got(kind.name, late - 5, 5.0, 1.0) for kind in kinds]
        one.judge(samples, {"orders": 9})
        assert one.kept is kept


def test_a_run_too_short_to_tell_is_not_well():
    one = account()
    one.judge(list(day(seconds=8)), {})
    assert "no worker lived long enough to tell whether it grows" in one.findings


def test_the_page_keeps_what_is_written_by_hand():
    one = account()
    one.judge(list(day()), {"orders": 9})
    made = page(f"# Soak\n\nBy hand.\n\n{RESULT}\nof yesterday\n", one, "make soak", "2026-11-21")
    assert made.startswith(f"# Soak\n\nBy hand.\n\n{RESULT}")
    assert "of yesterday" not in made
    assert "| 503 | every answer | 2 | 12 | not in time |" in made
    assert page(made, one, "make soak", "2026-11-21") == made


def test_the_page_of_the_docs_has_a_place_for_the_result():
    assert RESULT in (Path(__file__).parents[2] / "docs" / "soak.md").read_text()


def test_a_restarted_worker_counts_its_deliveries_from_nothing():
    inside = next(day()).workers["worker-1"]
    seen = [
        Sample(time, CALM, 0, 0, 0, {"w": replace(inside, pid=pid, delivered=count)})
        for time, pid, count in [(0, 1, 100), (4, 1, 150), (6, 2, 20), (11, 2, 70)]
    ]
    assert deliveries(seen) == [(2.5, 10.0), (7.5, 4.0), (11, 10.0)]


def test_the_picture_is_drawn_with_gaps():
    samples = list(day())
    samples[50] = replace(samples[50], lag=None, workers={"worker-1": None})
    drawn = picture("30 minutes", samples, account().got)
    shapes = Counter(one.tag.rpartition("}")[2] for one in ElementTree.fromstring(drawn).iter())
    assert shapes["polyline"] > 5
    assert shapes["title"] == 2 * 5


def test_samples_are_read_as_they_were_written():
    samples = list(day(seconds=10))
    assert read([one.line() for one in samples]) == samples
