"""Stories: events, and what Cordial must be told because of them, as a file.

`{plan?, settings?, account?, events: […], expect: [trace lines, as far as they
matter…]}`. What a line does not say is not compared; a body that it says is compared whole, and so
are lists.
With `source`, a topic of the plan, and maybe `record`, the events are records of that source.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from streams.core.catalogue import Catalogue, CatalogueError, catalogue_of
from streams.core.compiled import CompiledPlan
from streams.core.identity import AccountKeys
from streams.plan import Plan, bus_of, compile_plan, plan_of
from streams.sources.bus import Reading, reading_of

NOW = 1_795_168_800_000
"""2026-11-20T10:00:00Z: stories do not read the clock."""

PARTS = ("plan", "settings", "account", "source", "record", "events", "expect")
SETTINGS = {
    "segment_id_key": "segment_id",
    "email_key": "email",
    "phone_key": "phone",
    "phone_region": "phone_region",
    "source": "source",
}

Line = Mapping[str, Any]
Trace = Callable[[Sequence[Line], CompiledPlan, int, Reading | None], Iterator[Line]]


class StoryError(ValueError):
    """It is no story; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Story:
    """A story, ready to be told."""

    plan: CompiledPlan
    events: tuple[Line, ...]
    expect: tuple[Line, ...]
    reading: Reading | None = None


def story_of(data: Any) -> Story:
    """The story of parsed data. Raises `StoryError` and `PlanError`."""
    if not isinstance(data, Mapping):
        raise StoryError("a story is a JSON object")
    _known(data, PARTS, "a story")
    said = data.get("settings", {})
    if not isinstance(said, Mapping):
        raise StoryError("settings is a JSON object")
    _known(said, SETTINGS, "settings")
    for name, value in said.items():
        if not isinstance(value, str):
            raise StoryError(f"settings: {name} is text")
    keys = AccountKeys(**{SETTINGS[name]: value for name, value in said.items()})
    given = plan_of(data.get("plan", {}))
    plan, reading = compile_plan(given, keys), _reading(data, given)
    plan = plan.of_source(reading.source) if reading else plan
    if "account" in data:
        plan = replace(plan, catalogue=_catalogue(data["account"]))
    return Story(plan, _objects(data, "events"), _objects(data, "expect"), reading)


def _reading(data: Mapping[str, Any], plan: Plan) -> Reading | None:
    if "source" not in data:
        return None
    try:
        return reading_of(bus_of(plan), str(data["source"]), data.get("record"))
    except ValueError as error:
        raise StoryError(f"source: {error}") from None


def _catalogue(said: Any) -> Catalogue:
    if not isinstance(said, Mapping):
        raise StoryError("account is a JSON object of attributes and lists")
    _known(said, ("attributes", "lists"), "account")
    try:
        return catalogue_of(said.get("attributes", []), said.get("lists", []))
    except CatalogueError as error:
        raise StoryError(f"account: {error}") from None


def _known(said: Mapping[str, Any], known: Sequence[str] | Mapping[str, Any], what: str) -> None:
    for name in said:
        if name not in known:
            raise StoryError(f"{what} has no {name}; known are {', '.join(known)}")


def _objects(data: Mapping[str, Any], part: str) -> tuple[Line, ...]:
    said = data.get(part)
    if not isinstance(said, list) or not all(isinstance(one, Mapping) for one in said):
        raise StoryError(f"{part} is a list of JSON objects")
    return tuple(said)


def differing(story: Story, trace: Trace) -> Iterator[str]:
    """How the traces of a story differ from what it expects. Empty: as told."""
    lines = list(trace(story.events, story.plan, NOW, story.reading))
    if len(lines) != len(story.expect):
        yield f"{len(lines)} lines, {len(story.expect)} expected"
    for number, (line, expected) in enumerate(zip(lines, story.expect, strict=False), start=1):
        yield from _differences(f"line {number}", line, expected)


def _differences(path: str, found: Any, expected: Any) -> Iterator[str]:
    if isinstance(expected, Mapping) and isinstance(found, Mapping) and not _is_body(path):
        for key, value in expected.items():
            yield from _differences(f"{path}.{key}", found.get(key), value)
    elif isinstance(expected, list) and isinstance(found, list) and not _is_body(path):
        if len(found) != len(expected):
            yield f"{path}: {len(expected)} expected, found {_json(found)}"
        for index, (one, other) in enumerate(zip(found, expected, strict=False)):
            yield from _differences(f"{path}[{index}]", one, other)
    elif found != expected:
        yield f"{path}: expected {_json(expected)}, found {_json(found)}"


def _is_body(path: str) -> bool:
    return path.endswith(".body")


def _json(value: Any) -> str:
    return json.dumps(value)
