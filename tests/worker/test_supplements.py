"""Supplement records through the worker: the guard against older ones outlives it."""

import pytest

from tests.worker.harness import Staging, event, until

PLAN = """
actions:
  createContactactivities: {enabled: false}
  pets:
    action: upsertSupplementRecords
    trigger: event = "Pet Told"
    supplement:
      name: pets
      each: properties.pets
      id: id
      updated_date_field: at
      updated: at
      record: {name: name}
"""
STAGING = Staging(plan=PLAN, partitions=1)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]


def pets(message_id, **at):
    told = [
        {"id": name, "name": message_id, "at": f"2026-11-20T{hour}:00:00Z"}
        for name, hour in at.items()
    ]
    return event(event="Pet Told", messageId=message_id, properties={"pets": told})


async def test_older_records_are_not_sent_after_newer_ones_and_a_restart(stage):
    await stage.publish(pets("m-1", rex=12, tom=12))
    assert await stage.outcomes("m-1") == [("pets", "delivered", None)]
    await until(lambda: stage.worker.count("lag_events") == 0)
    stage.worker.end()
    await stage.publish(pets("m-2", rex=11))
    await stage.publish(pets("m-3", rex=11, tom=13))
    stage.start()
    assert await stage.outcomes("m-2") == [("pets", "suppressed", "stale")]
    assert await stage.outcomes("m-3") == [("pets", "delivered", None)]
    (receipt,) = stage.receipts("m-3")
    assert [(one.field, one.what) for one in receipt.notes] == [
        ("properties.pets[0]", "is older than what was sent before; left out")
    ]
    sent = [one["body"]["records"] for one in await stage.journal()]
    assert [[each["id"] for each in one] for one in sent] == [["rex", "tom"], ["tom"]]
    assert all(one["result"] == "ok" for one in await stage.journal())
