"""Who events are of, and what the account takes."""

from typing import Final

from streams.metrics.metric import FINE, Metric

IDENTITY: Final[tuple[Metric, ...]] = (
    Metric(
        "identifiers_total",
        "counter",
        ("identifier", "state"),
        "Identifiers of routed events: usable, invalid (there and not usable) or missing.",
        "A rise of invalid: `cordial-streams identity report` says of which; ask its producer.",
    ),
    Metric(
        "identifier_conflicts_total",
        "counter",
        ("identifier",),
        "Identifiers that a contact said after another contact of this worker had said them.",
        "`cordial-streams identity report` names the contacts; see docs/identity.md.",
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
        FINE,
    ),
    Metric(
        "held_seconds",
        "gauge",
        ("partition",),
        "How long the oldest held event of a visitor has been held.",
        "Nothing: at identity.hold.days it expires.",
    ),
)
