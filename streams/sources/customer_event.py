"""The canonical customer event: a bus record, or a JSON object in the Segment shape, as an `Event`.

Fields are matched by name, whatever the record is called; unknown fields are ignored. What can be
mended is mended and noted; what cannot be is `Invalid`, with the field and the reason and never a
value. Pure: the clock comes as `now`, in milliseconds.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.core.event import EVENT_TYPES, Event
from streams.core.numerals import written
from streams.core.records import Place
from streams.core.times import EARLIEST, FUTURE, LATEST, MILLISECONDS, NotATime, moment
from streams.sources.cleaning import LONGS, Cleaner

__all__ = ["FIELDS", "Invalid", "Place", "from_json", "to_event", "to_record"]

FIELDS = (
    "messageId",
    "type",
    "event",
    "name",
    "userId",
    "anonymousId",
    "previousId",
    "groupId",
    "channel",
    "version",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "receivedAt",
    "traits",
    "properties",
    "context",
    "integrations",
)
"""What an event has; nothing else of it is read, but `category` of a page."""
MAX_ID = 1_000
DAY = 86_400_000
YEAR_2000 = 946_684_800_000

BLANK = "blank: taken as absent"
TRIMMED = "trimmed"
NUMBER = "number written as text"
FLAGS = {"true": True, "false": False}
ANCIENT = "before the year 2000"


@dataclass(frozen=True, slots=True)
class Invalid:
    """The record is no event: the field at fault and why, without its value."""

    field: str
    message: str


class _Refusal(Exception):  # noqa: N818 - the way out of a field; it becomes an `Invalid`
    def __init__(self, field: str, message: str) -> None:
        self.invalid = Invalid(field, message)


def to_event(
    record: Mapping[str, Any], place: Place, *, now: int | None = None, wrapped: bool = True
) -> Event | Invalid:
    """The event of a decoded Avro record.

    `wrapped`: its objects are records with the one field `fields`, as in our own schema.
    Without a timestamp the sender's times stand in, in their order, then the record's own.
    """
    return _event(record, place, now=now, otherwise=place.time, cleaner=Cleaner(wrapped=wrapped))


def from_json(record: Mapping[str, Any], place: Place, now: int | None = None) -> Event | Invalid:
    """The event of a JSON object in the Segment shape; without any time it happened `now`."""
    otherwise = now if place.time is None else place.time
    return _event(record, place, now=now, otherwise=otherwise, cleaner=Cleaner(wrapped=False))


def _event(
    record: Mapping[str, Any],
    place: Place,
    *,
    now: int | None,
    otherwise: int | None,
    cleaner: Cleaner,
) -> Event | Invalid:
    try:
        kind = _type(record.get("type"))
        original = _optional_time(record, "originalTimestamp", now, cleaner)
        sent = _optional_time(record, "sentAt", now, cleaner)
        received = _optional_time(record, "receivedAt", now, cleaner)
        return Event(
            type=kind,
            message_id=_message_id(record.get("messageId"), place, cleaner),
            timestamp=_timestamp(record, now, (original, sent, received, otherwise), cleaner),
            user_id=_id(record, "userId", cleaner),
            anonymous_id=_id(record, "anonymousId", cleaner),
            event=_text(record, "event", cleaner),
            name=_text(record, "name", cleaner),
            previous_id=_id(record, "previousId", cleaner),
            group_id=_id(record, "groupId", cleaner),
            channel=_text(record, "channel", cleaner),
            version=_text(record, "version", cleaner),
            original_timestamp=original,
            sent_at=sent,
            received_at=received,
            traits=_object(record, "traits", cleaner),
            properties=_properties(record, kind, cleaner),
            context=_object(record, "context", cleaner),
            integrations=_integrations(record.get("integrations"), cleaner),
            notes=cleaner.notes,
        )
    except _Refusal as refusal:
        return refusal.invalid


def _type(value: Any) -> str:
    if value in EVENT_TYPES:
        return str(value)
    if value is None:
        raise _Refusal("type", "is missing")
    raise _Refusal("type", f"is not one of {', '.join(EVENT_TYPES)}")


def _text(record: Mapping[str, Any], field: str, cleaner: Cleaner) -> str | None:
    """A text that may be absent; a number is taken as text, a blank one as absent."""
    value = record.get(field)
    if value is None:
        return None
    if type(value) is str and value.isprintable() and value.isascii():
        return value if value and not value.isspace() else None
    if _is_number(value):
        cleaner.note(field, NUMBER)
        return written(value)
    if not isinstance(value, str):
        raise _Refusal(field, "is not a text")
    text = cleaner.text(value, field)
    return text if text and not text.isspace() else None


def _is_number(value: Any) -> bool:
    if type(value) is float:
        return math.isfinite(value)
    return type(value) is int and value in LONGS


def _id(record: Mapping[str, Any], field: str, cleaner: Cleaner) -> str | None:
    if record.get(field) is None:
        return None
    text = _text(record, field, cleaner)
    if text is None:
        cleaner.note(field, BLANK)
        return None
    trimmed = text.strip()
    if len(trimmed) > MAX_ID:
        raise _Refusal(field, f"is longer than {MAX_ID:,} characters")
    if trimmed != text:
        cleaner.note(field, TRIMMED)
    return trimmed


def _message_id(value: Any, place: Place, cleaner: Cleaner) -> str:
    text = _text({"messageId": value}, "messageId", cleaner)
    if text is not None:
        if len(text) > MAX_ID:
            raise _Refusal("messageId", f"is longer than {MAX_ID:,} characters")
        return text
    cleaner.note("messageId", "blank: made from the record's place")
    return f"{place.topic}-{place.partition}-{place.offset}"


def _time(value: Any, field: str, now: int | None, cleaner: Cleaner) -> int:
    if type(value) is int and value in MILLISECONDS and (now is None or value <= now + DAY):
        return value
    found = moment(value)
    if isinstance(found, NotATime):
        raise _Refusal(field, found.why)
    if found.note:
        cleaner.note(field, found.note)
    if not EARLIEST <= found.ms <= LATEST:
        raise _Refusal(field, "is outside the years 1 to 9999")
    if now is not None and found.ms > now + DAY:
        cleaner.note(field, FUTURE)
    elif found.ms < YEAR_2000:
        cleaner.note(field, ANCIENT)
    return found.ms


def _optional_time(
    record: Mapping[str, Any], field: str, now: int | None, cleaner: Cleaner
) -> int | None:
    """One of the sender's times; one that is none is left out, as nothing depends on it."""
    value = record.get(field)
    if value is None:
        return None
    try:
        return _time(value, field, now, cleaner)
    except _Refusal as refusal:
        cleaner.note(field, f"left out: {refusal.invalid.message}")
        return None


