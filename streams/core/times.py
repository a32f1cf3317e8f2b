"""Reads a moment, however a sender wrote it: a number in some unit, or ISO 8601 text. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FUTURE = "more than a day in the future"
"""What a note says of such a time of an event."""
DAY_MS = 86_400_000
EARLIEST = -62_135_596_800_000
LATEST = 253_402_300_799_999

# A number is read in the first unit that puts it between the years 2000 and 2100: the ranges do
# not overlap. What fits nowhere is taken as milliseconds, which is what the schema says.
_UNITS = (
    ("milliseconds", 1, 1),
    ("seconds", 1_000, 1),
    ("microseconds", 1, 1_000),
    ("nanoseconds", 1, 1_000_000),
)
_ABSURD = 2**63
_FROM, _TO = 946_684_800_000, 4_102_444_800_000
MILLISECONDS = range(_FROM, _TO)
"""Whole numbers in here are milliseconds, and nothing else."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Milliseconds since 1970 UTC, and what had to be assumed."""

    ms: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class NotATime:
    """Why a value is no moment."""

    why: str


def moment(value: Any) -> Moment | NotATime:
    """The moment that a number, a text or a datetime means."""
    if isinstance(value, bool):
        return NotATime("is not a time")
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        return _datetime(value)
    if isinstance(value, str):
        return _text(value.strip())
    return NotATime("is not a time")


def _number(value: float) -> Moment | NotATime:
    if not -_ABSURD < value < _ABSURD:
        return NotATime("is no time, in whatever unit")
    for unit, factor, divisor in _UNITS:
        ms = (
            int(value * factor / divisor) if isinstance(value, float) else value * factor // divisor
        )
        if _FROM <= ms < _TO:
            return Moment(ms, "" if unit == "milliseconds" else f"read as {unit}")
    return Moment(int(value))


def _text(text: str) -> Moment | NotATime:
    # Long rows of digits first: some of them are also an ISO date of the 16th century.
    if len(text) > len("YYYYMMDD") and text.removeprefix("-").replace(".", "", 1).isdecimal():
        return _number(float(text))
    try:
        return _datetime(datetime.fromisoformat(text))
    except ValueError:
        return NotATime("is not an ISO 8601 time")


def _datetime(value: datetime) -> Moment:
    note = ""
    if value.tzinfo is None:
        value, note = value.replace(tzinfo=UTC), "without a zone: read as UTC"
    delta = value - datetime(1970, 1, 1, tzinfo=UTC)
    return Moment((delta.days * 86_400 + delta.seconds) * 1_000 + delta.microseconds // 1_000, note)
