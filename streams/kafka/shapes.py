"""Our values as records of their Avro schemas, and back. Pure.

A union's branch is named (`("cordial.streams.Position", {…})`), so that nothing is guessed.
"""

from typing import Any

import orjson

from streams.core.command import Claim, Command, Position
from streams.core.decisions import Seen
from streams.core.event import Note
from streams.core.order_state import Accepted, OrderState
from streams.core.records import DeadLetter, Place, Receipt
from streams.core.refunds import Refund

_NAMESPACE = "cordial.streams"


def position_record(position: Position | None) -> tuple[str, dict[str, Any]] | None:
    """A position as the branch of its union."""
    if position is None:
        return None
    return f"{_NAMESPACE}.Position", {
        "generation": position.generation,
        "topic": position.topic,
        "partition": position.partition,
        "offset": position.offset,
    }


def position_of(record: dict[str, Any] | None) -> Position | None:
    """A position as it was read."""
    return None if record is None else Position(**record)


def command_record(command: Command) -> dict[str, Any]:
    """A command, its body as JSON."""
    return {
        "action": command.action,
        "position": position_record(command.position),
        "contact": command.contact,
        "messageId": command.message_id,
        "eventTime": command.event_time,
        "correlationId": command.correlation_id,
        "attempt": command.attempt,
        "body": orjson.dumps(command.body),
        "notes": _notes_record(command.notes),
        "consent": [
            {"channel": one.channel, "status": one.status, "rule": one.rule, "consent": one.consent}
            for one in command.consent
        ],
        "group": command.group,
        "order": command.order,
    }


def command_of(record: dict[str, Any]) -> Command:
    """A command as it was read. Raises ValueError where its body is no JSON object."""
    body = orjson.loads(record["body"])
    if not isinstance(body, dict):
        raise ValueError("body is no JSON object")  # noqa: TRY004 - as orjson does
    return Command(
        action=record["action"],
        contact=record["contact"],
        message_id=record["messageId"],
        event_time=record["eventTime"],
        body=body,
        position=position_of(record["position"]),
        correlation_id=record["correlationId"],
        attempt=record["attempt"],
        notes=_notes_of(record["notes"]),
        consent=tuple(Claim(**one) for one in record["consent"]),
        group=record["group"],
        order=record["order"],
    )


def receipt_record(receipt: Receipt) -> dict[str, Any]:
    """A receipt."""
    source = receipt.source
    return {
        "kind": receipt.kind,
        "action": receipt.action,
        "outcome": str(receipt.outcome),
        "reason": None if receipt.reason is None else str(receipt.reason),
        "field": receipt.field,
        "status": receipt.status,
        "attempts": receipt.attempts,
        "latencyMs": receipt.latency_ms,
        "position": position_record(receipt.position),
        "source": source
        and (
            f"{_NAMESPACE}.Source",
            {"topic": source.topic, "partition": source.partition, "offset": source.offset},
        ),
        "contact": receipt.contact,
        "messageId": receipt.message_id,
        "correlationId": receipt.correlation_id,
        "eventTime": receipt.event_time,
        "time": receipt.time,
        "notes": _notes_record(receipt.notes),
        "replayOf": receipt.replay_of,
        "inDoubt": receipt.in_doubt,
    }


def receipt_of(record: dict[str, Any]) -> Receipt:
    """A receipt as it was read."""
    source = record["source"]
    return Receipt(
        kind=record["kind"],
        action=record["action"],
        outcome=record["outcome"],
        reason=record["reason"],
        field=record["field"],
        status=record["status"],
        attempts=record["attempts"],
        latency_ms=record["latencyMs"],
        position=position_of(record["position"]),
        source=None if source is None else Place(**source),
        contact=record["contact"],
        message_id=record["messageId"],
        correlation_id=record["correlationId"],
        event_time=record["eventTime"],
        time=record["time"],
        notes=_notes_of(record["notes"]),
        replay_of=record["replayOf"],
        in_doubt=record["inDoubt"],
    )


