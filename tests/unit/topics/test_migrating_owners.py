"""Whose rows are whose keys are hashes."""

from types import SimpleNamespace

import pytest

from streams.core.decisions import seen_key
from streams.core.records import Receipt
from streams.kafka.codec import Codec
from streams.kafka.hops import lane_of
from streams.migrating import owners
from streams.migrating.owners import AGAIN, Owners
from streams.settings import Settings

RECEIPTS = "cordial.receipts"
CODEC = Codec()


class Topics:
    """What topics hold, and where each reading of one began."""

    def __init__(self):
        self.held = {RECEIPTS: []}
        self.begun = []

    def span(self, reader, topic, starts):
        first = max(0, starts.get(0, 0))
        self.begun.append(first)

        async def records():
            for one in self.held[topic][first:]:
                yield SimpleNamespace(value=one)

        return SimpleNamespace(records=records, ends={0: len(self.held[topic])})

    def told(self, number, action="upsertContact-eu"):
        receipt = Receipt(
            kind="command",
            outcome="delivered",
            time=1,
            action=action,
            contact=f"u-{number}",
            message_id=f"m-{number}",
        )
        self.held[RECEIPTS].append(CODEC.encode_receipt(receipt))


@pytest.fixture
def topics(monkeypatch):
    made = Topics()
    monkeypatch.setattr(owners, "Span", made.span)
    return made


@pytest.fixture
def sought():
    return Owners(Settings(), None, {"upsertContact-eu": "upsertContact"}, 8)


def key(number):
    return seen_key(f"u-{number}", f"m-{number}", "upsertContact-eu")


async def test_receipts_say_whose_a_row_is_and_whose_what_was_applied_last_is(topics, sought):
    topics.told(1)
    rows = [key(1), seen_key("u-1", "", "upsertContact")]
    for row in rows:
        sought.seek("seen", row)
    await sought.look("seen")
    assert sought.found["seen"] == dict.fromkeys(rows, lane_of(b"u-1", 8))


async def test_what_nobody_says_is_looked_for_everywhere_once(topics, sought):
    for number in range(3 * AGAIN):
        topics.told(number)
    sought.seek("seen", b"whose?")
    await sought.look("seen")
    assert topics.begun == [0]
    sought.seek("seen", b"whose?")
    await sought.look("seen")
    assert topics.begun == [0, 2 * AGAIN]


async def test_a_row_that_stands_behind_what_says_whose_it_is_is_found(topics, sought):
    for number in range(3 * AGAIN):
        topics.told(number)
    sought.seek("seen", key(0))
    await sought.look("seen")
    topics.begun.clear()
    sought.seek("seen", key(3 * AGAIN - 1))
    await sought.look("seen")
    assert topics.begun == [2 * AGAIN]
    sought.seek("seen", key(1))
    await sought.look("seen")
    assert topics.begun == [2 * AGAIN, 2 * AGAIN, 0]
    assert set(sought.found["seen"]) == {key(0), key(1), key(3 * AGAIN - 1)}


async def test_where_nothing_is_sought_nothing_is_read(topics, sought):
    await sought.look("seen")
    assert topics.begun == []
