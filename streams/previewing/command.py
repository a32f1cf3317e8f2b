"""`preview`: what a plan makes of what is on the bus, without telling anybody.

Records are read and decoded as a worker does, and each contact's in their order. No group is
joined, nothing is committed, produced or sent.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka.errors import UnknownTopicOrPartitionError

from streams.core.event import Event
from streams.core.outcome import Dead
from streams.core.records import Place
from streams.exits import BAD_SETTINGS, DEPENDENCY_DOWN, FAILED, OK, USAGE, refused
from streams.kafka.codec import Codec, OtherRecord, RegistryAway, Tombstone
from streams.kafka.load import bus_place, headers_of, place_of
from streams.kafka.names import names_of
from streams.kafka.peeking import Peeked, Start, peek
from streams.kafka.registry import open_registry
from streams.operating.exits import told
from streams.plan import Plan, bus_of, compile_plan, load_plan
from streams.previewing.report import markdown, page
from streams.previewing.rows import RowError, known, lay, read_rows, wanted_rows
from streams.previewing.tally import Tally
from streams.settings import Settings, account_keys, load
from streams.tracing.history import History
from streams.tracing.lines import dead_event, filtered_event


class StartError(ValueError):
    """It is no place to start from."""


class AwayError(Exception):
    """The registry gives no answer; says why."""


def start_of(text: str) -> Start:
    """`beginning`, an offset, or a time as ISO 8601, in UTC where it names no zone.

    Raises `StartError`.
    """
    if text == "beginning":
        return Start()
    if text.isdecimal() and len(text) < 19:
        return Start(offset=int(text))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        expected = "beginning, an offset like 1042, or a time like 2026-11-20T10:00:00Z"
        raise StartError(f"--from {text}: expected {expected}") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Start(time=max(0, int(at.timestamp() * 1000)))


async def preview(
    settings: Settings,
    plan: Plan,
    topic: str,
    start: Start,
    limit: int,
    *,
    show_values: bool,
    tables: bool = False,
) -> dict[str, Any]:
    """The report; with `tables` what the worker's tables know is known from the beginning.

    Raises aiokafka's errors, `AwayError` and `RowError`.
    """
    compiled = compile_plan(plan, account_keys(settings))
    peeked = await peek(settings, topic, start, limit)
    codec = Codec(open_registry(settings.registry), bus=bus_of(plan))
    tally = Tally(compiled, show_values)
    history = History(compiled, names_of(settings).prefix)
    rows = None
    try:
        read = [one async for one in _read(codec, peeked)]
        if tables:
            events = ((one, source) for one, source, _ in read if isinstance(one, Event))
            rows = await read_rows(settings, wanted_rows(events, compiled), _progress)
            lay(rows, history, codec)
        for decoded, source, record in read:
            tally.add(_line(decoded, source, history), place_of(record))
    finally:
        await codec.close()
    spans = {str(number): list(span) for number, span in peeked.spans.items()}
    head = {"topic": topic, "limit": limit, "spans": spans, "whole": peeked.whole}
    shown = {"values_shown": show_values, "history": None if rows is None else known(rows)}
    return {**head, **shown, **tally.report()}


async def _read(codec: Codec, peeked: Peeked) -> AsyncIterator[tuple[Any, str, Any]]:
    """What each record is, the source that it comes from, and the record."""
    now = time.time_ns() // 1_000_000
    for record in peeked.records:
        topic, partition, offset = bus_place(record)
        place = Place(topic, partition, offset, time=record.timestamp)
        decoded = await codec.decode_event(record.value, headers_of(record), place, now=now)
        if isinstance(decoded, RegistryAway):
            raise AwayError(decoded.why)
        yield decoded, codec.bus.source(topic), record


def _line(decoded: Any, source: str, history: History) -> dict[str, Any]:
    if isinstance(decoded, Tombstone):
        return filtered_event("tombstone")
    if isinstance(decoded, OtherRecord):
        return filtered_event("record")
    if not isinstance(decoded, Event):
        return dead_event(decoded.reason, decoded.field)
    if decoded.contact is None:
        return dead_event(Dead.NO_KEY, "userId")
    return history.tell(decoded, source)


def _progress(text: str) -> None:
    print(text, file=sys.stderr)


@told
def run_preview(
    topic: str,
    start: str,
    *,
    limit: int,
    plan: Path | None,
    out: Path | None,
    show_values: bool,
    tables: bool,
    as_json: bool,
) -> int:
    """The `preview` command; the exit code."""
    try:
        settings, begin = load(), start_of(start)
        given = load_plan(plan)
        report = asyncio.run(
            preview(settings, given, topic, begin, limit, show_values=show_values, tables=tables)
        )
    except StartError as error:
        return refused(error, USAGE)
    except UnknownTopicOrPartitionError:
        return refused(f"the broker has no topic {topic}", FAILED)
    except AwayError as error:
        return refused(f"the registry gives no answer: {error}", DEPENDENCY_DOWN)
    except RowError as error:
        return refused(f"a table cannot be read: {error}; leave --tables out", FAILED)
    except ValueError as error:
        return refused(error, BAD_SETTINGS)
    report = {"topic": topic, "from": start, **report}
    try:
        _write(report, out)
    except OSError as error:
        return refused(f"{out}: cannot be written ({error.strerror})", USAGE)
    said = json.dumps(report, ensure_ascii=False) if as_json else "\n".join(markdown(report))
    print(said.encode("utf-8", "replace").decode())
    return OK


def _write(report: dict[str, Any], out: Path | None) -> None:
    if out is not None:
        lines = "\n".join(markdown(report)) + "\n"
        text = page(report) if out.suffix.lower() in (".html", ".htm") else lines
        out.write_text(text, "utf-8", "replace")
