"""Who may run while partitions are added, what is planned, and what is compared."""

from dataclasses import replace

import pytest

from streams.checking.problems import broker_problems
from streams.kafka.migration import (
    Migration,
    decode_migration,
    encode_migration,
    newest,
    reasons,
)
from streams.kafka.names import names_of
from streams.kafka.topics import Cluster, Problem, Topic, keyed_topic, wanted_topics
from streams.migrating.comparing import Sums
from streams.migrating.planning import Way, doubts, way
from streams.plan import Plan
from streams.settings import Settings
from tests.unit.topics.test_topics import ACTIONS, BUS, DELETE, OTHERS

FIRST, SECOND = Settings(), Settings(layout=1)
ROW = Migration(0, 1, 4, 8, "copying", began=5, copied={"orders/3": 17})


def test_a_row_is_read_as_it_was_written():
    assert decode_migration(encode_migration(ROW)) == ROW
    whole = replace(ROW, step="finished", stopped=6, finished=7)
    assert decode_migration(encode_migration(whole)) == whole
    assert decode_migration(b"something else") is None


@pytest.mark.parametrize(
    ("step", "may_run"),
    [
        (None, {0}),
        ("copying", {0}),
        ("handing_over", set()),
        ("finished", {1}),
        ("abandoned", {0}),
    ],
)
def test_workers_of_one_layout_at_most_may_run(step, may_run):
    rows = {} if step is None else {1: replace(ROW, step=step)}
    assert {layout for layout in (0, 1, 2) if not list(reasons(rows, layout))} == may_run
    assert newest(rows) == (1 if may_run == {1} else 0)


def test_what_is_refused_names_the_layout_that_may_run():
    rows = {1: replace(ROW, step="finished"), 2: Migration(1, 2, 8, 12, "finished", began=9)}
    [(what, remedy)] = reasons(rows, 0)
    assert what.startswith("the layout 0 was handed over to the layout 1")
    assert remedy == "set CORDIAL_STREAMS_LAYOUT=2"
    [problem] = broker_problems(FIRST, Plan(), Cluster({}, migrations=rows))
    assert problem.where == "layout"


def test_a_later_layout_has_topics_and_a_group_of_its_own_and_always_a_copy():
    assert keyed_topic(FIRST, [BUS]) == BUS.topic
    assert keyed_topic(SECOND, [BUS]) == "cordial.1.keyed"
    ours = {spec.name for spec in wanted_topics(SECOND, [BUS], ACTIONS, 8)}
    assert {"cordial.1.keyed", "cordial.1.hops", "cordial-streams-1-seen-changelog"} <= ours
    assert not ours & {spec.name for spec in wanted_topics(FIRST, OTHERS, ACTIONS, 8)}
    assert names_of(SECOND).app_id == "cordial-streams-1"


def cluster(sources, count=4, bus=4, **given):
    topics = {
        spec.name: Topic(spec.partitions, DELETE | dict(spec.config), frozenset(spec.config))
        for spec in wanted_topics(FIRST, sources, ACTIONS, count)
    }
    topics |= {source.topic: Topic(bus, DELETE) for source in sources}
    return Cluster(topics, **given)


def planned(sources, there, asked):
    return way(FIRST, sources, ACTIONS, there, asked, now=5)


@pytest.mark.parametrize(
    ("sources", "bus", "carried", "grown"),
    [
        (OTHERS, 4, "cordial.keyed", None),
        (OTHERS, 9, "cordial.keyed", None),
        ([BUS], 4, None, None),
        ([BUS], 6, None, BUS.topic),
    ],
)
def test_a_way_is_planned_with_what_is_to_be_carried(sources, bus, carried, grown):
    found = planned(sources, cluster(sources, bus=bus), 8)
    assert isinstance(found, Way)
    assert found.row == Migration(0, 1, 4, 8, "copying", began=5)
    assert (found.carried, found.grown) == (carried, grown)
    assert {spec.partitions for spec in found.topics} == {8}
    assert bool(
        [one for one in doubts(found, cluster(sources)) if "more partitions" in one.what]
    ) == bool(grown)


def test_one_that_was_begun_goes_on():
    there = cluster([BUS], migrations={1: ROW})
    for asked in (None, 8):
        assert planned([BUS], there, asked).row == ROW
    begun_anew = planned([BUS], cluster([BUS], migrations={1: replace(ROW, step="abandoned")}), 6)
    assert begun_anew.row == Migration(0, 1, 4, 6, "copying", began=5)


@pytest.mark.parametrize(
    ("there", "asked", "said"),
    [
        (cluster([BUS]), None, "--partitions: is needed"),
        (cluster([BUS]), 4, "--partitions: the topics have 4 already"),
        (cluster([BUS], migrations={1: ROW}), 12, "--partitions: a migration to 8 was begun"),
        (
            cluster([BUS], migrations={1: replace(ROW, step="finished")}),
            12,
            "layout: the layout 0 was handed over to 1, with 8 partitions",
        ),
        (replace(cluster([BUS]), limited=True), 8, "the embedded broker has no groups"),
        (Cluster({}), 8, "is missing: there is nothing to go over from"),
    ],
)
def test_what_cannot_be_is_told(there, asked, said):
    problems = planned([BUS], there, asked)
    assert isinstance(problems, list)
    assert said in str(problems[0])


def test_a_topic_that_is_missing_is_told():
    whole = cluster([BUS])
    less = {name: one for name, one in whole.topics.items() if name != "cordial.hops"}
    [problem] = planned([BUS], replace(whole, topics=less), 8)
    assert isinstance(problem, Problem)
    assert str(problem).startswith("cordial.hops: the topic is missing")


def test_sums_tell_what_is_missing_wrong_or_elsewhere():
    wanted, there = Sums(), Sums()
    for sums in (wanted, there):
        sums.add((0, b"a"), b"1")
        sums.add((1, b"b"), b"2")
    assert not list(there.unlike(wanted, 2))
    there.add((1, b"c"), b"3")
    assert list(there.unlike(wanted, 2)) == ["partition 1 has 2 rows and should have 1"]
    wanted.add((1, b"c"), b"4")
    assert list(there.unlike(wanted, 2)) == [
        "partition 1 has 2 rows, and not all as they should be"
    ]
