"""Commands, receipts and dead letters: what is written is what is read."""

import json
import struct
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_writer

from streams.core import memberships, supplements
from streams.core.command import Claim, Command, Position
from streams.core.consent import Channel, Consent, Said
from streams.core.decisions import Seen
from streams.core.event import Note
from streams.core.identities import Identifier
from streams.core.order_state import Accepted, OrderState
from streams.core.outcome import CommandOutcome, Dead, Suppressed
from streams.core.profiles import Profile, Told
from streams.core.records import DeadLetter, Place, Receipt
from streams.core.refunds import Refund
from streams.kafka import own, shapes
from streams.kafka.codec import Codec, Undecodable
from streams.kafka.learned_rows import decode_row, encode_row
from streams.kafka.schemas import FOLDER

CODEC = Codec()
POSITION = Position(generation=2, topic="cordial.keyed", partition=3, offset=2**40)
NOTES = (Note("traits.phone", "left out: no region"), Note("", "2 more notes left out"))

LEFT = Said("unsubscribed", 5, "link", "m-1", POSITION)

COMMANDS = [
    Command(
        action="upsertOrder",
        contact="u-42",
        message_id="m-3",
        event_time=1_795_168_800_120,
        body={"orderID": "o-500", "totalAmount": 104.7, "items": [{"sku": "TSH-RED-M", "qty": 2}]},
        position=POSITION,
        correlation_id="c-1",
        attempt=3,
        notes=NOTES,
        consent=(
            Claim("email", "subscribed", "form", consent=True),
            Claim("sms", "none", "status"),
        ),
        group="g-77",
        order="upsertOrder",
    ),
    Command(action="upsertProducts", contact="", message_id="", event_time=-1, body={}),
]


@pytest.mark.parametrize(
    ("file", "schema_id", "lacking"),
    [
        ("command.avsc", 1_900_000_002, {"consent": (), "group": None, "order": None}),
        ("command.2.avsc", 1_900_000_030, {"group": None, "order": None}),
    ],
)
def test_a_command_of_an_earlier_release_is_read(
    file: str, schema_id: int, lacking: dict[str, Any]
) -> None:
    earlier = parse_schema(json.loads((FOLDER / file).read_text()))
    record = shapes.command_record(COMMANDS[0])
    for name in lacking:
        del record[name]
    stream = BytesIO(struct.pack(">bi", 0, schema_id))
    stream.seek(5)
    schemaless_writer(stream, earlier, record)
    assert CODEC.decode_command(stream.getvalue()) == replace(COMMANDS[0], **lacking)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(command: Command) -> None:
    assert CODEC.decode_command(CODEC.encode_command(command)) == command


RECEIPTS = [
    Receipt(
        kind="command",
        action="upsertOrder",
        outcome=CommandOutcome.SUPPRESSED,
        reason=Suppressed.STALE,
        field="timestamp",
        status=202,
        attempts=2,
        latency_ms=51,
        position=POSITION,
        source=Place("shop.events", 1, 99),
        contact="u-42",
        message_id="m-3",
        correlation_id="c-1",
        event_time=1_795_168_800_120,
        time=1_795_168_801_000,
        notes=NOTES,
        replay_of="d-1",
        in_doubt=True,
    ),
    Receipt(kind="event", outcome="filtered", time=0),
]


@pytest.mark.parametrize("receipt", RECEIPTS)
def test_receipts(receipt: Receipt) -> None:
    assert CODEC.decode_receipt(CODEC.encode_receipt(receipt)) == receipt


LETTERS = [
    DeadLetter(
        id="shop.events-1-99",
        action="upsertOrder",
        reason=Dead.REJECTED,
        field="items[0].qty",
        message="Cordial answered 400",
        topic="cordial.upsertOrder",
        partition=3,
        offset=7,
        key=b"u-42",
        value=b"\0\xff",
        headers=(("traceparent", b"00-1"), ("twice", b"1"), ("twice", None)),
        position=POSITION,
        contact="u-42",
        message_id="m-3",
        attempts=1,
        status=400,
        time=1,
        replay_to="cordial.upsertOrder",
        app_version="0.1.0",
    ),
    DeadLetter(
        id="d",
        reason="undecodable",
        message="empty",
        topic="t",
        partition=0,
        offset=0,
        time=0,
        replay_to="cordial.replays",
        app_version="0",
    ),
]


@pytest.mark.parametrize("letter", LETTERS)
def test_dead_letters(letter: DeadLetter) -> None:
    assert CODEC.decode_dead_letter(CODEC.encode_dead_letter(letter)) == letter


