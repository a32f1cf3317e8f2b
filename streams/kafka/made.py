"""What one record of the bus becomes."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.core.command import Command
from streams.core.outcome import EventOutcome
from streams.kafka.outbox import Fact


@dataclass(frozen=True, slots=True)
class Made:
    """What one record becomes: commands, each with its bytes, and what is written beside them.

    `reason` is why it makes none.
    """

    outcome: EventOutcome
    contact: str
    commands: Sequence[tuple[Command, bytes]]
    facts: Sequence[Fact]
    reason: str | None = None
