"""Answers: every status has one meaning, and garbled headers count as absent."""

import time
from datetime import UTC, datetime

import pytest

from streams.core.answer import (
    NO_LIMITS,
    Delivered,
    InDoubt,
    Limits,
    Refused,
    Rejected,
    Unauthorized,
    classify,
)

NOW = 1_795_168_800.0
MEANINGS = (
    [(status, InDoubt) for status in range(100, 200)]
    + [(status, Delivered) for status in range(200, 300)]
    + [(status, Unauthorized) for status in (*range(300, 400), 401, 403)]
    + [(status, Refused) for status in (429, 503)]
    + [(status, InDoubt) for status in (408, *range(500, 503), *range(504, 600))]
    + [(status, Rejected) for status in range(400, 500) if status not in (401, 403, 408, 429)]
)


def test_the_table_has_every_status_once():
    assert sorted(status for status, _ in MEANINGS) == list(range(100, 600))


def test_every_status_has_its_meaning():
    wrong = [
        (status, answer)
        for status, meaning in MEANINGS
        if type(answer := classify(status, {}, now=NOW)) is not meaning or answer.status != status
    ]
    assert wrong == []


def test_a_rejection_keeps_the_message():
    assert classify(422, {}, now=NOW, message="orderID: missing") == Rejected(
        422, "orderID: missing"
    )


HEADERS = [
    ({}, NO_LIMITS),
    ({"Retry-After": "7"}, Limits(retry_after=7.0)),
    ({"RETRY-AFTER": "0"}, Limits(retry_after=0.0)),
    ({"Retry-After": "-1"}, NO_LIMITS),
    ({"Retry-After": "soon"}, NO_LIMITS),
    ({"Retry-After": "nan"}, NO_LIMITS),
    ({"Retry-After": "inf"}, NO_LIMITS),
    ({"Retry-After": ""}, NO_LIMITS),
    ({"Retry-After": "9999999999"}, Limits(retry_after=86_400.0)),
    ({"Retry-After": "Fri, 20 Nov 2026 10:00:30 GMT"}, Limits(retry_after=30.0)),
    ({"Retry-After": "Fri, 20 Nov 2026 10:00:30 -0000"}, Limits(retry_after=30.0)),
    ({"Retry-After": "Fri, 20 Nov 2026 09:00:00 GMT"}, Limits(retry_after=0.0)),
    (
        {
            "X-Rate-Limit-Limit": "100",
            "X-Rate-Limit-Remaining": "0",
            "X-Rate-Limit-Reset": "12.5",
        },
        Limits(100.0, 0.0, 12.5),
    ),
    ({"Retry-After": "Fri, 20 Nov 99999 10:00:30 GMT"}, NO_LIMITS),
    ({"Retry-After": "Fri, 20 Nov 2096 10:00:30 GMT"}, Limits(retry_after=86_400.0)),
    ({"X-Rate-Limit-Remaining": "none"}, NO_LIMITS),
    ({"X-Rate-Limit-Remaining": "-3"}, NO_LIMITS),
]


@pytest.mark.parametrize(("headers", "limits"), HEADERS)
def test_headers_of_the_limit(headers, limits):
    assert classify(429, headers, now=NOW).limits == limits


@pytest.mark.parametrize("status", [200, 401, 422, 429, 500])
def test_every_answer_keeps_what_is_said_of_limits(status):
    answer = classify(status, {"X-Rate-Limit-Limit": "7"}, now=NOW)
    assert answer.limits == Limits(limit=7.0)


def test_an_answer_in_doubt_says_its_status():
    assert classify(502, {}, now=NOW) == InDoubt("status 502", 502)
    assert classify(422, {}, now=NOW) == Rejected(422, "")


@pytest.mark.parametrize(
    ("zone", "seconds"), [("-0000", 7200.0), ("GMT", 7200.0), ("+0100", 3600.0)]
)
def test_a_date_without_a_zone_is_meant_as_utc(zone, seconds, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        when = datetime.fromtimestamp(NOW + 7200, UTC).strftime(f"%a, %d %b %Y %H:%M:%S {zone}")
        assert classify(429, {"Retry-After": when}, now=NOW).limits.retry_after == seconds
    finally:
        monkeypatch.undo()
        time.tzset()
