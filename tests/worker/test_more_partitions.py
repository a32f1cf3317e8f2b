"""A source that has more partitions than the topic into which it is copied."""

import pytest
import pytest_asyncio

from streams.kafka.embedded import EmbeddedBroker
from tests.worker.harness import Staging, event, staged_at, topics_of, until

STAGING = Staging(plan="sources: [{topic: web.events, keyed_by_user: false}]")
PARTITIONS = 5
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(tmp_path_factory):
    with EmbeddedBroker(topics_of(STAGING) | {"web.events": PARTITIONS}) as broker:
        directory = tmp_path_factory.mktemp("stage")
        async with staged_at(broker.bootstrap, directory, STAGING) as one:
            yield one


def series(stage, metric):
    """The partitions of the source of which something is shown, and what."""
    named = f'cordial_streams_{metric}{{partition="'
    lines = stage.worker.page("/metrics")[1].splitlines()
    found = [one for one in lines if one.startswith(named) and 'topic="web.events"' in one]
    return {int(one.removeprefix(named)[0]): float(one.rsplit(" ", 1)[1]) for one in found}


async def test_the_lag_of_each_partition_is_shown(stage):
    await until(stage.worker.ready)
    for number in range(PARTITIONS):
        value = event(messageId=f"m-{number}", event="Viewed")
        await stage.publish(value, None, topic="web.events", partition=number)
        await stage.outcomes(f"m-{number}")
    none = dict.fromkeys(range(PARTITIONS), 0.0)
    await until(lambda: series(stage, "lag_events") == series(stage, "lag_seconds") == none)


async def test_what_waits_in_each_partition_of_a_paused_source_is_shown(stage):
    assert stage.worker.stop() == 0
    plan = STAGING.plan.replace("false}", "false, paused: true}")
    (stage.directory / "plan.yaml").write_text(plan)
    for number in range(PARTITIONS):
        await stage.publish(event(), None, topic="web.events", partition=number)
    stage.start()
    await until(stage.worker.ready)
    one = dict.fromkeys(range(PARTITIONS), 1.0)
    await until(lambda: series(stage, "paused_events") == one)
