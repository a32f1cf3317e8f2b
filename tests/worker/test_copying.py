"""Several sources, none keyed by user: their records meet, untouched, in one keyed topic."""

import pytest

from tests.worker.harness import Staging, event, until
from tests.worker.parts import Tail

STAGING = Staging(
    plan="""
sources:
  - {topic: web.events, keyed_by_user: false}
  - {topic: shop.events, keyed_by_user: false}
"""
)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
PRODUCT = {"product_id": "p-1", "sku": "s-1", "name": "Shirt", "quantity": 1, "price": 10}
ORDER = {"order_id": "o-1", "total": 10, "products": [PRODUCT]}


async def copies(stage, *values):
    """The keyed topic, when the copies of these are there, in whatever partition."""
    async with Tail().reading(stage.bootstrap, "cordial.keyed", 2) as tail:
        await until(lambda: {*values} <= {one.value for one in tail.records})
        return list(tail.records)


async def test_records_of_all_sources_are_copied_untouched_and_keyed_by_contact(stage):
    web = event(event="Viewed", messageId="w-1", userId="u-9")
    shop = event(type="identify", messageId="s-1", userId="u-9", traits={"tier": "gold"})
    twice = [("x-theirs", b"\xff\x00"), ("x-theirs", b"second"), ("x-empty", None)]
    sent = await stage.producer.send_and_wait(
        "web.events",
        value=web,
        key=b"session-1",
        partition=1,
        headers=twice,
        timestamp_ms=1_795_168_000_000,
    )
    await stage.publish(shop, None, topic="shop.events", partition=0)
    garbage = await stage.publish(b"\x07", "session-2", topic="shop.events", partition=0)
    await stage.outcomes("w-1")
    await stage.outcomes("s-1")
    found = {record.value: record for record in await copies(stage, web, shop, b"\x07")}
    assert set(found) == {web, shop, b"\x07"}
    place = [
        ("x-source-topic", b"web.events"),
        ("x-source-partition", b"1"),
        ("x-source-offset", str(sent.offset).encode()),
        ("x-source-timestamp", b"1795168000000"),
    ]
    assert list(found[web].headers) == [*twice, *place]
    assert found[web].key == found[shop].key == b"u-9"
    assert found[web].partition == found[shop].partition
    assert found[b"\x07"].key == b"session-2"
    [letter] = await until(stage.letters)
    assert (letter.value, letter.reason) == (b"\x07", "undecodable")
    assert dict(letter.headers)["x-source-offset"] == str(garbage).encode()
    [receipt] = stage.receipts("w-1")
    assert (receipt.source.topic, receipt.source.partition) == ("web.events", 1)


@pytest.mark.parametrize("message_id", ["o-9", ""])
async def test_a_doubled_copy_tells_cordial_nothing_twice(stage, message_id):
    value = event(
        event="Order Completed",
        messageId=message_id,
        userId="u-3",
        properties=ORDER | {"n": message_id},
    )
    offset = await stage.publish(value, None, topic="web.events")
    known = message_id or f"web.events-0-{offset}"
    await stage.outcomes(known, 2)
    before = await stage.journal()
    [copy] = [one for one in await copies(stage, value) if one.value == value]
    await stage.publish(
        copy.value,
        "u-3",
        topic="cordial.keyed",
        partition=copy.partition,
        headers=dict(copy.headers),
    )
    outcomes = await stage.outcomes(known, 4)
    assert sorted(outcomes[2:]) == [
        ("createContactactivities", "suppressed", "duplicate"),
        ("upsertOrder", "suppressed", "duplicate"),
    ]
    assert await stage.journal() == before


async def test_a_record_that_the_keyed_topic_has_no_room_for_is_dead_and_the_next_goes_on(stage):
    dead = stage.worker.count("events_total", "dead_lettered")
    await stage.publish(b"\0" * 3_000_000, "big", topic="web.events")
    await stage.publish(event(event="After", messageId="after-big"), None, topic="web.events")
    await stage.outcomes("after-big")
    [letter] = await until(lambda: [one for one in stage.letters() if one.key == b"big"])
    assert (letter.topic, letter.reason, letter.value) == ("web.events", "too_large", None)
    assert "its value of 3,000,000 bytes is left out" in letter.message
    [receipt] = [one for one in stage.receipts() if one.reason == "too_large"]
    assert (receipt.kind, receipt.outcome) == ("event", "dead_lettered")
    assert receipt.source.topic == "web.events"
    await until(lambda: stage.worker.count("events_total", "dead_lettered") == dead + 1)


async def test_in_the_end_nothing_lags(stage):
    await until(lambda: stage.worker.count("lag_events") == 0)
