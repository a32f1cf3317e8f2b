"""What became of events and commands, and of what events say."""

from typing import Final

from streams.metrics.metric import LONG, Metric

EVENTS: Final[tuple[Metric, ...]] = (
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
        "event_age_seconds",
        "histogram",
        (),
        "Time from the record's timestamp on the bus to Cordial's acceptance; of a replay from "
        "when it was sent again, of what was held for a visitor from when it was let go.",
        "The promise to marketing; compare with lag_seconds.",
        LONG,
    ),
    Metric(
        "stitched_total",
        "counter",
        (),
        "Visitors' events that were passed on to the user that the visitor became.",
        "Never, with visitors held: no event ties an anonymous id to a user.",
    ),
    Metric(
        "schema_lookups_total",
        "counter",
        ("result",),
        "Schemas that were not known yet and were asked for; all other records found theirs known.",
        "unknown: register the schema, then replay. away: look at the registry.",
    ),
)
