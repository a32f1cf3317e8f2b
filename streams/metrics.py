"""All numbers this program shows, in one table: name, kind, labels, meaning, what to do.

Law: a metric is a row here first; the verbs below are the only way to move one. Labels come
from small closed sets (actions, outcomes, reasons, topics, partitions), never from an event.
Names get the prefix `cordial_streams_`; times are seconds.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from math import inf
from typing import Any, Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.core.answer import Answer, InDoubt
from streams.core.catalogue import Found
from streams.core.outcome import CommandOutcome, Dead, EventOutcome, Suppressed

PREFIX: Final = "cordial_streams_"
QUICK: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LONG: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
MEMBERS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)

EVENT: Final = "event"

IDENTIFIER_STATES: Final = ("usable", "invalid", "missing")

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One row: what it means, and what the operator does about it."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str
    to_do: str
    buckets: tuple[float, ...] = ()

    @property
    def full_name(self) -> str:
        """The name as Prometheus knows it."""
        return PREFIX + self.name


_FINE = "Nothing: it is for orientation."

METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "events_total",
        "counter",
        ("outcome",),
        "Events of the bus by what became of them: routed, filtered or dead_lettered.",
        "A rise of dead_lettered: look at dead_letters_total for the reason.",
    ),
    Metric(
        "commands_total",
        "counter",
        ("action", "outcome"),
        "Commands by what became of them: delivered, suppressed or dead_lettered.",
        "A rise of dead_lettered: look at dead_letters_total for the reason.",
    ),
    Metric(
        "suppressed_total",
        "counter",
        ("action", "reason"),
        "Commands that needed no request, by reason.",
        "Many duplicates: the bus publishes twice. Many stale: a source is out of order.",
    ),
    Metric(
        "dead_letters_total",
        "counter",
        ("action", "reason"),
        "Dead letters by reason; the action is `event` where the event itself died.",
        "Read them with `cordial-streams dead-letters list`, repair the cause, replay.",
    ),
    Metric(
        "identifiers_total",
        "counter",
        ("identifier", "state"),
        "Identifiers of routed events: usable, invalid (there and not usable) or missing.",
        "A rise of invalid: `cordial-streams identity report` says of which; ask its producer.",
    ),
    Metric(
        "guarded_attributes_total",
        "counter",
        ("action", "problem", "verdict"),
        "Attributes that the account would not take as they were: unknown, wrong_type, over_limit "
        "or list_name, by what the plan does then.",
        "Run `cordial-streams attributes check`; `attributes plan` says what to create.",
    ),
    Metric(
        "identifier_conflicts_total",
        "counter",
        ("identifier",),
        "Identifiers that a contact said after another contact of this worker had said them.",
        "`cordial-streams identity report` names the contacts; see docs/identity.md.",
    ),
    Metric(
        "requests_total",
        "counter",
        ("action", "answer"),
        "Requests to Cordial by answer: delivered, refused, in_doubt, not_sent, unauthorized, "
        "rejected.",
        "unauthorized: put the right key in place. refused: see pace_limit.",
    ),
    Metric(
        "request_seconds",
        "histogram",
        ("action",),
        "Time from the first byte of a request to the last of its answer.",
        "Slow answers slow the hottest contact first; ask Cordial if they last.",
        QUICK,
    ),
    Metric(
        "retries_total",
        "counter",
        ("action", "reason"),
        "Requests that are tried again, by the answer that caused it.",
        "in_doubt or not_sent: see circuit_open. refused: see pace_limit.",
    ),
    Metric(
        "joined_members",
        "histogram",
        ("action",),
        "Commands that travelled in one request.",
        _FINE,
        MEMBERS,
    ),
    Metric(
        "in_flight",
        "gauge",
        (),
        "Requests under way.",
        "Always at delivery.in_flight with growing lag: raise it, or the limit is Cordial's.",
    ),
    Metric(
        "in_doubt_total",
        "counter",
        ("action",),
        "Requests whose answer never came, so that Cordial may have accepted them.",
        "The receipts name the commands; check the orders among them at Cordial.",
    ),
    Metric(
        "lag_events",
        "gauge",
        ("topic", "partition"),
        "Records of a topic's partition that are not settled yet.",
        "Growing: see lag_seconds, holds, circuit_open, pace_limit, in this order.",
    ),
    Metric(
        "lag_seconds",
        "gauge",
        ("topic", "partition"),
        "Age of the oldest record of a topic's partition that is not settled yet.",
        "The delay customers feel. Growing: holds, circuit_open, pace_limit, in this order.",
    ),
    Metric(
        "paused_events",
        "gauge",
        ("topic", "partition"),
        "Records that wait in a source that the plan pauses; they are no lag.",
        "See that it is not forgotten: the bus keeps them as long as its retention says.",
    ),
    Metric(
        "oldest_unsettled_seconds",
        "gauge",
        ("partition",),
        "Age of the oldest routed event with an open command.",
        "Growing while others settle: one contact is stuck; its receipts say why.",
    ),
    Metric(
        "window_commands",
        "gauge",
        ("partition",),
        "Unsettled commands of a partition; the router waits at window.commands.",
        "At the bound: delivery is the limit, not the bus.",
    ),
    Metric(
        "held_copies",
        "gauge",
        ("partition",),
        "Copies read from action topics before the router came to their event.",
        "High only after a restart; lasting: the keyed topic is not being read.",
    ),
    Metric(
        "held_events",
        "gauge",
        ("partition",),
        "Visitors' events that are held until their user is known.",
        "At the bound of identity.hold: suppressed_total has what is crowded_out.",
    ),
    Metric(
        "held_visitors",
        "gauge",
        ("partition",),
        "Visitors whose events are held.",
        _FINE,
    ),
    Metric(
        "held_seconds",
        "gauge",
        ("partition",),
        "How long the oldest held event of a visitor has been held.",
        "Nothing: at identity.hold.days it expires.",
    ),
    Metric(
        "stitched_total",
        "counter",
        (),
        "Visitors' events that were passed on to the user that the visitor became.",
        "Never, with visitors held: no event ties an anonymous id to a user.",
    ),
    Metric(
        "holds",
        "gauge",
        ("reason",),
        "1 while delivery is held for a reason that a person must end.",
        "`/readyz` says what to do.",
    ),
    Metric(
        "circuit_open",
        "gauge",
        ("action",),
        "1 while an endpoint fails for everybody and is only probed.",
        "Cordial, or the way to it, is down; nothing is lost and nothing is to be restarted.",
    ),
    Metric(
        "pace_limit",
        "gauge",
        ("action",),
        "Requests per second that an endpoint allows this worker; +Inf where none is known.",
        "Lag at a low limit: ask Cordial for a higher one; more workers do not help.",
    ),
    Metric(
        "rebalances_total",
        "counter",
        (),
        "Changes of the partitions this worker has.",
        "More than a few an hour: look for restarts or session timeouts.",
    ),
    Metric(
        "recovery_seconds",
        "gauge",
        (),
        "Time the tables took to recover at the last assignment.",
        "Minutes: run more workers, so that each has fewer partitions.",
    ),
    Metric(
        "fetch_jumps_total",
        "counter",
        (),
        "Times the consumer was given a record beyond the next offset and fetched again.",
        "Now and then after a rebalance: nothing. Steadily: report it.",
    ),
    Metric(
        "commit_age_seconds",
        "gauge",
        (),
        "Time since offsets were last committed while there was something to commit.",
        "Growing with lag: the broker or the group is in trouble.",
    ),
    Metric(
        "event_seconds",
        "histogram",
        (),
        "Time from the record's timestamp on the bus to Cordial's acceptance.",
        "The promise to marketing; compare with lag_seconds.",
        LONG,
    ),
    Metric(
        "build_info",
        "gauge",
        ("version",),
        "Always 1; the label is the version that runs.",
        _FINE,
    ),
)


def answer_word(answer: Answer) -> str:
    """The label of an answer: its class name in lower snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(answer).__name__).lower()


