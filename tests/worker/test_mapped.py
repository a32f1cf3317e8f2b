"""The worked example through a worker: three topics of a company's own records, and a registry."""

import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio
from aiohttp import web

from tests.unit.sources.company import PLAN, on_the_wire, records, texts
from tests.worker.harness import Staging, staged, until

STAGING = Staging(plan=PLAN.read_text())
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
ACTIVITY, ORDER, CONTACT = "createContactactivities", "upsertOrder", "upsertContact"
WRITTEN = 1_795_000_000_000
CUSTOMERS, NOTES = "crm/customers_changed.json", "crm/notes_written.json"


@asynccontextmanager
async def registry():
    """A schema registry that has the company's schemas."""

    async def answer(request):
        text = texts().get(int(request.match_info["number"]))
        if text is None:
            return web.json_response({"error_code": 40403, "message": "no"}, status=404)
        return web.json_response({"schema": text})

    app = web.Application()
    app.router.add_get("/schemas/ids/{number}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(tmp_path_factory):
    async with registry() as url:
        staging = replace(STAGING, settings={"REGISTRY__URL": url})
        async with staged(tmp_path_factory.mktemp("stage"), staging) as one:
            yield one


async def published(stage, topic, file, number):
    value = on_the_wire(file, records(file)[number])
    return value, await stage.publish(value, None, topic=topic, partition=1)


def told_of(stage, topic, count):
    """What became of the commands of a source, once there are so many."""
    found = [(one.action, one.outcome) for one in stage.receipts() if one.source.topic == topic]
    return sorted(found) if len(found) == count else []


async def test_records_of_each_source_reach_cordial_as_their_mapping_says(stage):
    await published(stage, "shop.orders", "shop/orders.json", 0)
    await published(stage, "shop.orders", "shop/orders.json", 1)
    await published(stage, "app.tracking", "app/tracked.json", 1)
    await published(stage, "crm.customers", "crm/segments_joined.json", 0)
    cart = records("app/tracked.json")[1]["eventId"]
    assert sorted(await stage.outcomes(cart, 2)) == [
        ("addProductsToCart", "delivered", None),
        (ACTIVITY, "delivered", None),
    ]
    assert await stage.outcomes("crm.customers-1-0") == [("addContactsToList", "delivered", None)]
    told = await until(lambda: told_of(stage, "shop.orders", 4))
    assert told == [
        (ACTIVITY, "delivered"),
        (ACTIVITY, "suppressed"),
        (ORDER, "delivered"),
        (ORDER, "suppressed"),
    ]
    sent = [one["body"] for one in await stage.journal() if one["action"] == ORDER]
    assert [(one["orderID"], one["totalAmount"]) for one in sent] == [("o-500", 104.7)]
    assert {one["result"] for one in await stage.journal()} == {"ok"}


async def test_a_filter_of_a_source_is_told_with_its_name(stage):
    await published(stage, "shop.orders", "shop/orders.json", 2)
    [receipt] = await until(
        lambda: [one for one in stage.receipts() if one.reason == "filter:open-orders"]
    )
    assert (receipt.kind, receipt.outcome) == ("event", "filtered")
    assert (receipt.source.topic, receipt.source.offset) == ("shop.orders", 2)


async def test_a_record_of_another_type_is_filtered_and_its_receipt_names_the_type(stage):
    _, offset = await published(stage, "crm.customers", NOTES, 0)
    [receipt] = await until(lambda: [one for one in stage.receipts() if one.reason == "record"])
    assert (receipt.kind, receipt.outcome) == ("event", "filtered")
    assert (receipt.source.topic, receipt.source.offset) == ("crm.customers", offset)
    assert [note.what for note in receipt.notes] == [
        "com.example.crm.NoteWritten is not in the plan"
    ]


async def test_preview_reads_the_records_of_a_source_by_their_mapping(stage):
    plan = str(stage.directory / "plan.yaml")
    of = ("--topic", "crm.customers", "--from", "beginning", "--plan", plan)
    ran = await stage.run("preview", *of, "--json")
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert report["outcomes"] == {"routed": 1, "filtered": 1}
    assert report["ends"]["filtered"] == {"record": 1}
    assert "addContactsToList" in report["actions"]


async def test_a_record_that_could_not_be_mapped_is_replayed_by_the_mapping_of_its_source(stage):
    value = on_the_wire(CUSTOMERS, records(CUSTOMERS)[1])
    sent = await stage.producer.send_and_wait(
        "crm.customers", value, partition=1, timestamp_ms=WRITTEN
    )
    [letter] = await until(stage.letters)
    assert (letter.reason, letter.field, letter.value) == ("invalid", "changedAt", value)
    assert letter.message == "changedAt is not written as %d.%m.%Y %H:%M:%S (for timestamp)"
    assert stage.worker.stop() == 0
    plan = stage.directory / "plan.yaml"
    line = "timestamp: {fn: date, format: "
    text = plan.read_text()
    assert line in text
    plan.write_text("".join(one for one in text.splitlines(True) if line not in one))
    stage.start()
    ran = await stage.run("dead-letters", "replay", "--id", letter.id, "--plan", str(plan))
    assert ran.returncode == 0, ran.stderr
    [receipt] = await until(lambda: [one for one in stage.receipts() if one.action == CONTACT])
    assert (receipt.outcome, receipt.contact) == ("delivered", "43")
    assert (receipt.source.topic, receipt.source.offset) == ("crm.customers", sent.offset)
    assert receipt.replay_of == letter.id
    assert receipt.event_time == WRITTEN, "the time of the record, not of its copy or its replay"


async def test_what_is_left_of_a_source_that_is_off_is_read_by_its_mapping(stage):
    value = on_the_wire(CUSTOMERS, records(CUSTOMERS)[0])
    plan = stage.directory / "plan.yaml"
    text = plan.read_text()
    before = "- topic: crm.customers\n    keyed_by_user: false\n"
    assert before in text
    assert stage.worker.stop() == 0
    plan.write_text(text.replace(before, f"{before}    enabled: false\n"))
    headers = {
        "x-source-topic": b"crm.customers",
        "x-source-partition": b"1",
        "x-source-offset": b"99",
    }
    await stage.publish(value, "42", topic="cordial.keyed", partition=1, headers=headers)
    stage.start()
    [receipt] = await until(
        lambda: [one for one in stage.receipts() if one.contact == "42" and one.action == CONTACT]
    )
    assert receipt.outcome == "delivered"
