"""`dead-letters list`, `show` and `replay` as a user runs them, and what a replay then does."""

import asyncio
import json
from dataclasses import replace

import pytest

from tests.worker.harness import Staging, event, until

STAGING = Staging(partitions=1)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
PRODUCT = {"product_id": "p-1", "sku": "s-1", "name": "Shirt", "quantity": 1, "price": 10}
ACTIVITY, ORDER, CART = "createContactactivities", "upsertOrder", "addProductsToCart"


def order(message_id, name, hour, total):
    properties = {"order_id": "o-1", "total": total, "products": [PRODUCT]}
    timestamp = f"2026-11-20T{hour:02}:00:00Z"
    return event(event=name, messageId=message_id, properties=properties, timestamp=timestamp)


async def dead_letters(stage, *arguments):
    ran = await stage.run("dead-letters", *arguments, "--json")
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


async def test_what_died_is_listed_by_action_reason_and_contact_and_shown_whole(stage):
    stage.faults.change({"poison": "Order Completed", "poison_status": 422})
    await stage.publish(order("m-1", "Order Completed", 9, 10))
    await stage.publish(order("m-2", "Order Updated", 10, 20))
    await stage.publish(b"\x00garbage", "nobody")
    cart = event(event="Product Added", messageId="m-3", userId="u-2", properties=PRODUCT)
    await stage.publish(cart, "u-2")
    await stage.outcomes("m-2", 2)
    await stage.outcomes("m-3", 2)
    stage.faults.change({"poison": ""})
    listed, rejected, carts, hers, table, missing = await asyncio.gather(
        dead_letters(stage, "list"),
        dead_letters(stage, "list", "--reason", "rejected"),
        dead_letters(stage, "list", "--action", CART),
        dead_letters(stage, "list", "--contact", "u-2"),
        stage.run("dead-letters", "list"),
        stage.run("dead-letters", "show", "no-such-letter"),
    )
    assert [(one["action"], one["reason"], one["contact"]) for one in listed] == [
        (ORDER, "rejected", "u-1"),
        (ACTIVITY, "rejected", "u-1"),
        (None, "unknown_schema", None),
        (CART, "missing", "u-2"),
    ]
    assert (rejected, carts, hers) == (listed[:2], listed[3:], listed[3:])
    assert "4 dead letters" in table.stdout
    assert listed[0]["id"] in table.stdout
    assert (missing.returncode, missing.stdout) == (5, "")
    [shown] = await dead_letters(stage, "show", listed[3]["id"])
    assert {key: shown[key] for key in listed[3]} == listed[3]
    assert "Product Added" in shown["value"]


async def test_a_dry_run_sends_nothing(stage):
    ran = await stage.run("dead-letters", "replay", "--reason", "rejected", "--dry-run")
    assert "2 would be replayed" in ran.stdout
    assert not any(one["replayed"] for one in await dead_letters(stage, "list"))


async def test_an_older_order_changes_no_state_and_an_activity_is_sent(stage):
    await dead_letters(stage, "replay", "--reason", "rejected")
    became = await stage.outcomes("m-1", 4)
    assert sorted(became[2:]) == [(ACTIVITY, "delivered", None), (ORDER, "delivered", None)]
    [said] = await dead_letters(stage, "replay", "--reason", "rejected")
    assert (said["replayed"], said["replayed_before"]) == (0, 2)
    newer, after = (one["body"] for one in await stage.journal() if one["action"] == ORDER)
    assert after["totalAmount"] == newer["totalAmount"] == 20
    assert after["purchaseDate"] < newer["purchaseDate"]


