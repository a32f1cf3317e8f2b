"""The trace of many events: a line for each, one history."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.core.compiled import CompiledPlan
from streams.core.event import Event
from streams.core.outcome import Dead
from streams.core.records import Place
from streams.sources.bus import Reading
from streams.sources.customer_event import Invalid, from_json
from streams.sources.unknown_fields import noted
from streams.tracing.history import PREFIX, TOPIC, History
from streams.tracing.lines import Line, line_of, note_part, over


@dataclass(frozen=True, slots=True)
class Told:
    """One event's trace line; `event` is None where the line of input was none.

    `why`: the reasons of its dead letters in words, by instance; the event's own under no name.
    """

    line: Line
    event: Event | None
    why: Mapping[str, str] = field(default_factory=dict)


def trace(
    events: Iterable[Mapping[str, Any]],
    plan: CompiledPlan,
    now: int,
    reading: Reading | None = None,
) -> Iterator[Line]:
    """A line per event. `now` is in milliseconds since 1970."""
    for told in tell(events, plan, now, reading=reading):
        yield told.line


def tell(
    events: Iterable[Mapping[str, Any]],
    plan: CompiledPlan,
    now: int,
    prefix: str = PREFIX,
    *,
    explain: bool = False,
    reading: Reading | None = None,
) -> Iterator[Told]:
    """The same with the event of each line. `explain`: also with the reasons.

    `reading` says which source's records the lines are; without it they are canonical events.
    """
    history = History(plan, prefix, explain=explain)
    for offset, raw in enumerate(events):
        place = Place(TOPIC, 0, offset)
        event = reading.event(raw, place, now) if reading else from_json(raw, place, now)
        if isinstance(event, Invalid):
            line = line_of(_message_id(raw, offset), None)
            told = Told(over(line, Dead.INVALID, event.field), None, {"": event.message})
        elif event.contact is None:
            line = line_of(event.message_id, None)
            line["notes"] = [note_part(None, note) for note in event.notes]
            told = Told(over(line, Dead.NO_KEY, "userId"), event)
        else:
            told = Told(history.tell(event), event, dict(history.ended.refused))
        if reading is None or reading.canonical:
            told.line["notes"] += [note_part(None, note) for note in noted(raw)]
        yield told


def _message_id(raw: Mapping[str, Any], offset: int) -> str:
    said = raw.get("messageId")
    return said if isinstance(said, str) and said.strip() else f"{TOPIC}-0-{offset}"
