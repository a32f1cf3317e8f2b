"""The worker itself: its partitions, its tables, what it writes."""

from typing import Final

from streams.metrics.metric import FINE, Metric

WORKER: Final[tuple[Metric, ...]] = (
    Metric(
        "not_ready",
        "gauge",
        ("reason",),
        "1 while the worker does not deliver for this reason.",
        "`/readyz` says what to do.",
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
        "recovery_left",
        "gauge",
        (),
        "Rows of the tables that are still to be read before the worker delivers.",
        "Not falling: look at the broker. Falling slowly: run more workers.",
    ),
    Metric(
        "fetch_jumps_total",
        "counter",
        (),
        "Times the consumer was given a record beyond the next offset and fetched again.",
        "Now and then after a rebalance: nothing. Steadily: report it.",
    ),
    Metric(
        "unwritten_records",
        "gauge",
        (),
        "Records that the broker has not confirmed yet: commands, rows, receipts, dead letters.",
        "Growing: the broker is slow or away; nothing is committed before it has them.",
    ),
    Metric(
        "produce_failures_total",
        "counter",
        ("topic",),
        "Records of a topic that the broker refused or did not take in time.",
        "Of the dead letters: look at the topic's max.message.bytes and at the broker.",
    ),
    Metric(
        "order_info",
        "gauge",
        ("order",),
        "1 for what keeps its order at Cordial: each contact, or each action of a contact.",
        FINE,
    ),
    Metric(
        "build_info",
        "gauge",
        ("version",),
        "Always 1; the label is the version that runs.",
        FINE,
    ),
)
