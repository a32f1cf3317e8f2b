"""Fields of an event's JSON that nobody reads, and what was probably meant by each. Pure."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from streams.core.event import Note
from streams.core.trigger import OBJECTS
from streams.sources.customer_event import FIELDS

OF_A_PAGE = "category"
OF_TRAITS = ("identify", "group")
OF_PEOPLE = ("email", "phone")
UNREAD = "is no field of an event and is not read"
NEAR = 0.75


def unknown_fields(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each field beside those of an event, with what to do about it."""
    kind = event.get("type")
    for name in event:
        if name not in FIELDS and not (name == OF_A_PAGE and kind == "page"):
            yield name, _meant(name, kind)


def noted(event: Mapping[str, Any]) -> list[Note]:
    """The same as notes of a trace."""
    return [Note(name, f"{UNREAD}; {remedy}") for name, remedy in unknown_fields(event)]


def counted(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """The same of many events, a line for each field."""
    found: dict[Note, int] = {}
    for event in events:
        for note in noted(event):
            found[note] = found.get(note, 0) + 1
    return [f"{one.field} {one.what} (events: {count:,})" for one, count in found.items()]


def _meant(name: str, kind: Any) -> str:
    whole, dot, inner = name.partition(".")
    if dot and whole in OBJECTS:
        return f"write {inner} inside of {whole}"
    if _folded(name) in OF_PEOPLE:
        return f"did you mean traits.{_folded(name)}?"
    known = {_folded(one): one for one in FIELDS}
    near = difflib.get_close_matches(_folded(name), known, n=1, cutoff=NEAR)
    if near:
        return f"did you mean {known[near[0]]}?"
    return f"what is your own goes into {'traits' if kind in OF_TRAITS else 'properties'}"


def _folded(name: str) -> str:
    """Without case and what stands between words."""
    return "".join(one for one in name.lower() if one.isalnum())
