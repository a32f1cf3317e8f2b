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

from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from streams.core.event import Event
from streams.core.outcome import Dead
from streams.core.records import Place
from streams.kafka.codec import Codec, OtherRecord, RegistryAway, Tombstone
from streams.kafka.connection import ConnectionSettingsError
from streams.kafka.load import bus_place, headers_of
from streams.kafka.peeking import Peeked, Start, peek
from streams.kafka.registry import open_registry
from streams.plan import Plan, PlanError, bus_of, compile_plan, load_plan
from streams.previewing.report import markdown, page
from streams.previewing.tally import Tally
from streams.settings import Settings, account_keys, load
from streams.tracing.history import History
from streams.tracing.lines import dead_event, filtered_event

OK, USAGE, BAD_SETTINGS, AWAY, FAILED = 0, 2, 3, 4, 5


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
    settings: Settings, plan: Plan, topic: str, start: Start, limit: int, *, show_values: bool
) -> dict[str, Any]:
    """The report. Raises aiokafka's errors and `AwayError`."""
    compiled = compile_plan(plan, account_keys(settings))
    peeked = await peek(settings, topic, start, limit)
    codec = Codec(open_registry(settings.registry), bus=bus_of(plan))
    tally = Tally(compiled, show_values)
    history = History(compiled, settings.prefix)
    try:
        async for line, record in _lines(codec, history, peeked):
            tally.add(line, f"{record.topic}-{record.partition}-{record.offset}")
    finally:
        await codec.close()
    spans = {str(number): list(span) for number, span in peeked.spans.items()}
    head = {"topic": topic, "limit": limit, "spans": spans, "whole": peeked.whole}
    return {**head, "values_shown": show_values, **tally.report()}


async def _lines(
    codec: Codec, history: History, peeked: Peeked
) -> AsyncIterator[tuple[dict[str, Any], Any]]:
    now = time.time_ns() // 1_000_000
    for record in peeked.records:
        topic, partition, offset = bus_place(record)
        place = Place(topic, partition, offset, time=record.timestamp)
        decoded = await codec.decode_event(record.value, headers_of(record), place, now=now)
        if isinstance(decoded, RegistryAway):
            raise AwayError(decoded.why)
        if isinstance(decoded, Tombstone):
            yield filtered_event("tombstone"), record
        elif isinstance(decoded, OtherRecord):
            yield filtered_event("record"), record
        elif not isinstance(decoded, Event):
            yield dead_event(decoded.reason, decoded.field), record
        elif decoded.contact is None:
            yield dead_event(Dead.NO_KEY, "userId"), record
        else:
            yield history.tell(decoded, codec.bus.source(topic)), record


def run_preview(
    topic: str,
    start: str,
    *,
    limit: int,
    plan: Path | None,
    out: Path | None,
    show_values: bool,
    as_json: bool,
) -> int:
    """The `preview` command; the exit code."""
    try:
        settings, begin = load(), start_of(start)
        report = asyncio.run(
            preview(settings, load_plan(plan), topic, begin, limit, show_values=show_values)
        )
    except StartError as error:
        return _refused(str(error), USAGE)
    except UnknownTopicOrPartitionError:
        return _refused(f"the broker has no topic {topic}", FAILED)
    except KafkaError as error:
        name = type(error).__name__
        return _refused(f"the broker does not answer ({name}); look at kafka.bootstrap", AWAY)
    except AwayError as error:
        return _refused(f"the registry gives no answer: {error}", AWAY)
    except (PlanError, ConnectionSettingsError, ValueError) as error:
        return _refused(str(error), BAD_SETTINGS)
    report = {"topic": topic, "from": start, **report}
    try:
        _write(report, out)
    except OSError as error:
        return _refused(f"{out}: cannot be written ({error.strerror})", USAGE)
    said = json.dumps(report, ensure_ascii=False) if as_json else "\n".join(markdown(report))
    print(said.encode("utf-8", "replace").decode())
    return OK


def _write(report: dict[str, Any], out: Path | None) -> None:
    if out is not None:
        lines = "\n".join(markdown(report)) + "\n"
        text = page(report) if out.suffix.lower() in (".html", ".htm") else lines
        out.write_text(text, "utf-8", "replace")


def _refused(text: str, code: int) -> int:
    print(f"cordial-streams: {text}", file=sys.stderr)
    return code
