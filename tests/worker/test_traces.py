"""One trace from the bus to the request: a real worker, and a collector on loopback."""

import asyncio
import time

import pytest

from tests.worker.collector import collecting
from tests.worker.harness import Staging, event, staged, until

pytestmark = pytest.mark.embedded

COPIED = """
sources:
  - {topic: web.events, keyed_by_user: false}
"""
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CARRIED = {"traceparent": f"00-{TRACE}-{PARENT}-01".encode()}
DROPPED = {"traceparent": f"00-{TRACE}-{PARENT}-00".encode()}
PRODUCT = {"product_id": "p-1", "sku": "s-1", "name": "Shirt", "quantity": 1, "price": 10}
ORDER = {"order_id": "o-1", "total": 10, "products": [PRODUCT]}
ACTIVITY, ORDERS = "createContactactivities", "upsertOrder"
SERVER, CLIENT, CONSUMER = 2, 3, 5


def at(monkeypatch, url, **more):
    """The collector of the worker that comes; spans leave soon."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    for name, value in more.items():
        monkeypatch.setenv(name, value)


async def spans_of(collector, count, trace_id=TRACE):
    """The spans of a trace, once there are so many, by name."""

    def there():
        found = [one for one in collector.spans if one.trace_id == trace_id]
        return found if len(found) >= count else None

    found = await until(there)
    assert len(found) == count, sorted(one.name for one in found)
    return found


def one(found, name, action=None):
    wanted = [
        span
        for span in found
        if span.name == name and action in (None, span.attributes.get("cordial_streams.action"))
    ]
    assert len(wanted) == 1, sorted(span.name for span in found)
    return wanted[0]


async def test_one_trace_goes_from_the_bus_through_copy_and_routing_to_request_and_outcome(
    tmp_path, monkeypatch
):
    with collecting() as collector:
        at(monkeypatch, collector.url)
        async with staged(tmp_path, Staging(plan=COPIED)) as stage:
            order = event(event="Order Completed", messageId="o-1", properties=ORDER)
            await stage.publish(order, None, topic="web.events", headers=CARRIED)
            await stage.outcomes("o-1", 2)
            found = await spans_of(collector, 6)
            assert stage.worker.stop() == 0

    copy, route = one(found, "copy web.events"), one(found, "route cordial.keyed")
    assert (copy.parent, copy.kind) == (PARENT, CONSUMER)
    assert (route.parent, route.kind) == (copy.span_id, CONSUMER)
    assert route.attributes["cordial_streams.outcome"] == "routed"
    assert route.attributes["cordial_streams.commands"] == 2
    for action in (ACTIVITY, ORDERS):
        sent = one(found, f"POST /api/{action}")
        assert (sent.parent, sent.kind, sent.failed) == (route.span_id, CLIENT, False)
        assert sent.links == [(TRACE, route.span_id)]
        assert sent.attributes["http.response.status_code"] in (200, 201, 202)
        told = one(found, f"deliver cordial.{action}")
        assert told.parent == route.span_id
        assert told.attributes["cordial_streams.outcome"] == "delivered"
        assert told.attributes["cordial_streams.attempts"] == 1
        assert told.began <= sent.began <= sent.ended <= told.ended + 1_000_000


async def test_what_is_said_of_a_record_is_by_the_conventions_and_of_nobody(tmp_path, monkeypatch):
    named = {"OTEL_SERVICE_NAME": "shop-to-cordial"}
    with collecting() as collector:
        at(monkeypatch, collector.url, **named)
        async with staged(tmp_path, Staging(partitions=1)) as stage:
            offset = await stage.publish(
                event(event="Seen", messageId="m-1"), "u-1", headers=CARRIED
            )
            await stage.outcomes("m-1")
            route = one(await spans_of(collector, 3), "route customer.events")
            journal = await stage.journal()
    assert route.resource["service.name"] == "shop-to-cordial"
    contact = route.attributes.pop("cordial_streams.contact")
    assert len(contact) == 8
    assert route.attributes == {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.operation.name": "route",
        "messaging.destination.name": "customer.events",
        "messaging.destination.partition.id": "0",
        "messaging.kafka.offset": offset,
        "messaging.consumer.group.name": "cordial-streams",
        "cordial_streams.outcome": "routed",
        "cordial_streams.commands": 1,
    }
    said = str([span.attributes for span in collector.spans])
    assert "u-1" not in said
    assert TRACE not in str(journal)


async def test_a_joined_request_links_to_every_event_whose_command_it_carries(
    tmp_path, monkeypatch
):
    with collecting() as collector:
        at(monkeypatch, collector.url)
        slow = Staging(partitions=1, faults={"latency": 0.5})
        async with staged(tmp_path, slow) as stage:
            for number in range(4):
                await stage.publish(event(event="Seen", messageId=f"m-{number}"))
            await stage.outcomes("m-3")
            sent = await until(lambda: _carrying(collector, 4))
            await until(lambda: len(collector.named(f"deliver cordial.{ACTIVITY}")) == 4)
    routes = {one.span_id: one.trace_id for one in collector.named("route customer.events")}
    assert len(set(routes.values())) == 4
    linked = [link for span in sent for link in span.links]
    assert sorted(linked) == sorted((trace, span) for span, trace in routes.items())
    joined = max(sent, key=lambda one: len(one.links))
    assert joined.attributes["cordial_streams.members"] == len(joined.links) > 1
    assert (joined.trace_id, joined.parent) == joined.links[0]
    told = collector.named(f"deliver cordial.{ACTIVITY}")
    assert {one.parent for one in told} == set(routes)


def _carrying(collector, count):
    sent = collector.named(f"POST /api/{ACTIVITY}")
    return sent if sum(len(one.links) for one in sent) >= count else None


async def test_what_fails_is_said_on_every_try_and_what_ends_at_routing_too(tmp_path, monkeypatch):
    with collecting() as collector:
        at(monkeypatch, collector.url)
        poisoned = Staging(
            partitions=1,
            faults={"poison": "worm", "poison_status": 500},
            settings={"DELIVERY__ATTEMPTS": "2", "DELIVERY__BACKOFF_MAX": "0.2"},
        )
        async with staged(tmp_path, poisoned) as stage:
            await stage.publish(event(event="worm", messageId="m-1"), "u-1", headers=CARRIED)
            await stage.outcomes("m-1")
            await stage.publish(event(event="Order Completed", messageId="m-2"), "u-2")
            await stage.publish(b"\x07", "u-3")
            await stage.outcomes("m-2", 2)
            found = await spans_of(collector, 4)
            await until(lambda: len(collector.named("route customer.events")) == 3)
            await until(lambda: collector.named("settle customer.events"))
    tries = [span for span in found if span.name == f"POST /api/{ACTIVITY}"]
    assert [span.failed for span in tries] == [True, True]
    assert [span.attributes["error.type"] for span in tries] == ["500", "500"]
    assert [span.attributes.get("http.request.resend_count") for span in tries] == [None, 1]
    told = one(found, f"deliver cordial.{ACTIVITY}")
    assert told.failed
    assert told.attributes["cordial_streams.reason"] == "exhausted"
    died = one(collector.spans, "settle customer.events", ORDERS)
    assert died.failed
    assert [span.failed for span in collector.named("route customer.events")] == [
        False,
        False,
        True,
    ]


async def test_a_trace_that_its_parent_does_not_record_is_not_and_goes_on(tmp_path, monkeypatch):
    with collecting() as collector:
        at(monkeypatch, collector.url)
        async with staged(tmp_path, Staging(partitions=1)) as stage:
            await stage.publish(event(event="Seen", messageId="m-1"), "u-1", headers=DROPPED)
            await stage.publish(event(event="Seen", messageId="m-2"), "u-2")
            await stage.outcomes("m-1")
            await stage.outcomes("m-2")
            await until(lambda: len(collector.spans) >= 3)
            await asyncio.sleep(0.5)
    assert len(collector.spans) == 3
    assert TRACE not in {one.trace_id for one in collector.spans}


async def test_no_event_waits_for_a_collector_that_hangs_nor_does_the_end(tmp_path, monkeypatch):
    small = {"OTEL_BSP_MAX_QUEUE_SIZE": "64", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "16"}
    with collecting(hangs=True) as collector:
        at(monkeypatch, collector.url, **small)
        async with staged(tmp_path, Staging(partitions=1)) as stage:
            for number in range(100):
                who = f"u-{number}"
                await stage.publish(event(event="Seen", messageId="m", userId=who), who)
            await until(lambda: stage.worker.count("commands_total", "delivered") == 100)
            await until(lambda: collector.asked)
            assert stage.worker.page("/livez")[0] == 200
            began = time.monotonic()
            assert stage.worker.stop() == 0
            assert time.monotonic() - began < 10


async def test_a_collector_that_is_away_costs_nothing_but_its_spans(tmp_path, monkeypatch):
    at(monkeypatch, "http://127.0.0.1:1")
    async with staged(tmp_path, Staging(partitions=1)) as stage:
        await stage.publish(event(event="Seen", messageId="m-1"))
        assert await stage.outcomes("m-1") == [(ACTIVITY, "delivered", None)]
        assert stage.worker.stop() == 0
