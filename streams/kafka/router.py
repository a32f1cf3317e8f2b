"""The router: a keyed record becomes commands on the action topics, in the lanes' knowledge.

It runs ahead of the oldest open command by a bounded window; when that is full it slows its own
topic down and no other.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from faust.types import Message

from streams.core.command import Command, Position
from streams.core.deciding import DeadLetter
from streams.core.event import Event
from streams.core.lanes import Entry, Planned
from streams.core.outcome import Dead, EventOutcome
from streams.core.routing import CompiledPlan, Filtered, Routed, route
from streams.kafka.codec import Codec, NeedsSchema, Place, Tombstone, Undecodable
from streams.kafka.load import (
    REPLAY_ACTION,
    bus_place,
    command_headers,
    correlation_id,
    headers_of,
)
from streams.kafka.names import Names
from streams.kafka.outbox import Fact, Outbox, Record
from streams.kafka.partition import Partition
from streams.kafka.reports import Reports, refused_load
from streams.kafka.tables import Tables
from streams.metrics import Metrics

REGISTRY_RETRY = 5.0


@dataclass(slots=True, eq=False)
class Router:
    """Routes what stands in the backlog of a partition, as far as its window has room."""

    plan: CompiledPlan
    generation: int
    codec: Codec
    names: Names
    outbox: Outbox
    reports: Reports
    tables: Tables
    metrics: Metrics
    slow: Callable[[Partition, bool], None]
    superseded: Callable[[Partition], None]
    registry_away: Callable[[bool], None]
    now_ms: Callable[[], int]
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def read(self, part: Partition, message: Message) -> None:
        """A keyed record was read."""
        if not part.lanes.known(message.offset):
            part.backlog.append(message)
            self.go_on(part)

    def go_on(self, part: Partition) -> None:
        """Route what there is room for."""
        while part.live and part.backlog and not part.waiting and part.lanes.room():
            message = part.backlog[0]
            if part.lanes.known(message.offset):
                part.backlog.popleft()
                continue
            result = self._decode(message)
            if isinstance(result, NeedsSchema):
                part.waiting = True
                self._spawn(self._fetch_schema(part, result))
                break
            part.backlog.popleft()
            self._route(part, message, result)
        full = bool(part.backlog)
        if full != part.slowed and part.live:
            part.slowed = full
            self.slow(part, full)

    def _decode(self, message: Message) -> Event | Undecodable | Tombstone | NeedsSchema:
        headers = headers_of(message)
        topic, partition, offset = bus_place(message)
        place = Place(topic, partition, offset, time=int(message.timestamp * 1000))
        return self.codec.decode_cached(message.value, headers, place, now=self.now_ms())

    async def _fetch_schema(self, part: Partition, needs: NeedsSchema) -> None:
        while part.live:
            if await self.codec.fetch_schema(needs.ref) is None:
                break
            self.registry_away(True)
            await asyncio.sleep(REGISTRY_RETRY)
        self.registry_away(False)
        part.waiting = False
        self.go_on(part)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _route(
        self, part: Partition, message: Message, result: Event | Undecodable | Tombstone
    ) -> None:
        position = Position(self.generation, message.topic, message.partition, message.offset)
        if isinstance(result, Tombstone):
            self._event_over(part, message, position, None, "tombstone")
            return
        if isinstance(result, Undecodable):
            self._event_dead(
                part, message, position, None, result.reason, result.message, field=result.field
            )
            return
        contact = result.contact
        if contact is None:
            text = "userId and anonymousId are both blank; set one of them"
            self._event_dead(part, message, position, result, Dead.NO_KEY, text, field="userId")
            return
        try:
            routed = route(result, self.plan)
        except Exception as error:  # noqa: BLE001 - a bug of ours is an outcome of one event
            text = f"{type(error).__name__} while routing"
            self._event_dead(part, message, position, result, Dead.BUG, text)
            return
        if isinstance(routed, Filtered):
            self._event_over(part, message, position, result, routed.reason)
        else:
            self._emit(part, message, position, result, contact, routed)

    def _emit(
        self,
        part: Partition,
        message: Message,
        position: Position,
        event: Event,
        contact: str,
        routed: Routed,
    ) -> None:
        only = headers_of(message).get(REPLAY_ACTION)
        commands = [
            replace(command, position=position, correlation_id=correlation_id(message))
            for command in routed.commands
            if only is None or command.action.encode() == only
        ]
        facts = self._routing_facts(message, position, event, routed, only)
        self.metrics.event(EventOutcome.ROUTED)
        planned = [Planned(command.action, command.message_id) for command in commands]
        entries = part.lanes.read(message.offset, contact, planned, holds=len(facts))
        for fact in facts:
            self.outbox.put(fact(self._release(part, message.offset)))
        for entry, command in zip(entries, commands, strict=True):
            self._produce(part, message, entry, command)
        self.superseded(part)
        if not entries and not facts:
            part.advance()

    def _routing_facts(
        self,
        message: Message,
        position: Position,
        event: Event,
        routed: Routed,
        only: bytes | None,
    ) -> list[Fact]:
        facts: list[Fact] = []
        for dead in routed.dead:
            if only is None or dead.action.encode() == only:
                verdict = DeadLetter(dead.reason, dead.field, dead.message)
                facts += self.reports.dead_event(message, position, event, verdict, dead.action)
                self.metrics.dead_lettered(dead.action, dead.reason)
        for suppressed in routed.suppressed:
            if only is None or suppressed.action.encode() == only:
                facts.append(
                    self.reports.event_receipt(
                        message, position, event, suppressed.reason, suppressed.action
                    )
                )
                self.metrics.suppressed(suppressed.action, suppressed.reason)
        for group_id, name in routed.groups:
            if self.tables.group_name(group_id) != name:
                facts.append(self.tables.group_fact(message.partition, group_id, name))
        return facts

    def _produce(self, part: Partition, message: Message, entry: Entry, command: Command) -> None:
        value = self.codec.encode_command(command)
        self.outbox.put(
            Record(
                topic=self.names.action(command.action),
                partition=part.number,
                key=command.contact.encode(),
                value=value,
                headers=command_headers(message, command),
                durable=_nothing,
                refused=lambda: self.too_large(part, entry, command, message),
            )
        )

    def too_large(self, part: Partition, entry: Entry, command: Command, message: Message) -> None:
        """The broker will never take this command."""
        part.lanes.refused(entry, refused_load(message, command, headers_of(message)))

    def _event_over(
        self,
        part: Partition,
        message: Message,
        position: Position,
        event: Event | None,
        reason: str,
    ) -> None:
        self.metrics.event(EventOutcome.FILTERED)
        fact = self.reports.event_receipt(message, position, event, reason)
        self._hold(part, message, [fact])

    def _event_dead(
        self,
        part: Partition,
        message: Message,
        position: Position,
        event: Event | None,
        reason: Dead,
        text: str,
        *,
        field: str | None = None,
    ) -> None:
        self.metrics.event(EventOutcome.DEAD_LETTERED)
        self.metrics.dead_event(reason)
        verdict = DeadLetter(reason, field, text)
        self._hold(part, message, self.reports.dead_event(message, position, event, verdict))

    def _hold(self, part: Partition, message: Message, facts: Sequence[Fact]) -> None:
        part.lanes.read(message.offset, "", (), holds=len(facts))
        for fact in facts:
            self.outbox.put(fact(self._release(part, message.offset)))
        self.superseded(part)

    def _release(self, part: Partition, offset: int) -> Callable[[], None]:
        def release() -> None:
            part.lanes.release(offset)
            part.advance()
            self.go_on(part)

        return release


def _nothing() -> None:
    return None
