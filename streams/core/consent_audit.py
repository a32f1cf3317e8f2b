"""Why a contact is subscribed, or is not: what the table and the receipts say of one contact.

A status was sent, or was not and why; each with the event, its place and the rule of the plan.
Nothing of the contact but the key that was asked for and its statuses. Pure.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from streams.core.command import Position
from streams.core.consent import LEFT_OUT, Channel, Consent, Said, status_key, used_key
from streams.core.outcome import CommandOutcome
from streams.core.records import Receipt


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one status that an event said. Times in milliseconds since 1970 UTC."""

    channel: str
    time: int
    event_time: int | None
    message_id: str | None
    position: Position | None
    action: str | None
    sent: bool
    what: str


def attempts(receipts: Iterable[Receipt], contact: str) -> list[Attempt]:
    """Every attempt that a receipt tells of, in the order of the receipts' times.

    A receipt that a crash repeated is no other attempt.
    """
    found = [one for receipt in receipts if receipt.contact == contact for one in _of(receipt)]
    first: dict[Attempt, Attempt] = {}
    for one in sorted(found, key=lambda one: one.time):
        first.setdefault(replace(one, time=0), one)
    return list(first.values())


def _of(receipt: Receipt) -> Iterator[Attempt]:
    """Of each channel the last note: what was asked for first, and decided after that."""
    said = {
        channel: note.what
        for note in receipt.notes
        if (channel := _channel_of(note.field)) is not None
    }
    delivered = receipt.outcome == CommandOutcome.DELIVERED
    for channel, what in said.items():
        decided = delivered or what.endswith(LEFT_OUT)
        yield Attempt(
            channel=channel,
            time=receipt.time,
            event_time=receipt.event_time,
            message_id=receipt.message_id,
            position=receipt.position,
            action=receipt.action,
            sent=delivered and not what.endswith(LEFT_OUT),
            what=what if decided else f"{what}; {receipt.outcome}, {receipt.reason}",
        )


def _channel_of(field: str) -> str | None:
    parts = field.split(".")
    return parts[1] if len(parts) == 3 and field == status_key(parts[1]) else None


def document(
    contact: str, row: Consent | None, tried: Iterable[Attempt], channel: str | None = None
) -> dict[str, Any]:
    """The answer, for machines; of one channel, or of all that are known."""
    tried = list(tried)
    channels = dict(row.channels) if row is not None else {}
    names = sorted({*channels, *(one.channel for one in tried)})
    return {
        "contact": contact,
        "channels": [
            _channel(name, channels.get(name, Channel()), tried)
            for name in names
            if channel in (None, name)
        ],
    }


def _channel(name: str, known: Channel, tried: list[Attempt]) -> dict[str, Any]:
    accepted = known.accepted
    return {
        "channel": name,
        "status": known.told,
        "since": None if accepted is None else _time(accepted.time),
        "because": _event(accepted, known),
        "consented": _event(known.granted, known),
        "left": _event(known.left, known),
        "stated": _event(known.stated, known),
        "inDoubt": _event(known.under_way, known),
        "attempts": [_attempt(one) for one in tried if one.channel == name],
    }


def _event(said: Said | None, known: Channel) -> dict[str, Any] | None:
    if said is None:
        return None
    return {
        "status": said.status,
        "time": _time(said.time),
        "rule": said.rule,
        "messageId": said.message_id,
        "position": asdict(said.position),
        "forced": used_key(said.message_id) in known.used,
    }


def _attempt(one: Attempt) -> dict[str, Any]:
    return {
        "sent": one.sent,
        "what": one.what,
        "time": _time(one.time),
        "eventTime": None if one.event_time is None else _time(one.event_time),
        "messageId": one.message_id,
        "position": None if one.position is None else asdict(one.position),
        "action": one.action,
    }


def _time(milliseconds: int) -> str:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError):
        return str(milliseconds)


def lines(answer: dict[str, Any]) -> Iterator[str]:
    """The same for people."""
    if not answer["channels"]:
        yield "nothing is known of this contact's subscriptions"
    for one in answer["channels"]:
        yield _headline(one)
        for name, words in (("consented", "consented last"), ("left", "left last")):
            if one[name] is not None:
                yield f"  {words}: {_told(one[name])}"
        if one["inDoubt"] is not None:
            yield f"  a consent whose answer never came: {_told(one['inDoubt'])}"
        for tried in one["attempts"]:
            did = "sent" if tried["sent"] else "not sent"
            place = tried["messageId"] or "no message id"
            yield f"  {tried['time']} {did}: {tried['what']} ({place})"


def _headline(one: dict[str, Any]) -> str:
    because = one["because"]
    if because is None:
        return f"{one['channel']}: Cordial was told nothing"
    forced = ", with forceSubscribe" if because["forced"] else ""
    return f"{one['channel']}: {one['status']} since {one['since']}, by {_told(because)}{forced}"


def _told(event: dict[str, Any]) -> str:
    at = event["position"]
    place = f"{at['topic']}-{at['partition']}@{at['offset']}"
    return f"{event['rule']}, event {event['messageId']} of {event['time']} at {place}"
