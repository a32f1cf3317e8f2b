"""Rows that commands teach: written when a command settles, and seen by what travels with it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from streams.actions import ACTIONS
from streams.core.command import Command, Position
from streams.core.decisions import Decision, Send
from streams.core.lanes import Entry
from streams.core.learning import Learned
from streams.kafka.batch import Bounds, Member, gather
from streams.kafka.codec import Codec
from streams.kafka.judging import Judging
from streams.kafka.learned_rows import decode_row, encode_row
from streams.kafka.names import TABLES
from streams.kafka.tables import Tables
from tests.unit.core.made import instance

UPSERT = ACTIONS["upsertContact"]
WHO = {"identifiers": {"segment_id": "u-42"}, "identifiersPriority": ["segment_id"]}


def update(number: int, **attributes: Any) -> Entry:
    """The update of one identify."""
    command = Command(
        "upsertContact", "u-42", f"m-{number}", number, {**WHO, "attributes": attributes}
    )
    position = Position(1, "t", 0, number)
    load: Any = SimpleNamespace(
        command=replace(command, position=position),
        position=position,
        solo=False,
        size=100,
        intended=False,
        replay_of=None,
        forced=False,
    )
    return Entry("u-42", "upsertContact", number, f"m-{number}", load)


def tables() -> Tables:
    """Tables that are kept in memory alone."""
    rows: dict[str, Any] = {name: SimpleNamespace(data={}) for name in TABLES}
    outbox: Any = None
    return Tables(rows, lambda table: f"{table}-changelog", Codec(), outbox, lambda: 0)


def test_what_travels_together_is_decided_as_if_those_before_it_had_settled() -> None:
    kept = tables()
    judge = Judging(kept, {"upsertContact": instance("upsertContact")}).judge
    kept.learned(0, learned_of(judge(update(1, plan="vip"))))
    head, back, third = update(2, plan="free"), update(3, plan="vip"), update(4, plan="vip", n=1)
    send = judge(head)
    assert isinstance(send, Send)
    part: Any = None
    bounds = {"upsertContact": Bounds(members=9, size=9_999)}
    batch = gather(UPSERT, Member(part, head, send), [(part, back), (part, third)], judge, bounds)
    assert len(batch.members) == 3
    assert batch.body["attributes"] == {"plan": "vip", "n": 1}
    assert batch.members[2].send.body["attributes"] == {"n": 1}
    row = learned_of(batch.members[2].send)[-1].said
    assert row.accepted_at(Position(1, "t", 0, 4), "upsertContact")


def test_a_row_is_known_at_once_and_its_changelog_record_is_handed_out() -> None:
    kept = tables()
    judge = Judging(kept, {"upsertContact": instance("upsertContact")}).judge
    learned = learned_of(judge(update(1, plan="vip")))
    facts = kept.learned(3, learned)
    assert kept.known("profiles", "u-42") == learned[-1].said
    record = facts[-1](lambda: None)
    assert (record.topic, record.partition, record.key) == ("profiles-changelog", 3, b"u-42")
    assert decode_row("profiles", record.value or b"") == learned[-1].said
    assert kept.learned(3, learned) == []


def test_a_profile_row_holds_no_value_and_no_name() -> None:
    judge = Judging(tables(), {"upsertContact": instance("upsertContact")}).judge
    entry = update(1, plan="vip", email="ana@example.com")
    written = encode_row("profiles", learned_of(judge(entry))[-1].said)
    for text in (b"vip", b"plan", b"ana@example.com", b"email"):
        assert text not in written


def learned_of(decision: Decision) -> tuple[Learned, ...]:
    """What a decision to send teaches."""
    assert isinstance(decision, Send)
    return decision.learned
