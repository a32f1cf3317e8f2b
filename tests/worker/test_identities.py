"""What a contact's commands said of who it is: remembered beyond the worker that sent them."""

import asyncio
import json

import pytest

from streams.core.identities import Identifier
from streams.kafka.learned_rows import decode_row
from streams.settings import Settings
from tests.worker.harness import Staging, event, until
from tests.worker.parts import Tail

PLAN = "actions: {createContactactivities: {on_dead_letter: park}}"
STAGING = Staging(partitions=2, plan=PLAN, settings={"CORDIAL__SEGMENT_ID_KEY": ""})
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
CHANGELOG = f"{Settings().app_id}-identities-changelog"
TEN_O_CLOCK = 1_795_168_800_000
ACTIVITY, CONTACT = "createContactactivities", "upsertContact"


def thin(message_id, user="u-1"):
    return event(event="Shirt Viewed", messageId=message_id, userId=user)


def identify(message_id, email, user="u-1", **said):
    return event(
        type="identify", messageId=message_id, userId=user, traits={"email": email}, **said
    )


async def sent(stage, action, name="identifiers"):
    bodies = [one["body"] for one in await stage.journal() if one["action"] == action]
    return [(one.get("contact") or one)[name] for one in bodies]


async def test_what_was_learned_outlives_the_worker_and_says_so_in_the_receipt(stage):
    await stage.publish(identify("i-1", "Ana@Shop.example"))
    assert await stage.outcomes("i-1") == [(CONTACT, "delivered", None)]
    stage.worker.end()
    await stage.publish(thin("t-1"))
    stage.start()
    assert await stage.outcomes("t-1") == [(ACTIVITY, "delivered", None)]
    assert (await sent(stage, ACTIVITY))[-1] == {"email": "ana@shop.example"}
    [receipt] = stage.receipts("t-1")
    assert [note.what for note in receipt.notes] == ["completed from what was learned"]


async def test_a_user_of_whom_nothing_is_known_is_a_dead_letter_that_a_replay_completes(stage):
    await stage.publish(thin("t-2", "u-2"))
    assert await stage.outcomes("t-2") == [(ACTIVITY, "dead_lettered", "unidentifiable")]
    await stage.publish(identify("i-2", "ben@shop.example", "u-2"))
    assert await stage.outcomes("i-2") == [(CONTACT, "delivered", None)]
    [letter] = await until(lambda: stage.letters("t-2"))
    await stage.run("dead-letters", "replay", "--id", letter.id)
    await until(lambda: len(stage.receipts("t-2")) == 2)
    assert (await sent(stage, ACTIVITY))[-1] == {"email": "ben@shop.example"}


async def test_a_new_address_changes_the_contact_and_is_on_record(stage):
    await stage.publish(identify("i-3", "eva@shop.example", "u-3"))
    await stage.publish(identify("i-4", "eva@new.example", "u-3"))
    await stage.publish(thin("t-3", "u-3"))
    assert await stage.outcomes("t-3") == [(ACTIVITY, "delivered", None)]
    assert (await sent(stage, CONTACT))[-1] == {"email": "eva@shop.example"}
    assert (await sent(stage, CONTACT, "attributes"))[-1] == {"email": "eva@new.example"}
    assert (await sent(stage, ACTIVITY))[-1] == {"email": "eva@new.example"}
    async with Tail().reading(stage.bootstrap, CHANGELOG, 2) as tail:
        rows = await until(lambda: [one for one in tail.records if one.key == b"u-3"])
    row = decode_row("identities", rows[-1].value)
    assert row == {"email": Identifier("eva@new.example", TEN_O_CLOCK)}


async def test_what_cordial_rejected_is_not_learned(stage):
    stage.faults.change({"poison": "kim@shop.example", "poison_status": 422})
    await stage.publish(identify("i-5", "kim@shop.example", "u-4"))
    assert [one[1] for one in await stage.outcomes("i-5")] == ["dead_lettered"]
    stage.faults.change({"poison": ""})
    await stage.publish(thin("t-4", "u-4"))
    assert await stage.outcomes("t-4") == [(ACTIVITY, "dead_lettered", "unidentifiable")]


async def test_a_stopped_worker_hands_on_what_it_learned(stage):
    await stage.publish(identify("i-6", "lea@shop.example", "u-5"))
    await stage.outcomes("i-6")
    assert await asyncio.to_thread(stage.worker.stop) == 0
    stage.start()
    await stage.publish(thin("t-5", "u-5"))
    assert await stage.outcomes("t-5") == [(ACTIVITY, "delivered", None)]
    assert (await sent(stage, ACTIVITY))[-1] == {"email": "lea@shop.example"}


async def test_the_report_counts_over_all_partitions_and_holds_no_value(stage):
    await stage.publish(identify("i-7", "Two@Shop.example", "u-6"))
    await stage.publish(identify("i-8", "two@shop.example", "u-7"), "u-7", partition=1)
    await stage.publish(identify("i-9", "no address", "u-8"))
    for message_id in ("i-7", "i-8", "i-9"):
        await stage.outcomes(message_id)
    done = await stage.run("identity", "report", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    email = report["identifiers"][0]
    assert email["identifier"] == "email"
    assert report["contacts"] - email["contacts"] == email["missing"] == report["unidentified"]
    assert email["invalid"] == 1
    [conflict] = email["conflicts"]
    assert len(conflict) == 2
    shown = await stage.run("identity", "report")
    assert "claim the same" in shown.stdout
    for text in (done.stdout, shown.stdout):
        assert "shop.example" not in text
        assert "u-6" not in text
    assert stage.worker.count("identifiers_total", 'state="invalid"') == 1
    assert stage.worker.count("identifier_conflicts_total", 'identifier="email"') == 1
