"""Requests to Cordial, and what keeps them back."""

from typing import Final

from streams.metrics.metric import FINE, MEMBERS, QUICK, Metric

DELIVERY: Final[tuple[Metric, ...]] = (
    Metric(
        "requests_total",
        "counter",
        ("action", "answer", "status"),
        "Requests to Cordial by answer: delivered, refused, in_doubt, not_sent, unauthorized, "
        "rejected.",
        "unauthorized: put the right key in place. refused: see pace_limit.",
    ),
    Metric(
        "http_request_duration_seconds",
        "histogram",
        ("action", "status"),
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
        FINE,
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
        "holds",
        "gauge",
        ("reason",),
        "1 while delivery is held for a reason that a person must end.",
        "`/readyz` says what to do.",
    ),
    Metric(
        "holds_begun_total",
        "counter",
        ("reason",),
        "Times that delivery was held for a reason that a person must end, however shortly.",
        "key_rejected: Cordial answered 401 or 403; see CordialStreamsKeyRejected.",
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
        "rate_limit_wait_seconds_total",
        "counter",
        ("action",),
        "Time in which requests waited for nothing but the pace that an endpoint allows.",
        "Near one second a second: Cordial's limit is what delivery waits for.",
    ),
)
