"""What the hops do besides where traces are on: each record carries on the trace it came with.

The `traceparent` of a record that was read is replaced by that of the span it is read in; so what
is made of it, a command, a copy, a hop or a dead letter, carries that one. Cordial is sent none:
it is not ours to tell it, and nobody there would read it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from faust.types import Message

from streams.core.answer import Answer
from streams.core.command import Position
from streams.core.outcome import EventOutcome
from streams.core.records import Receipt
from streams.core.traceparent import read
from streams.kafka.batch import Batch
from streams.kafka.codec import Decoded
from streams.kafka.forwarding import Make
from streams.kafka.load import TRACEPARENT, Load, header_pairs, headers_of
from streams.kafka.made import Made
from streams.kafka.outbox import Fact
from streams.kafka.reports import Told
from streams.kafka.router import Router
from streams.kafka.sink import Post
from streams.telemetry.spans import Address, Reading, Spans, Where, address_of

CLOSING_TRIES, CLOSING_STEP = 50, 0.02


@dataclass(slots=True, eq=False)
class TracedRouter(Router):
    """The router, with a span for each event. `hashed` stands for a contact."""

    spans: Spans
    hashed: Callable[[str], str]

    def made(
        self,
        message: Message,
        position: Position,
        result: Decoded,
        only: bytes | None = None,
    ) -> Made:
        """What a record becomes, within its span."""
        span = begun(self.spans, "route", message)
        made = Router.made(self, message, position, result, only)
        if span.recorded:
            outcome = {
                "outcome": made.outcome,
                "reason": made.reason,
                "commands": len(made.commands),
                "contact": self.hashed(made.contact) if made.contact else None,
            }
            span.end(outcome, failed=made.outcome is EventOutcome.DEAD_LETTERED)
        return made


@dataclass(slots=True, eq=False)
class Traced:
    """Makes spans of what a worker does; `url` gives the whole of a path at Cordial."""

    spans: Spans
    url: Callable[[str], str]
    hashed: Callable[[str], str]

    def router(self, **parts: Any) -> Router:
        """A router that makes them."""
        return TracedRouter(**parts, spans=self.spans, hashed=self.hashed)

    def copies(self, make: Make) -> Make:
        """Copies of records, each in one."""
        return traced_copies(make, self.spans)

    def post(self, post: Post) -> Post:
        """Requests, each in one."""
        return traced_post(post, self.spans, self.url)

    def told(self, told: Told) -> Told:
        """Outcomes, each of a command one."""
        spans = told_as_spans(self.spans, self.hashed)

        def both(receipt: Receipt, message: Message | None) -> None:
            told(receipt, message)
            spans(receipt, message)

        return both

    async def close(self) -> None:
        """What waits is sent; whom it takes too long is not waited for."""
        over, tries = self.spans.close(), CLOSING_TRIES
        while tries and not over.is_set():
            tries -= 1
            await asyncio.sleep(CLOSING_STEP)


def traced_copies(make: Make, spans: Spans) -> Make:
    """The same records, with a span for each that is copied."""

    def traced(message: Message, decoded: Decoded) -> list[Fact]:
        span = begun(spans, "copy", message)
        facts = make(message, decoded)
        if span.recorded:
            span.end({"outcome": "copied"})
        return facts

    return traced


def traced_post(post: Post, spans: Spans, url: Callable[[str], str]) -> Post:
    """The same requests, each in a span that links to the commands that it carries."""
    known: dict[str, Address] = {}

    async def traced(batch: Batch) -> Answer:
        path = batch.action.path
        address = known.get(path) or known.setdefault(path, address_of(url(path)))
        head: Load = batch.members[0].entry.payload
        commands = [where(one.entry.payload.message) for one in batch.members]
        ours: dict[str, str | int] = {"action": batch.action.name, "members": len(commands)}
        span = spans.request(address, commands, ours, resent=head.tries.attempts)
        answer = await post(batch)
        spans.requested(span, answer)
        return answer

    return traced


def told_as_spans(spans: Spans, hashed: Callable[[str], str]) -> Told:
    """The outcome of each command as a span; those of events are in the spans of their routing."""

    def told(receipt: Receipt, message: Message | None) -> None:
        if receipt.kind != "command" or message is None:
            return
        place = where(message)
        if place.carried is not None and not place.carried.sampled:
            return
        outcome = {
            "action": receipt.action,
            "outcome": receipt.outcome,
            "reason": receipt.reason,
            "attempts": receipt.attempts,
            "in_doubt": receipt.in_doubt or None,
            "contact": hashed(receipt.contact) if receipt.contact else None,
        }
        spans.settled(place, receipt.latency_ms, outcome)

    return told


def begun(spans: Spans, operation: str, message: Message) -> Reading:
    """The span of a record that is read; from now on the record carries its `traceparent`."""
    span = spans.read(operation, where(message))
    others = (pair for pair in header_pairs(message) if pair[0] != TRACEPARENT)
    message.headers = (*others, (TRACEPARENT, span.carried()))
    return span


def where(message: Message) -> Where:
    """The record, as spans name it."""
    carried = read(headers_of(message).get(TRACEPARENT))
    return Where(message.topic, message.partition, message.offset, carried)
