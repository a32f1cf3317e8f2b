import inspect
import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

import streams
from streams.core.answer import Delivered, InDoubt, NotSent, Refused, Rejected, Unauthorized
from streams.core.catalogue import Found
from streams.core.outcome import Dead, EventOutcome, Suppressed
from streams.metrics import LABELS, METRICS, Metric, Metrics
from streams.metrics import verbs as module
from streams.metrics.words import answer_word, status_word

VERBS = [
    name
    for name, verb in inspect.getmembers(Metrics, inspect.isfunction)
    if not name.startswith("_")
]


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> Metrics:
    return Metrics(
        registry,
        actions=["upsertContact"],
        identifiers=["email"],
        holds=["key_rejected"],
        written=["cordial.dead-letters"],
    )


def move_all(metrics: Metrics) -> None:
    metrics.order("contact")
    metrics.event(EventOutcome.ROUTED)
    metrics.identifier("email", "invalid")
    metrics.identifier_conflict("email")
    metrics.delivered("upsertContact", 0.3)
    metrics.suppressed("upsertContact", Suppressed.DUPLICATE)
    metrics.dead_lettered("upsertContact", Dead.MISSING)
    metrics.dead_event(Dead.NO_KEY)
    metrics.guarded("upsertContact", [Found("tier", "unknown", "drop")])
    metrics.request("upsertContact", InDoubt("cut"), 0.2, 3)
    metrics.retry("upsertContact", InDoubt("cut"))
    metrics.in_flight(7)
    metrics.lag("cordial.keyed", 3, events=5, seconds=1.5)
    metrics.paused("shop.events", 3, events=2)
    metrics.partition(3, oldest=1.5, commands=9, held=1)
    metrics.visitors(3, events=4, visitors=2, seconds=60.0)
    metrics.stitched(4)
    metrics.hold("key_rejected", on=True)
    metrics.circuit("upsertContact", is_open=True)
    metrics.pace("upsertContact", None)
    metrics.rate_limit_wait("upsertContact", 0.5)
    metrics.readiness(["recovering"], ["recovering", "stopping"])
    metrics.rebalance()
    metrics.recovered(3.5)
    metrics.recovery_left(7)
    metrics.unwritten(3)
    metrics.produce_failure("cordial.dead-letters")
    metrics.schema_lookup("found")
    metrics.poll_age(0.2)
    metrics.fetch_jump()
    metrics.deleted_unread("shop.events", 4)
    metrics.commit_age(2.5)
    metrics.longest_lane(40)


def test_every_metric_of_the_table_has_a_verb_and_no_verb_has_another() -> None:
    used = set(re.findall(r'_(?:of\[|at\()"([a-z_]+)"', inspect.getsource(module)))
    assert used == {row.name for row in METRICS}


def test_what_is_exposed_is_the_table(registry: CollectorRegistry, metrics: Metrics) -> None:
    move_all(metrics)
    shown = {
        sample.name.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum")
        for family in registry.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }
    assert shown == {row.full_name for row in METRICS}


def test_a_move_is_seen(registry: CollectorRegistry, metrics: Metrics) -> None:
    move_all(metrics)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"cordial_streams_{name}", labels)

    assert value("events_total", outcome="routed") == 1
    assert value("commands_total", action="upsertContact", outcome="suppressed") == 1
    assert value("commands_total", action="upsertContact", outcome="dead_lettered") == 1
    assert value("commands_total", action="event", outcome="dead_lettered") is None
    assert value("dead_letters_total", action="event", reason="no_key") == 1
    assert value("identifiers_total", identifier="email", state="invalid") == 1
    assert value("identifiers_total", identifier="email", state="usable") == 0
    of_request = {"action": "upsertContact", "status": "none"}
    assert value("requests_total", answer="in_doubt", **of_request) == 1
    assert value("http_request_duration_seconds_count", **of_request) == 1
    assert value("in_doubt_total", action="upsertContact") == 1
    assert value("joined_members_sum", action="upsertContact") == 3
    assert value("lag_seconds", topic="cordial.keyed", partition="3") == 1.5
    assert value("pace_limit", action="upsertContact") == float("inf")
    assert value("event_age_seconds_count") == 1


