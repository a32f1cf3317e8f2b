"""The reasons of a trace line: as JSON under `explain`, and as text for people."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.core.compiled import CompiledPlan
from streams.core.event import Event
from streams.core.explaining import Applied, InstanceExplained, explained
from streams.core.mapping_explained import Mapped, places_of
from streams.core.trigger import Explained
from streams.core.why_suppressed import why_suppressed
from streams.tracing.consent import Judged, channel, channel_lines

LONGEST = 60
"""Characters of a value that people see; JSON has it whole."""
MARKS = {True: "✓", False: "✗"}


@dataclass(slots=True)
class Ended:
    """What became of an event's commands, by instance: why one is a dead letter, in words, and
    what was known and decided of the subscriptions that it says."""

    refused: dict[str, str] = field(default_factory=dict)
    judged: dict[str, Judged] = field(default_factory=dict)

    def clear(self) -> None:
        """Begin with the next event."""
        self.refused.clear()
        self.judged.clear()


def explanation(
    event: Event,
    plan: CompiledPlan,
    ended: Ended,
    suppressed: Mapping[str, str],
    sent: Mapping[str, Any],
    source: str | None = None,
) -> dict[str, Any]:
    """Why the event becomes what it becomes, as JSON has it.

    `suppressed` has the reasons of the instances whose command is not sent, `sent` the bodies of
    the others.
    """
    whole = explained(event, plan, source)
    return {
        "rules": [_rule(one) for one in whole.rules],
        "identifiers": [_field(one) for one in whole.identifiers],
        "instances": [
            _instance(one, ended, suppressed.get(one.name), sent.get(one.name))
            for one in whole.instances
        ],
    }


def _rule(one: Applied) -> dict[str, Any]:
    return {
        "name": one.name,
        "kept_back": one.kept_back,
        "took": list(one.took),
        "put": list(one.put),
    }


def _instance(
    one: InstanceExplained, ended: Ended, reason: str | None, sent: Any
) -> dict[str, Any]:
    found = dict(places_of(sent)) if sent is not None else {}
    return {
        "name": one.name,
        "action": one.action,
        "on": one.on,
        "trigger": None if one.trigger is None else _trigger(one.trigger),
        "wanted": one.wanted,
        "rules": [_rule(rule) for rule in one.rules],
        "fields": [_field(field) | _otherwise(field, found) for field in one.fields],
        "consent": [channel(said, ended.judged.get(one.name)) for said in one.consent],
        "refused": ended.refused.get(one.name),
        "suppressed": None if reason is None else why_suppressed(reason),
    }


def _trigger(part: Explained) -> dict[str, Any]:
    if not part.joins:
        return {"true": part.truth, "text": part.text}
    return {"true": part.truth, part.joins: [_trigger(inner) for inner in part.parts]}


def _field(field: Mapped) -> dict[str, Any]:
    said: dict[str, Any] = {"body": field.body, "from": list(field.sources), "by": list(field.by)}
    return said | ({"why": field.why} if field.why else {"value": field.value})


def _otherwise(field: Mapped, found: Mapping[str, Any]) -> dict[str, Any]:
    """What the request has in its place: markets, guards and orders come after the mapping."""
    sent = found.get(field.body)
    return {} if sent is None or sent == field.value else {"sent": sent}


def explained_lines(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The lines of a page with their styles."""
    for rule in told["rules"]:
        yield from _rule_lines(rule, "  ")
    for one in told["identifiers"]:
        yield f"  {_field_line(one)}", ""
    for one in told["instances"]:
        if one["trigger"] is None:
            yield f"  {one['name']}: off", "dim"
            continue
        yield f"  {one['name']}: trigger {MARKS[one['trigger']['true']]}", "bold"
        yield from _trigger_lines(one["trigger"], "    ")
        for rule in one["rules"]:
            yield from _rule_lines(rule, "    ")
        yield from _field_lines(one["fields"])
        for said in one["consent"]:
            yield from channel_lines(said)
        if one["suppressed"] is not None:
            yield f"    suppressed: {one['suppressed']}", "yellow"
        if one["refused"] is not None:
            yield f"    refused: {one['refused']}", "red"


def _rule_lines(rule: Mapping[str, Any], indent: str) -> Iterator[tuple[str, str]]:
    if rule["kept_back"]:
        yield f"{indent}filter {rule['name']}: keeps the event back", "yellow"
    for word, did in (("took", "takes"), ("put", "puts")):
        if rule[word]:
            yield f"{indent}filter {rule['name']}: {did} {', '.join(rule[word])}", "yellow"


def _trigger_lines(part: Mapping[str, Any], indent: str) -> Iterator[tuple[str, str]]:
    mark = MARKS[part["true"]]
    if "text" in part:
        yield f"{indent}{mark} {part['text']}", "dim"
        return
    (word,) = (name for name in part if name != "true")
    yield f"{indent}{mark} {word}", "dim"
    for inner in part[word]:
        yield from _trigger_lines(inner, f"{indent}  ")


def _field_lines(fields: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Those that gave something, a line each; then those that did not, a line for each reason."""
    without: dict[str, list[str]] = defaultdict(list)
    for one in fields:
        if "why" in one and "sent" not in one:
            without[one["why"]].append(f"{one['body']} ← {_source(one)}")
        else:
            yield f"    {_field_line(one)}", ""
    for why, those in without.items():
        yield f"    left out, {why}: {'; '.join(those)}", "dim"


def _field_line(field: Mapping[str, Any]) -> str:
    by = f" by {', '.join(field['by'])}" if field["by"] else ""
    given = field.get("why") or f"= {_short(field['value'])}"
    sent = f", sent as {_short(field['sent'])}" if "sent" in field else ""
    return f"{field['body']} ← {_source(field)}{by} {given}{sent}"


def _source(field: Mapping[str, Any]) -> str:
    return ", ".join(field["from"]) or "a constant"


def _short(value: Any) -> str:
    said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"
