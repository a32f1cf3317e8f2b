"""What routing makes of one event. Pure."""

from dataclasses import dataclass

from streams.core.command import Command
from streams.core.filters import reason
from streams.core.identity import Identity
from streams.core.outcome import Dead, Suppressed


@dataclass(frozen=True, slots=True)
class DeadCommand:
    """A command that the event wants and cannot make."""

    action: str
    reason: Dead
    field: str | None
    message: str


@dataclass(frozen=True, slots=True)
class SuppressedCommand:
    """A command that is not sent although nothing is wrong with it."""

    action: str
    reason: Suppressed
    rule: str | None = None

    @property
    def told(self) -> str:
        """The reason as receipts and traces have it: a filter's names its rule."""
        return reason(self.rule) if self.rule is not None else self.reason


@dataclass(frozen=True, slots=True)
class Routed:
    """What one event becomes."""

    commands: tuple[Command, ...] = ()
    dead: tuple[DeadCommand, ...] = ()
    suppressed: tuple[SuppressedCommand, ...] = ()
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class Filtered:
    """Nobody wants the event, or a flag keeps it back."""

    reason: str
