"""Looking at a topic from a time on, which the embedded broker does not know to find."""

import pytest
from aiokafka import AIOKafkaProducer

from streams.kafka.peeking import peek
from streams.previewing.command import start_of
from streams.settings import KafkaSettings, Settings
from tests.broker.clients import ends, make_topics

pytestmark = pytest.mark.kafka
BEGAN = 1_795_168_800_000


@pytest.fixture
async def topic(kafka, name):
    """Ten records in partition 1, a second apart from 2026-11-20T10:00:00Z on."""
    await make_topics(kafka.bootstrap, {name: 2})
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for number in range(10):
            at = BEGAN + 1000 * number
            await producer.send_and_wait(name, b"%d" % number, partition=1, timestamp_ms=at)
    return name


@pytest.mark.parametrize(
    ("start", "limit", "first", "behind"),
    [
        ("2026-11-20T10:00:05Z", 100, 5, 10),
        ("2026-11-20T10:00:04.500", 2, 5, 7),
        ("2026-11-20T11:00:05+01:00", 100, 5, 10),
        ("2030-01-01", 100, 10, 10),
        ("1969-01-01", 100, 0, 10),
        ("7", 100, 7, 10),
    ],
)
async def test_it_begins_at_the_first_record_of_a_time(kafka, topic, start, limit, first, behind):
    settings = Settings(kafka=KafkaSettings(bootstrap=kafka.bootstrap))
    before = await ends(kafka.bootstrap, [topic])
    peeked = await peek(settings, topic, start_of(start), limit)
    assert [one.offset for one in peeked.records] == list(range(first, behind))
    assert peeked.spans == {0: (0, 0), 1: (first, behind)}
    assert await ends(kafka.bootstrap, [topic]) == before
