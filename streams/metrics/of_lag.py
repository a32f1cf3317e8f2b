"""What is read and not settled, and how old it is."""

from typing import Final

from streams.metrics.metric import Metric

LAG: Final[tuple[Metric, ...]] = (
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
        "longest_lane_commands",
        "gauge",
        (),
        "Commands that wait in the longest lane of this worker; 0 below 20.",
        "Hundreds while others are through: a hot contact; `/lanes` names it. See scaling.md.",
    ),
    Metric(
        "held_copies",
        "gauge",
        ("partition",),
        "Copies read from action topics before the router came to their event.",
        "High only after a restart; lasting: the keyed topic is not being read.",
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
        "poll_age_seconds",
        "gauge",
        (),
        "Time since records were last asked for; it moves on where there are none, too.",
        "Growing, outside a recovery: nothing is read, whatever lag_events says.",
    ),
)
