"""Visitors of whom only an anonymous id is known: what the plan does with their events.

| word   | an event that nothing identifies but the anonymous id                       |
|--------|-----------------------------------------------------------------------------|
| `drop` | makes no request                                                            |
| `send` | goes to Cordial with the account's attribute for that id as identifier      |

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from streams.core.event import Event
from streams.core.identity import Identity

Mode = Literal["drop", "send"]


@dataclass(frozen=True, slots=True)
class Anonymous:
    """What happens to visitors. `attribute` is what the account calls their anonymous id."""

    mode: Mode = "drop"
    attribute: str = "anonymous_id"


DROPPED = Anonymous()


def with_visitor(identity: Identity, event: Event, anonymous: Anonymous) -> Identity:
    """The identity of an event; with `send` a visitor's anonymous id is the last identifier.

    Beside a user id it is none: it may still be another contact's.
    """
    if anonymous.mode != "send" or event.user_id is not None or event.anonymous_id is None:
        return identity
    ids: Mapping[str, str] = {**identity.identifiers, anonymous.attribute: event.anonymous_id}
    return replace(identity, identifiers=ids, priority=[*identity.priority, anonymous.attribute])
