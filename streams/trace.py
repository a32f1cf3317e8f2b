"""`trace`: what each event would tell Cordial, and why. Needs no Kafka, no network and no key.

The lines are one history: what the tables would know of earlier lines is kept in memory, as if
every command had been delivered. Nothing is changed. What the account's identifiers are called
comes from the settings, as in the worker.
"""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from streams.cordial.account_attributes import read_catalogue
from streams.core.catalogue import Account, CatalogueError
from streams.core.command import Command, Position
from streams.core.compiled import CompiledPlan, Instance
from streams.core.consent import Consent, died
from streams.core.deciding import decide
from streams.core.decisions import DeadLetter, Decision, Known, Seen, Send, Suppress, Wait, seen_key
from streams.core.event import Event, Note
from streams.core.learning import merged
from streams.core.orders import OrderState
from streams.core.outcome import CommandOutcome, Dead
from streams.core.records import Place
from streams.core.routed import Filtered, Routed
from streams.core.routing import route
from streams.core.supplements import TABLE as SUPPLEMENTS
from streams.core.supplements import keys_of
from streams.event_files import InputError, events_of, parsed, reading_as, text_of
from streams.plan import PlanError, compile_plan, load_plan
from streams.settings import account_keys, load
from streams.settings_errors import SettingsError
from streams.sources.bus import Reading
from streams.sources.customer_event import Invalid, from_json
from streams.sources.unknown_fields import noted
from streams.story import StoryError, differing, story_of
from streams.trace_explained import explanation
from streams.trace_page import Page
from streams.trace_visitors import Visits

OK, USAGE, BAD_PLAN, DIFFERENT = 0, 2, 3, 5
TOPIC = "trace"
PREFIX = "cordial"
WAITS = "waits"
"""What stands for the reason where a command waits for the account."""
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One event's trace line; `event` is None where the line of input was none."""

    line: Line
    event: Event | None


@dataclass(slots=True)
class History:
    """What the tables would know. `prefix` is that of our topics."""

    plan: CompiledPlan
    prefix: str = PREFIX
    seen: dict[bytes, Seen] = field(default_factory=dict)
    orders: dict[tuple[str, str], OrderState] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    learned: dict[tuple[str, str], Any] = field(default_factory=dict)
    offset: int = 0
    explain: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    visits: Visits = field(init=False)

    def __post_init__(self) -> None:
        self.visits = Visits(self.plan)

    def tell(self, event: Event, source: str | None = None) -> Line:
        """The trace line of the next event; `source` is the topic that it comes from."""
        self.refused.clear()
        line = self._tell(event, source)
        if self.explain and line["outcome"] != "dead_lettered":
            line["explain"] = explanation(event, self.plan, self.refused, source)
        return line

    def _tell(self, event: Event, source: str | None) -> Line:
        position = Position(0, TOPIC, 0, self.offset)
        self.offset += 1
        line = _line(event.message_id, event.contact)
        line["notes"] = [_note(None, note) for note in event.notes]
        try:
            routed = route(event, self.plan, source)
        except Exception:  # noqa: BLE001 - a bug of ours is an outcome of one event
            return _over(line, Dead.BUG, None)
        if self.visits.on:
            event, routed = self.visits.turned(event, routed, line, source)
        if isinstance(routed, Filtered):
            line |= {"outcome": "filtered", "filtered": routed.reason}
        else:
            line["contact"] = event.contact
            self._routed(routed, position, line)
        for his, made in self.visits.follow(event, routed, source) if self.visits.on else ():
            self._follows(his, made, line)
        return line

    def _follows(self, event: Event, made: Routed | Filtered, line: Line) -> None:
        """What came of a visitor's event, or of a merge, on the line of the tie."""
        position = Position(-1, TOPIC, 0, self.offset)
        self.offset += 1
        own = _line(event.message_id, event.contact)
        if isinstance(made, Routed):
            self._routed(made, position, own)
        his = {} if event.message_id == line["messageId"] else {"stitched": event.message_id}
        for part in ("commands", "suppressed", "dead", "notes"):
            line[part] += [{**one, **his} for one in own[part]]

    def _routed(self, routed: Routed, position: Position, line: Line) -> None:
        self.groups |= dict(routed.groups)
        line["dead"] += [_dead(one.action, one.reason, one.field) for one in routed.dead]
        self.refused |= {one.action: one.message for one in routed.dead}
        line["suppressed"] += [
            {"action": one.action, "reason": str(one.told)} for one in routed.suppressed
        ]
        instances = {instance.name: instance for instance in self.plan.instances}
        for command in routed.commands:
            self._command(replace(command, position=position), position, instances, line)

    def _command(
        self,
        command: Command,
        position: Position,
        instances: Mapping[str, Instance],
        line: Line,
    ) -> None:
        name, instance = command.action, instances[command.action]
        line["notes"] += [_note(name, note) for note in command.notes]
        key = seen_key(command.contact, command.message_id, name)
        decision = self._decide(command, position, instance, key)
        if isinstance(decision, Wait):
            line["suppressed"].append({"action": name, "reason": WAITS})
            line["notes"] += [_note(name, one.note) for one in decision.found]
            return
        if isinstance(decision, Suppress):
            line["suppressed"].append({"action": name, "reason": str(decision.reason)})
            self._order(decision.order_row)
            self._learn(name, decision, line)
            return
        if isinstance(decision, DeadLetter):
            line["dead"].append(_dead(name, decision.reason, decision.field))
            self.refused[name] = decision.message
            self._order(decision.order_row)
            self._died(command, position)
            return
        self.seen[key] = Seen(position, command.event_time, CommandOutcome.DELIVERED)
        if isinstance(decision, Send):
            self._send(name, decision, instance, line)

    def _order(self, row: OrderState | None) -> None:
        if row is not None:
            self.orders[row.contact, str(row.body["orderID"])] = row

    def _died(self, command: Command, position: Position) -> None:
        """Who left a channel has left it, though the command died."""
        if command.consent:
            place = "consent", command.contact
            known = self.learned.get(place) or Consent()
            self.learned[place] = died(known, command, position, sure=True)

    def _learn(self, name: str, decision: Send | Suppress, line: Line) -> None:
        line["notes"] += [_note(name, note) for note in decision.notes]
        for one in decision.learned:
            place = one.table, one.key
            self.learned[place] = merged(self.learned.get(place), one)

    def _send(self, name: str, decision: Send, instance: Instance, line: Line) -> None:
        self._learn(name, decision, line)
        order = decision.order_intent
        self._order(None if order is None else order.done())
        line["commands"].append(
            {
                "action": name,
                "topic": f"{self.prefix}.{name}",
                "method": instance.declaration.method,
                "path": instance.declaration.path,
                "body": decision.body,
            }
        )

    def _decide(
        self, command: Command, position: Position, instance: Instance, key: bytes
    ) -> Decision:
        group_id = command.body.get("identifyListBy", {}).get("segment_group_id", "")
        known = Known(
            position=position,
            seen=self.seen.get(key),
            order=self.orders.get((command.contact, str(command.body.get("orderID", "")))),
            group_name=self.groups.get(group_id),
            identities=self.learned.get(("identities", command.contact)),
            supplements={
                key: self.learned[SUPPLEMENTS, key]
                for key in keys_of(command.contact, command.body)
                if (SUPPLEMENTS, key) in self.learned
            },
            profile=self.learned.get(("profiles", command.contact)),
            consent=self.learned.get(("consent", command.contact)),
        )
        if self.plan.attributes is not None and self.plan.catalogue is not None:
            account = Account(self.plan.catalogue, self.plan.attributes)
            known = replace(known, account=account)
        try:
            return decide(command, known, instance)
        except Exception as error:  # noqa: BLE001 - a bug of ours is an outcome of one command
            return DeadLetter(Dead.BUG, None, f"{type(error).__name__} while deciding")


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
            line = _line(_message_id(raw, offset), None)
            told = Told(_over(line, Dead.INVALID, event.field), None)
        elif event.contact is None:
            line = _line(event.message_id, None)
            line["notes"] = [_note(None, note) for note in event.notes]
            told = Told(_over(line, Dead.NO_KEY, "userId"), event)
        else:
            told = Told(history.tell(event), event)
        if reading is None or reading.canonical:
            told.line["notes"] += [_note(None, note) for note in noted(raw)]
        yield told


