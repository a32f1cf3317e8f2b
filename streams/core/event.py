"""One event of the bus, in the shape of the Segment spec, whatever record carried it.

A value: sources make it, the router reads it, nothing changes it.
Objects are plain dicts, lists plain lists; numbers are finite; strings hold no lone surrogates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EVENT_TYPES = ("track", "identify", "page", "screen", "group", "alias")


@dataclass(frozen=True, slots=True)
class Note:
    """Something normalised or left out on the way; it travels to the receipt.

    `field` is a path of the event (`traits.phone`), `what` says what was done, never the value.
    """

    field: str
    what: str


@dataclass(frozen=True, slots=True)
class Event:
    """The canonical customer event. Times are milliseconds since 1970 UTC."""

    type: str
    message_id: str
    timestamp: int
    user_id: str | None = None
    anonymous_id: str | None = None
    event: str | None = None
    name: str | None = None
    previous_id: str | None = None
    group_id: str | None = None
    channel: str | None = None
    version: str | None = None
    original_timestamp: int | None = None
    sent_at: int | None = None
    received_at: int | None = None
    traits: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    integrations: Mapping[str, bool] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def contact(self) -> str | None:
        """The contact key: the user id, else the anonymous id; None where both are blank."""
        return self.user_id or self.anonymous_id