class Metrics:
    """The metrics of one worker, in `registry`.

    `actions` and `identifiers` start at 0, so that a rate is seen.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        actions: Iterable[str] = (),
        identifiers: Iterable[str] = (),
    ) -> None:
        self._of: dict[str, Any] = {row.name: _made(row, registry) for row in METRICS}
        self._partitions: dict[str, set[tuple[str, ...]]] = {}
        self._of["build_info"].labels(version("cordial-streams")).set(1)
        for event_outcome in EventOutcome:
            self._of["events_total"].labels(event_outcome)
        for action in actions:
            self._of["in_doubt_total"].labels(action)
            for outcome in CommandOutcome:
                self._of["commands_total"].labels(action, outcome)
        for name in identifiers:
            self._of["identifier_conflicts_total"].labels(name)
        self._identifiers = {
            (name, state): self._of["identifiers_total"].labels(name, state)
            for name in identifiers
            for state in IDENTIFIER_STATES
        }

    def event(self, outcome: EventOutcome) -> None:
        """One event of the bus has its outcome; a dead one also calls `dead_event`."""
        self._of["events_total"].labels(outcome).inc()

    def identifier(self, name: str, state: str) -> None:
        """One identifier of the plan, as one event has it; `state` is of `IDENTIFIER_STATES`."""
        self._identifiers[name, state].inc()

    def identifier_conflict(self, name: str) -> None:
        """One identifier of a contact is another's, too."""
        self._of["identifier_conflicts_total"].labels(name).inc()

    def dead_event(self, reason: Dead) -> None:
        """One event went to the dead letters."""
        self._of["dead_letters_total"].labels(EVENT, reason).inc()

    def delivered(self, action: str, seconds: float | None) -> None:
        """One command was accepted, `seconds` after its event stood on the bus (None: unknown)."""
        self._of["commands_total"].labels(action, CommandOutcome.DELIVERED).inc()
        if seconds is not None:
            self._of["event_seconds"].observe(max(0.0, seconds))

    def suppressed(self, action: str, reason: Suppressed) -> None:
        """One command needed no request."""
        self._of["commands_total"].labels(action, CommandOutcome.SUPPRESSED).inc()
        self._of["suppressed_total"].labels(action, reason).inc()

    def dead_lettered(self, action: str, reason: Dead) -> None:
        """One command went to the dead letters."""
        self._of["commands_total"].labels(action, CommandOutcome.DEAD_LETTERED).inc()
        self._of["dead_letters_total"].labels(action, reason).inc()

    def guarded(self, action: str, found: Iterable[Found]) -> None:
        """These attributes of one command are not as the account takes them."""
        for one in found:
            self._of["guarded_attributes_total"].labels(action, one.problem, one.verdict).inc()

    def request(self, action: str, answer: Answer, seconds: float, members: int) -> None:
        """One request of `members` commands was answered after `seconds`."""
        self._of["requests_total"].labels(action, answer_word(answer)).inc()
        self._of["request_seconds"].labels(action).observe(seconds)
        self._of["joined_members"].labels(action).observe(members)
        if isinstance(answer, InDoubt):
            self._of["in_doubt_total"].labels(action).inc()

    def retry(self, action: str, answer: Answer) -> None:
        """One request will be tried again because of `answer`."""
        self._of["retries_total"].labels(action, answer_word(answer)).inc()

    def in_flight(self, requests: int) -> None:
        """So many requests are under way."""
        self._of["in_flight"].set(requests)

    def lag(self, topic: str, partition: int, *, events: int, seconds: float) -> None:
        """What is unsettled on one partition of one topic."""
        self._at("lag_events", topic, str(partition)).set(events)
        self._at("lag_seconds", topic, str(partition)).set(seconds)

    def paused(self, topic: str, partition: int, *, events: int) -> None:
        """So many records wait in one partition of a paused source."""
        self._at("paused_events", topic, str(partition)).set(events)

    def resumed(self, topic: str, partition: int) -> None:
        """It is read again, or was never paused."""
        known, labels = self._partitions.get("paused_events", set()), (topic, str(partition))
        if labels in known:
            known.discard(labels)
            self._of["paused_events"].remove(*labels)

    def partition(self, partition: int, *, oldest: float, commands: int, held: int) -> None:
        """The state of one partition: age of the oldest open event, window, held copies."""
        self._at("oldest_unsettled_seconds", str(partition)).set(oldest)
        self._at("window_commands", str(partition)).set(commands)
        self._at("held_copies", str(partition)).set(held)

    def visitors(self, partition: int, *, events: int, visitors: int, seconds: float) -> None:
        """What is held of visitors at one partition."""
        self._at("held_events", str(partition)).set(events)
        self._at("held_visitors", str(partition)).set(visitors)
        self._at("held_seconds", str(partition)).set(seconds)

    def stitched(self, events: int) -> None:
        """So many events of a visitor were passed on to the visitor's user."""
        self._of["stitched_total"].inc(events)

    def revoked(self, partition: int) -> None:
        """Another worker has this partition now: its last figures would mislead."""
        for name, known in self._partitions.items():
            for labels in [one for one in known if one[-1] == str(partition)]:
                known.discard(labels)
                self._of[name].remove(*labels)

    def hold(self, reason: str, *, on: bool) -> None:
        """Delivery is held for `reason`, or no longer."""
        self._of["holds"].labels(reason).set(int(on))

    def circuit(self, action: str, *, is_open: bool) -> None:
        """An endpoint's circuit is open, or closed."""
        self._of["circuit_open"].labels(action).set(int(is_open))

    def pace(self, action: str, rate: float | None) -> None:
        """An endpoint's rate; None where no limit is known."""
        self._of["pace_limit"].labels(action).set(inf if rate is None else rate)

    def rebalance(self) -> None:
        """The worker's partitions changed."""
        self._of["rebalances_total"].inc()

    def recovered(self, seconds: float) -> None:
        """The tables are recovered, after `seconds`."""
        self._of["recovery_seconds"].set(seconds)

    def fetch_jump(self) -> None:
        """The consumer was given a record too far ahead."""
        self._of["fetch_jumps_total"].inc()

    def commit_age(self, seconds: float) -> None:
        """Seconds since the last commit."""
        self._of["commit_age_seconds"].set(seconds)

    def _at(self, name: str, *labels: str) -> Any:
        self._partitions.setdefault(name, set()).add(labels)
        return self._of[name].labels(*labels)


def _made(row: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    if row.kind == "histogram":
        return Histogram(
            row.full_name, row.meaning, row.labels, registry=registry, buckets=row.buckets
        )
    made = Counter if row.kind == "counter" else Gauge
    return made(row.full_name, row.meaning, row.labels, registry=registry)
