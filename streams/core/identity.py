"""Who a contact is to Cordial: identifiers of an event, normalised, and their priority.

The key names are the account's own (settings); their order is the plan's. A value that cannot
be used is left out with a note that never repeats it. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from streams.core.event import Event, Note

EMAILS = (("traits", "email"), ("context", "traits", "email"), ("properties", "email"))
PHONES = (("traits", "phone"), ("context", "traits", "phone"), ("properties", "phone"))
PRIORITY = ("user", "email", "phone")
PHONE_ALIAS = {"channels.phone.address": "phone"}


@dataclass(frozen=True, slots=True)
class AccountKeys:
    """What the account calls its identifiers. Without `segment_id` the user id is none."""

    segment_id: str | None = None
    email: str = "email"
    phone: str = "channels.phone.address"
    phone_region: str | None = None
    source: str = "cordial-streams"


@dataclass(frozen=True, slots=True)
class Identity:
    """The identifiers of one event by key, and the names of their priority."""

    identifiers: Mapping[str, str]
    priority: Sequence[str]
    notes: tuple[Note, ...]


def identify(event: Event, keys: AccountKeys, order: Sequence[str] = PRIORITY) -> Identity:
    """The identity of an event's contact."""
    email, email_note = _first(event, EMAILS, normal_email)
    phone, phone_note = _first(event, PHONES, lambda text: normal_phone(text, keys.phone_region))
    values = {
        "user": (keys.segment_id, event.user_id),
        "email": (keys.email, email),
        "phone": (keys.phone, phone),
    }
    found = [(key, value) for key, value in (values[name] for name in order) if key and value]
    return Identity(
        identifiers=dict(found),
        priority=tuple(PHONE_ALIAS.get(key, key) for key, _ in found),
        notes=tuple(note for note in (email_note, phone_note) if note is not None),
    )


def _first(
    event: Event, paths: Sequence[tuple[str, ...]], normal: Any
) -> tuple[str | None, Note | None]:
    note = None
    for path in paths:
        value = _read(event, path)
        if value is None or value == "":
            continue
        usable = normal(str(value)) if isinstance(value, str | int) else None
        if usable is not None:
            return usable, None
        note = note or Note(".".join(path), "not usable as an identifier; left out")
    return None, note


def _read(event: Event, path: tuple[str, ...]) -> Any:
    value: Any = getattr(event, path[0])
    for name in path[1:]:
        if type(value) is not dict and not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


@lru_cache(maxsize=4096)
def normal_email(text: str) -> str | None:
    """The address in lower case, or None where it is none. Asks no DNS."""
    try:
        checked = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError:
        return None
    return checked.normalized.lower()


@lru_cache(maxsize=4096)
def normal_phone(text: str, region: str | None) -> str | None:
    """E.164, or None where the number is none, or lacks a + and no region is set."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
