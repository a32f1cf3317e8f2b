"""The commands of a history as the worker delivers them: later, together, and after crashes.

Judging, joining, tables and outcomes are the worker's own; lanes, clock and network are not.
Raises `AssertionError` where a law is broken.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any

import orjson

from streams.core.answer import Delivered
from streams.core.catalogue import Account, Catalogue
from streams.core.claims import Claims
from streams.core.command import Command
from streams.core.compiled import CompiledPlan, Instance
from streams.core.decisions import DeadLetter, Decision, Send, Suppress, Wait, seen_key
from streams.core.lanes import Entry
from streams.core.outcome import CommandOutcome, Dead, Suppressed
from streams.kafka.batch import Batch, Bounds, Member, bounds_of, gather
from streams.kafka.codec import Codec
from streams.kafka.judging import Judging
from streams.kafka.load import FORCED, REPLAY_OF, Load, load_of
from streams.kafka.names import TABLES
from streams.kafka.outcomes import Outcomes
from streams.kafka.tables import Tables
from tests.fuzz.account import Asked
from tests.fuzz.covered import Counts
from tests.fuzz.serial import NOW, key_of, word

CODEC = Codec()
DEFAULT = Bounds(20, 4_000)
TWICE = ("upsertContact", "upsertOrder", "upsertSupplementRecords", "upsertProducts")
"""Actions whose requests may reach Cordial twice and leave the same."""
PART: Any = SimpleNamespace(number=0, live=True)


class _Nothing:
    """Takes every call: what is written for people and machines is not looked at."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: []


@dataclass(slots=True)
class _Settled:
    """In place of what makes things durable: they are at once."""

    delivery: "Delivery"

    def settle(
        self, _: Any, entry: Entry, facts: Any, *, outcome: CommandOutcome | Dead, record: bool
    ) -> None:
        self.delivery.settled(entry, outcome, record=record)