ORDERS = [
    OrderState(
        contact="u-42",
        status="intent",
        hash="ab" * 32,
        body={"orderID": "o-500", "purchaseDate": "2026-11-20T10:00:00Z"},
        event_time=1_795_168_800_120,
        message_id="m-3",
        position=POSITION,
        action="upsertOrder",
        previous=Accepted("cd" * 32, 5, {"orderID": "o-500"}, (Refund("m-2", 4.9),)),
        refunds=(Refund("m-2", 4.9), Refund("m-3", 12)),
    ),
    OrderState("u-42", "done", "ab", {}, event_time=0, message_id="m"),
    OrderState("u-42", "done", "ab", {}, event_time=0, message_id="m", in_doubt=True),
]


@pytest.mark.parametrize("state", ORDERS)
def test_orders(state: OrderState) -> None:
    assert CODEC.decode_order(CODEC.encode_order(state, time=1)) == state


def test_seen_and_parked() -> None:
    seen = Seen(position=POSITION, time=7, outcome=CommandOutcome.DELIVERED)
    assert CODEC.decode_seen(CODEC.encode_seen(seen)) == seen
    parked = CODEC.decode("parked", CODEC.encode_parked(Dead.REJECTED, 5, POSITION))
    assert isinstance(parked, dict)
    assert (parked["reason"], Position(**parked["position"])) == ("rejected", POSITION)


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("groups", "CIO | Cart | 0-4h | No Purchase"),
        (
            "memberships",
            memberships.Row(
                POSITION,
                "addContactsToList",
                {b"list": memberships.Times(5, 4), b"group": memberships.Times(5, None, "VIP")},
            ),
        ),
        ("identities", {"email": Identifier("ana@shop.example", 5)}),
        ("supplements", supplements.Row(updated=5, partition=1)),
        ("profiles", Profile(POSITION, "upsertContact", {b"name": Told(b"hash", 5, 4)})),
        ("consent", Consent({"email": Channel(left=LEFT, used=(b"id",))}, POSITION, "consent")),
    ],
)
def test_rows_of_what_was_learned(table: str, row: Any) -> None:
    assert decode_row(table, encode_row(table, row)) == row
    with pytest.raises(ValueError, match=f"row of {table}"):
        decode_row(table, b"garbage")


def test_a_row_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="row of seen: wrong magic byte 0x67"):
        CODEC.decode_seen(b"garbage")


def test_a_later_version_reads_what_an_earlier_one_wrote(tmp_path: Path) -> None:
    for entry in FOLDER.iterdir():
        (tmp_path / entry.name).write_text(entry.read_text())
    later = json.loads((tmp_path / "group_name.avsc").read_text())
    later["fields"].insert(0, {"name": "locale", "type": "string", "default": "en"})
    (tmp_path / "group_name.2.avsc").write_text(json.dumps(later))
    ids = json.loads((tmp_path / "ids.json").read_text()) | {"1900000099": "group_name.2.avsc"}
    (tmp_path / "ids.json").write_text(json.dumps(ids))
    earlier = encode_row("groups", "VIP")
    assert own.decode("group_name", earlier, folder=tmp_path) == {"name": "VIP", "locale": "en"}
    row = {"name": "VIP", "locale": "de"}
    written = own.encode("group_name", row, folder=tmp_path)
    assert own.decode("group_name", written, folder=tmp_path) == row
    with pytest.raises(ValueError, match="schema 1900000099 is no group_name of ours"):
        decode_row("groups", written)


WHOLE = CODEC.encode_command(COMMANDS[0])
NO_OBJECT = {
    "action": "upsertOrder",
    "contact": "u-42",
    "messageId": "m-3",
    "eventTime": 0,
    "body": b"[]",
}
BROKEN: list[tuple[str, bytes | None, Dead]] = [
    ("no value", None, Dead.UNDECODABLE),
    ("empty", b"", Dead.UNDECODABLE),
    ("garbage", b"{}", Dead.UNDECODABLE),
    ("cut", WHOLE[:-1], Dead.UNDECODABLE),
    ("too long", WHOLE + b"\0", Dead.UNDECODABLE),
    ("another schema of ours", CODEC.encode_receipt(RECEIPTS[1]), Dead.UNKNOWN_SCHEMA),
    ("a foreign schema", b"\0\0\0\0\7" + WHOLE[5:], Dead.UNKNOWN_SCHEMA),
    ("a body that is no object", CODEC.encode("command", NO_OBJECT), Dead.UNDECODABLE),
    (
        "a body that is no JSON",
        CODEC.encode("command", NO_OBJECT | {"body": b"{"}),
        Dead.UNDECODABLE,
    ),
]


@pytest.mark.parametrize(("value", "reason"), [c[1:] for c in BROKEN], ids=[c[0] for c in BROKEN])
def test_what_is_no_command(value: bytes | None, reason: Dead) -> None:
    got = CODEC.decode_command(value)
    assert isinstance(got, Undecodable)
    assert got.reason is reason
    assert "u-42" not in got.message
