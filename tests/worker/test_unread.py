"""Sources that are off or paused: their place is kept, and everything arrives once."""

import asyncio
import signal

import pytest

from tests.worker.harness import Staging, event, until

BOTH = """
sources:
  - {topic: web.events, keyed_by_user: false}
  - {topic: shop.events, keyed_by_user: false}
"""
STAGING = Staging(plan=BOTH)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]


def planned(stage, said):
    text = BOTH.replace("topic: shop.events,", f"topic: shop.events, {said},")
    (stage.directory / "plan.yaml").write_text(text)


async def ready(stage):
    await until(stage.worker.ready)


async def restarted(stage, said):
    await until(lambda: stage.worker.count("lag_events") == 0)
    assert stage.worker.stop() == 0
    planned(stage, said)
    stage.start()
    await ready(stage)


async def published(stage, message_id, topic="shop.events"):
    value = event(event="Viewed", messageId=message_id, userId="u-9")
    await stage.publish(value, None, topic=topic, partition=len(message_id) % 2)


async def delivered(stage, message_id):
    return await stage.outcomes(message_id) == [("createContactactivities", "delivered", None)]


async def test_what_is_published_while_a_source_is_off_arrives_once_when_it_is_on(stage):
    await ready(stage)
    await published(stage, "before")
    assert await delivered(stage, "before")
    await restarted(stage, "enabled: false")
    for message_id in ("off-1", "off-22"):
        await published(stage, message_id)
    await published(stage, "web-1", "web.events")
    assert await delivered(stage, "web-1"), "the other source goes on"
    assert stage.worker.count("lag_events", 'topic="shop.events"') == 0
    assert stage.worker.count("paused_events") == 0
    assert not stage.receipts("off-1")
    await restarted(stage, "enabled: true")
    for message_id in ("off-1", "off-22"):
        assert await delivered(stage, message_id)
    assert len(stage.receipts("before")) == 1, "what was read before is not read again"


async def test_a_source_is_paused_and_goes_on_while_the_worker_runs(stage):
    planned(stage, "paused: true")
    stage.worker.process.send_signal(signal.SIGHUP)
    await until(lambda: shown(stage))
    await asyncio.sleep(2)  # a fetch that was under way ends, with what it brings
    for message_id in ("paused-1", "paused-22", "paused-333"):
        await published(stage, message_id)
    await published(stage, "web-2", "web.events")
    assert await delivered(stage, "web-2")
    await until(lambda: stage.worker.count("paused_events") == 3)
    assert stage.worker.count("lag_events", 'topic="shop.events"') == 0
    assert not stage.receipts("paused-1")
    await restarted(stage, "paused: true")
    await until(lambda: stage.worker.count("paused_events") == 3)
    planned(stage, "paused: false")
    stage.worker.process.send_signal(signal.SIGHUP)
    for message_id in ("paused-1", "paused-22", "paused-333"):
        assert await delivered(stage, message_id)
    await until(lambda: not shown(stage))


def shown(stage):
    """Whether the metrics have a paused source."""
    return "cordial_streams_paused_events{" in stage.worker.page("/metrics")[1]


async def test_a_plan_that_is_wrong_changes_nothing_while_the_worker_runs(stage):
    planned(stage, "pausd: true")
    stage.worker.process.send_signal(signal.SIGHUP)
    await published(stage, "after-all")
    assert await delivered(stage, "after-all")
    log = (stage.directory / "worker.log").read_text()
    assert "sources.1.pausd is unknown" in log