async def test_older_attributes_are_stale_unless_forced(stage):
    stage.faults.change({"poison": "gold", "poison_status": 422})
    for number, tier in enumerate(("gold", "silver")):
        value = event(type="identify", messageId=f"t-{number}", userId="u-6", traits={"tier": tier})
        await stage.publish(value, "u-6")
        await stage.outcomes(f"t-{number}")  # together they would be one update, without the gold
    assert (await stage.outcomes("t-1"))[0][1:] == ("delivered", None)
    stage.faults.change({"poison": ""})
    await dead_letters(stage, "replay", "--contact", "u-6")
    assert (await stage.outcomes("t-0", 2))[1][1:] == ("dead_lettered", "stale")
    stale = await dead_letters(stage, "list", "--reason", "stale", "--contact", "u-6")
    await dead_letters(stage, "replay", "--id", stale[0]["id"], "--force")
    assert (await stage.outcomes("t-0", 3))[2][1:] == ("delivered", None)
    sent = [one["body"] for one in await stage.journal() if one["action"] == "upsertContact"]
    assert [one["attributes"]["tier"] for one in sent] == ["silver", "gold"]


async def test_what_a_dead_refund_says_is_told_when_its_order_comes(stage):
    properties = {"order_id": "o-2", "total": 5, "products": []}
    refund = event(event="Order Refunded", messageId="m-4", userId="u-4", properties=properties)
    await stage.publish(refund, "u-4")
    await stage.outcomes("m-4", 2)
    completed = {"order_id": "o-2", "total": 5, "products": [PRODUCT]}
    early = "2026-11-20T08:00:00Z"
    value = event(
        event="Order Completed",
        messageId="m-5",
        userId="u-4",
        properties=completed,
        timestamp=early,
    )
    await stage.publish(value, "u-4")
    assert (ORDER, "delivered", None) in await stage.outcomes("m-5", 2)
    await dead_letters(stage, "replay", "--contact", "u-4")
    assert (await stage.outcomes("m-4", 3))[2] == (ORDER, "suppressed", "duplicate")
    last = [one["body"] for one in await stage.journal() if one["action"] == ORDER][-1]
    assert (last["status"], last["items"][0]["productID"]) == ("Order Refunded", "p-1")


async def test_a_dead_event_that_is_still_dead_says_so_again_and_keeps_its_place(stage):
    [first] = [one for one in stage.letters() if one.reason == "unknown_schema"]
    ran = await stage.run("dead-letters", "replay", "--id", first.id)
    assert ran.returncode == 0, ran.stderr
    again = await until(
        lambda: [
            one for one in stage.letters() if one.topic == "cordial.replays" and not one.action
        ]
    )
    assert (again[0].value, again[0].reason) == (first.value, "unknown_schema")
    receipts = await until(
        lambda: (
            found
            if len(found := [one for one in stage.receipts() if one.reason == "unknown_schema"]) > 1
            else None
        )
    )
    assert [one.replay_of for one in receipts] == [None, first.id]
    assert receipts[0].source == receipts[1].source
    await dead_letters(stage, "replay", "--contact", "u-2")
    cart = await until(
        lambda: [one for one in stage.letters("m-3") if one.topic == "cordial.replays"]
    )
    assert [one.action for one in cart] == [CART], "the activity was delivered, and stays so"
    assert [one[1] for one in await stage.outcomes("m-3", 3)].count("delivered") == 1
    await until(lambda: stage.worker.count("lag_events") == 0)


async def test_a_replay_of_an_action_that_is_unknown_is_a_dead_letter(stage):
    headers = {"x-replay-of": b"x", "x-replay-command": b"sendPigeon", "x-replay-position": b"?"}
    offset = await stage.publish(b"x", "u-1", topic="cordial.replays", headers=headers)
    place = f"cordial.replays-0-{offset}"
    [letter] = await until(lambda: [one for one in stage.letters() if one.id == place])
    assert (letter.reason, letter.field, letter.action) == ("invalid", "action", None)


@pytest.mark.parametrize(
    ("setting", "code", "said"),
    [
        ({"KAFKA__SESSION_TIMEOUT": "1"}, 3, "session_timeout"),
        ({"KAFKA__BOOTSTRAP": "127.0.0.1:1"}, 4, "look at kafka.bootstrap"),
    ],
)
async def test_what_keeps_it_from_its_work_is_said_in_a_line(stage, setting, code, said):
    stage.staging = replace(STAGING, settings=setting)
    ran = await stage.run("dead-letters", "list")
    stage.staging = STAGING
    assert (ran.returncode, ran.stdout) == (code, "")
    assert said in ran.stderr.splitlines()[-1]
    assert "Traceback" not in ran.stderr
