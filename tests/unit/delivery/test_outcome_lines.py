"""Which outcomes are logged, and what a line of one has."""

import io
import json
import logging
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from streams.core.command import Position
from streams.core.records import Place, Receipt
from streams.kafka.outcome_lines import OutcomeLines
from streams.logs import configure

PINNED = [3, 7, 29, 31, 35, 39]
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def stream():
    stream = io.StringIO()
    handler = configure(secrets=list, stream=stream, terminal=False, clock=lambda: 0.0)
    yield stream
    logging.getLogger().removeHandler(handler)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def lines(stream) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def receipt(number: int = 1, outcome: str = "delivered", **more: Any) -> Receipt:
    given = {
        "kind": "command",
        "action": "upsertContact",
        "outcome": outcome,
        "time": 5_000,
        "attempts": 1,
        "latency_ms": 120,
        "position": Position(0, "cordial.keyed", 1, 7),
        "source": Place("customer.events", 3, number),
        "contact": "ada@example.com",
        "correlation_id": f"customer.events-3-{number}",
        **more,
    }
    return Receipt(**given)


def message(**headers: bytes) -> Any:
    return SimpleNamespace(headers=headers, timestamp=4.0, topic="customer.events")


def told(share: float) -> OutcomeLines:
    return OutcomeLines(share, lambda contact: "0a1b2c3d")


def test_a_line_has_what_operators_look_for_and_nothing_of_a_person(stream):
    traced = message(traceparent=f"00-{TRACE}-b7ad6b7169203331-01".encode())
    told(1.0)(receipt(status=202), traced)
    [line] = lines(stream)
    assert line.pop("timestamp")
    assert line == {
        "level": "info",
        "logger": "streams.kafka.outcome_lines",
        "event": "outcome",
        "action": "upsertContact",
        "outcome": "delivered",
        "status": 202,
        "topic": "customer.events",
        "partition": 3,
        "offset": 1,
        "trace_id": TRACE,
        "contact": "0a1b2c3d",
        "attempts": 1,
        "duration_ms": 120,
        "sampled": True,
    }


def test_every_dead_letter_is_told_with_its_reason_and_field(stream):
    told(0.0)(receipt(outcome="dead_lettered", reason="missing", field="userId"), message())
    told(0.0)(receipt(), message())
    [line] = lines(stream)
    assert (line["event"], line["level"]) == ("upsertContact dead-lettered: missing", "warning")
    assert (line["field"], line["sampled"]) == ("userId", False)


def test_an_event_that_dies_says_how_long_after_it_came(stream):
    dead = receipt(
        kind="event", action=None, outcome="dead_lettered", reason="no_key", latency_ms=None
    )
    told(0.0)(dead, message())
    [line] = lines(stream)
    assert line["event"] == "event dead-lettered: no_key"
    assert line["duration_ms"] == 1_000


def test_all_lines_of_an_event_are_there_or_none(stream):
    writes = told(0.1)
    for number in range(2_000):
        writes(receipt(number), message())
        writes(receipt(number, "suppressed", reason="stale", action="upsertOrder"), message())
    found = lines(stream)
    told_of = [line["offset"] for line in found]
    assert 120 <= len(set(told_of)) <= 280
    assert all(told_of.count(number) == 2 for number in set(told_of))


def test_another_process_chooses_the_same_events(stream):
    writes = told(0.1)
    for number in range(60):
        writes(receipt(number), message())
    assert [line["offset"] for line in lines(stream)] == PINNED


def test_failures_of_a_kind_are_told_ten_times_a_minute_and_those_of_the_sample_all(stream):
    for number in range(50):
        told(0.0)(receipt(number, "dead_lettered", reason="rejected"), message())
        told(0.0)(receipt(number, "dead_lettered", reason="missing"), message())
    assert len(lines(stream)) == 20
    for number in range(50):
        told(1.0)(receipt(number, "dead_lettered", reason="rejected"), message())
    assert len(lines(stream)) == 70


def test_what_no_record_is_at_hand_of_is_told_as_far_as_it_is_known(stream):
    held = receipt(outcome="suppressed", reason="expired", latency_ms=None, source=None)
    told(1.0)(held, None)
    [line] = lines(stream)
    assert (line["topic"], line["offset"]) == ("cordial.keyed", 7)
    assert "trace_id" not in line
    assert "duration_ms" not in line
