"""What Cordial says, and what keeps requests back."""

from tools.dashboards.panels import Choice, Dashboard, Panel, Query

OF = '{action=~"$action"}'

ANSWERS = (
    Panel(
        "Requests by status",
        "What Cordial answers; `none`: nothing.",
        (
            Query(
                f"sum by (status) (rate(cordial_streams_requests_total{OF}[$__rate_interval]))",
                "{{status}}",
            ),
        ),
        unit="reqps",
    ),
    Panel(
        "Share of 429",
        "Of the requests of five minutes.",
        (Query(f"cordial_streams:rate_limited_share:5m{OF}", "{{action}}"),),
        unit="percentunit",
        red=0.1,
    ),
    Panel(
        "Time of a request",
        "Of those that were accepted, from the first byte to the last: 50 % and 99 %.",
        tuple(
            Query(
                f"histogram_quantile({share}, sum by (le, action) (rate(cordial_streams_http_"
                f'request_duration_seconds_bucket{{action=~"$action", status="2xx"}}'
                "[$__rate_interval])))",
                f"{{{{action}}}} {name}",
            )
            for share, name in ((0.5, "50 %"), (0.99, "99 %"))
        ),
        unit="s",
    ),
    Panel(
        "Answers by meaning",
        "delivered, refused, in_doubt, not_sent, unauthorized, rejected.",
        (
            Query(
                "sum by (action, answer) "
                f"(rate(cordial_streams_requests_total{OF}[$__rate_interval]))",
                "{{action}} {{answer}}",
            ),
        ),
        unit="reqps",
    ),
)

KEPT = (
    Panel(
        "Requests under way",
        "Always at delivery.in_flight: raise it, or the limit is Cordial's.",
        (Query("max by (instance) (cordial_streams_in_flight)", "{{instance}}"),),
    ),
    Panel(
        "Waiting for the rate limit",
        "Seconds a second in which requests waited for nothing else.",
        (
            Query(
                "max by (action) "
                f"(rate(cordial_streams_rate_limit_wait_seconds_total{OF}[$__rate_interval]))",
                "{{action}}",
            ),
        ),
        unit="percentunit",
    ),
    Panel(
        "Rate limit",
        "Requests a second that an endpoint allows a worker; no line: none is known.",
        (Query(f"min by (action) (cordial_streams_pace_limit{OF} < +Inf)", "{{action}}"),),
        unit="reqps",
    ),
    Panel(
        "Held, and circuits open",
        "1 while it is so.",
        (
            Query("max by (reason) (cordial_streams_holds)", "held: {{reason}}"),
            Query(f"max by (action) (cordial_streams_circuit_open{OF})", "open: {{action}}"),
        ),
    ),
    Panel(
        "Holds that began, 1 h",
        "Also those that were over before anybody looked.",
        (
            Query(
                "sum by (reason) (increase(cordial_streams_holds_begun_total[1h]))",
                "{{reason}}",
            ),
        ),
    ),
    Panel(
        "Tried again",
        "By the answer that caused it.",
        (
            Query(
                "sum by (action, reason) "
                f"(rate(cordial_streams_retries_total{OF}[$__rate_interval]))",
                "{{action}} {{reason}}",
            ),
        ),
        unit="ops",
    ),
)

BECAME = (
    Panel(
        "Commands by action and outcome",
        "What became of them.",
        (
            Query(
                "sum by (action, outcome) "
                f"(rate(cordial_streams_commands_total{OF}[$__rate_interval]))",
                "{{action}} {{outcome}}",
            ),
        ),
        unit="ops",
    ),
    Panel(
        "Commands per request",
        "How many travelled together.",
        (
            Query(
                f"sum by (action) (rate(cordial_streams_joined_members_sum{OF}[$__rate_interval]))"
                " / sum by (action) "
                f"(rate(cordial_streams_joined_members_count{OF}[$__rate_interval]))",
                "{{action}}",
            ),
        ),
    ),
    Panel(
        "Dead letters by reason, 15 min",
        "What was given up; each reason has its remedy in docs/operations.md.",
        (
            Query(
                "sum by (reason) (increase(cordial_streams:dead_letters[15m])) > 0",
                "{{reason}}",
            ),
        ),
    ),
    Panel(
        "Dead letters so far, by action",
        "Since each worker started.",
        (
            Query(
                f"sum by (action, reason) (cordial_streams_dead_letters_total{OF}) > 0",
                "{{action}} {{reason}}",
            ),
        ),
    ),
    Panel(
        "In doubt, 1 h",
        "Requests whose answer never came.",
        (
            Query(
                f"sum by (action) (increase(cordial_streams_in_doubt_total{OF}[1h]))",
                "{{action}}",
            ),
        ),
    ),
    Panel(
        "Schemas asked for, 15 min",
        "What the registry answered; known schemas are not asked for.",
        (
            Query(
                "sum by (result) (increase(cordial_streams_schema_lookups_total[15m]))",
                "{{result}}",
            ),
        ),
    ),
)

DELIVERY = Dashboard(
    "delivery",
    "Cordial Streams: delivery",
    (("What Cordial says", ANSWERS), ("What keeps it back", KEPT), ("What became of it", BECAME)),
    (Choice("action", "cordial_streams_commands_total", "action"),),
)
