"""Bad input of every kind through one partition of one worker: each ends as documented."""

import pytest

from tests.worker.harness import SOURCE, Staging, event, until
from tests.worker.hostile import BAD, DELIVERED, WHO

STAGING = Staging(settings={"CORDIAL__SEGMENT_ID_KEY": ""}, partitions=1)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
OFFSETS = {}


def receipts_at(stage, offset):
    return [one for one in stage.receipts() if one.position and one.position.offset == offset]


async def test_after_any_bad_input_the_next_event_is_delivered(stage):
    for number, (name, bad) in enumerate(BAD.items()):
        OFFSETS[name] = await stage.publish(bad.value, name, headers=bad.headers)
        good = event(event="Fine", messageId=f"good-{number}", userId=f"g-{number}", context=WHO)
        await stage.publish(good, f"g-{number}")
    for number in range(len(BAD)):
        assert tuple(await stage.outcomes(f"good-{number}")) == DELIVERED
    assert stage.worker.process.poll() is None
    await until(lambda: stage.worker.count("lag_events") == 0)


@pytest.mark.parametrize("name", BAD)
async def test_bad_input_becomes_what_the_docs_say(stage, name):
    bad, offset = BAD[name], OFFSETS[name]
    receipts = receipts_at(stage, offset)
    found = {(one.action or "event", one.outcome, one.reason) for one in receipts}
    assert found == set(bad.becomes)
    assert len(receipts) == len(bad.becomes)
    notes = [note.what for one in receipts for note in one.notes]
    assert any(bad.note in note for note in notes) or not bad.note
    letters = [one for one in stage.letters() if one.position.offset == offset]
    assert len(letters) == sum(outcome == "dead_lettered" for _, outcome, _ in bad.becomes)
    for letter in letters:
        assert letter.field == bad.letter
        assert letter.value in (bad.value, None) or letter.topic != SOURCE
        assert letter.replay_to == "cordial.replays"
    assert [one.field for one in receipts if one.field] == [bad.letter] * bool(bad.letter)


async def test_of_all_that_was_sent_cordial_ignored_nothing(stage):
    assert {line["result"] for line in await stage.journal()} == {"ok"}
