"""Visitors whose home is with one worker and whose user's lane is with another."""

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from streams.kafka.hops import home_of
from tests.broker.kafka import RealKafka
from tests.worker.harness import Staging, event, staged_at, topics_of, until
from tests.worker.test_visitors import ACTIVITY, FAST_SESSION, names_of, visited

STAGING = Staging(plan="identity: {anonymous: hold}", settings=FAST_SESSION)
pytestmark = pytest.mark.kafka


@pytest.fixture
def address(parts, tmp_path_factory):
    with RealKafka(tmp_path_factory.mktemp("visitors")) as broker:
        topics = [
            NewTopic(name, count, config={"cleanup.policy": "compact"} if _is_table(name) else {})
            for name, count in topics_of(STAGING).items()
        ]
        admin = AdminClient({"bootstrap.servers": broker.bootstrap})
        for future in admin.create_topics(topics).values():
            future.result(30)
        yield broker.bootstrap


def _is_table(name):
    return name.endswith("-changelog")


def partitions_of(worker):
    lines = worker.page("/metrics")[1].splitlines()
    return {one for one in lines if one.startswith("cordial_streams_window_commands{")}


async def test_visitors_follow_to_another_worker_and_to_one_that_took_over(address, tmp_path):
    async with staged_at(address, tmp_path, STAGING) as stage:
        first, second = stage.worker, stage.start()
        try:
            await until(lambda: len(partitions_of(first)) == len(partitions_of(second)) == 1, 90)
            for number in range(4):
                await followed(stage, f"a-{number}", f"u-{number}", gone=None)
            await followed(stage, "a-9", "u-9", gone=first)
        finally:
            first.end()


def said(stage, message_id):
    return {(one.action, one.outcome) for one in stage.receipts(message_id)}


async def followed(stage, visitor, user, gone):
    """What the visitor did reaches the user in its order; `gone` is killed before the tie."""
    home = home_of(visitor, 2)
    ids = [f"{visitor}-{number}" for number in range(3)]
    for one in ids:
        await stage.publish(visited(one, visitor), visitor, partition=home)
        assert await stage.outcomes(one) == [(ACTIVITY, "suppressed", "held")]
    if gone is not None:
        gone.end()
    login = event(type="identify", messageId=f"login-{user}", userId=user, anonymousId=visitor)
    await stage.publish(login, user, partition=1 - home)
    for one in ids:
        # What was held, and not settled when its worker was killed, is said to be held again.
        await until(lambda one=one: (ACTIVITY, "delivered") in said(stage, one))
    assert names_of(await stage.journal(), user) == ids
