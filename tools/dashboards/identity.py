"""Who events are of, what is not sent for that, and what the account takes."""

from tools.dashboards.panels import Dashboard, Panel, Query

WHO = (
    Panel(
        "Share of events with a usable identifier",
        "By identifier of the plan.",
        (
            Query(
                "sum by (identifier) "
                '(rate(cordial_streams_identifiers_total{state="usable"}[$__rate_interval]))'
                " / sum by (identifier) "
                "(rate(cordial_streams_identifiers_total[$__rate_interval]))",
                "{{identifier}}",
            ),
        ),
        unit="percentunit",
    ),
    Panel(
        "Identifiers that cannot be used",
        "They are there and not what they should be; `identity report` says of which.",
        (
            Query(
                "sum by (identifier) "
                '(rate(cordial_streams_identifiers_total{state="invalid"}[$__rate_interval]))',
                "{{identifier}}",
            ),
        ),
        unit="ops",
    ),
    Panel(
        "Identifiers of two contacts, 1 h",
        "Said of a contact after another one had said them.",
        (
            Query(
                "sum by (identifier) (increase(cordial_streams_identifier_conflicts_total[1h]))",
                "{{identifier}}",
            ),
        ),
    ),
    Panel(
        "Attributes that the account would not take, 1 h",
        "Unknown, of another type, over a limit; `attributes check` says which.",
        (
            Query(
                "sum by (action, problem, verdict) "
                "(increase(cordial_streams_guarded_attributes_total[1h]))",
                "{{action}} {{problem}}: {{verdict}}",
            ),
        ),
    ),
)

NOT_SENT = (
    Panel(
        "Not sent, by reason",
        "Nothing was wrong, and nothing was to be told.",
        (
            Query(
                "sum by (reason) (rate(cordial_streams_suppressed_total[$__rate_interval]))",
                "{{reason}}",
            ),
        ),
        unit="ops",
    ),
    Panel(
        "Not sent for who it is, by action",
        "Visitors who are not known yet, and subscriptions that may not be told.",
        (
            Query(
                "sum by (action, reason) (rate(cordial_streams_suppressed_total"
                '{reason=~"anonymous|held|expired|crowded_out|consent"}[$__rate_interval]))',
                "{{action}} {{reason}}",
            ),
        ),
        unit="ops",
    ),
    Panel(
        "Dead for want of an identifier, 1 h",
        "no_key: neither user nor visitor. unidentifiable: nothing that Cordial could match.",
        (
            Query(
                "sum by (reason) "
                '(increase(cordial_streams:dead_letters{reason=~"no_key|unidentifiable"}[1h]))',
                "{{reason}}",
            ),
        ),
    ),
)

VISITORS = (
    Panel(
        "Held events of visitors",
        "Until an event ties the visitor to a user.",
        (Query("sum(cordial_streams_held_events)", "events"),),
    ),
    Panel(
        "Visitors who are waited for",
        "Those whose events are held.",
        (Query("sum(cordial_streams_held_visitors)", "visitors"),),
    ),
    Panel(
        "Held for longest",
        "At identity.hold.days it expires.",
        (Query("max(cordial_streams_held_seconds)", "oldest"),),
        unit="s",
    ),
    Panel(
        "Passed on to a user",
        "Events of visitors who became users.",
        (Query("sum(rate(cordial_streams_stitched_total[$__rate_interval]))", "events"),),
        unit="ops",
    ),
)

IDENTITY = Dashboard(
    "identity",
    "Cordial Streams: identity",
    (("Who it is", WHO), ("What is not sent", NOT_SENT), ("Visitors", VISITORS)),
)
