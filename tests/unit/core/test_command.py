"""A command: what routing makes of an event, with the place of that event."""

from dataclasses import fields, replace

from streams.core.command import Claim, Command, Position
from streams.core.event import Note


def test_its_place_changes_nothing_else() -> None:
    given = {
        "action": "upsertOrder",
        "contact": "u-42",
        "message_id": "m-1",
        "event_time": 5,
        "body": {"orderID": "o-1"},
        "position": None,
        "correlation_id": "",
        "attempt": 3,
        "notes": (Note("traits.phone", "left out"),),
        "consent": (Claim("email", "subscribed", "form"),),
        "group": "g-1",
        "order": "upsertOrder",
    }
    assert given.keys() == {one.name for one in fields(Command)}
    command, place = Command(**given), Position(1, "keyed", 3, 99)  # type: ignore[arg-type]
    made = command.at(place, "c-1")
    assert made == replace(command, position=place, correlation_id="c-1")
