"""Files of events as JSON: one object, one per line, or a list of them; or records of a source."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from streams.plan import Plan, bus_of
from streams.plan.sourcing import record_types
from streams.sources.bus import Reading, reading_of


class InputError(ValueError):
    """What was given cannot be read; says which file, which line and what to do."""


def read_events(text: str, name: str) -> list[Mapping[str, Any]]:
    """One JSON object, or one per line. Raises `InputError`."""
    try:
        whole = parsed(text)
    except ValueError:
        return [_event_of(line, name, number) for number, line in _numbered(text)]
    events = whole if isinstance(whole, list) else [whole]
    if not all(isinstance(event, dict) for event in events):
        raise InputError(f"{name}: an event is a JSON object; give one, or one per line")
    return events


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    """Lines end with LF alone: JSON texts may hold the other line ends of Unicode."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _event_of(line: str, name: str, number: int) -> Mapping[str, Any]:
    where = f"{name}, line {number}"
    try:
        event = parsed(line)
    except json.JSONDecodeError as error:
        text = f"{where}, column {error.colno}: no JSON ({error.msg}); give one event per line"
        raise InputError(text) from None
    except ValueError:
        raise InputError(f"{where}: a number has too many digits; write it as text") from None
    if not isinstance(event, dict):
        raise InputError(f"{where}: an event is a JSON object; give one per line")
    return event


def parsed(text: str) -> Any:
    """JSON, with NaN and infinity as producers write them, and deeper than Python's own stack."""
    try:
        return json.loads(text)
    except RecursionError:
        return orjson.loads(text)


def events_of(name: str) -> list[Mapping[str, Any]]:
    """The events of a file; `-` is standard input. Raises `InputError`."""
    events = read_events(text_of(name), name)
    if not events:
        print(f"cordial-streams: {name}: holds no event", file=sys.stderr)
    return events


def text_of(name: str) -> str:
    """The text of a file; `-` is standard input. Raises `InputError`."""
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        text = f"{name}: {error.strerror}; name a file of events, or - for standard input"
        raise InputError(text) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}, line {line}: is no UTF-8; save it as UTF-8") from None


def reading_as(plan: Plan, source: str | None, record: str | None) -> Reading | None:
    """How lines are read that are records of this source of the plan; None where they are events.

    Raises `InputError`.
    """
    if source is None:
        if record is not None:
            raise InputError("--record goes with --source: it is one of a source's types")
        return None
    try:
        return reading_of(bus_of(plan), source, record)
    except ValueError as error:
        raise InputError(str(error)) from None


def records_meant(plan: Plan, source: str | None) -> list[str]:
    """A note where lines are read as events, and no source of the plan has such."""
    types = [said for one in plan.sources for _, said in record_types(one)]
    if source is not None or not types or any(said.mapping is None for said in types):
        return []
    topics = ", ".join(one.topic for one in plan.sources)
    return [f"every source of the plan is mapped: for records name one with --source: {topics}"]
