"""What a query names: metrics and their labels, as far as a test can tell them without a parser."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from streams.metrics import METRICS
from tests.deploy.files import RULES, documents

SCRAPED = frozenset({"instance", "job"})
"""The labels that Prometheus adds to whatever it scrapes."""

OF_OTHERS: Mapping[str, frozenset[str]] = {
    "up": SCRAPED,
    "kube_statefulset_replicas": frozenset({"statefulset"}),
    "kafka_consumergroup_lag": frozenset({"consumergroup", "topic", "partition"}),
    "kminion_kafka_consumer_group_topic_partition_lag": frozenset(
        {"group_id", "topic_name", "partition_id"}
    ),
    "ALERTS": frozenset({"alertname", "alertstate", "severity"}),
}
"""Metrics of other programs that rules and dashboards may name, with their labels."""

NAME = r"[a-zA-Z_][a-zA-Z0-9_:]*"
GROUPED = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
NO_METRIC = frozenset(
    {"offset", "by", "on", "and", "or", "unless", "bool", "inf", "Inf", "group_left"}
)


def rules() -> list[dict[str, Any]]:
    """Every rule, recorded ones and alerts."""
    return [rule for group in documents(RULES)[0]["groups"] for rule in group["rules"]]


def known_labels() -> dict[str, frozenset[str]]:
    """The labels of each series that there may be, by its name."""
    known = dict(OF_OTHERS)
    for row in METRICS:
        for name in row.series:
            le = {"le"} if name.endswith("_bucket") else set()
            known[name] = frozenset(row.labels) | SCRAPED | le
    for rule in rules():
        if "record" in rule:
            own = frozenset(rule.get("labels", ())) | frozenset(_grouped_outside(rule["expr"]))
            known[rule["record"]] = known.get(rule["record"], frozenset()) | own
    return known


def metrics(expr: str) -> set[str]:
    """The names of the series that a query asks for."""
    return {name for name, _ in selectors(expr)}


def selectors(expr: str) -> Iterator[tuple[str, set[str]]]:
    """Each series that a query asks for, with the labels that it is chosen by."""
    for found in re.finditer(rf"(?<![\w$])({NAME})\s*(\{{[^}}]*\}})?(\s*\()?", _bare(expr)):
        name, chosen, called = found.groups()
        if called or name in NO_METRIC:
            continue
        yield name, set(re.findall(rf"({NAME})\s*(?:=~|!~|!=|=)", chosen or ""))


def grouped(expr: str) -> set[str]:
    """The labels that a query groups or joins by."""
    return {one.strip() for found in GROUPED.findall(expr) for one in found.split(",")} - {""}


def _grouped_outside(expr: str) -> set[str]:
    """The labels that the result of a rule has: of its outermost grouping."""
    first = GROUPED.search(expr)
    return {one.strip() for one in first.group(1).split(",")} if first else set()


def _bare(expr: str) -> str:
    """Without texts, ranges and groupings."""
    without = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expr)
    return GROUPED.sub(" ", re.sub(r"\[[^\]]*\]", "", without))
