"""What this program counts and measures: each number a row of one table, moved by a verb."""

from streams.metrics.metric import Metric
from streams.metrics.table import LABELS, METRICS
from streams.metrics.verbs import Metrics

__all__ = ["LABELS", "METRICS", "Metric", "Metrics"]
