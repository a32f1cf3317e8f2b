"""One log line per outcome: every dead letter, and of the rest those of a share of the events.

Which share goes by the correlation id, so that all lines of an event are there or none, whichever
worker writes them, after a restart too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

import structlog
from faust.types import Message

from streams.core.outcome import CommandOutcome
from streams.core.records import Receipt
from streams.core.traceparent import read
from streams.kafka.load import TRACEPARENT, bus_time, headers_of

log = structlog.get_logger(__name__)

DEAD: Final = CommandOutcome.DEAD_LETTERED
WHOLE: Final = 2**32


@dataclass(slots=True)
class OutcomeLines:
    """Writes the lines. `share` of the events, from 0 to 1, have all of theirs."""

    share: float
    hashed: Callable[[str], str]
    _below: int = field(init=False)

    def __post_init__(self) -> None:
        self._below = round(self.share * WHOLE)

    def __call__(self, receipt: Receipt, message: Message | None) -> None:
        """Something has its outcome; `message` is the record that it is of."""
        sampled = crc32(_name(receipt).encode("utf-8", "replace")) < self._below
        if receipt.outcome == DEAD:
            # What is repeated is counted by the text, so each action and reason has its own.
            of = receipt.action or "event"
            shown = self._shown(receipt, message)
            log.warning(f"{of} dead-lettered: {receipt.reason}", sampled=sampled, **shown)
        elif sampled:
            log.info("outcome", sampled=True, **self._shown(receipt, message))

    def _shown(self, receipt: Receipt, message: Message | None) -> dict[str, object]:
        place = receipt.source or receipt.position
        trace = None if message is None else read(headers_of(message).get(TRACEPARENT))
        duration = receipt.latency_ms
        if duration is None and message is not None:
            duration = max(0, receipt.time - bus_time(message))
        shown = {
            "action": receipt.action,
            "outcome": str(receipt.outcome),
            "reason": receipt.reason,
            "field": receipt.field,
            "status": receipt.status,
            "topic": place.topic if place else None,
            "partition": place.partition if place else None,
            "offset": place.offset if place else None,
            "trace_id": trace.trace_id if trace else None,
            "contact": self.hashed(receipt.contact) if receipt.contact else None,
            "attempts": receipt.attempts or None,
            "in_doubt": receipt.in_doubt or None,
            "duration_ms": duration,
        }
        return {name: value for name, value in shown.items() if value is not None}


def _name(receipt: Receipt) -> str:
    """What is the same of all outcomes of an event."""
    place = receipt.source or receipt.position
    if receipt.correlation_id or place is None:
        return receipt.correlation_id
    return f"{place.topic}-{place.partition}-{place.offset}"
