"""The line that `trace` tells of an event, and its parts."""

from typing import Any

from streams.core.event import Note
from streams.core.outcome import Dead

Line = dict[str, Any]


def line_of(message_id: str, contact: str | None) -> Line:
    """The line of an event of which nothing is told yet."""
    return {
        "messageId": message_id,
        "contact": contact,
        "outcome": "routed",
        "commands": [],
        "suppressed": [],
        "filtered": None,
        "dead": [],
        "notes": [],
    }


def over(line: Line, reason: Dead, where: str | None) -> Line:
    """The line of an event that is a dead letter as a whole; `where` is the field."""
    return line | {"outcome": "dead_lettered", "dead": [dead_part(None, reason, where)]}


def dead_part(action: str | None, reason: Dead, where: str | None) -> Line:
    """One entry of `dead`; without an action it is the event that died."""
    return {"action": action, "reason": str(reason), "field": where}


def note_part(action: str | None, note: Note) -> Line:
    """One entry of `notes`; without an action it is the event's own."""
    return {"action": action, "field": note.field, "what": note.what}


def dead_event(reason: Dead, where: str | None) -> Line:
    """The line of what is no event, and of one that nobody can be told of."""
    return over(line_of("", None), reason, where)


def printable(text: str) -> str:
    """The text with what is not printable escaped: a terminal obeys control characters."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def filtered_event(reason: str) -> Line:
    """The line of a record that is kept back before it is read."""
    return line_of("", None) | {"outcome": "filtered", "filtered": reason}