def dead_letter_record(letter: DeadLetter) -> dict[str, Any]:
    """A dead letter."""
    return {
        "id": letter.id,
        "action": letter.action,
        "reason": str(letter.reason),
        "field": letter.field,
        "message": letter.message,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "key": letter.key,
        "value": letter.value,
        "headers": [{"key": key, "value": value} for key, value in letter.headers],
        "position": position_record(letter.position),
        "contact": letter.contact,
        "messageId": letter.message_id,
        "attempts": letter.attempts,
        "status": letter.status,
        "time": letter.time,
        "replayTo": letter.replay_to,
        "appVersion": letter.app_version,
    }


def dead_letter_of(record: dict[str, Any]) -> DeadLetter:
    """A dead letter as it was read."""
    return DeadLetter(
        id=record["id"],
        action=record["action"],
        reason=record["reason"],
        field=record["field"],
        message=record["message"],
        topic=record["topic"],
        partition=record["partition"],
        offset=record["offset"],
        key=record["key"],
        value=record["value"],
        headers=tuple((header["key"], header["value"]) for header in record["headers"]),
        position=position_of(record["position"]),
        contact=record["contact"],
        message_id=record["messageId"],
        attempts=record["attempts"],
        status=record["status"],
        time=record["time"],
        replay_to=record["replayTo"],
        app_version=record["appVersion"],
    )


def seen_record(row: Seen) -> dict[str, Any]:
    """A row of the table seen."""
    return {
        "generation": row.position.generation,
        "topic": row.position.topic,
        "partition": row.position.partition,
        "offset": row.position.offset,
        "time": row.time,
        "outcome": str(row.outcome),
    }


def seen_of(record: dict[str, Any]) -> Seen:
    """A row of the table seen as it was read."""
    position = Position(
        record["generation"], record["topic"], record["partition"], record["offset"]
    )
    return Seen(position=position, time=record["time"], outcome=record["outcome"])


def order_record(row: OrderState, time: int) -> dict[str, Any]:
    """A row of the table orders, written at `time`."""
    before = row.previous
    return {
        "contact": row.contact,
        "status": row.status,
        "hash": row.hash,
        "body": orjson.dumps(row.body),
        "eventTime": row.event_time,
        "position": position_record(row.position),
        "messageId": row.message_id,
        "previous": before
        and (
            f"{_NAMESPACE}.AcceptedState",
            {
                "hash": before.hash,
                "eventTime": before.event_time,
                "body": orjson.dumps(before.body),
                "refunds": _refunds_record(before.refunds),
                "older": before.older,
                "first": before.first,
                "heard": before.heard,
            },
        ),
        "action": row.action,
        "inDoubt": row.in_doubt,
        "time": time,
        "refunds": _refunds_record(row.refunds),
        "older": row.older,
        "first": row.first,
    }


def order_of(record: dict[str, Any]) -> OrderState:
    """A row of the table orders as it was read. Raises ValueError where a body is no JSON."""
    before = record["previous"]
    return OrderState(
        contact=record["contact"],
        status=record["status"],
        hash=record["hash"],
        body=orjson.loads(record["body"]),
        event_time=record["eventTime"],
        message_id=record["messageId"],
        position=position_of(record["position"]),
        previous=before
        and Accepted(
            before["hash"],
            before["eventTime"],
            orjson.loads(before["body"]),
            _refunds_of(before["refunds"]),
            before["older"],
            before["first"],
            before["heard"],
        ),
        action=record["action"],
        in_doubt=record["inDoubt"],
        refunds=_refunds_of(record["refunds"]),
        older=record["older"],
        first=record["first"],
    )


def _refunds_record(refunds: tuple[Refund, ...]) -> list[dict[str, Any]]:
    return [
        {
            "messageId": one.message_id,
            "amount": one.amount,
            "time": one.time,
            "lines": one.lines,
        }
        for one in refunds
    ]


def _refunds_of(records: list[dict[str, Any]]) -> tuple[Refund, ...]:
    return tuple(
        Refund(one["messageId"], one["amount"], one["time"], one["lines"]) for one in records
    )


def _notes_record(notes: tuple[Note, ...]) -> list[dict[str, str]]:
    return [{"field": note.field, "what": note.what} for note in notes]


def _notes_of(records: list[dict[str, str]]) -> tuple[Note, ...]:
    return tuple(Note(record["field"], record["what"]) for record in records)
