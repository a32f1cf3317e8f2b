"""`trace`: what each event would tell Cordial, and why. Needs no Kafka, no network and no key.

Nothing is changed. What the account's identifiers are called comes from the settings, as in the
worker.
"""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from streams.cordial.account_attributes import read_catalogue
from streams.core.catalogue import CatalogueError
from streams.exits import BAD_SETTINGS, FAILED, OK, USAGE, refused
from streams.kafka.names import names_of
from streams.plan import PlanError, compile_plan, load_plan
from streams.settings import SettingsError, account_keys, load
from streams.tracing.event_files import (
    InputError,
    events_of,
    parsed,
    reading_as,
    records_meant,
    text_of,
)
from streams.tracing.lines import Line
from streams.tracing.page import Page
from streams.tracing.story import StoryError, differing, story_of
from streams.tracing.telling import tell, trace


def run_trace(
    files: list[str],
    *,
    plan: Path | None,
    json: bool,
    story: Path | None,
    segment_id_key: str | None,
    explain: bool = False,
    source: str | None = None,
    record: str | None = None,
) -> int:
    """The `trace` command; the exit code."""
    try:
        if story is not None:
            return _run_story(str(story))
        settings = load()
        keys = account_keys(settings)
        keys = replace(keys, segment_id=segment_id_key or keys.segment_id)
        loaded = load_plan(plan)
        compiled = compile_plan(loaded, keys)
        reading = reading_as(loaded, source, record)
        compiled = compiled.of_source(reading.source) if reading else compiled
        known = settings.cordial.attributes_file
        if compiled.attributes is not None and known is not None:
            compiled = replace(compiled, catalogue=read_catalogue(known))
        events = [event for name in files for event in events_of(name)]
    except (PlanError, SettingsError, CatalogueError) as error:
        return refused(error, BAD_SETTINGS)
    except InputError as error:
        return refused(error, USAGE)
    page = Page(compiled)
    now = time.time_ns() // 1_000_000
    for told in tell(
        events, compiled, now, names_of(settings).prefix, explain=explain, reading=reading
    ):
        if json:
            print(_json(told.line))
        else:
            page.show(told.line, told.event, told.why)
    for note in [] if json else records_meant(loaded, source):
        print(f"note: {note}")
    return OK


def _json(line: Line) -> str:
    """One line of text that every output takes: half a surrogate pair becomes a question mark."""
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace").decode()


def _run_story(name: str) -> int:
    try:
        story = story_of(_document_of(name))
    except StoryError as error:
        raise InputError(f"{name}: {error}") from None
    differences = list(differing(story, trace))
    for difference in differences:
        print(difference)
    if not differences:
        print(f"{name}: as it says")
    return FAILED if differences else OK


def _document_of(name: str) -> Any:
    try:
        return parsed(text_of(name))
    except json.JSONDecodeError as error:
        where = f"{name}, line {error.lineno}, column {error.colno}"
        raise InputError(f"{where}: no JSON ({error.msg}); a story is one JSON object") from None
    except ValueError:
        raise InputError(f"{name}: a number has too many digits; write it as text") from None
