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
COPIES = "cordial-streams-1-seen-changelog"
CODEC = Codec()


class Topics:
    """What topics hold, and where each reading of receipts began."""

    def __init__(self):
        self.held = {RECEIPTS: [], COPIES: []}
        self.begun = []

    def span(self, reader, topic, starts=None):
        first = max(0, (starts or {}).get(0, 0))
        if topic == RECEIPTS:
            self.begun.append(first)

        async def records():
            for one in self.held[topic][first:]:
                yield one

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
        self.held[RECEIPTS].append(SimpleNamespace(value=CODEC.encode_receipt(receipt)))

    def copied(self, row, partition, value=b"row"):
        self.held[COPIES].append(SimpleNamespace(key=row, partition=partition, value=value))


@pytest.fixture
def topics(monkeypatch):
    made = Topics()
    monkeypatch.setattr(owners, "Span", made.span)
    return made


@pytest.fixture
def sought():
    return Owners(Settings(), Settings(layout=1), None, {"upsertContact-eu": "upsertContact"}, 8)


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


async def test_what_no_receipt_says_any_more_the_copy_of_an_earlier_run_says(topics, sought):
    topics.told(1)
    told = lane_of(b"u-1", 8)
    for row, partition in ((key(1), told ^ 1), (key(2), 6), (b"unasked", 5)):
        topics.copied(row, partition)
    topics.copied(key(3), 4, None)
    for number in (1, 2, 3):
        sought.seek("seen", key(number))
    await sought.look("seen")
    assert sought.found["seen"] == {key(1): told, key(2): 6}


async def test_what_this_run_copies_says_nothing(topics, sought):
    sought.seek("seen", key(1))
    await sought.look("seen")
    topics.copied(key(1), 6)
    await sought.look("seen")
    assert sought.found["seen"] == {}
