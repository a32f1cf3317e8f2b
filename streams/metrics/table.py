"""All numbers this program shows, in one table, and where the values of their labels come from.

Law: a metric is a row here first; only the verbs of `Metrics` move one. Docs, dashboards, alerts
and the tests of what a worker exports go by this table. Labels come from small closed sets,
never from an event.
"""

from typing import Final

from streams.metrics.metric import Metric
from streams.metrics.of_delivery import DELIVERY
from streams.metrics.of_events import EVENTS
from streams.metrics.of_identity import IDENTITY
from streams.metrics.of_lag import LAG
from streams.metrics.of_worker import WORKER

METRICS: Final[tuple[Metric, ...]] = (*EVENTS, *DELIVERY, *LAG, *IDENTITY, *WORKER)

LABELS: Final = {
    "action": "an action or instance of the plan; `event` where the event itself died",
    "answer": "what an answer of Cordial's means",
    "identifier": "an identifier of the plan",
    "order": "`contact` or `action`",
    "outcome": "what became of an event or a command",
    "partition": "the number of a partition",
    "problem": "what is wrong with an attribute",
    "reason": "why: of a closed list for each metric",
    "result": "`found`, `unknown` or `away`",
    "state": "`usable`, `invalid` or `missing`",
    "status": "of an answer: `2xx`, `3xx`, `401`, `403`, `429`, other `4xx`, `503`, other `5xx`; "
    "`none` where there was no answer",
    "topic": "a topic that the worker reads or writes",
    "verdict": "what the plan does with such an attribute",
    "version": "the version of the program",
}
