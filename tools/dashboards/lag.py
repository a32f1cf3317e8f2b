"""What waits, for how long, and does the worker go on reading and committing?"""

from tools.dashboards.panels import Choice, Dashboard, Panel, Query

WAITING = (
    Panel(
        "Lag in records, by topic",
        "Not settled, or not committed, as the chosen source counts it.",
        (
            Query(
                'sum by (topic) (cordial_streams:lag_records{source="$source", topic=~"$topic"})',
                "{{topic}}",
            ),
        ),
        red=100_000,
    ),
    Panel(
        "Lag in seconds, by topic",
        "Age of the oldest record that is not settled: the delay that customers feel.",
        (
            Query(
                'max by (topic) (cordial_streams_lag_seconds{topic=~"$topic"})',
                "{{topic}}",
            ),
        ),
        unit="s",
        red=900,
    ),
    Panel(
        "Lag in records, by partition",
        "One partition alone: a busy contact, or one that is tried again and again.",
        (
            Query(
                'sum by (topic, partition) (cordial_streams_lag_events{topic=~"$topic"}) > 0',
                "{{topic}} {{partition}}",
            ),
        ),
    ),
    Panel(
        "Oldest open event, by partition",
        "Age of the oldest routed event with an open command.",
        (
            Query(
                "max by (partition) (cordial_streams_oldest_unsettled_seconds)",
                "{{partition}}",
            ),
        ),
        unit="s",
    ),
    Panel(
        "Lag, by who measured it",
        "The worker's own number and those of exporters; far apart, one of them is wrong.",
        (Query("sum by (source) (cordial_streams:lag_records)", "{{source}}"),),
    ),
    Panel(
        "Waiting in paused sources",
        "No lag, and not to be forgotten.",
        (Query("sum by (topic) (cordial_streams_paused_events)", "{{topic}}"),),
    ),
)

MOVING = (
    Panel(
        "Since records were asked for",
        "Growing: nothing is read, whatever the lag says.",
        (Query("max by (instance) (cordial_streams_poll_age_seconds)", "{{instance}}"),),
        unit="s",
        red=120,
    ),
    Panel(
        "Since the last commit",
        "While there is something to commit.",
        (Query("max by (instance) (cordial_streams_commit_age_seconds)", "{{instance}}"),),
        unit="s",
        red=300,
    ),
    Panel(
        "Unsettled commands",
        "At window.commands the router waits: delivery is the limit.",
        (Query("max by (partition) (cordial_streams_window_commands)", "{{partition}}"),),
    ),
    Panel(
        "Longest lane",
        "Commands that wait for one contact; hundreds while others are through: a hot one.",
        (Query("max by (instance) (cordial_streams_longest_lane_commands)", "{{instance}}"),),
        red=1_000,
    ),
    Panel(
        "Copies that are early",
        "Read from action topics before the router came to their event.",
        (Query("max by (partition) (cordial_streams_held_copies)", "{{partition}}"),),
    ),
    Panel(
        "Not yet confirmed by the broker",
        "Commands, rows, receipts and dead letters; nothing is committed before.",
        (Query("max by (instance) (cordial_streams_unwritten_records)", "{{instance}}"),),
    ),
    Panel(
        "Refused by the broker",
        "Records that it refused or did not take in time, in 15 minutes.",
        (
            Query(
                "sum by (topic) (increase(cordial_streams_produce_failures_total[15m]))",
                "{{topic}}",
            ),
        ),
    ),
    Panel(
        "Deleted unread",
        "Offsets that the bus deleted before they were read.",
        (Query("sum by (topic) (cordial_streams_deleted_unread_total)", "{{topic}}"),),
    ),
    Panel(
        "Fetched again",
        "Records beyond the next offset, in 15 minutes.",
        (
            Query(
                "sum by (instance) (increase(cordial_streams_fetch_jumps_total[15m]))",
                "{{instance}}",
            ),
        ),
    ),
)

GROUP = (
    Panel(
        "Rebalances, 1 h",
        "Changes of a worker's partitions.",
        (
            Query(
                "max by (instance) (increase(cordial_streams_rebalances_total[1h]))",
                "{{instance}}",
            ),
        ),
        width=8,
        red=5,
    ),
    Panel(
        "Rows still to recover",
        "Of the tables, before the worker delivers.",
        (Query("max by (instance) (cordial_streams_recovery_left)", "{{instance}}"),),
        width=8,
    ),
    Panel(
        "Last recovery",
        "How long it took.",
        (Query("max by (instance) (cordial_streams_recovery_seconds)", "{{instance}}"),),
        unit="s",
        width=8,
    ),
)

LAG = Dashboard(
    "lag",
    "Cordial Streams: lag",
    (("Waiting", WAITING), ("Moving", MOVING), ("Group", GROUP)),
    (
        Choice("source", "cordial_streams:lag_records", "source", several=False, first="worker"),
        Choice("topic", "cordial_streams_lag_events", "topic"),
    ),
)
