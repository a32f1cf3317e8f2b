"""What can become of an event and of a command: one vocabulary for code, metrics and receipts."""

from enum import StrEnum


class EventOutcome(StrEnum):
    """What became of one event of the bus."""

    ROUTED = "routed"
    FILTERED = "filtered"
    DEAD_LETTERED = "dead_lettered"


class CommandOutcome(StrEnum):
    """What became of one command."""

    DELIVERED = "delivered"
    SUPPRESSED = "suppressed"
    DEAD_LETTERED = "dead_lettered"


class Suppressed(StrEnum):
    """Why a command was not sent although nothing is wrong with it."""

    DUPLICATE = "duplicate"
    REPLAY = "replay"
    STALE = "stale"
    UNCHANGED = "unchanged"
    ANONYMOUS = "anonymous"
    SUPERSEDED = "superseded"
    CONSENT = "consent"
    FILTERED = "filtered"
    FORBIDDEN = "forbidden"
    MALFORMED_ORDER = "malformed_order"
    HELD = "held"
    EXPIRED = "expired"
    CROWDED_OUT = "crowded_out"


class Dead(StrEnum):
    """Why an event or a command went to the dead letters."""

    UNDECODABLE = "undecodable"
    UNKNOWN_SCHEMA = "unknown_schema"
    NO_KEY = "no_key"
    TOO_LARGE = "too_large"
    INVALID = "invalid"
    MISSING = "missing"
    UNIDENTIFIABLE = "unidentifiable"
    REJECTED = "rejected"
    EXHAUSTED = "exhausted"
    IN_DOUBT = "in_doubt"
    PARKED = "parked"
    PARKED_BEHIND = "parked_behind"
    STALE = "stale"
    UNKNOWN_MARKET = "unknown_market"
    BUG = "bug"
    CRASHES_WORKER = "crashes_worker"
