"""Is anything wrong, and where is it to be looked at?"""

from tools.dashboards.panels import Dashboard, Panel, Query, number

NOW = (
    number(
        "Workers",
        "Workers that answer.",
        'sum(up{job="cordial-streams"})',
        width=3,
    ),
    number(
        "Delay now",
        "Age of the oldest record that is not settled.",
        "max(cordial_streams_lag_seconds)",
        unit="s",
        red=900,
        width=3,
    ),
    number(
        "Records behind",
        "Records that are not settled, over all topics.",
        "sum(cordial_streams_lag_events)",
        width=3,
        red=100_000,
    ),
    number(
        "Late, last hour",
        "Share of commands that reached Cordial more than five minutes after their event.",
        "cordial_streams:late_share:1h",
        unit="percentunit",
        red=0.01,
        width=3,
    ),
    number(
        "Held",
        "Reasons for which delivery is held until a person acts.",
        "sum(max by (reason) (cordial_streams_holds))",
        red=1,
        width=3,
    ),
    number(
        "Circuits open",
        "Endpoints of Cordial that fail for everybody.",
        "sum(max by (action) (cordial_streams_circuit_open))",
        red=1,
        width=3,
    ),
    number(
        "Dead letters, 24 h",
        "Events and commands that were given up.",
        "sum(increase(cordial_streams:dead_letters[24h]))",
        red=1,
        width=3,
    ),
    number(
        "In doubt, 24 h",
        "Requests that Cordial may have accepted, and that were sent again.",
        "sum(increase(cordial_streams_in_doubt_total[24h]))",
        width=3,
    ),
)

FLOW = (
    Panel(
        "Events by outcome",
        "What became of the records of the bus.",
        (
            Query(
                "sum by (outcome) (rate(cordial_streams_events_total[$__rate_interval]))",
                "{{outcome}}",
            ),
        ),
        unit="ops",
    ),
    Panel(
        "Commands by outcome",
        "What became of what was to be told to Cordial.",
        (
            Query(
                "sum by (outcome) (rate(cordial_streams_commands_total[$__rate_interval]))",
                "{{outcome}}",
            ),
        ),
        unit="ops",
    ),
    Panel(
        "From the bus to Cordial",
        "Age of an event when Cordial accepts its command.",
        tuple(
            Query(
                f"histogram_quantile({share}, sum by (le) "
                "(rate(cordial_streams_event_age_seconds_bucket[$__rate_interval])))",
                name,
            )
            for share, name in ((0.5, "half"), (0.95, "95 %"), (0.99, "99 %"))
        ),
        unit="s",
        red=300,
    ),
    Panel(
        "Late commands",
        "Share that came more than five minutes after the event; above 14.4 % in both the month's "
        "share is spent in two days.",
        (
            Query("cordial_streams:late_share:5m", "5 minutes"),
            Query("cordial_streams:late_share:1h", "1 hour"),
            Query("cordial_streams:late_share:6h", "6 hours"),
        ),
        unit="percentunit",
        red=0.144,
    ),
)

STATE = (
    Panel(
        "Alerts",
        "Alerts that are on; each has its section in docs/operations.md.",
        (
            Query(
                'max by (alertname) (ALERTS{alertstate="firing", alertname=~"CordialStreams.+"})',
                "{{alertname}}",
            ),
        ),
    ),
    Panel(
        "Not ready",
        "Workers that do not deliver, by reason.",
        (Query("sum by (reason) (cordial_streams_not_ready) > 0", "{{reason}}"),),
    ),
    Panel(
        "Workers by version",
        "More than one while an upgrade is under way.",
        (Query("count by (version) (cordial_streams_build_info)", "{{version}}"),),
    ),
    Panel(
        "Workers by order",
        "What keeps its order at Cordial; one line only.",
        (Query("count by (order) (cordial_streams_order_info)", "{{order}}"),),
    ),
)

OVERVIEW = Dashboard(
    "overview",
    "Cordial Streams: overview",
    (("Now", NOW), ("Flow", FLOW), ("State", STATE)),
)
