"""Instances of actions: several of one action in a plan, each under a name of its own."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from streams.core.decisions import Send
from streams.core.outcome import Suppressed
from streams.core.records import DeadLetter
from streams.core.routed import SuppressedCommand
from streams.core.routing import route
from streams.kafka.batch import Bounds, Member, bounds_of, gather
from streams.kafka.topics import wanted_topics
from streams.metrics import Metrics
from streams.operating.replays import in_order
from streams.plan import instance_names, plan_of
from streams.settings import Settings
from tests.unit.core.made import event, instance, plan

PRODUCT = {"product_id": "p", "sku": "s", "name": "n", "category": "c", "quantity": 1}
BOUGHT = event(
    event="Order Completed", properties={"order_id": "o-1", "total": 9, "products": [PRODUCT]}
)
EVERY = 'type = "track"'


def own(action, **said):
    return {"action": action, "trigger": EVERY, **said}


def actions(found):
    return [one.action for one in found.commands]


def test_two_instances_of_an_action_make_a_command_each():
    found = route(BOUGHT, plan(vip=own("createContactactivities", can_be_created=False)))
    assert actions(found) == ["upsertOrder", "createContactactivities", "vip"]
    ours, theirs = (one.body["contact"] for one in found.commands[1:])
    assert (ours.pop("canBeCreated"), theirs.pop("canBeCreated")) == (True, False)
    assert ours == theirs


def test_an_action_under_another_name_is_one_that_is_off_and_one_that_is_added():
    renamed = plan(upsertOrder={"enabled": False}, orders=own("upsertOrder"))
    before, after = route(BOUGHT, plan()).commands[0], route(BOUGHT, renamed).commands[0]
    assert after == replace(before, action="orders")


RANKED = {
    "by name": ({"a": {}, "d": {}}, ["a", "createContactactivities", "d"]),
    "by priority": (
        {"a": {"priority": 1}, "b": {"priority": -1}},
        ["b", "createContactactivities", "a"],
    ),
    "by rank before all": (
        {"a": {"action": "upsertContact", "priority": 9}, "b": {"priority": -9}},
        ["a", "b", "createContactactivities"],
    ),
}


@pytest.mark.parametrize(("said", "order"), RANKED.values(), ids=RANKED)
def test_commands_of_one_event_leave_by_rank_then_priority_then_name(said, order):
    owns = {name: own("createContactactivities") | one for name, one in said.items()}
    assert actions(route(event(event="Signed Up"), plan(**owns))) == order


@given(st.permutations(["b", "a", "c"]), st.lists(st.integers(-2, 2), min_size=3, max_size=3))
def test_the_order_of_instances_does_not_hang_on_that_of_the_plan(names, priorities):
    said = {
        name: own("upsertContact", priority=priority)
        for name, priority in zip(names, priorities, strict=True)
    }
    found = [one.name for one in plan(**said).instances][:4]
    ranks = {"upsertContact": 0, **dict(zip(names, priorities, strict=True))}
    assert found == sorted(ranks, key=lambda name: (ranks[name], name))


def test_of_two_instances_that_want_one_order_the_first_tells_it():
    found = route(BOUGHT, plan(orders=own("upsertOrder", priority=-1)))
    assert actions(found) == ["orders", "createContactactivities"]
    assert found.suppressed == (SuppressedCommand("upsertOrder", Suppressed.DUPLICATE),)


def test_an_order_that_the_first_instance_cannot_tell_is_not_told_by_the_second():
    lacking = replace(BOUGHT, properties={"products": [PRODUCT]})
    found = route(lacking, plan(orders=own("upsertOrder", priority=-1)))
    assert [one.action for one in found.dead] == ["orders"]
    assert found.suppressed[0] == SuppressedCommand("upsertOrder", Suppressed.DUPLICATE)


def test_an_order_that_the_first_instance_does_not_get_is_told_by_the_second():
    kept_back = own("upsertOrder", priority=-1, filters=[{"name": "none", "drop": True}])
    found = route(BOUGHT, plan(orders=kept_back))
    assert actions(found) == ["upsertOrder", "createContactactivities"]
    assert found.suppressed == (SuppressedCommand("orders", Suppressed.FILTERED, "none"),)


def test_an_instance_that_is_off_makes_nothing_and_keeps_its_name_and_topic():
    off = {"vip": own("upsertContact", enabled=False)}
    assert not instance("vip", **off["vip"]).enabled
    assert "vip" in instance_names(plan_of({"actions": off}))


def test_an_instance_has_a_topic_of_its_own():
    given_plan = plan_of({"actions": {"vip": own("upsertContact")}})
    names = instance_names(given_plan)
    wanted = wanted_topics(Settings(prefix="shop"), given_plan.sources, names, 4)
    assert {f"shop.{name}" for name in names} < {spec.name for spec in wanted}
    assert "shop.vip" in {spec.name for spec in wanted}


def test_metrics_count_an_instance_by_its_name():
    registry = CollectorRegistry()
    metrics = Metrics(registry, instance_names(plan_of({"actions": {"vip": own("upsertContact")}})))
    metrics.delivered("vip", 0.1)
    line = 'cordial_streams_commands_total{action="vip",outcome="delivered"} 1.0'
    assert line in generate_latest(registry).decode()


def letter(action, offset):
    given = dict.fromkeys(DeadLetter.__dataclass_fields__)
    given |= {"id": f"{offset}-{action}", "action": action, "topic": "t", "partition": 0}
    return DeadLetter(**given | {"offset": offset, "headers": ()})


def test_letters_of_one_event_are_replayed_as_its_commands_left():
    owns = {"a": own("upsertContact", priority=1), "b": own("upsertContact", priority=-1)}
    names = instance_names(plan_of({"actions": owns}))
    letters = [letter(name, 7) for name in ("a", "createContactactivities", "upsertContact", "b")]
    found = in_order([*letters, letter("upsertOrder", 6)], names)
    assert [one.action for one in found] == [
        "upsertOrder",
        "b",
        "upsertContact",
        "a",
        "createContactactivities",
    ]


def gathered(of, count, size=100):
    """What travels together of `count` sign-ups, two commands each; the settings allow anything."""
    made = [
        (one.action, f"m-{number}", one.body)
        for number in range(count)
        for one in route(event(event="Signed Up"), of).commands
    ]
    entries = [
        SimpleNamespace(
            contact="u-42",
            lane="u-42",
            action=name,
            message_id=message_id,
            payload=SimpleNamespace(solo=False, size=size, body=body),
        )
        for name, message_id, body in made
    ]
    head = Member(None, entries[0], Send(entries[0].payload.body))
    neighbours = [(None, one) for one in entries[1:]]
    bounds = bounds_of(of.instances, Bounds(members=100, size=100_000))
    return gather(
        of.instances[-1].declaration,
        head,
        neighbours,
        lambda entry, ahead: Send(entry.payload.body),
        bounds["createContactactivities"],
    )


def test_what_instances_of_one_action_made_travels_together():
    batch = gathered(plan(vip=own("createContactactivities")), 3)
    assert len(batch.members) == 6
    assert len(batch.body["contactActivities"]) == 6


@pytest.mark.parametrize(
    ("asked", "together"),
    [
        ({"join_members": 1}, 1),
        ({"join_members": 4}, 4),
        ({"join_bytes": 350}, 3),
        ({"join_members": 200}, 20),
        ({"join_bytes": 1}, 1),
    ],
)
@pytest.mark.parametrize("name", ["vip", "createContactactivities"])
def test_an_instance_travels_with_as_many_as_it_bears(name, asked, together):
    vip = own("createContactactivities")
    said = {"vip": vip | asked} if name == "vip" else {"vip": vip, name: asked}
    assert len(gathered(plan(**said), 10).members) == together
