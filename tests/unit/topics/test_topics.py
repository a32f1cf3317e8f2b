"""Which topics are needed, and what a cluster lacks of them."""

from dataclasses import dataclass, replace

import pytest

from streams.kafka.names import TABLES as KEPT
from streams.kafka.names import Names
from streams.kafka.topics import (
    TABLES,
    Cluster,
    Problem,
    Topic,
    check,
    keyed_topic,
    partition_count,
    plan,
    source_topics,
    wanted_topics,
)
from streams.plan.instances import TAKEN
from streams.settings import KafkaSettings, Settings


@dataclass(frozen=True)
class Source:
    topic: str
    keyed_by_user: bool
    enabled: bool = True
    paused: bool = False


SETTINGS = Settings()
BUS = Source("customer.events", keyed_by_user=True)
OTHERS = [Source("web", keyed_by_user=False), Source("shop", keyed_by_user=False)]
ACTIONS = ["upsertContact", "upsertOrder"]
WANTED = wanted_topics(SETTINGS, [BUS], ACTIONS, 8)
COMPACT = {"cleanup.policy": "compact"}
DELETE = {"cleanup.policy": "delete", "retention.ms": "604800000"}


def cluster(**changes):
    """All that is wanted is there, except for the changes."""
    topics = {
        spec.name: Topic(spec.partitions, DELETE | dict(spec.config), frozenset(spec.config))
        for spec in WANTED
    }
    topics[BUS.topic] = Topic(8, DELETE)
    return replace(Cluster(topics), **changes)


def without(*names):
    whole = cluster().topics
    return {name: topic for name, topic in whole.items() if name not in names}


def problems(of):
    return [problem for problem in check(WANTED, of, SETTINGS, [BUS]) if not problem.note]


def test_the_tables_are_those_that_the_worker_keeps():
    assert TABLES == KEPT


def test_a_source_keyed_by_user_is_the_clock_and_no_copy_is_made():
    assert keyed_topic(SETTINGS, [BUS]) == "customer.events"
    assert "cordial.keyed" not in {spec.name for spec in WANTED}


def test_sources_that_are_not_keyed_by_user_are_copied():
    assert keyed_topic(SETTINGS, OTHERS) == "cordial.keyed"
    wanted = wanted_topics(SETTINGS, OTHERS, ACTIONS, 4)
    assert "cordial.keyed" in {spec.name for spec in wanted}


def test_every_topic_of_ours_is_wanted_with_the_same_count():
    assert {spec.name for spec in WANTED} == {
        "cordial.upsertContact",
        "cordial.upsertOrder",
        "cordial.dead-letters",
        "cordial.receipts",
        "cordial.replays",
        "cordial.hops",
        *(f"cordial-streams-{table}-changelog" for table in TABLES),
    }
    assert {spec.partitions for spec in WANTED} == {8}


def test_changelogs_are_compacted_and_never_deleted_from():
    policies = {s.name: s.config.get("cleanup.policy") for s in WANTED if "changelog" in s.name}
    assert set(policies.values()) == {"compact"}
    assert len(policies) == len(TABLES)


def test_with_three_replicas_two_must_have_a_record():
    three = Settings(kafka=KafkaSettings(replication_factor=3))
    configs = [spec.config for spec in wanted_topics(three, [BUS], ACTIONS, 8)]
    assert {config["min.insync.replicas"] for config in configs} == {"2"}


def test_a_demo_may_make_the_bus_too():
    assert [(spec.name, spec.partitions) for spec in source_topics(OTHERS, 4)] == [
        ("web", 4),
        ("shop", 4),
    ]


@pytest.mark.parametrize(
    ("sources", "topics", "asked", "count"),
    [
        ([BUS], {"customer.events": Topic(6)}, None, 6),
        ([BUS], {"customer.events": Topic(6)}, 12, 6),
        ([BUS], {}, 12, 12),
        (OTHERS, {"cordial.keyed": Topic(3), "web": Topic(9)}, 12, 3),
        (OTHERS, {"web": Topic(9), "shop": Topic(4)}, 12, 12),
        (OTHERS, {"web": Topic(9), "shop": Topic(4)}, None, 9),
    ],
)
def test_the_count_is_that_of_the_keyed_topic(sources, topics, asked, count):
    assert partition_count(SETTINGS, sources, Cluster(topics), asked) == count


def test_no_source_and_no_count_is_a_problem_with_a_remedy():
    problem = partition_count(SETTINGS, [BUS], Cluster({}))
    assert isinstance(problem, Problem)
    assert problem.where == "customer.events"
    assert "--partitions" in problem.remedy


def test_nothing_is_wrong_with_what_apply_made():
    assert plan(WANTED, cluster(), SETTINGS).create == ()
    assert check(WANTED, cluster(), SETTINGS, [BUS]) == []


