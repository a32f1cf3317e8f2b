"""What a preview counts, and what of it may be handed round.

Without `show_values` nothing of a person is in it: of what events say there stay the names of
fields, flags, and texts that the plan itself has; any other value is told by its type.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.core.anonymous import STITCHED
from streams.core.compiled import CompiledPlan
from streams.core.consent import FORCE
from streams.core.consent_rules import ASKS
from streams.core.identities import COMPLETED
from streams.core.identity import PHONE_ALIAS
from streams.core.trigger import comparisons
from streams.logs.redaction import redact

DROPS = 10
SAMPLES = 2
"""Requests that are shown of each action."""
NO_LOSS = (COMPLETED.what, STITCHED.what, ASKS, " is sent", f"sent with {FORCE}")
"""How notes end that tell of nothing that was dropped or changed."""
PLACE = re.compile(r"\[\d+\]")
Line = Mapping[str, Any]


@dataclass(slots=True)
class Tally:
    """Counts trace lines."""

    plan: CompiledPlan
    show_values: bool
    events: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    drops: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    actions: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    ends: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    samples: list[dict[str, Any]] = field(default_factory=list)
    _known: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._known = frozenset(_texts(self.plan))
        for instance in self.plan.instances:
            if instance.enabled:
                self.actions[instance.name] = _counters()

    def add(self, line: Line, place: str) -> None:
        """Count what became of the event at that place of the bus."""
        self.events += 1
        self.outcomes[line["outcome"]] += 1
        if line["filtered"]:
            self._end("filtered", line["filtered"])
        for one in line["dead"]:
            where = f" ({self._field(one['field'])})" if one["field"] else ""
            self._lost(one["action"], "dead_lettered", f"{one['reason']}{where}")
        for one in line["suppressed"]:
            self._lost(one["action"], "suppressed", one["reason"])
        for one in line["notes"]:
            if one["what"].endswith(NO_LOSS):
                continue
            self.drops[
                one["action"], f"{self._field(one['field'])}: {self._text(one['what'])}"
            ] += 1
        for command in line["commands"]:
            self._sent(command, place)

    def report(self) -> dict[str, Any]:
        """All of it, for JSON and for people."""
        return {
            "events": self.events,
            "outcomes": dict(self.outcomes),
            "ends": {
                outcome: dict(reasons.most_common()) for outcome, reasons in self.ends.items()
            },
            "actions": {
                name: {what: dict(one.most_common()) for what, one in counters.items()}
                for name, counters in self.actions.items()
            },
            "drops": [
                {"action": action, "what": what, "count": count}
                for (action, what), count in self.drops.most_common(DROPS)
            ],
            "samples": self.samples,
        }

    def _end(self, outcome: str, reason: str) -> None:
        self.ends[outcome][reason] += 1
        self.drops[None, f"{outcome}, {reason}"] += 1

    def _lost(self, action: str | None, what: str, reason: str) -> None:
        if action is None:
            self._end(what, reason)
            return
        self.actions.setdefault(action, _counters())[what][reason] += 1
        self.drops[action, f"{what}, {reason}"] += 1

    def _sent(self, command: Line, place: str) -> None:
        sent = self.actions.setdefault(command["action"], _counters())["sent"]
        sent[f"{command['method']} {command['path']}"] += 1
        if sent.total() <= SAMPLES:
            self.samples.append({**command, "record": place, "body": self._shown(command["body"])})

    def _field(self, path: str) -> str:
        return self._text(PLACE.sub("[]", path))

    def _text(self, text: str) -> str:
        return text if self.show_values else redact(text)

    def _shown(self, value: Any) -> Any:
        """The value as it may be shown."""
        if self.show_values or value is None or isinstance(value, bool):
            return value
        if isinstance(value, dict):
            return {self._text(name): self._shown(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._shown(one) for one in value]
        if isinstance(value, str):
            plain = value in self._known and redact(value) == value
            return value if plain else "(text)"
        return "(number)"


def _counters() -> dict[str, Counter[str]]:
    return {"sent": Counter(), "suppressed": Counter(), "dead_lettered": Counter()}


def _texts(plan: CompiledPlan) -> Iterator[str]:
    """What the plan itself says: it came from no event."""
    yield plan.keys.source
    for key in (plan.keys.segment_id, plan.keys.email, plan.keys.phone):
        if key:
            yield PHONE_ALIAS.get(key, key)
    for instance in plan.instances:
        yield from _constants(instance.declaration.mapping)
        if instance.trigger is not None:
            for one in comparisons(instance.trigger):
                yield from (said for said in one.values if isinstance(said, str))


def _constants(spec: Any) -> Iterator[str]:
    if isinstance(spec, dict) and "const" in spec:
        yield from _leaves(spec["const"])
    elif isinstance(spec, dict | list):
        for one in spec.values() if isinstance(spec, dict) else spec:
            yield from _constants(one)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _leaves(one)