@dataclass(slots=True)
class Delivery:
    """Lanes in the order in which their commands came, and one request at a time."""

    plan: CompiledPlan
    catalogue: Catalogue | None
    cordial: Asked
    chance: Random
    trouble: float
    counts: Counts
    decided: dict[Any, str] = field(default_factory=dict)
    disturbed: bool = False
    queue: deque[Entry] = field(default_factory=deque)
    dead: list[Command] = field(default_factory=list)
    tables: Tables = field(init=False)
    judging: Judging = field(init=False)
    outcomes: Outcomes = field(init=False)
    instances: dict[str, Instance] = field(init=False)
    bounds: dict[str, dict[str, Bounds]] = field(init=False)
    _count: int = 0

    def __post_init__(self) -> None:
        self.instances = {one.name: one for one in self.plan.instances}
        self.bounds = bounds_of(self.plan.instances, DEFAULT)
        rows = {name: SimpleNamespace(data={}) for name in TABLES}
        nothing: Any = _Nothing()
        self.tables = Tables(rows, str, CODEC, nothing, lambda: NOW)
        self.judging = Judging(self.tables, self.instances, self._account)
        settling: Any = _Settled(self)
        self.outcomes = Outcomes(
            settling, self.tables, nothing, nothing, self.instances, lambda: NOW, str, Claims({})
        )

    def _account(self) -> Account | None:
        rules = self.plan.attributes
        return Account(self.catalogue, rules) if self.catalogue and rules else None

    def comes(self, command: Command, headers: Mapping[str, bytes] | None = None) -> None:
        """A command stands on its topic, and is read."""
        self._count += 1
        message: Any = SimpleNamespace(
            topic="cordial.x",
            partition=0,
            offset=self._count,
            key=command.contact.encode("utf-8", "replace"),
            value=CODEC.encode_command(command),
            headers=headers,
            timestamp=NOW / 1000,
        )
        load = load_of(CODEC, message)
        assert load.command is not None, load.problem
        self.queue.append(
            Entry(command.contact, command.action, None, command.message_id, payload=load)
        )

    def deliver(self) -> None:
        """Until nothing waits: the oldest first, with those that may travel along."""
        left = 20 * len(self.queue) + 20
        while self.queue:
            left -= 1
            assert left, "the lanes do not end"
            self._start(self.queue[0])

    def _start(self, head: Entry) -> None:
        decision = self.judging.judge(head)
        assert not (isinstance(decision, DeadLetter) and decision.reason is Dead.BUG), decision
        if isinstance(decision, Wait):
            self.disturbed |= self._is_replay(head)
            self.decided[self._key(head)] = word(decision)
            self.queue.remove(head)
        elif isinstance(decision, Send):
            self._request(Member(PART, head, decision))
        else:
            self._told(head, decision)
            if isinstance(decision, Suppress):
                self.outcomes.suppressed(PART, head, decision)
            elif isinstance(decision, DeadLetter):
                self.outcomes.dead(PART, head, decision)
            else:
                self.outcomes.was_delivered(PART, head, decision)

    def _request(self, head: Member) -> None:
        instance = self.instances[head.entry.action]
        bounds = self.bounds[instance.action]
        neighbours = self._neighbours(instance, head.entry)
        batch = gather(instance.declaration, head, neighbours, self.judging.judge, bounds)
        self._bounded(batch)
        intends = head.send.order_intent is not None or bool(head.send.intents)
        troubled = self.chance.random() < self.trouble * (1 + intends)
        if intends:
            self._intend(head)
        head.entry.payload.in_doubt |= head.send.in_doubt
        if head.send.in_doubt:
            self.counts["did", "order in doubt"] += 1
        kind = self.chance.choice(("before", "reached", "after", "dies")) if troubled else ""
        if kind == "before" and not intends:
            kind = ""
        if kind in ("reached", "after") and instance.action not in TWICE:
            kind = ""
        if kind == "dies":
            self._dies(batch)
            return
        if kind != "before":
            self._sent(instance, batch)
        if kind in ("before", "reached"):
            self._forgotten(batch, "repeated before its answer")
            return
        for member in batch.members:
            self._told(member.entry, member.send)
            if kind == "after":
                self._half_settled(member)
            else:
                self.outcomes.delivered(member, Delivered(202))
        if kind == "after":
            self._forgotten(batch, "repeated after its answer")
        elif troubled and self.chance.random() < self.trouble:
            self._read_again(batch)

    def _sent(self, instance: Instance, batch: Batch) -> None:
        contacts = [member.entry.contact for member in batch.members]
        raw = orjson.dumps(batch.body)
        head = batch.members[0].entry
        forced = any(member.entry.payload.forced for member in batch.members)
        self.cordial.takes(head.action, instance.action, raw, contacts, forced=forced)
        self.counts["action", instance.action] += 1
        if batch.members[1:]:
            self.counts["did", "joined"] += 1
            self.counts["joined", instance.action] += 1
            self.counts["did", "joined over contacts"] += len(set(contacts)) > 1
            names = {member.entry.action for member in batch.members}
            self.counts["did", "joined over instances"] += len(names) > 1

    def _bounded(self, batch: Batch) -> None:
        """What each instance bears, and the order of every lane."""
        entries = [member.entry for member in batch.members]
        for entry in entries if entries[1:] else ():
            bounds = self.bounds[batch.action.name][entry.action]
            assert len(entries) <= bounds.members, "more members than an instance bears"
            size = sum(one.payload.size for one in entries)
            assert size <= bounds.size, "more bytes than an instance bears"
        for contact in {one.contact for one in entries}:
            lane = [one for one in self.queue if one.contact == contact]
            taken = [one for one in entries if one.contact == contact]
            assert lane[: len(taken)] == taken, "not in the order of the lane"

    def _neighbours(self, instance: Instance, head: Entry) -> Iterator[tuple[Any, Entry]]:
        limit = self.bounds[instance.action][head.action].members
        lanes: dict[str, list[Entry]] = {}
        for entry in self.queue:
            lanes.setdefault(entry.contact, []).append(entry)
        for entry in lanes.pop(head.contact)[1:limit]:
            yield PART, entry
        join = instance.declaration.join
        if join is None or not join.across_contacts:
            return
        for lane in lanes.values():
            if self.instances[lane[0].action].action == instance.action:
                for entry in lane[:limit]:
                    yield PART, entry

    def _intend(self, head: Member) -> None:
        self.tables.learned(0, head.send.intents)
        if head.send.order_intent is not None:
            self.tables.order_fact(0, head.send.order_intent)
        head.entry.payload.intended = True

    def _half_settled(self, member: Member) -> None:
        """Its facts are durable, its commit record is not."""
        self.tables.learned(0, member.send.learned)
        if member.send.order_intent is not None:
            state = member.send.order_intent.done(in_doubt=member.entry.payload.in_doubt)
            self.tables.order_fact(0, state)

    def _forgotten(self, batch: Batch, what: str) -> None:
        """The worker dies: what it knew of these is lost, and they are read again."""
        self.counts["did", what] += 1
        if any(member.send.intents or member.send.order_intent for member in batch.members):
            consent = self.plan.consent
            careful = [self.instances[one.entry.action].in_doubt for one in batch.members]
            rests = consent is not None and bool(batch.members[0].send.intents)
            self.disturbed |= rests or "at_most_once" in careful
        for member in batch.members:
            load: Load = member.entry.payload
            load.intended, load.in_doubt = False, False

    def _read_again(self, batch: Batch) -> None:
        """Its record was not acknowledged: it comes once more, and is not sent."""
        for member in batch.members:
            if not self._is_replay(member.entry):
                decision = self.judging.judge(member.entry)
                assert word(decision) == f"suppressed {Suppressed.REPLAY}", decision
                self.counts["suppressed", Suppressed.REPLAY] += 1

    def _dies(self, batch: Batch) -> None:
        """Cordial's answer was no, or did not come in time."""
        self.disturbed = True
        for member in batch.members:
            letter = DeadLetter(Dead.EXHAUSTED, None, "no answer")
            self.decided[self._key(member.entry)] = word(letter)
            self.outcomes.dead(PART, member.entry, letter)

    def settled(self, entry: Entry, outcome: CommandOutcome | Dead, *, record: bool) -> None:
        """The command is over; a dead one may be replayed."""
        self.queue.remove(entry)
        load: Load = entry.payload
        assert load.command is not None
        key = seen_key(entry.contact, entry.message_id, entry.action)
        if record:
            self.tables.remember(key, load.position, outcome)
        kind = "dead_lettered" if isinstance(outcome, Dead) else outcome
        self.counts["command", kind] += 1
        if kind == CommandOutcome.DEAD_LETTERED and not self._is_replay(entry):
            self.dead.append(load.command)
            self.disturbed |= self.tables.is_parked(entry.contact)

    def replay(self) -> None:
        """An operator sends what died once more, some of it by force."""
        self.disturbed = True
        for command in self.dead:
            forced = self.chance.random() < 0.5
            self.counts["did", "replayed by force" if forced else "replayed"] += 1
            headers = {REPLAY_OF: b"d-1", **({FORCED: b"1"} if forced else {})}
            self.comes(command, headers)
        self.dead.clear()
        self.deliver()

    def _told(self, entry: Entry, decision: Decision) -> None:
        said = word(decision)
        kind, _, why = said.partition(" ")
        if kind in ("dead", "suppressed"):
            self.counts[kind, why] += 1
        if not self._is_replay(entry):
            self.decided.setdefault(self._key(entry), said)

    def _key(self, entry: Entry) -> Any:
        return key_of(entry.payload.command), self._is_replay(entry)

    def _is_replay(self, entry: Entry) -> bool:
        load: Load = entry.payload
        return load.replay_of is not None
