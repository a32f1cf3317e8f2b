"""All numbers this program shows, in one table: name, kind, labels, meaning, what to do.

Law: a metric is a row here first; only the verbs of `Metrics` move one. Labels come
from small closed sets (actions, outcomes, reasons, topics, partitions), never from an event.
Names get the prefix `cordial_streams_`; times are seconds.
"""

from dataclasses import dataclass
from typing import Final, Literal

PREFIX: Final = "cordial_streams_"
QUICK: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LONG: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
MEMBERS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)

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
        "deleted_unread_total",
        "counter",
        ("topic",),
        "Offsets that the bus deleted before they were read.",
        "They are lost: have the topic kept for longer than the longest outage.",
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
        "order_info",
        "gauge",
        ("order",),
        "1 for what keeps its order at Cordial: each contact, or each action of a contact.",
        _FINE,
    ),
    Metric(
        "build_info",
        "gauge",
        ("version",),
        "Always 1; the label is the version that runs.",
        _FINE,
    ),
)
