"""What Cordial's answer means: a value named after what happens next.

| answer                                           | value          | was it accepted?     |
|--------------------------------------------------|----------------|----------------------|
| 2xx                                              | `Delivered`    | yes                  |
| 429, a complete 503                              | `Refused`      | no                   |
| 408, 500, 502, 504, other 5xx, cut, timed out    | `InDoubt`      | nobody knows         |
| connection refused, DNS, TLS                     | `NotSent`      | no, it never left    |
| 401, 403, and 3xx: it is not where we may send   | `Unauthorized` | no, and it is our fault |
| other 4xx                                        | `Rejected`     | no, the command's fault |

Judged by the status alone: bodies of errors have five shapes, and a 2xx has been accepted
whatever is written below it. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

RETRY_AFTER_MOST = 86_400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the answer's headers say about the endpoint's limit; times in seconds."""

    limit: float | None = None
    remaining: float | None = None
    reset: float | None = None
    retry_after: float | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Delivered:
    """Accepted."""

    status: int
    limits: Limits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class Refused:
    """Not accepted; the whole endpoint waits."""

    status: int
    limits: Limits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Perhaps accepted: the request was written and no answer settles it."""

    why: str
    status: int | None = None
    limits: Limits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request never left."""

    why: str
    status: None = None
    limits: Limits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """The key or the endpoint is wrong: our fault, so everything is held."""

    status: int
    limits: Limits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class Rejected:
    """Cordial will not have it: the command's fault, or one of a joined request's."""

    status: int
    message: str = ""
    limits: Limits = NO_LIMITS


Answer = Delivered | Refused | InDoubt | NotSent | Unauthorized | Rejected


def classify(status: int, headers: Mapping[str, str], *, now: float, message: str = "") -> Answer:
    """The meaning of a complete answer. `now` is in seconds since 1970, for Retry-After dates."""
    limits = limits_of(headers, now=now)
    if 200 <= status < 300:
        return Delivered(status, limits)
    if status in (429, 503):
        return Refused(status, limits)
    if status == 408 or status >= 500 or status < 200:
        return InDoubt(f"status {status}", status, limits)
    if status in (401, 403) or status < 400:
        return Unauthorized(status, limits)
    return Rejected(status, message, limits)


def limits_of(headers: Mapping[str, str], *, now: float) -> Limits:
    """The limit's headers; what is garbled or negative counts as absent."""
    found = {name.lower(): value for name, value in headers.items()}
    return Limits(
        limit=_number(found.get("x-rate-limit-limit")),
        remaining=_number(found.get("x-rate-limit-remaining")),
        reset=_number(found.get("x-rate-limit-reset")),
        retry_after=_retry_after(found.get("retry-after"), now),
    )


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _retry_after(text: str | None, now: float) -> float | None:
    if not text:
        return None
    number = _number(text)
    if number is None:
        try:
            when = parsedate_to_datetime(text)
        except ValueError:
            return None
        aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
        number = max(0.0, aware.timestamp() - now)
    return min(number, RETRY_AFTER_MOST)
