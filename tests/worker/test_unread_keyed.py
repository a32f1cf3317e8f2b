"""The one source that is keyed by user, off or paused: nothing of it is lost."""

import asyncio
import signal

import pytest

from tests.worker.harness import SOURCE, Staging, event, until

PLAN = "sources: [{topic: customer.events, keyed_by_user: true, SAID}]"
STAGING = Staging(plan=PLAN.replace(", SAID", ""))
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
ACTIVITY = [("createContactactivities", "delivered", None)]


def planned(stage, said):
    (stage.directory / "plan.yaml").write_text(PLAN.replace("SAID", said))


async def published(stage, *message_ids):
    for message_id in message_ids:
        await stage.publish(event(event="Viewed", messageId=message_id), partition=1)


@pytest.mark.parametrize("said", ["enabled: false", "paused: true"])
async def test_it_goes_on_where_it_stopped(stage, said):
    await until(stage.worker.ready)
    stage.faults.change({"latency": 0.3})
    ids = [f"{said}-{number}" for number in range(6)]
    await published(stage, *ids[:4])
    assert await stage.outcomes(ids[0]) == ACTIVITY
    assert stage.worker.stop() == 0, "stopped in the midst: some of the four are open"
    planned(stage, said)
    stage.start()
    await until(stage.worker.ready)
    await published(stage, *ids[4:])
    await asyncio.sleep(3)
    assert not stage.receipts(ids[5])
    assert stage.worker.count("lag_events", f'topic="{SOURCE}"') == 0
    assert stage.worker.page("/livez")[0] == 200
    assert stage.worker.stop() == 0
    stage.faults.change({"latency": 0})
    planned(stage, "enabled: true")
    stage.start()
    for message_id in ids:
        assert await stage.outcomes(message_id) == ACTIVITY


async def test_it_is_paused_while_the_worker_runs(stage):
    planned(stage, "paused: true")
    stage.worker.process.send_signal(signal.SIGHUP)
    await asyncio.sleep(2)
    await published(stage, "later-1", "later-2")
    await until(lambda: stage.worker.count("paused_events") == 2)
    assert not stage.receipts("later-1")
    planned(stage, "paused: false")
    stage.worker.process.send_signal(signal.SIGHUP)
    for message_id in ("later-1", "later-2"):
        assert await stage.outcomes(message_id) == ACTIVITY