def test_what_is_missing_is_planned_and_refused_at_the_start():
    of = cluster(topics=without("cordial.receipts"))
    assert [spec.name for spec in plan(WANTED, of, SETTINGS).create] == ["cordial.receipts"]
    assert [str(problem) for problem in problems(of)] == [
        "cordial.receipts: the topic is missing; run: cordial-streams topics apply --plan …"
    ]


def test_a_missing_source_is_not_ours_to_make():
    of = cluster(topics=without("customer.events"))
    assert [problem.where for problem in problems(of)] == ["customer.events"]
    assert plan(WANTED, of, SETTINGS).create == ()


def test_another_count_is_told_and_not_changed():
    of = cluster(topics=cluster().topics | {"cordial.upsertOrder": Topic(6, DELETE)})
    changes = plan(WANTED, of, SETTINGS)
    assert changes.create == ()
    assert [problem.what for problem in changes.problems] == [
        "has 6 partitions and the keyed topic 8"
    ]
    assert problems(of) == list(changes.problems)


def test_a_changelog_that_deletes_is_refused():
    name = "cordial-streams-orders-changelog"
    both = {"cleanup.policy": "compact,delete"}
    of = cluster(topics=cluster().topics | {name: Topic(8, both, frozenset(both))})
    assert [(problem.where, problem.what) for problem in problems(of)] == [
        (name, "cleanup.policy is compact,delete and must be compact")
    ]
    assert "kafka-configs" in problems(of)[0].remedy


def test_a_setting_that_we_do_not_ask_for_is_only_noted():
    extra = DELETE | {"segment.bytes": "1048576"}
    topic = Topic(8, extra, frozenset({"segment.bytes"}))
    of = cluster(topics=cluster().topics | {"cordial.receipts": topic})
    (note,) = check(WANTED, of, SETTINGS, [BUS])
    assert note.note
    assert note.what.startswith("segment.bytes is set to 1048576")


@pytest.mark.parametrize("table", TABLES)
def test_a_changelog_lost_under_a_committed_group_is_neither_made_nor_started_with(table):
    name = f"cordial-streams-{table}-changelog"
    of = cluster(topics=without(name), committed=frozenset({"customer.events"}))
    changes = plan(WANTED, of, SETTINGS)
    assert changes.create == ()
    assert [problem.where for problem in changes.problems] == [name]
    assert "--delete --group cordial-streams" in changes.problems[0].remedy
    assert problems(of) == list(changes.problems)


def test_a_changelog_of_a_table_that_is_new_is_made_where_a_person_says_so():
    names = {f"cordial-streams-{table}-changelog" for table in ("consent", "orders")}
    of = cluster(topics=without(*names), committed=frozenset({"customer.events"}))
    changes = plan(WANTED, of, SETTINGS, ["consent"])
    assert [spec.name for spec in changes.create] == ["cordial-streams-consent-changelog"]
    assert [problem.where for problem in changes.problems] == ["cordial-streams-orders-changelog"]
    assert "topics apply --new orders" in changes.problems[0].remedy


def test_a_changelog_is_made_before_the_group_has_committed():
    of = cluster(topics=without("cordial-streams-orders-changelog"))
    created = plan(WANTED, of, SETTINGS).create
    assert [spec.name for spec in created] == ["cordial-streams-orders-changelog"]


@pytest.mark.parametrize(
    ("retention", "noted"),
    [("604800000", False), ("86400000", False), ("2592000000", True), ("-1", True)],
)
def test_a_source_kept_longer_than_message_ids_is_noted(retention, noted):
    topic = Topic(8, {"cleanup.policy": "delete", "retention.ms": retention})
    of = cluster(topics=cluster().topics | {"customer.events": topic})
    found = check(WANTED, of, SETTINGS, [BUS])
    assert [problem.note for problem in found] == ([True] if noted else [])


def test_a_broker_that_does_not_tell_settings_has_none_compared():
    topics = {name: Topic(topic.partitions) for name, topic in cluster().topics.items()}
    assert check(WANTED, Cluster(topics, limited=True), SETTINGS, [BUS]) == []


@pytest.mark.parametrize("key", ["enabled", "paused"])
def test_a_source_that_is_not_read_is_a_note(key):
    quiet = replace(OTHERS[1], **{key: key == "paused"})
    wanted = [*wanted_topics(SETTINGS, OTHERS, ACTIONS, 2), *source_topics(OTHERS, 2)]
    there = Cluster({spec.name: Topic(2) for spec in wanted})
    (note,) = check((), there, SETTINGS, [OTHERS[0], quiet])
    remedy = {"enabled": "enabled: true goes on there", "paused": "paused: false goes on there"}
    assert (note.where, note.note, note.remedy) == ("shop", True, remedy[key])


def test_no_instance_can_be_called_like_a_topic_of_ours():
    names = Names("cordial", "app")
    ours = [one for one in vars(Names) if isinstance(vars(Names)[one], property)]
    assert {getattr(names, one) for one in ours} <= {names.action(one) for one in TAKEN}
