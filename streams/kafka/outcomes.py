"""Says what became of a command, once: to the tables, the receipts, the dead letters, the metrics.

Each outcome is a list of facts handed to `Settling`; which facts, is decided here.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from streams.core.action_names import CONTACT
from streams.core.answer import Answer, Delivered
from streams.core.claims import Claims
from streams.core.command import Command, Position
from streams.core.compiled import Instance
from streams.core.consent import Consent, died
from streams.core.decisions import DeadLetter, Suppress, Wait, WasDelivered, remembered_as
from streams.core.lanes import Entry
from streams.core.learning import Learned
from streams.core.outcome import CommandOutcome, Dead, Suppressed
from streams.core.profiles import doubted
from streams.kafka.batch import Member
from streams.kafka.load import Load
from streams.kafka.outbox import Fact
from streams.kafka.partition import Partition
from streams.kafka.reports import Reports
from streams.kafka.settling import Settling
from streams.kafka.tables import Tables
from streams.metrics import Metrics

NEVER_PARK = (Dead.PARKED_BEHIND, Dead.UNIDENTIFIABLE)
"""A follower may be what says who the contact is."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Outcomes:
    """The end of every command."""

    settling: Settling
    tables: Tables
    reports: Reports
    metrics: Metrics
    instances: Mapping[str, Instance]
    now_ms: Callable[[], int]
    hashed: Callable[[str], str]
    claims: Claims

    async def intent(self, member: Member) -> None:
        """Make what is intended durable before the first byte leaves."""
        part, order = member.part.number, member.send.order_intent
        facts = self.tables.learned(part, member.send.intents)
        if order is not None:
            facts.append(self.tables.order_fact(part, order))
        for fact in facts:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.settling.outbox.put(fact(partial(_end, done)))
            await done

    def delivered(self, member: Member, answer: Delivered) -> None:
        """Cordial accepted it."""
        part, entry, send = member.part, member.entry, member.send
        load: Load = entry.payload
        facts: list[Fact] = []
        if send.order_intent is not None:
            state = send.order_intent.done(in_doubt=load.in_doubt)
            facts.append(self.tables.order_fact(part.number, state))
        facts.append(
            self.reports.command_receipt(
                entry, CommandOutcome.DELIVERED, None, status=answer.status, notes=send.notes
            )
        )
        facts += self.tables.learned(part.number, send.learned)
        over = self._overwrites(entry)
        if over is not None:
            facts += self.tables.applied(part.number, entry.contact, *over)
        self.metrics.delivered(entry.action, (self.now_ms() - load.since_ms) / 1000)
        self.metrics.guarded(entry.action, send.found)
        for name in self.claims.conflicts(send.learned):
            self.metrics.identifier_conflict(name)
        self._accepted(part, entry, facts)

    def was_delivered(self, part: Partition, entry: Entry, known: WasDelivered) -> None:
        """Cordial accepted it before a crash, after which only its order's row knows that."""
        entry.payload.in_doubt = known.in_doubt
        receipt = self.reports.command_receipt(entry, CommandOutcome.DELIVERED, None)
        self.metrics.delivered(entry.action, None)
        learned = self.tables.learned(part.number, known.learned)
        self._accepted(part, entry, [receipt, *learned])

    def _accepted(self, part: Partition, entry: Entry, facts: list[Fact]) -> None:
        load: Load = entry.payload
        if load.replay_of is not None and self.tables.is_parked(entry.contact):
            facts = [*facts, self.tables.unparked_fact(part.number, entry.contact)]
        self.settling.settle(part, entry, facts, outcome=CommandOutcome.DELIVERED, record=True)

    def waits(self, entry: Entry, wait: Wait) -> None:
        """It waits for the account, and is counted once."""
        load: Load = entry.payload
        if not load.waits:
            load.waits = True
            self.metrics.guarded(entry.action, wait.found)
            log.warning(
                "waits for an attribute of the account",
                action=entry.action,
                attributes=[one.name for one in wait.found],
                contact=self.hashed(entry.contact),
            )

    def suppressed(self, part: Partition, entry: Entry, decision: Suppress) -> None:
        """Nothing is wrong with it, and it is not sent."""
        reason = decision.reason
        facts = self.tables.learned(part.number, decision.learned)
        facts += self._order_row(part, decision)
        self.metrics.suppressed(entry.action, reason)
        self.metrics.guarded(entry.action, decision.found)
        if reason is not Suppressed.REPLAY:
            facts.append(
                self.reports.command_receipt(
                    entry, CommandOutcome.SUPPRESSED, reason, notes=decision.notes
                )
            )
        outcome, record = CommandOutcome.SUPPRESSED, not decision.recorded
        self.settling.settle(part, entry, facts, outcome=outcome, record=record)

    def dead(
        self, part: Partition, entry: Entry, letter: DeadLetter, answer: Answer | None = None
    ) -> None:
        """It goes to the dead letters; its lane goes on, or parks where the plan says so."""
        status = answer.status if answer is not None else None
        load: Load = entry.payload
        load.in_doubt = load.in_doubt or letter.reason is Dead.IN_DOUBT
        facts = self.reports.dead_command(entry, letter, status)
        facts += self._order_restored(part, load, letter)
        facts += self._order_row(part, letter)
        facts += self._contact_after(part, entry)
        over = self._overwrites(entry)
        if over is not None:
            facts += self.tables.died(part.number, entry.contact, *over)
        if self._parks(entry, letter):
            about = entry.contact, letter.reason, load.position
            facts.append(self.tables.parked_fact(part.number, *about))
        self.metrics.dead_lettered(entry.action, letter.reason)
        self.metrics.guarded(entry.action, letter.found)
        instance = self.instances.get(entry.action)
        action = entry.action if instance is None else instance.action
        outcome = remembered_as(letter, action)
        self.settling.settle(part, entry, facts, outcome=outcome, record=True)

    def _overwrites(self, entry: Entry) -> tuple[str, Position] | None:
        """Action and place of a command that must not be replayed over newer ones of its action,
        whatever instance made them; None of any other."""
        instance = self.instances.get(entry.action)
        if instance is None or not instance.declaration.overwrites:
            return None
        command: Command | None = entry.payload.command
        position = command.position if command else None
        return None if position is None else (instance.action, position)

    def _order_row(self, part: Partition, decision: DeadLetter | Suppress) -> list[Fact]:
        """What is remembered of an order that is not sent."""
        row = decision.order_row
        return [] if row is None else [self.tables.order_fact(part.number, row)]

    def _order_restored(self, part: Partition, load: Load, letter: DeadLetter) -> list[Fact]:
        """Without the intent of a command that Cordial surely does not have.

        Surely: this process alone has sent it. What an earlier one intended stays in doubt.
        """
        command = load.command
        if command is None or not load.intended or load.in_doubt or "orderID" not in command.body:
            return []
        order_id = str(command.body["orderID"])
        stored = self.tables.order(command.contact, order_id)
        if (
            stored is None
            or stored.status != "intent"
            or not stored.is_of(load.position, command.action)
        ):
            return []
        before = stored.without_intent()
        return [self.tables.order_fact(part.number, before or stored, forget=before is None)]

    def _contact_after(self, part: Partition, entry: Entry) -> list[Fact]:
        """What is known after an update that died: what Cordial may have is said again by the
        next, and who left a channel has left it all the same."""
        load: Load = entry.payload
        command, instance = load.command, self.instances.get(entry.action)
        if command is None or instance is None or instance.action != CONTACT:
            return []
        profile = self.tables.known("profiles", entry.contact)
        will = self.tables.known("consent", entry.contact)
        learned = []
        if profile is not None and load.in_doubt:
            learned.append(Learned("profiles", entry.contact, doubted(profile, command.body)))
        if command.consent:
            sure = load.intended and not load.in_doubt
            row = died(will or Consent(), command, load.position, sure=sure)
            learned.append(Learned("consent", entry.contact, row))
        return self.tables.learned(part.number, learned)

    def _parks(self, entry: Entry, letter: DeadLetter) -> bool:
        if letter.reason is Dead.PARKED:
            return True
        instance = self.instances.get(entry.action)
        parks = instance is not None and instance.on_dead_letter == "park"
        return parks and letter.reason not in NEVER_PARK


def _end(done: "asyncio.Future[None]") -> None:
    if not done.done():
        done.set_result(None)
