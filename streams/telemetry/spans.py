"""The spans of one worker: from the record of the bus to the request and the outcome.

| span             | of                        | its parent                                  |
|------------------|---------------------------|---------------------------------------------|
| `copy TOPIC`     | a record of a source      | the record's `traceparent`, else it begins  |
| `route TOPIC`    | an event                  | the same, or the copy                       |
| `POST PATH`      | a request to Cordial      | the routing of its first recorded command   |
| `deliver TOPIC`  | a command, to its outcome | the routing of its event                    |
| `settle TOPIC`   | one that ends at routing  | the same                                    |

A request links to the routing of every command that travels in it.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, Final
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from streams.core.answer import Answer, Delivered, InDoubt, NotSent
from streams.core.traceparent import Traceparent
from streams.metrics.words import answer_word

Attributes = dict[str, str | int | bool]

OUR: Final = "cordial_streams."


@dataclass(frozen=True, slots=True)
class Where:
    """A record: its topic, partition and offset, and the `traceparent` that it carries."""

    topic: str
    partition: int
    offset: int
    carried: Traceparent | None


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a request is for: the URL, its path, host and port."""

    url: str
    path: str
    host: str
    port: int


def address_of(url: str) -> Address:
    """The parts of a URL."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Address(url, parts.path, parts.hostname or "", port)


class Spans:
    """Makes spans. Every call is short: ending a span puts it into a bounded queue, or drops it."""

    def __init__(self, provider: TracerProvider, group: str, version: str) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("cordial-streams", version)
        self._standing: Attributes = {
            "messaging.system": "kafka",
            "messaging.consumer.group.name": group,
            "messaging.operation.type": "process",
        }

    def read(self, operation: str, where: Where) -> "Reading":
        """A record of the bus is being read."""
        span = self._tracer.start_span(
            f"{operation} {where.topic}",
            _context(where.carried),
            SpanKind.CONSUMER,
            self._of(operation, where),
        )
        return Reading(span)

    def settled(
        self, where: Where, lasted_ms: int | None, outcome: Mapping[str, str | int | bool | None]
    ) -> None:
        """A command has its outcome, `lasted_ms` after it was written; None where it never was."""
        operation, now = "settle" if lasted_ms is None else "deliver", time.time_ns()
        span = self._tracer.start_span(
            f"{operation} {where.topic}",
            _context(where.carried),
            SpanKind.CONSUMER,
            {**self._of(operation, where), **_ours(outcome)},
            start_time=now - (lasted_ms or 0) * 1_000_000,
        )
        if outcome.get("outcome") == "dead_lettered":
            span.set_status(Status(StatusCode.ERROR))
        span.end(now)

    def request(
        self,
        to: Address,
        commands: Sequence[Where],
        ours: Mapping[str, str | int],
        resent: int,
    ) -> Span:
        """A request leaves with these commands; `requested` ends it."""
        recorded = [one.carried for one in commands if one.carried and one.carried.sampled]
        carried = recorded[0] if recorded else commands[0].carried
        if carried is not None and not recorded:
            return trace.INVALID_SPAN
        attributes: Attributes = {
            "http.request.method": "POST",
            "url.full": to.url,
            "server.address": to.host,
            "server.port": to.port,
            **_ours(ours),
        }
        if resent:
            attributes["http.request.resend_count"] = resent
        links = list(_links(commands))
        return self._tracer.start_span(
            f"POST {to.path}", _context(carried), SpanKind.CLIENT, attributes, links
        )

    def requested(self, span: Span, answer: Answer) -> None:
        """A request was answered."""
        if not span.is_recording():
            return
        span.set_attribute(f"{OUR}answer", answer_word(answer))
        if answer.status is not None:
            span.set_attribute("http.response.status_code", answer.status)
        if not isinstance(answer, Delivered):
            why = isinstance(answer, InDoubt | NotSent) and answer.status is None
            span.set_attribute("error.type", answer.why if why else str(answer.status))  # type: ignore[union-attr]
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    def close(self) -> Event:
        """Send what waits, in the background; the event is set when that is over.

        Nobody need wait: the thread does not keep the process alive.
        """
        over = Event()

        def closing() -> None:
            try:
                self._provider.shutdown()
            finally:
                over.set()

        Thread(target=closing, name="telemetry", daemon=True).start()
        return over

    def _of(self, operation: str, where: Where) -> Attributes:
        return {
            **self._standing,
            "messaging.operation.name": operation,
            "messaging.destination.name": where.topic,
            "messaging.destination.partition.id": str(where.partition),
            "messaging.kafka.offset": where.offset,
        }


class Reading:
    """The span of a record that is being read."""

    __slots__ = ("_span",)

    def __init__(self, span: Span) -> None:
        self._span = span

    def carried(self) -> bytes:
        """The `traceparent` of what the record becomes."""
        own = self._span.get_span_context()
        return Traceparent(
            trace.format_trace_id(own.trace_id),
            trace.format_span_id(own.span_id),
            own.trace_flags.sampled,
        ).header()

    @property
    def recorded(self) -> bool:
        """Whether anybody wants to know what became of the record."""
        return self._span.is_recording()

    def end(self, outcome: Mapping[str, str | int | bool | None], *, failed: bool = False) -> None:
        """The record is read; what became of it."""
        self._span.set_attributes(_ours(outcome))
        if failed:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


def _ours(values: Mapping[str, Any]) -> Attributes:
    return {f"{OUR}{name}": value for name, value in values.items() if value is not None}


def _span_context(carried: Traceparent) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if carried.sampled else TraceFlags.DEFAULT)
    return SpanContext(
        int(carried.trace_id, 16), int(carried.span_id, 16), is_remote=True, trace_flags=flags
    )


def _context(carried: Traceparent | None) -> Any:
    """The parent as the tracer takes it; without one the trace begins."""
    span = trace.INVALID_SPAN if carried is None else NonRecordingSpan(_span_context(carried))
    return trace.set_span_in_context(span)


def _links(commands: Sequence[Where]) -> Iterable[Link]:
    for one in commands:
        if one.carried is not None:
            yield Link(
                _span_context(one.carried),
                {
                    "messaging.destination.name": one.topic,
                    "messaging.destination.partition.id": str(one.partition),
                    "messaging.kafka.offset": one.offset,
                },
            )
