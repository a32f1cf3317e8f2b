"""What this program counts and measures: each number a row of one table, moved by a verb."""

from streams.metrics.table import METRICS, Metric
from streams.metrics.verbs import Metrics

__all__ = ["METRICS", "Metric", "Metrics"]
