"""`plan diff`: which commands two plans make differently of the same events."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from streams.core.compiled import CompiledPlan
from streams.core.identity import AccountKeys
from streams.core.trigger import shown_path
from streams.exits import BAD_SETTINGS, FAILED, OK, USAGE, refused
from streams.kafka.names import names_of
from streams.plan import Plan, PlanError, compile_plan, load_plan
from streams.settings import account_keys, load
from streams.settings.errors import SettingsError
from streams.sources.bus import Reading
from streams.sources.unknown_fields import counted
from streams.tracing.event_files import InputError, events_of, reading_as
from streams.tracing.lines import printable
from streams.tracing.telling import tell

EVENT = "event"
"""What stands for the action where the event as a whole ends otherwise."""
UNWANTED = "not wanted"
LONGEST = 60
"""Characters of a value that people see."""
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a request with its values; None where it is not there."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes different for one action of one event.

    `what` is `added`, `removed` or `changed` of a command, or `outcome` where neither plan sends
    one and the reasons differ. `before` and `after` say what became of it.
    """

    number: int
    messageId: str  # noqa: N815 - as in a line of trace
    action: str
    what: str
    before: str
    after: str
    fields: tuple[Field, ...] = ()


def changes(number: int, before: Line, after: Line) -> Iterator[Change]:
    """How two trace lines of the event with this number differ; notes do not count."""
    message_id = after["messageId"]
    sent = _sent(before), _sent(after)
    ends = _ends(before), _ends(after)
    for action in dict.fromkeys([*sent[0], *sent[1], *ends[0], *ends[1]]):
        old, new = (one.get(action, []) for one in sent)
        told = [_told(one, line, action) for one, line in zip(ends, (before, after), strict=True)]
        for one, other in _pairs(old, new):
            fields = tuple(_fields(one, other)) if one and other else ()
            what = "added" if one is None else "removed" if other is None else "changed"
            if what != "changed" or fields:
                yield Change(
                    number,
                    message_id,
                    action,
                    what,
                    "sent" if one else told[0],
                    "sent" if other else told[1],
                    fields,
                )
        if not old and not new and told[0] != told[1]:
            yield Change(number, message_id, action, "outcome", told[0], told[1])


def _sent(line: Line) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for command in line["commands"]:
        found[command["action"]].append(command)
    return found


def _ends(line: Line) -> dict[str, str]:
    """What became of that which is not sent, by action or for the event."""
    found = {one["action"]: f"suppressed, {one['reason']}" for one in line["suppressed"]}
    for one in line["dead"]:
        where = f" ({one['field']})" if one["field"] else ""
        found[one["action"] or EVENT] = f"dead letter, {one['reason']}{where}"
    if line["filtered"]:
        found[EVENT] = f"filtered, {line['filtered']}"
    return found


def _told(ends: Mapping[str, str], line: Line, action: str) -> str:
    if action == EVENT:
        return ends.get(EVENT, str(line["outcome"]))
    return ends.get(action, ends.get(EVENT, UNWANTED))


def _pairs(old: list[Line], new: list[Line]) -> Iterator[tuple[Line | None, Line | None]]:
    for place in range(max(len(old), len(new))):
        yield (
            old[place] if place < len(old) else None,
            new[place] if place < len(new) else None,
        )


def _fields(before: Any, after: Any, at: tuple[str, ...] = ()) -> Iterator[Field]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            yield from _fields(before.get(name), after.get(name), (*at, name))
    elif isinstance(before, list) and isinstance(after, list):
        for place in range(max(len(before), len(after))):
            old, new = (one[place] if place < len(one) else None for one in (before, after))
            yield from _fields(old, new, (*at, str(place)))
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        path = at[1:] if at[:1] == ("body",) else at
        yield Field(shown_path(path), before, after)


def run_plan_diff(
    before: Path,
    after: Path,
    files: Sequence[str],
    *,
    segment_id_key: str | None,
    as_json: bool,
    source: str | None = None,
    record: str | None = None,
) -> int:
    """The `plan diff` command; the exit code."""
    try:
        settings = load()
        keys = account_keys(settings)
        keys = replace(keys, segment_id=segment_id_key or keys.segment_id)
        plans = [_readable(load_plan(one), keys, source, record) for one in (before, after)]
        events = [event for name in files for event in events_of(name)]
    except (PlanError, SettingsError) as error:
        return refused(error, BAD_SETTINGS)
    except InputError as error:
        return refused(error, USAGE)
    now = time.time_ns() // 1_000_000
    lines = (tell(events, plan, now, names_of(settings).prefix, reading=one) for plan, one in plans)
    found = []
    for number, (old, new) in enumerate(zip(*lines, strict=True), start=1):
        for change in changes(number, old.line, new.line):
            found.append(change)
            if not as_json:
                print(_line(change))
    canonical = any(one is None or one.canonical for _, one in plans)
    notes = counted(events) if canonical else []
    if as_json:
        print(_json(len(events), found, notes))
    else:
        _summarise(len(events), found)
        for note in notes:
            print(f"note: {printable(note)}")
    return FAILED if found else OK


def _readable(
    plan: Plan, keys: AccountKeys, source: str | None, record: str | None
) -> tuple[CompiledPlan, Reading | None]:
    """A plan, as events of this source see it, and how their records are read."""
    compiled, reading = compile_plan(plan, keys), reading_as(plan, source, record)
    return (compiled.of_source(reading.source) if reading else compiled), reading


def _line(change: Change) -> str:
    head = f"event {change.number}, {printable(change.messageId)}: {change.action} {change.what}"
    if change.what == "changed":
        return f"{head}: {'; '.join(map(_field, change.fields))}"
    return f"{head}: {printable(change.before)} → {printable(change.after)}"


def _field(field: Field) -> str:
    return f"{printable(field.path)} {_short(field.before)} → {_short(field.after)}"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    said = json.dumps(value)
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def _counted(found: Sequence[Change]) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for change in found:
        counted[change.action][change.what] += 1
    return {action: dict(counts) for action, counts in counted.items()}


def _summarise(events: int, found: Sequence[Change]) -> None:
    for action, counts in _counted(found).items():
        print(f"{action}: {', '.join(f'{count} {what}' for what, count in counts.items())}")
    differing = len({change.number for change in found})
    print(
        f"{differing} of {events} events differ" if found else f"no difference in {events} events"
    )


def _json(events: int, found: Sequence[Change], notes: Sequence[str]) -> str:
    said = {
        "same": not found,
        "events": events,
        "differing": len({change.number for change in found}),
        "summary": _counted(found),
        "changes": [asdict(change) for change in found],
        "notes": list(notes),
    }
    return json.dumps(said, ensure_ascii=False).encode("utf-8", "replace").decode()
