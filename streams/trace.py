"""`trace`: what each event would tell Cordial, and why. Needs no Kafka, no network and no key.

The lines are one history: what the tables would know of earlier lines is kept in memory, as if
every command had been delivered. Nothing is changed.
"""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from streams.core.command import Command, Position
from streams.core.deciding import DeadLetter, Known, Seen, Send, Suppress, decide, seen_key
from streams.core.event import Event, Note
from streams.core.identity import AccountKeys
from streams.core.orders import OrderState
from streams.core.outcome import CommandOutcome
from streams.core.records import Place
from streams.core.routing import CompiledPlan, Filtered, Instance, route
from streams.plan import PlanError, compile_plan, load_plan, plan_of
from streams.sources.customer_event import Invalid, from_json

OK, USAGE, BAD_PLAN, DIFFERENT = 0, 2, 3, 5
TOPIC = "trace"
PREFIX = "cordial"
Line = dict[str, Any]


class InputError(ValueError):
    """A line is no JSON object; says which file, which line and what to do."""


@dataclass(slots=True)
class History:
    """What the tables would know."""

    plan: CompiledPlan
    seen: dict[bytes, Seen] = field(default_factory=dict)
    orders: dict[str, OrderState] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    offset: int = 0

    def tell(self, event: Event) -> Line:
        """The trace line of the next event."""
        position = Position(0, TOPIC, 0, self.offset)
        self.offset += 1
        line = _line(event)
        routed = route(event, self.plan)
        if isinstance(routed, Filtered):
            return line | {"outcome": "filtered", "filtered": routed.reason}
        self.groups |= dict(routed.groups)
        line["dead"] += [_dead(one.action, one) for one in routed.dead]
        line["suppressed"] += [
            {"action": one.action, "reason": str(one.reason)} for one in routed.suppressed
        ]
        instances = {instance.name: instance for instance in self.plan.instances}
        for command in routed.commands:
            self._decide(replace(command, position=position), instances[command.action], line)
        return line

    def _decide(self, command: Command, instance: Instance, line: Line) -> None:
        line["notes"] += [_note(command.action, note) for note in command.notes]
        key = seen_key(command.contact, command.message_id, command.action)
        order_id = str(command.body.get("orderID", ""))
        group_id = command.body.get("identifyListBy", {}).get("segment_group_id", "")
        position = command.position or Position(0, TOPIC, 0, 0)
        known = Known(
            position=position,
            seen=self.seen.get(key),
            order=self.orders.get(order_id),
            group_name=self.groups.get(group_id),
        )
        decision = decide(command, known, instance)
        if isinstance(decision, Suppress):
            reason = str(decision.reason)
            line["suppressed"].append({"action": command.action, "reason": reason})
        elif isinstance(decision, DeadLetter):
            line["dead"].append(_dead(command.action, decision))
        else:
            self.seen[key] = Seen(position, command.event_time, CommandOutcome.DELIVERED)
            if decision.order_intent is not None:
                self.orders[order_id] = decision.order_intent.done()
            line["commands"].append(_command(command, instance, decision))


def trace(events: Iterable[Mapping[str, Any]], plan: CompiledPlan, now: int) -> Iterator[Line]:
    """A line per event. `now` is in milliseconds since 1970."""
    history = History(plan)
    for offset, raw in enumerate(events):
        event = from_json(raw, Place(TOPIC, 0, offset), now)
        if isinstance(event, Invalid):
            dead = [{"action": None, "reason": "invalid", "field": event.field}]
            line = _empty(str(raw.get("messageId", "")), None)
            yield line | {"outcome": "dead_lettered", "dead": dead}
        elif event.contact is None:
            dead = [{"action": None, "reason": "no_key", "field": "userId"}]
            yield _line(event) | {"outcome": "dead_lettered", "dead": dead}
        else:
            yield history.tell(event)


def _line(event: Event) -> Line:
    line = _empty(event.message_id, event.contact)
    return line | {"notes": [_note(None, note) for note in event.notes]}


def _empty(message_id: str, contact: str | None) -> Line:
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


def _command(command: Command, instance: Instance, send: Send) -> Line:
    return {
        "action": command.action,
        "topic": f"{PREFIX}.{command.action}",
        "method": instance.declaration.method,
        "path": instance.declaration.path,
        "body": send.body,
    }


def _dead(action: str, dead: Any) -> Line:
    return {"action": action, "reason": str(dead.reason), "field": dead.field}


def _note(action: str | None, note: Note) -> Line:
    return {"action": action, "field": note.field, "what": note.what}


