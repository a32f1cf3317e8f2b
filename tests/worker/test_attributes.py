"""The guard of attributes in a worker: a contact waits until the account has what it says."""

import asyncio
import json
import urllib.request

import pytest

from tests.worker.harness import Staging, event, until

STAGING = Staging(
    plan="attributes: {unknown: hold, wrong_type: drop}",
    partitions=1,
    settings={"CORDIAL__ATTRIBUTES_REFRESH": "0.5"},
)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
KNOWN = [{"key": "firstName", "type": "string"}, {"key": "age", "type": "number"}]


async def has(stage, attributes):
    body = json.dumps(attributes).encode()
    request = urllib.request.Request(f"{stage.cordial}/_sandbox/attributes", body, method="POST")
    answer = await asyncio.to_thread(urllib.request.urlopen, request)
    answer.close()


def identify(message_id, user, **traits):
    return event(type="identify", messageId=message_id, userId=user, traits=traits)


async def test_a_contact_waits_for_an_attribute_and_nobody_else_does(stage):
    await has(stage, KNOWN)
    drops = "guarded_attributes_total"
    number = iter(range(1_000))

    async def guards():
        one = next(number)
        await stage.publish(identify(f"a-{one}", f"u-a-{one}", firstName="Ana", age="thirty"))
        await stage.outcomes(f"a-{one}")
        return await asyncio.to_thread(stage.worker.count, drops, 'verdict="drop"') > 0

    await until(guards)
    before = await asyncio.to_thread(stage.worker.count, drops, 'verdict="hold"')
    await stage.publish(identify("m-1", "u-1", firstName="Ana", loyalty=3))
    await stage.publish(event(event="Signed Up", messageId="m-2", userId="u-1"))
    await stage.publish(identify("m-3", "u-3", firstName="Ben", age="forty"))
    assert await stage.outcomes("m-3") == [("upsertContact", "delivered", None)]
    (receipt,) = stage.receipts("m-3")
    assert [(one.field, one.what) for one in receipt.notes] == [
        ("attributes.age", "has another type at the account; left out")
    ]
    await until(lambda: stage.worker.count(drops, 'verdict="hold"') > before)
    assert stage.receipts("m-1") == stage.receipts("m-2") == []
    assert (await asyncio.to_thread(stage.worker.page, "/livez"))[0] == 200
    await has(stage, [*KNOWN, {"key": "loyalty", "type": "number"}])
    assert await stage.outcomes("m-1") == [("upsertContact", "delivered", None)]
    assert await stage.outcomes("m-2") == [("createContactactivities", "delivered", None)]
    hers = [one["body"] for one in await stage.journal() if "u-1" in json.dumps(one["body"])]
    assert hers[0]["attributes"] == {"firstName": "Ana", "loyalty": 3}
    assert "contactActivities" in hers[1]
    assert all("loyalty" not in one["result"] for one in await stage.journal())
