"""Agents that only pass records on: those of sources that are not keyed by user, to one that is.

Per partition in order; an offset is committed when the broker has everything that was made of
its record. A crash may pass a record on twice; its message id tells later.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from faust.types import TP, Message

from streams.core.decisions import DeadLetter
from streams.core.event import Event
from streams.core.outcome import Dead, EventOutcome
from streams.core.watermark import Watermark
from streams.kafka.asking import Asking
from streams.kafka.care import Care
from streams.kafka.codec import Codec, Decoded, NeedsSchema, Place, Undecodable
from streams.kafka.load import (
    SOURCE_OFFSET,
    SOURCE_PARTITION,
    SOURCE_TIMESTAMP,
    SOURCE_TOPIC,
    header_pairs,
    headers_of,
    own_position,
)
from streams.kafka.names import Names
from streams.kafka.outbox import Fact, Outbox, Record
from streams.kafka.partition import Ages
from streams.kafka.reports import Reports
from streams.metrics import Metrics

Make = Callable[[Message, Decoded], list[Fact]]


@dataclass(slots=True, eq=False)
class _Line:
    """One partition of one input in one assignment."""

    track: Watermark
    ages: Ages
    backlog: deque[Message] = field(default_factory=deque)
    waiting: bool = False


@dataclass(slots=True, eq=False)
class Forwarding:
    """Passes on what `make` makes of each record of `topic`."""

    topic: str
    codec: Codec
    outbox: Outbox
    make: Make
    commit: Callable[[TP, int], None]
    registry_away: Callable[[bool], None]
    now_ms: Callable[[], int]
    fatal: Callable[[BaseException], None]
    care: Care = field(default_factory=Care)
    _lines: dict[TP, _Line] = field(default_factory=dict)
    _asking: Asking = field(init=False)

    def __post_init__(self) -> None:
        self._asking = Asking(self.codec, self.registry_away, self.fatal)

    def assigned(self, starts: Mapping[TP, int]) -> None:
        """Reading begins at these offsets; what an earlier assignment left open is forgotten."""
        ours = {tp: start for tp, start in starts.items() if tp.topic == self.topic}
        self._lines = {tp: _Line(Watermark(start), Ages(start)) for tp, start in ours.items()}

    def revoked(self) -> None:
        """Nothing more is committed."""
        self._lines = {}

    def topics(self) -> Iterator[tuple[TP, Ages]]:
        """Each partition of the topic that is ours and its open records."""
        for tp, line in self._lines.items():
            yield tp, line.ages

    def read(self, message: Message) -> None:
        """A record was read. Must not raise: it is called from an agent."""
        line = self._lines.get(message.tp)
        if line is not None and not line.track.known(message.offset):
            line.ages.read(message.offset, message.timestamp)
            line.backlog.append(message)
            self._go_on(message.tp, line)

    def _go_on(self, tp: TP, line: _Line) -> None:
        if not self._is_current(tp, line) or self.care.put_off(tp):
            return
        while line.backlog and not line.waiting:
            message = line.backlog[0]
            if line.track.known(message.offset):
                line.backlog.popleft()
                continue
            decoded = self._decode(message)
            if isinstance(decoded, NeedsSchema):
                line.waiting = True
                wanted = partial(self._is_current, tp, line)
                self._asking.ask(decoded, wanted, partial(self._fetched, tp, line))
                return
            line.backlog.popleft()
            try:
                self._pass_on(tp, line, message, decoded)
            except Exception as error:  # noqa: BLE001 - nothing may leave an agent
                self.fatal(error)
                return
            if self.care.covers(message):
                self.care.next_turn(tp, partial(self._go_on, tp, line))
                return

    def _decode(self, message: Message) -> Decoded | NeedsSchema:
        verdict = None
        if self.care.covers(message):
            verdict = self.care.verdict(partial(self._rehearse, message))
        return verdict or self._decoded(message)

    def _decoded(self, message: Message) -> Decoded | NeedsSchema:
        headers = headers_of(message)
        time = int(message.timestamp * 1000)
        place = Place(message.topic, message.partition, message.offset, time=time)
        return self.codec.decode_cached(message.value, headers, place, now=self.now_ms())

    def _rehearse(self, message: Message) -> None:
        decoded = self._decoded(message)
        if not isinstance(decoded, NeedsSchema):
            self.make(message, decoded)

    def _fetched(self, tp: TP, line: _Line) -> None:
        line.waiting = False
        self._go_on(tp, line)

    def _pass_on(self, tp: TP, line: _Line, message: Message, decoded: Decoded) -> None:
        made = self.make(message, decoded)
        self._closed(tp, line, bool(line.track.read(message.offset, len(made))))
        durable = partial(self._durable, tp, line, message.offset)
        for fact in made:
            self.outbox.put(fact(durable))

    def _durable(self, tp: TP, line: _Line, offset: int) -> None:
        self._closed(tp, line, bool(line.track.done(offset)))

    def _closed(self, tp: TP, line: _Line, moved: bool) -> None:
        if moved and self._is_current(tp, line):
            line.ages.closed(line.track.floor)
            self.commit(tp, line.track.floor)

    def _is_current(self, tp: TP, line: _Line) -> bool:
        return self._lines.get(tp) is line


def into_keyed(names: Names, reports: Reports, metrics: Metrics) -> Make:
    """A source's record for the keyed topic: untouched, with its place and the contact's key.

    A record that nobody can read keeps its own key; the router dead-letters it. One that the
    keyed topic has no room for, or that ends the worker, is a dead letter here.
    """

    def make(message: Message, decoded: Decoded) -> list[Fact]:
        if isinstance(decoded, Undecodable) and decoded.reason is Dead.CRASHES_WORKER:
            metrics.event(EventOutcome.DEAD_LETTERED)
            metrics.dead_event(decoded.reason)
            verdict = DeadLetter(decoded.reason, None, decoded.message)
            return reports.dead_event(message, own_position(message), None, verdict)
        contact = decoded.contact if isinstance(decoded, Event) else None
        key = contact.encode() if contact else message.key
        headers = copied_headers(message, int(message.timestamp * 1000))

        def record(durable: Callable[[], None]) -> Record:
            def refused() -> None:
                metrics.event(EventOutcome.DEAD_LETTERED)
                metrics.dead_event(Dead.TOO_LARGE)
                reports.refused_copy(message, durable)

            return Record(names.keyed, None, key, message.value, headers, durable, refused)

        return [record]

    return make


def copied_headers(message: Message, time: int) -> list[tuple[str, bytes | None]]:
    """A record's own headers, and where it stands on the bus and since when, in milliseconds."""
    return [
        *header_pairs(message),
        (SOURCE_TOPIC, message.topic.encode()),
        (SOURCE_PARTITION, str(message.partition).encode()),
        (SOURCE_OFFSET, str(message.offset).encode()),
        (SOURCE_TIMESTAMP, str(time).encode()),
    ]
