"""One contact that fails, or one command that Cordial rejects, costs nobody else anything."""

import pytest

from streams.core.command import Position
from tests.worker.harness import SOURCE, Staging, event, until

STAGING = Staging()
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]


def activities(journal):
    return [
        (one["contact"]["identifiers"]["segment_id"], activity["name"])
        for one in (line["body"] for line in journal if line["action"] == "createContactactivities")
        for activity in one["contactActivities"]
    ]


async def test_a_contact_that_fails_delays_nobody_else(stage):
    stage.faults.change({"poison": "u-ill", "poison_status": 500})
    await stage.publish(event(event="A", messageId="ill-1", userId="u-ill"), "u-ill")
    await stage.publish(event(event="B", messageId="ill-2", userId="u-ill"), "u-ill")
    for number in range(20):
        user = f"u-well-{number}"
        await stage.publish(event(event="W", messageId=f"well-{number}", userId=user), user)
    for number in range(20):
        await stage.outcomes(f"well-{number}")
    assert not stage.receipts("ill-1")
    stage.faults.change({"poison": ""})
    await stage.outcomes("ill-2")
    assert [name for user, name in activities(await stage.journal()) if user == "u-ill"] == [
        "A",
        "B",
    ]
    [receipt] = stage.receipts("ill-1")
    assert receipt.attempts > 1
    assert receipt.in_doubt


async def test_a_rejected_command_is_dead_and_the_next_one_goes_on(stage):
    stage.faults.change({"poison": "Red Flag", "poison_status": 422})
    headers = {"x-correlation-id": b"c-7", "traceparent": b"00-ab-cd-01"}
    value = event(event="Red Flag", messageId="rejected", userId="u-5")
    offset = await stage.publish(value, "u-5", partition=1, headers=headers)
    assert await stage.outcomes("rejected") == [
        ("createContactactivities", "dead_lettered", "rejected")
    ]
    await stage.publish(event(event="Fine", messageId="next", userId="u-5"), "u-5", partition=1)
    assert await stage.outcomes("next") == [("createContactactivities", "delivered", None)]
    [letter] = await until(lambda: stage.letters("rejected"))
    topic = "cordial.createContactactivities"
    assert (letter.action, letter.status, letter.attempts) == ("createContactactivities", 422, 1)
    assert (letter.topic, letter.partition, letter.replay_to) == (topic, 1, "cordial.replays")
    assert letter.id == f"{topic}-1-{letter.offset}"
    assert letter.key == b"u-5"
    assert letter.contact == "u-5"
    assert letter.position == Position(0, SOURCE, 1, offset)
    told = dict(letter.headers)
    assert told["x-source-offset"] == str(offset).encode()
    assert told["x-correlation-id"] == b"c-7"
    assert told["traceparent"] == b"00-ab-cd-01"
    body = stage.command_of(letter).body
    assert body["contactActivities"][0]["name"] == "Red Flag"


async def test_a_dead_event_is_kept_as_it_was(stage):
    value, headers = b"\x00\x00\x00", {"x-theirs": b"\xff\x00"}
    offset = await stage.publish(value, "raw-key", headers=headers)
    [letter] = await until(lambda: [one for one in stage.letters() if one.key == b"raw-key"])
    assert (letter.topic, letter.partition, letter.offset) == (SOURCE, 0, offset)
    assert (letter.value, letter.headers) == (value, tuple(headers.items()))
    assert (letter.reason, letter.attempts, letter.status) == ("undecodable", 0, None)
    assert letter.position == Position(0, SOURCE, 0, offset)
    assert letter.replay_to == "cordial.replays"


async def test_of_a_joined_request_the_one_at_fault_dies_alone(stage):
    stage.faults.change({"latency": 0.4, "poison": "Third", "poison_status": 400})
    names = ["First", "Second", "Third", "Fourth"]
    for name in names:
        await stage.publish(event(event=name, messageId=f"j-{name}", userId="u-join"), "u-join")
    for name in names:
        await stage.outcomes(f"j-{name}")
    stage.faults.change({"latency": 0, "poison": ""})
    journal = await stage.journal()
    assert [name for user, name in activities(journal) if user == "u-join"] == [
        "First",
        "Second",
        "Fourth",
    ]
    assert [one.message_id for one in stage.letters() if one.reason == "rejected"][-1:] == [
        "j-Third"
    ]
    [receipt] = stage.receipts("j-Third")
    assert receipt.attempts == 2, "once with the others, once alone"