def _timestamp(
    record: Mapping[str, Any],
    now: int | None,
    stand_ins: tuple[int | None, ...],
    cleaner: Cleaner,
) -> int:
    value = record.get("timestamp")
    if value is not None:
        return _time(value, "timestamp", now, cleaner)
    for stand_in in stand_ins:
        if stand_in is not None:
            cleaner.note("timestamp", "missing: another time of the event or its record taken")
            return stand_in
    raise _Refusal("timestamp", "is missing")


def _object(
    record: Mapping[str, Any], field: str, cleaner: Cleaner, *, rename: bool = False
) -> dict[str, Any]:
    value = record.get(field)
    if value is None:
        return {}
    if type(value) is dict or isinstance(value, Mapping):
        return cleaner.members(value, field, rename=rename)
    if value == []:
        cleaner.note(field, "empty array taken as an empty object")
        return {}
    raise _Refusal(field, "is not an object")


def _properties(record: Mapping[str, Any], kind: str, cleaner: Cleaner) -> dict[str, Any]:
    """A page has its category beside its name, or among its properties, where ours has it."""
    properties = _object(record, "properties", cleaner, rename=True)
    category = record.get("category")
    if kind == "page" and isinstance(category, str) and properties.get("category") is None:
        properties["category"] = cleaner.text(category, "category")
    return properties


def _integrations(value: Any, cleaner: Cleaner) -> dict[str, bool]:
    if value is None or value == []:
        return {}
    if not isinstance(value, Mapping):
        raise _Refusal("integrations", "is not an object")
    flags: dict[str, bool] = {}
    for name, flag in value.items():
        if isinstance(flag, bool):
            flags[cleaner.text(name, "integrations")] = flag
        elif isinstance(flag, Mapping):
            flags[cleaner.text(name, "integrations")] = True
        elif isinstance(flag, str) and flag.strip().lower() in FLAGS:
            flags[cleaner.text(name, "integrations")] = FLAGS[flag.strip().lower()]
            cleaner.note(f"integrations.{name}", "flag written as text")
        elif flag is not None:
            cleaner.note(f"integrations.{name}", "left out: neither a boolean nor an object")
    return flags


def to_record(event: Event) -> dict[str, Any]:
    """The event as a record of our schema, for publishing it."""
    return {
        "messageId": event.message_id,
        "type": event.type,
        "event": event.event,
        "name": event.name,
        "userId": event.user_id,
        "anonymousId": event.anonymous_id,
        "previousId": event.previous_id,
        "groupId": event.group_id,
        "channel": event.channel,
        "version": event.version,
        "timestamp": event.timestamp,
        "originalTimestamp": event.original_timestamp,
        "sentAt": event.sent_at,
        "receivedAt": event.received_at,
        "traits": _wrapped(event.traits),
        "properties": _wrapped(event.properties),
        "context": _wrapped(event.context),
        "integrations": dict(event.integrations) or None,
    }


def _wrapped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {"fields": {name: _wrapped(member) for name, member in value.items()}}
    if isinstance(value, list):
        return [_wrapped(item) for item in value]
    return value
