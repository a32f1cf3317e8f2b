"""What a group and its changelogs tell of a worker that is about to join."""

from dataclasses import replace

import pytest

from streams.kafka.group import problems
from streams.kafka.names import Names
from streams.kafka.topics import Cluster
from streams.settings import Settings
from tests.unit.topics.test_topics import BUS, OTHERS

SETTINGS = Settings()
ORDERS = Names(SETTINGS.prefix, SETTINGS.app_id).changelog("orders")
MEMBER = frozenset({BUS.topic, "cordial.replays", "cordial.upsertOrder"})


def test_a_changelog_that_lost_rows_under_a_committed_group_is_refused():
    emptied = Cluster({}, committed=frozenset([BUS.topic]), emptied=frozenset([ORDERS]))
    [problem] = problems(emptied, SETTINGS, [BUS])
    assert problem.where == ORDERS
    assert problem.what.startswith("rows were deleted from it while the group cordial-streams")
    assert not list(problems(replace(emptied, committed=frozenset()), SETTINGS, [BUS]))


def test_members_that_read_what_we_read_are_ours():
    ours = Cluster({}, members=(MEMBER, MEMBER | {"cordial.another"}))
    assert not list(problems(ours, SETTINGS, [BUS]))


@pytest.mark.parametrize(
    ("sources", "unread"),
    [(OTHERS, "cordial.keyed"), ([replace(BUS, topic="theirs")], "theirs")],
)
def test_a_member_that_reads_something_else_is_a_stranger(sources, unread):
    [problem] = problems(Cluster({}, members=(MEMBER,)), SETTINGS, sources)
    assert problem.where == "cordial-streams"
    assert f"does not read {unread}: another program or installation" in problem.what


def test_a_group_that_read_nothing_of_ours_is_anothers_also_while_nobody_is_in_it():
    theirs = frozenset({"theirs", "other.upsertOrder"})
    [problem] = problems(Cluster({}, committed=theirs), SETTINGS, [BUS])
    assert problem.where == "cordial-streams"
    assert "read other.upsertOrder, theirs and nothing of this plan's" in problem.what
    for ours in (BUS.topic, "cordial.upsertOrder"):
        assert not list(problems(Cluster({}, committed=theirs | {ours}), SETTINGS, [BUS]))
