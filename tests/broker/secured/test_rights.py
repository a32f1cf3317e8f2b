"""A worker that may no longer read or write a topic of the broker."""

import asyncio

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from tests.broker.secured.conftest import said, staging
from tests.worker.harness import event, staged_at, until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def denied(ports, topic, operation, *, on=True):
    """Take a right to a topic away from the worker, or give it back."""
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{ports['plain']}"})
    what = (ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "User:worker", "*", operation)
    if on:
        asked = admin.create_acls([AclBinding(*what, AclPermissionType.DENY)])
    else:
        asked = admin.delete_acls([AclBindingFilter(*what, AclPermissionType.DENY)])
    for done in asked.values():
        done.result(30)


RIGHTS = [("customer.events", AclOperation.READ), ("cordial.receipts", AclOperation.WRITE)]


@pytest.mark.parametrize(("topic", "operation"), RIGHTS, ids=[one[0] for one in RIGHTS])
async def test_a_right_that_is_taken_away_loses_nothing(
    topic, operation, ports, authority, password, tmp_path
):
    given = staging(ports, authority, password)
    who = {"traits": {"email": "ana@shop.example"}}
    async with staged_at(f"127.0.0.1:{ports['plain']}", tmp_path, given) as stage:
        await until(stage.worker.ready)
        await asyncio.to_thread(denied, ports, topic, operation)
        await stage.publish(event(event="Seen", messageId=f"r-{topic}", context=who))
        try:
            code = await asyncio.to_thread(stage.worker.process.wait, 120)
        finally:
            await asyncio.to_thread(denied, ports, topic, operation, on=False)
        assert code == 4
        assert "AuthorizationFailedError" in said(stage)
        stage.start()
        assert [one[1] for one in await stage.outcomes(f"r-{topic}")] == ["delivered"]
