"""Instances with names of their own: topics, lanes, receipts, metrics, dead letters and replays."""

import json

import pytest

from tests.worker.harness import CODEC, Staging, event, until
from tests.worker.parts import Tail

PLAN = """
filters:
  - {name: internal, when: properties.internal is true, drop: true}
actions:
  addContactsToList:
    enabled: false
  news-letter:
    action: addContactsToList
    trigger: type = "group"
  vip_activity:
    action: createContactactivities
    trigger: type = "track" and properties.tier = "vip"
    can_be_created: false
    priority: -1
    filters:
      - {name: quiet, when: properties.quiet is true, drop: true}
      - {name: no-address, drop_fields: [properties.ip]}
"""
STAGING = Staging(plan=PLAN)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
ACTIVITY, VIP, LIST = "createContactactivities", "vip_activity", "news-letter"


def signed_up(message_id, user="u-1", **properties):
    said = {"tier": "vip", "ip": "10.0.0.1", **properties}
    return event(event="Signed Up", messageId=message_id, userId=user, properties=said)


async def sent(stage, user):
    """The activities of a contact at Cordial: whether they may create it, and what they say."""
    return [
        (one["body"]["contact"]["canBeCreated"], activity["properties"])
        for one in await stage.journal()
        if one["path"] == f"/api/{ACTIVITY}"
        and one["body"]["contact"]["identifiers"]["segment_id"] == user
        for activity in one["body"]["contactActivities"]
    ]


async def test_two_instances_of_an_action_tell_one_event_each_in_its_own_way(stage):
    await stage.publish(signed_up("m-1"))
    told = await stage.outcomes("m-1", 2)
    assert told == [(VIP, "delivered", None), (ACTIVITY, "delivered", None)]
    assert await sent(stage, "u-1") == [
        (False, {"tier": "vip"}),
        (True, {"tier": "vip", "ip": "10.0.0.1"}),
    ]


async def test_each_has_its_topic_and_its_metrics(stage):
    async with Tail().reading(stage.bootstrap, f"cordial.{VIP}", 2) as tail:
        await until(lambda: tail.records)
    assert {CODEC.decode_command(one.value).action for one in tail.records} == {VIP}
    page = stage.worker.page("/metrics")[1]
    assert f'commands_total{{action="{VIP}",outcome="delivered"}} 1.0' in page
    assert stage.worker.count("requests_total", f'action="{VIP}",answer="delivered"') == 1
    assert f'commands_total{{action="{LIST}",outcome="delivered"}} 0.0' in page


async def test_an_event_that_comes_again_is_a_duplicate_for_each(stage):
    await stage.publish(signed_up("m-1"))
    told = await stage.outcomes("m-1", 4)
    assert sorted(told[2:]) == [
        (ACTIVITY, "suppressed", "duplicate"),
        (VIP, "suppressed", "duplicate"),
    ]


async def test_many_events_of_a_contact_keep_their_order_across_instances(stage):
    for number in range(20):
        await stage.publish(signed_up(f"many-{number}", "u-2", n=number), "u-2", partition=1)
    for number in range(20):
        assert {one for _, one, _ in await stage.outcomes(f"many-{number}", 2)} == {"delivered"}
    numbers = [said["n"] for _, said in await sent(stage, "u-2")]
    assert numbers == sorted([*range(20), *range(20)])


async def test_an_action_under_another_name_goes_to_the_same_endpoint(stage):
    traits = {"name": "News"}
    value = event(type="group", messageId="g-1", groupId="g-7", traits=traits)
    await stage.publish(value)
    assert await stage.outcomes("g-1") == [(LIST, "delivered", None)]
    [request] = [one for one in await stage.journal() if one["path"] == "/api/addContactsToList"]
    assert request["body"]["listName"] == "News"


async def test_what_a_rule_keeps_back_has_one_receipt_that_names_it(stage):
    await stage.publish(signed_up("f-1", internal=True))
    await stage.publish(signed_up("f-2", quiet=True))
    assert await stage.outcomes("f-1") == [("event", "filtered", "filter:internal")]
    assert sorted(await stage.outcomes("f-2", 2)) == [
        (ACTIVITY, "delivered", None),
        (VIP, "suppressed", "filter:quiet"),
    ]
    page = stage.worker.page("/metrics")[1]
    assert f'suppressed_total{{action="{VIP}",reason="filtered"}} 1.0' in page


async def test_what_died_is_found_by_its_instance_and_replayed(stage):
    stage.faults.change({"poison": "d-1", "poison_status": 422})
    await stage.publish(signed_up("d-1", "u-3", mark="d-1"), "u-3")
    assert await stage.outcomes("d-1", 2) == [
        (VIP, "dead_lettered", "rejected"),
        (ACTIVITY, "dead_lettered", "rejected"),
    ]
    stage.faults.change({"poison": ""})
    plan = ("--plan", str(stage.directory / "plan.yaml"))
    ran = await stage.run("dead-letters", "list", "--action", VIP, *plan, "--json")
    [letter] = [json.loads(line) for line in ran.stdout.splitlines()]
    assert letter["action"] == VIP
    unknown = await stage.run("dead-letters", "list", "--action", VIP)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    await stage.run("dead-letters", "replay", *plan)
    told = await stage.outcomes("d-1", 4)
    assert told[2:] == [(VIP, "delivered", None), (ACTIVITY, "delivered", None)]
    assert [may for may, _ in await sent(stage, "u-3")] == [False, True]
