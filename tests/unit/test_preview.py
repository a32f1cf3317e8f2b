"""What a preview counts and what may be handed round, without a broker."""

import html
import json

import pytest
from hypothesis import given, settings

from streams.kafka.names import TABLES
from streams.kafka.peeking import Start
from streams.plan import compile_plan, plan_of
from streams.previewing.command import StartError, start_of
from streams.previewing.report import markdown, page, summary
from streams.previewing.rows import READ
from streams.previewing.tally import DROPS, SAMPLES, Tally
from streams.tracing.telling import trace
from tests.unit.core.made import KEYS, TEN_O_CLOCK
from tests.unit.core.test_actions import RAW

CANARY = "canary-4711"
PLAN = compile_plan(plan_of({}), KEYS)
HEAD = {
    "topic": "customer.events",
    "from": "beginning",
    "limit": 10,
    "spans": {"0": [0, 1]},
    "whole": True,
    "values_shown": False,
    "history": None,
}


def told(events, *, show_values=False):
    tally = Tally(PLAN, show_values)
    for number, line in enumerate(trace(events, PLAN, TEN_O_CLOCK)):
        tally.add(line, f"events-0-{number}")
    return tally.report()


def sung(value):
    """The value with the canary in place of every text."""
    if isinstance(value, dict):
        return {name: sung(one) for name, one in value.items()}
    if isinstance(value, list):
        return [sung(one) for one in value]
    return CANARY if isinstance(value, str) else value


@settings(max_examples=200, deadline=None)
@given(RAW)
def test_no_value_of_an_event_is_in_a_report(raw):
    event = {**sung(raw), "type": raw.get("type")}
    report = told([event])
    assert CANARY not in json.dumps(report)
    assert CANARY not in page({**HEAD, **report}) + "\n".join(markdown({**HEAD, **report}))


def test_an_address_is_not_shown_where_a_plan_names_it():
    trigger = 'traits.email = "ana@example.com" or traits.name = "Ana"'
    plan = compile_plan(plan_of({"actions": {"upsertContact": {"trigger": trigger}}}), KEYS)
    raw = {
        "type": "identify",
        "userId": "u-1",
        "traits": {"email": "ana@example.com", "name": "Ana", "ana@example.com": 1},
    }
    tally = Tally(plan, show_values=False)
    for line in trace([raw], plan, TEN_O_CLOCK):
        tally.add(line, "events-0-0")
    (sample,) = tally.report()["samples"]
    assert "ana@example.com" not in json.dumps(tally.report())
    assert sample["body"]["attributes"]["name"] == "Ana"


def test_the_most_frequent_drops_are_ten_and_places_of_lists_are_one():
    lines = [{"product_id": "p", "price": "1"} for _ in range(30)]
    events = [
        {
            "type": "track",
            "event": "Order Completed",
            "messageId": f"m-{number}",
            "userId": "u",
            "timestamp": "2026-11-20T10:00:00Z",
            "properties": {"order_id": str(number), "products": lines, f"a.{number}": 1},
        }
        for number in range(20)
    ]
    report = told(events)
    assert len(report["drops"]) == DROPS
    counts = [one["count"] for one in report["drops"]]
    assert counts == sorted(counts, reverse=True)
    first = next(iter(report["actions"]["upsertOrder"]["dead_lettered"]))
    assert first == "missing (properties.products[].sku)"


def test_what_is_no_loss_is_not_among_the_drops():
    head = {"userId": "u", "timestamp": "2026-11-20T10:00:00Z"}
    plan = {
        "identity": {"anonymous": "hold"},
        "consent": {
            "since": "2026-11-01T00:00:00Z",
            "channels": {
                "email": {
                    "status": "traits.news",
                    "events": [
                        {"name": "form", "when": 'event = "Joined"', "status": "subscribed"}
                    ],
                }
            },
        },
    }
    events = [
        {**head, "userId": None, "anonymousId": "a", "type": "track", "event": "Seen"},
        {**head, "anonymousId": "a", "type": "identify", "traits": {"news": "unsubscribed"}},
        {**head, "type": "track", "event": "Joined", "timestamp": "2026-11-21T10:00:00Z"},
    ]
    tally = Tally(compile_plan(plan_of(plan), KEYS), show_values=False)
    given = [{**one, "messageId": f"m-{number}"} for number, one in enumerate(events)]
    for line in trace(given, tally.plan, TEN_O_CLOCK):
        tally.add(line, "events-0-0")
    assert [one["what"] for one in tally.report()["drops"]] == ["suppressed, held"]


def test_of_each_action_some_requests_are_shown_with_where_they_come_from():
    events = [
        {"type": "track", "event": f"E {n}", "userId": "u", "messageId": str(n)} for n in range(9)
    ]
    report = told(events)
    assert [one["record"] for one in report["samples"]] == ["events-0-0", "events-0-1"]
    assert len(report["samples"]) == SAMPLES
    (count,) = report["actions"]["createContactactivities"]["sent"].values()
    assert count == 9


def test_text_of_events_is_no_markup():
    event = {"type": "track", "event": "<b>|x\n", "userId": "u", "properties": {"<i>": "1"}}
    report = {**HEAD, **told([event], show_values=True)}
    made = page(report)
    assert "<b>" not in made
    assert "<i>" not in made
    assert "&lt;b&gt;" in made


def test_a_report_says_from_where_on_history_is_known():
    report = {**HEAD, **told([])}
    for said in (page(report), "\n".join(markdown(report))):
        assert "History begins with the first of these records" in said
        assert "a worker's tables know is not known here" in html.unescape(said)
    read = {"rows": {"seen": 3, "orders": 1200}, "missing": ["consent"], "cut": ["profiles"]}
    for said in (
        page({**report, "history": read}),
        "\n".join(summary({**report, "history": read})),
    ):
        assert "tables know now" in said
        assert "Rows of these events: 3 of seen, 1,200 of orders." in said
        assert "no changelog of consent" in said
        assert "Not all of profiles was read" in said


def test_every_table_is_read_or_said_to_be_unknown():
    assert {*READ, "parked", "held", "links"} == set(TABLES)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("beginning", Start()),
        ("0", Start(offset=0)),
        ("2026-11-20T10:00:00Z", Start(time=TEN_O_CLOCK)),
        ("2026-11-20T10:00", Start(time=TEN_O_CLOCK)),
        ("2026-11-20T12:00:00+02:00", Start(time=TEN_O_CLOCK)),
        ("1900-01-01", Start(time=0)),
    ],
)
def test_where_to_begin(text, start):
    assert start_of(text) == start


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5", "9" * 30, "2026-13-01"])
def test_what_is_no_place_to_begin(text):
    with pytest.raises(StartError, match="expected beginning, an offset"):
        start_of(text)
