"""The verbs that move the numbers: the only way to."""

from collections.abc import Container, Iterable
from importlib.metadata import version
from math import inf
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.core.answer import Answer, InDoubt
from streams.core.catalogue import Found
from streams.core.outcome import CommandOutcome, Dead, EventOutcome, Suppressed
from streams.metrics.metric import Metric
from streams.metrics.table import METRICS
from streams.metrics.words import answer_word, status_word

EVENT: Final = "event"

IDENTIFIER_STATES: Final = ("usable", "invalid", "missing")
LOOKUPS: Final = ("found", "unknown", "away")


class _Children(dict[tuple[str, ...], Any]):
    """The children of one metric by their labels, for as long as the worker lives.

    `labels()` makes strings of what are strings already, and takes a lock.
    """

    def __init__(self, metric: Any) -> None:
        self._metric = metric

    def __missing__(self, labels: tuple[str, ...]) -> Any:
        child = self[labels] = self._metric.labels(*labels)
        return child


class Metrics:
    """The metrics of one worker, in `registry`.

    `actions`, `identifiers`, `holds` and `written` (topics) start at 0, so that a rate is seen.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        actions: Iterable[str] = (),
        identifiers: Iterable[str] = (),
        *,
        holds: Iterable[str] = (),
        written: Iterable[str] = (),
    ) -> None:
        self._of: dict[str, Any] = {row.name: _made(row, registry) for row in METRICS}
        self._child_of = {row.name: _Children(self._of[row.name]) for row in METRICS if row.labels}
        self._partitions: dict[str, set[tuple[str, ...]]] = {}
        self._of["build_info"].labels(version("cordial-streams")).set(1)
        self._at_zero(actions, identifiers)
        self._at_zero_by_name(holds, written)
        self._identifiers = {
            (name, state): self._of["identifiers_total"].labels(name, state)
            for name in identifiers
            for state in IDENTIFIER_STATES
        }

    def _at_zero(self, actions: Iterable[str], identifiers: Iterable[str]) -> None:
        for event_outcome in EventOutcome:
            self._of["events_total"].labels(event_outcome)
        for reason in Dead:
            self._of["dead_letters_total"].labels(EVENT, reason)
        for action in actions:
            self._of["in_doubt_total"].labels(action)
            for outcome in CommandOutcome:
                self._of["commands_total"].labels(action, outcome)
        for name in identifiers:
            self._of["identifier_conflicts_total"].labels(name)

    def _at_zero_by_name(self, holds: Iterable[str], written: Iterable[str]) -> None:
        for result in LOOKUPS:
            self._of["schema_lookups_total"].labels(result)
        for reason in holds:
            self._of["holds"].labels(reason)
            self._of["holds_begun_total"].labels(reason)
        for topic in written:
            self._of["produce_failures_total"].labels(topic)

    def readiness(self, reasons: Container[str], every: Iterable[str]) -> None:
        """`reasons` are why the worker does not deliver, whenever it is asked; of `every` one."""
        for reason in every:
            shown = self._of["not_ready"].labels(reason)
            shown.set_function(lambda reason=reason: float(reason in reasons))

    def order(self, kept: str) -> None:
        """What keeps its order: a contact, or each of its actions."""
        self._of["order_info"].labels(kept).set(1)

    def event(self, outcome: EventOutcome) -> None:
        """One event of the bus has its outcome; a dead one also calls `dead_event`."""
        self._child_of["events_total"][outcome,].inc()

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
        """One command was accepted, `seconds` after its event came to the bus (None: unknown)."""
        self._child_of["commands_total"][action, CommandOutcome.DELIVERED].inc()
        if seconds is not None:
            self._of["event_age_seconds"].observe(max(0.0, seconds))

    def suppressed(self, action: str, reason: Suppressed) -> None:
        """One command needed no request."""
        self._child_of["commands_total"][action, CommandOutcome.SUPPRESSED].inc()
        self._child_of["suppressed_total"][action, reason].inc()

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
        status = status_word(answer.status)
        self._child_of["requests_total"][action, answer_word(answer), status].inc()
        self._child_of["http_request_duration_seconds"][action, status].observe(seconds)
        self._child_of["joined_members"][action,].observe(members)
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

    def longest_lane(self, commands: int) -> None:
        """So many commands wait in the longest lane."""
        self._of["longest_lane_commands"].set(commands)

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
        if on:
            self._of["holds_begun_total"].labels(reason).inc()
        self._of["holds"].labels(reason).set(int(on))

    def circuit(self, action: str, *, is_open: bool) -> None:
        """An endpoint's circuit is open, or closed."""
        self._of["circuit_open"].labels(action).set(int(is_open))

    def pace(self, action: str, rate: float | None) -> None:
        """An endpoint's rate; None where no limit is known."""
        self._of["pace_limit"].labels(action).set(inf if rate is None else rate)

    def rate_limit_wait(self, action: str, seconds: float) -> None:
        """Requests of an endpoint waited so much longer for its pace alone."""
        self._of["rate_limit_wait_seconds_total"].labels(action).inc(seconds)

    def rebalance(self) -> None:
        """The worker's partitions changed."""
        self._of["rebalances_total"].inc()

    def recovered(self, seconds: float) -> None:
        """The tables are recovered, after `seconds`."""
        self._of["recovery_seconds"].set(seconds)

    def recovery_left(self, rows: int) -> None:
        """So many rows of the tables are still to be read."""
        self._of["recovery_left"].set(rows)

    def unwritten(self, records: int) -> None:
        """So many records wait for the broker's word."""
        self._of["unwritten_records"].set(records)

    def produce_failure(self, topic: str) -> None:
        """The broker refused a record of this topic, or did not take it in time."""
        self._of["produce_failures_total"].labels(topic).inc()

    def schema_lookup(self, result: str) -> None:
        """A schema was asked for; `result` is of `LOOKUPS`."""
        self._of["schema_lookups_total"].labels(result).inc()

    def poll_age(self, seconds: float) -> None:
        """Seconds since records were last asked for."""
        self._of["poll_age_seconds"].set(seconds)

    def fetch_jump(self) -> None:
        """The consumer was given a record too far ahead."""
        self._of["fetch_jumps_total"].inc()

    def deleted_unread(self, topic: str, count: int) -> None:
        """So many offsets of a topic were deleted before they were read."""
        self._of["deleted_unread_total"].labels(topic).inc(count)

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
