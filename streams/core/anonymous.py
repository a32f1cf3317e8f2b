"""Visitors of whom only an anonymous id is known: what the plan does with their events.

| word   | an event that nothing identifies but the anonymous id                           |
|--------|---------------------------------------------------------------------------------|
| `drop` | makes no request                                                                |
| `hold` | is held until another event ties the id to a user, then goes to that user       |
| `send` | goes to Cordial with the account's attribute for that id as identifier, and the |
|        | contact that it made is merged into the user's when the id is tied              |

An event with a user id ties its anonymous id to the user, an alias its previous id too. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from streams.core.event import Event, Note
from streams.core.identity import Identity
from streams.core.visitors import Bounds

Mode = Literal["drop", "hold", "send"]
STITCHED = Note("anonymousId", "stitched: the visitor was tied to this user later")


@dataclass(frozen=True, slots=True)
class Anonymous:
    """What happens to visitors. `attribute` is what the account calls their anonymous id."""

    mode: Mode = "drop"
    attribute: str = "anonymous_id"
    bounds: Bounds = Bounds()  # noqa: RUF009 - frozen


DROPPED = Anonymous()


def with_visitor(identity: Identity, event: Event, anonymous: Anonymous) -> Identity:
    """The identity of an event; with `send` a visitor's anonymous id is the last identifier.

    Beside a user id it is none: it may still be another contact's.
    """
    if anonymous.mode != "send" or event.user_id is not None or event.anonymous_id is None:
        return identity
    ids: Mapping[str, str] = {**identity.identifiers, anonymous.attribute: event.anonymous_id}
    return replace(identity, identifiers=ids, priority=[*identity.priority, anonymous.attribute])


def tied(event: Event) -> list[str]:
    """The ids that an event ties to its user, each once."""
    if event.user_id is None:
        return []
    previous = event.previous_id if event.type == "alias" else None
    ids = dict.fromkeys((event.anonymous_id, previous))
    return [one for one in ids if one is not None and one != event.user_id]


def is_alias_of(event: Event, visitor: str) -> bool:
    """Whether the event says of this id, by itself, that two contacts are one."""
    return event.type == "alias" and event.previous_id == visitor


def as_alias(event: Event, visitor: str) -> Event:
    """What the event would be as an alias of the visitor, as mergeContacts wants it."""
    return (
        event if is_alias_of(event, visitor) else replace(event, type="alias", previous_id=visitor)
    )


def stitched(event: Event, contact: str) -> Event:
    """A visitor's event as one of the user that the visitor became; its times stay."""
    return replace(event, user_id=contact, notes=(*event.notes, STITCHED))
