"""The trace of an event for people: the event, each action that wanted it, and why others did not.

What producers wrote is shown as it is, except for what a terminal would obey.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.text import Text

from streams.core.compiled import CompiledPlan
from streams.core.event import Event
from streams.core.filters import passed
from streams.core.identity import NOT_USABLE
from streams.core.outcome import Dead
from streams.core.routing import wants
from streams.tracing.explained import explained_lines
from streams.tracing.lines import printable

OFF = "off"
TRIGGER = "its trigger does not match"
NO_ACTION = "no_action"
NAME_A_REGION = (
    "; without a + it needs a region: CORDIAL_STREAMS_CORDIAL__PHONE_REGION, or a market's"
)
PARTS = ("commands", "suppressed", "dead")
NAME_THE_KEY = (
    "name the attribute that stores the user id: --segment-id-key, and for the worker "
    "CORDIAL_STREAMS_CORDIAL__SEGMENT_ID_KEY"
)


@dataclass(slots=True)
class Page:
    """Prints trace lines, one below the other."""

    plan: CompiledPlan
    console: Console = field(default_factory=Console)

    def show(
        self,
        line: Mapping[str, Any],
        event: Event | None,
        reasons: Mapping[str, str] | None = None,
    ) -> None:
        """Print one line. `reasons` has why dead letters are ones, in words, by instance."""
        self._say(_title(line, event), "bold")
        if line["filtered"]:
            self._say(f"  filtered: {line['filtered']}", "yellow")
        for one in line["commands"]:
            key = printable(line["contact"])
            his = _stitched(one)
            self._say(f"  {one['topic']} key {key} → {one['method']} {one['path']}{his}", "green")
            self._say(f"    {printable(json.dumps(one['body'], ensure_ascii=False))}")
        for one in line["suppressed"]:
            self._say(f"  {one['action']}: suppressed, {one['reason']}{_stitched(one)}", "yellow")
        for one in line["dead"]:
            where = f" ({printable(one['field'])})" if one["field"] else ""
            name = one["action"] or "event"
            said = self._hint(one) or _in_words(one, reasons or {}, line)
            self._say(f"  {name}: dead letter, {one['reason']}{where}{said}", "red")
        if "explain" in line:
            for said, style in explained_lines(line["explain"]):
                self._say(printable(said), style)
        elif event is not None and (line["outcome"] == "routed" or line["filtered"] == NO_ACTION):
            for why, names in _unwanted(event, self.plan):
                self._say(f"  not for {', '.join(names)}: {why}", "dim")
        for note in _notes(line, self._regionless()):
            self._say(f"  note: {note}", "dim")

    def _regionless(self) -> frozenset[str]:
        """Where phones stand that could be used if a region were set."""
        if self.plan.keys.phone_region is not None or self.plan.markets is not None:
            return frozenset()
        return frozenset(at for one in self.plan.sought if one.name == "phone" for at in one.places)

    def _hint(self, dead: Mapping[str, Any]) -> str:
        """What a newcomer has not set yet."""
        unset = self.plan.keys.segment_id is None and dead["reason"] == Dead.UNIDENTIFIABLE
        return f"; {NAME_THE_KEY}" if unset else ""

    def _say(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style), soft_wrap=True)


def _in_words(dead: Mapping[str, Any], reasons: Mapping[str, str], line: Mapping[str, Any]) -> str:
    """Why a dead letter is one; an explanation has it at the instance."""
    said = reasons.get(dead["action"] or "")
    return f": {printable(said)}" if said and "explain" not in line else ""


def _notes(line: Mapping[str, Any], regionless: frozenset[str]) -> Iterator[str]:
    """Each note once, with the actions that have it where the event has several."""
    actions: dict[tuple[str, str], dict[str, None]] = {}
    for one in line["notes"]:
        had = actions.setdefault((one["field"], one["what"]), {})
        if one["action"]:
            had[one["action"]] = None
    several = len({one["action"] for part in PARTS for one in line[part] if one["action"]}) > 1
    for (where, what), names in actions.items():
        whose = f" ({', '.join(names)})" if several and names else ""
        hint = NAME_A_REGION if what == NOT_USABLE and where in regionless else ""
        yield f"{printable(where)}: {printable(what)}{whose}{hint}"


def _stitched(one: Mapping[str, Any]) -> str:
    """The visitor's event that this came of, where it is not that of the line."""
    return f" (of {printable(one['stitched'])}, which was held)" if "stitched" in one else ""


def _title(line: Mapping[str, Any], event: Event | None) -> str:
    contact = "nobody" if line["contact"] is None else printable(line["contact"])
    who = f"{printable(line['messageId'])} of {contact}"
    if event is None:
        return f"{who}: {line['outcome']}"
    named = event.event or event.name
    what = f'{event.type} "{printable(named)}"' if named else event.type
    return f"{who}, {what}: {line['outcome']}"


def _unwanted(event: Event, plan: CompiledPlan) -> Iterator[tuple[str, list[str]]]:
    """Why actions do not want an event, and which."""
    names: dict[str, list[str]] = defaultdict(list)
    event = passed(plan.filters, event).event
    for instance in plan.instances:
        if not instance.enabled or instance.condition is None:
            names[OFF].append(instance.name)
        elif wants(instance, event) is None:
            names[TRIGGER].append(instance.name)
    yield from names.items()
