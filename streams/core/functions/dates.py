"""Functions of times. ISO 8601, or a number of seconds, milliseconds or microseconds since 1970.

A text without a zone is read in `zone`, which is also the zone of the result.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from streams.core.functions.declaring import Kind, Refused, declared, whole
from streams.core.times import Moment, moment

LONGEST = 100
"""Characters of a text that is taken for a time."""
FORMAT = re.compile(r"(?:%[YmdHMSfzybBIpj]|[^%\w]|T)+")
UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _is_zone(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(ZoneInfo(value))
    except (ValueError, KeyError, OSError):
        return False


def _is_format(value: Any) -> bool:
    """What reads back the time it writes, and so names no part twice."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST or not FORMAT.fullmatch(value):
        return False
    try:
        datetime.strptime(datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC).strftime(value), value)  # noqa: DTZ007
    except (ValueError, re.error):
        return False
    return True


Zone = Annotated[str, Kind("the name of a time zone, like Europe/Berlin", _is_zone)]
Format = Annotated[
    str, Kind("a format like %d.%m.%Y %H:%M, of %Y %m %d %H %M %S %f %z %y %b %B %I %p", _is_format)
]
Unit = Literal["auto", "s", "ms", "us"]
Count = Annotated[int, whole(-100_000, 100_000)]


def iso_date(value: Any) -> str:
    """The event's own times, milliseconds since 1970, as ISO 8601 with offset."""
    try:
        made = datetime.fromtimestamp(value / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise Refused("is no time") from None
    return made.isoformat(timespec="milliseconds")


def date(value: Any, *, zone: Zone = "UTC", unit: Unit = "auto", format: Format = "") -> str:  # noqa: A002
    """As ISO 8601 with offset; `unit` is that of a number, `format` that of a text."""
    if format and isinstance(value, str):
        return _iso(_formatted(value, zone, format))
    return _iso(_counted(value, zone, unit) if unit != "auto" else _read(value, zone))


def date_only(value: Any, *, zone: Zone = "UTC") -> str:
    """The day of it in `zone`."""
    return _read(value, zone).date().isoformat()


def start_of_day(value: Any, *, zone: Zone = "UTC") -> str:
    """When its day began in `zone`, as ISO 8601 with offset."""
    return _iso(_read(value, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0))


def add_time(
    value: Any, *, days: Count = 0, hours: Count = 0, minutes: Count = 0, zone: Zone = "UTC"
) -> str:
    """So much later, or earlier below 0; a day is a day of `zone`, whatever the clocks do."""
    try:
        later = _read(value, zone) + timedelta(days=days)
        exactly = later.astimezone(UTC) + timedelta(hours=hours, minutes=minutes)
        return _iso(exactly.astimezone(ZoneInfo(zone)))
    except OverflowError:
        raise Refused("is no time") from None


def epoch(value: Any, *, unit: Literal["s", "ms", "us"] = "s", zone: Zone = "UTC") -> int:
    """As a number of `unit` since 1970."""
    return (_read(value, zone) - EPOCH) // timedelta(microseconds=UNITS[unit])


def _read(value: Any, zone: str) -> datetime:
    """A time however it is written, in the zone."""
    if isinstance(value, str) and len(value) > LONGEST:
        raise Refused("is no time")
    found = moment(value)
    if not isinstance(found, Moment):
        raise Refused("is no time")
    if isinstance(value, str) and found.note.startswith("without a zone"):
        return datetime.fromisoformat(value.strip()).replace(tzinfo=ZoneInfo(zone))
    return _at(found.ms * 1_000, zone)


def _counted(value: Any, zone: str, unit: str) -> datetime:
    try:
        count = float(value) if isinstance(value, str) else value
        if isinstance(count, bool) or not isinstance(count, int | float):
            raise Refused("must be a number")
        return _at(int(count * UNITS[unit]), zone)
    except (ValueError, OverflowError):
        raise Refused("must be a number") from None


def _formatted(value: str, zone: str, form: str) -> datetime:
    try:
        if len(value) > LONGEST:
            raise Refused(f"is not written as {form}")
        found = datetime.strptime(value.strip(), form)  # noqa: DTZ007 - the zone comes next
        if found.tzinfo is None:
            return found.replace(tzinfo=ZoneInfo(zone))
        return found.astimezone(ZoneInfo(zone))
    except (ValueError, OverflowError):
        raise Refused(f"is not written as {form}") from None


def _at(microseconds: int, zone: str) -> datetime:
    try:
        return (EPOCH + timedelta(microseconds=microseconds)).astimezone(ZoneInfo(zone))
    except OverflowError:
        raise Refused("is no time") from None


def _iso(made: datetime) -> str:
    return made.isoformat(timespec="milliseconds")


DATES = (
    declared(iso_date, 0, "1970-01-01T00:00:00.000+00:00"),
    declared(
        date, "20.11.2026", "2026-11-20T00:00:00.000+01:00", format="%d.%m.%Y", zone="Europe/Berlin"
    ),
    declared(date_only, "2026-11-20T23:30:00Z", "2026-11-21", zone="Europe/Berlin"),
    declared(start_of_day, "2026-11-20T10:00:00Z", "2026-11-20T00:00:00.000+00:00"),
    declared(add_time, "2026-11-20T10:00:00Z", "2026-12-20T10:00:00.000+00:00", days=30),
    declared(epoch, "2026-11-20T10:00:00Z", 1795168800),
)