def test_counters_start_at_zero(registry: CollectorRegistry, metrics: Metrics) -> None:
    text = generate_latest(registry).decode()
    assert 'commands_total{action="upsertContact",outcome="dead_lettered"} 0.0' in text
    assert 'events_total{outcome="filtered"} 0.0' in text
    assert 'dead_letters_total{action="event",reason="unknown_schema"} 0.0' in text
    assert 'holds{reason="key_rejected"} 0.0' in text
    assert 'holds_begun_total{reason="key_rejected"} 0.0' in text
    assert 'produce_failures_total{topic="cordial.dead-letters"} 0.0' in text


def test_a_hold_is_counted_when_it_begins(registry: CollectorRegistry, metrics: Metrics) -> None:
    metrics.hold("key_rejected", on=True)
    metrics.hold("key_rejected", on=False)
    of = {"reason": "key_rejected"}
    assert registry.get_sample_value("cordial_streams_holds", of) == 0
    assert registry.get_sample_value("cordial_streams_holds_begun_total", of) == 1


def test_readiness_is_asked_when_it_is_shown(registry: CollectorRegistry, metrics: Metrics) -> None:
    reasons: list[str] = []
    metrics.readiness(reasons, ["starting"])
    of = {"reason": "starting"}
    assert registry.get_sample_value("cordial_streams_not_ready", of) == 0
    reasons.append("starting")
    assert registry.get_sample_value("cordial_streams_not_ready", of) == 1


def test_a_revoked_partition_is_not_shown(registry: CollectorRegistry, metrics: Metrics) -> None:
    move_all(metrics)
    metrics.lag("cordial.keyed", 13, events=1, seconds=1)
    metrics.revoked(3)
    metrics.revoked(4)
    text = generate_latest(registry).decode()
    assert 'partition="3"' not in text
    assert 'partition="13"' in text


def test_what_is_read_again_is_not_shown_as_paused(
    registry: CollectorRegistry, metrics: Metrics
) -> None:
    move_all(metrics)
    metrics.resumed("web.events", 3)
    assert "paused_events{" in generate_latest(registry).decode()
    metrics.resumed("shop.events", 3)
    assert "paused_events{" not in generate_latest(registry).decode()


@pytest.mark.parametrize("row", METRICS, ids=lambda row: row.name)
def test_a_row_is_complete(row: Metric) -> None:
    assert set(row.labels) <= set(LABELS)
    assert row.meaning.endswith(".")
    assert row.to_do.endswith(".")
    assert row.name.endswith("_total") == (row.kind == "counter")
    assert bool(row.buckets) == (row.kind == "histogram")


ANSWERS = [
    (Delivered(202), "delivered"),
    (Refused(429), "refused"),
    (InDoubt("cut"), "in_doubt"),
    (NotSent("ConnectError"), "not_sent"),
    (Unauthorized(401), "unauthorized"),
    (Rejected(400), "rejected"),
]


@pytest.mark.parametrize(("answer", "word"), ANSWERS)
def test_the_word_of_an_answer(answer: Delivered, word: str) -> None:
    assert answer_word(answer) == word


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (200, "2xx"),
        (401, "401"),
        (404, "4xx"),
        (429, "429"),
        (500, "5xx"),
        (503, "503"),
        (None, "none"),
    ],
)
def test_the_word_of_a_status(status: int | None, word: str) -> None:
    assert status_word(status) == word


def test_every_label_is_of_a_metric() -> None:
    assert {label for row in METRICS for label in row.labels} == set(LABELS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_called_by_the_program(verb: str) -> None:
    called = re.compile(rf"\bmetrics\.{verb}\b")
    home = Path(streams.__file__).parent
    sources = [path for path in home.rglob("*.py") if path.parent.name != "metrics"]
    assert any(called.search(path.read_text()) for path in sources)