def read_events(text: str, name: str) -> list[Mapping[str, Any]]:
    """One JSON object, or one per line. Raises `InputError`."""
    try:
        whole = json.loads(text)
    except ValueError:
        return [_event_of(line, name, number) for number, line in _numbered(text)]
    events = whole if isinstance(whole, list) else [whole]
    if not all(isinstance(event, dict) for event in events):
        raise InputError(f"{name}: an event is a JSON object")
    return events


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line


def _event_of(line: str, name: str, number: int) -> Mapping[str, Any]:
    try:
        event = json.loads(line)
    except ValueError as error:
        where = f"{name}, line {number}"
        raise InputError(f"{where}: no JSON ({error}); give one event per line") from None
    if not isinstance(event, dict):
        raise InputError(f"{name}, line {number}: an event is a JSON object")
    return event


def run_trace(
    files: list[str],
    *,
    plan: Path | None,
    json: bool,
    story: Path | None,
    segment_id_key: str | None,
) -> int:
    """The `trace` command; the exit code."""
    try:
        if story is not None:
            return _run_story(story)
        compiled = compile_plan(load_plan(plan), AccountKeys(segment_id=segment_id_key))
        events = [event for name in files for event in read_events(_text_of(name), name)]
    except PlanError as error:
        print(f"cordial-streams: {error}", file=sys.stderr)
        return BAD_PLAN
    except (InputError, OSError) as error:
        print(f"cordial-streams: {error}", file=sys.stderr)
        return USAGE
    console = Console()
    for line in trace(events, compiled, time.time_ns() // 1_000_000):
        _print(line, console, as_json=json)
    return OK


def _text_of(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text()


def _print(line: Line, console: Console, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(line, ensure_ascii=False))
        return
    title = f"{line['messageId']} of {line['contact']}: {line['outcome']}"
    console.print(title, highlight=False, markup=False)
    if line["filtered"]:
        console.print(f"  filtered: {line['filtered']}", markup=False)
    for one in line["commands"]:
        body = json.dumps(one["body"], ensure_ascii=False)
        console.print(f"  {one['topic']} → {one['method']} {one['path']}", markup=False)
        console.print(f"    {body}", markup=False, highlight=False, soft_wrap=True)
    for one in line["suppressed"]:
        console.print(f"  {one['action']}: suppressed, {one['reason']}", markup=False)
    for one in line["dead"]:
        where = f" ({one['field']})" if one["field"] else ""
        name = one["action"] or "event"
        console.print(f"  {name}: dead letter, {one['reason']}{where}", markup=False)
    for one in line["notes"]:
        console.print(f"  note: {one['field']}: {one['what']}", markup=False)


def _run_story(path: Path) -> int:
    differences = list(differing(json.loads(path.read_text())))
    for difference in differences:
        print(difference)
    if not differences:
        print(f"{path}: as it says")
    return DIFFERENT if differences else OK


STORY_NOW = 1_795_168_800_000
"""2026-11-20T10:00:00Z: stories do not read the clock."""


def differing(story: Mapping[str, Any]) -> Iterator[str]:
    """How the traces of a story differ from what it expects, as far as it says. Empty: as told."""
    settings = story.get("settings", {})
    keys = AccountKeys(
        segment_id=settings.get("segment_id_key"), phone_region=settings.get("phone_region")
    )
    compiled = compile_plan(plan_of(story.get("plan", {})), keys)
    lines = list(trace(story["events"], compiled, STORY_NOW))
    if len(lines) != len(story["expect"]):
        yield f"{len(lines)} lines, {len(story['expect'])} expected"
    for number, (line, expected) in enumerate(zip(lines, story["expect"], strict=False), start=1):
        yield from _differences(f"line {number}", line, expected)


def _differences(path: str, found: Any, expected: Any) -> Iterator[str]:
    if isinstance(expected, Mapping) and isinstance(found, Mapping) and not _is_body(path):
        for key, value in expected.items():
            yield from _differences(f"{path}.{key}", found.get(key), value)
    elif isinstance(expected, list) and isinstance(found, list):
        if len(found) != len(expected):
            yield f"{path}: {len(expected)} expected, found {json.dumps(found)}"
        for index, (one, other) in enumerate(zip(found, expected, strict=False)):
            yield from _differences(f"{path}[{index}]", one, other)
    elif found != expected:
        yield f"{path}: expected {json.dumps(expected)}, found {json.dumps(found)}"


def _is_body(path: str) -> bool:
    return path.endswith(".body")
