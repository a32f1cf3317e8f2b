"""What the tables would know of the events before, and the trace line of the next one.

It is kept in memory, as if every command had been delivered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from streams.core.catalogue import Account
from streams.core.command import Command, Position
from streams.core.compiled import CompiledPlan, Instance
from streams.core.consent import Consent, died
from streams.core.deciding import decide
from streams.core.decisions import (
    DeadLetter,
    Decision,
    Known,
    Seen,
    Send,
    Suppress,
    Wait,
    remembered_as,
    seen_key,
)
from streams.core.event import Event, Note
from streams.core.learning import merged
from streams.core.memberships import GROUPS, group_id_of
from streams.core.order_state import OrderState
from streams.core.outcome import CommandOutcome, Dead
from streams.core.routed import Filtered, Routed
from streams.core.routing import route
from streams.core.supplements import TABLE as SUPPLEMENTS
from streams.core.supplements import keys_of
from streams.core.why_suppressed import WAITS
from streams.tracing.consent import Judged
from streams.tracing.explained import Ended, explanation
from streams.tracing.lines import Line, dead_part, line_of, note_part, over
from streams.tracing.visitors import Visits

TOPIC = "trace"
PREFIX = "cordial"


@dataclass(slots=True)
class History:
    """What the tables would know. `prefix` is that of our topics."""

    plan: CompiledPlan
    prefix: str = PREFIX
    seen: dict[bytes, Seen] = field(default_factory=dict)
    orders: dict[tuple[str, str], OrderState] = field(default_factory=dict)
    learned: dict[tuple[str, str], Any] = field(default_factory=dict)
    offset: int = 0
    explain: bool = False
    ended: Ended = field(default_factory=Ended)
    visits: Visits = field(init=False)

    def __post_init__(self) -> None:
        self.visits = Visits(self.plan)

    def tell(self, event: Event, source: str | None = None) -> Line:
        """The trace line of the next event; `source` is the topic that it comes from."""
        self.ended.clear()
        line = self._tell(event, source)
        if self.explain and line["outcome"] != "dead_lettered":
            own = [one for one in line["suppressed"] if "stitched" not in one]
            suppressed = {one["action"]: one["reason"] for one in own}
            own = [one for one in line["commands"] if "stitched" not in one]
            sent = {one["action"]: one["body"] for one in own}
            line["explain"] = explanation(event, self.plan, self.ended, suppressed, sent, source)
        return line

    def _tell(self, event: Event, source: str | None) -> Line:
        position = Position(0, TOPIC, 0, self.offset)
        self.offset += 1
        line = line_of(event.message_id, event.contact)
        line["notes"] = [note_part(None, note) for note in event.notes]
        try:
            routed = route(event, self.plan, source)
        except Exception:  # noqa: BLE001 - a bug of ours is an outcome of one event
            return over(line, Dead.BUG, None)
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
        own = line_of(event.message_id, event.contact)
        if isinstance(made, Routed):
            self._routed(made, position, own)
        else:
            kept_back = Note("anonymousId", f"stitched, and filtered: {made.reason}")
            own["notes"].append(note_part(None, kept_back))
        his = {} if event.message_id == line["messageId"] else {"stitched": event.message_id}
        for part in ("commands", "suppressed", "dead", "notes"):
            line[part] += [{**one, **his} for one in own[part]]

    def _routed(self, routed: Routed, position: Position, line: Line) -> None:
        line["dead"] += [dead_part(one.action, one.reason, one.field) for one in routed.dead]
        self.ended.refused |= {one.action: one.message for one in routed.dead}
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
        line["notes"] += [note_part(name, note) for note in command.notes]
        key = seen_key(command.contact, command.message_id, name)
        decision = self._decide(command, position, instance, key)
        if self.explain and command.consent and position.generation == 0:
            before = self.learned.get(("consent", command.contact))
            notes = getattr(decision, "notes", ())
            self.ended.judged[name] = Judged(before, notes)
        if isinstance(decision, Wait):
            line["suppressed"].append({"action": name, "reason": WAITS})
            line["notes"] += [note_part(name, one.note) for one in decision.found]
            return
        if isinstance(decision, Suppress):
            line["suppressed"].append({"action": name, "reason": str(decision.reason)})
            self._order(decision.order_row)
            self._learn(name, decision, line)
            return
        if isinstance(decision, DeadLetter):
            line["dead"].append(dead_part(name, decision.reason, decision.field))
            self.ended.refused[name] = decision.message
            self._order(decision.order_row)
            self._died(command, position)
            outcome = remembered_as(decision, instance.action)
            self.seen[key] = Seen(position, command.event_time, outcome)
            return
        self.seen[key] = Seen(position, command.event_time, CommandOutcome.DELIVERED)
        if isinstance(decision, Send):
            self._send(name, decision, instance, line)

    def _told_order(self, command: Command) -> Seen | None:
        if command.order is None:
            return None
        return self.seen.get(seen_key(command.contact, command.message_id, command.order))

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
        line["notes"] += [note_part(name, note) for note in decision.notes]
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
        known = Known(
            position=position,
            seen=self.seen.get(key),
            order=self.orders.get((command.contact, str(command.body.get("orderID", "")))),
            group_name=self.learned.get((GROUPS, group_id_of(command.body) or "")),
            memberships=self.learned.get(("memberships", command.contact)),
            identities=self.learned.get(("identities", command.contact)),
            supplements={
                key: self.learned[SUPPLEMENTS, key]
                for key in keys_of(command.contact, command.body)
                if (SUPPLEMENTS, key) in self.learned
            },
            told_order=self._told_order(command),
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