def dead_event(reason: Dead, where: str | None) -> Line:
    """The line of what is no event, and of one that nobody can be told of."""
    return _over(_line("", None), reason, where)


def filtered_event(reason: str) -> Line:
    """The line of a record that is kept back before it is read."""
    return _line("", None) | {"outcome": "filtered", "filtered": reason}


def _message_id(raw: Mapping[str, Any], offset: int) -> str:
    said = raw.get("messageId")
    return said if isinstance(said, str) and said.strip() else f"{TOPIC}-0-{offset}"


def _line(message_id: str, contact: str | None) -> Line:
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


def _over(line: Line, reason: Dead, where: str | None) -> Line:
    return line | {"outcome": "dead_lettered", "dead": [_dead(None, reason, where)]}


def _dead(action: str | None, reason: Dead, where: str | None) -> Line:
    return {"action": action, "reason": str(reason), "field": where}


def _note(action: str | None, note: Note) -> Line:
    return {"action": action, "field": note.field, "what": note.what}


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
        return _refused(error, BAD_PLAN)
    except InputError as error:
        return _refused(error, USAGE)
    page = Page(compiled)
    now = time.time_ns() // 1_000_000
    for told in tell(events, compiled, now, settings.prefix, explain=explain, reading=reading):
        if json:
            print(_json(told.line))
        else:
            page.show(told.line, told.event)
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
    return DIFFERENT if differences else OK


def _document_of(name: str) -> Any:
    try:
        return parsed(text_of(name))
    except json.JSONDecodeError as error:
        where = f"{name}, line {error.lineno}, column {error.colno}"
        raise InputError(f"{where}: no JSON ({error.msg}); a story is one JSON object") from None
    except ValueError:
        raise InputError(f"{name}: a number has too many digits; write it as text") from None


def _refused(error: Exception, code: int) -> int:
    print(f"cordial-streams: {error}", file=sys.stderr)
    return code
