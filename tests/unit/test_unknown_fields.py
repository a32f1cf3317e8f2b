"""A field that no event has is told with what was probably meant, wherever events are JSON."""

import io
import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from streams.cli import app
from streams.core.identity import AccountKeys
from streams.core.records import Place
from streams.plan import compile_plan, plan_of
from streams.qa.journey import JourneyError, read_journey
from streams.sources.customer_event import from_json, to_record
from streams.sources.unknown_fields import FIELDS, unknown_fields
from streams.tracing.event_files import reading_as
from streams.tracing.page import Page
from streams.tracing.telling import tell

NOW = 1_795_168_800_000
PLAN = compile_plan(plan_of({}), AccountKeys(segment_id="segment_id"))
TRACK = {"type": "track", "event": "Signed Up", "messageId": "m-1", "userId": "u-42"}
MEANT = [
    ("user_id", "track", "did you mean userId?"),
    ("UserID", "track", "did you mean userId?"),
    ("message-id", "track", "did you mean messageId?"),
    ("propertes", "track", "did you mean properties?"),
    ("timeStamp", "track", "did you mean timestamp?"),
    ("email", "track", "did you mean traits.email?"),
    ("Phone", "identify", "did you mean traits.phone?"),
    ("traits.email", "identify", "write email inside of traits"),
    ("total", "track", "what is your own goes into properties"),
    ("points", "identify", "what is your own goes into traits"),
    ("category", "track", "what is your own goes into properties"),
]


@pytest.mark.parametrize(("name", "kind", "remedy"), MEANT)
def test_what_was_probably_meant_is_said(name, kind, remedy):
    assert list(unknown_fields({"type": kind, name: "x"})) == [(name, remedy)]


def test_what_is_read_is_not_told():
    event = from_json(TRACK, Place("events", 0, 0), NOW)
    assert tuple(to_record(event)) == FIELDS
    assert not list(unknown_fields({**dict.fromkeys(FIELDS), "type": "track"}))
    assert not list(unknown_fields({"type": "page", "category": "shirts"}))


LOST = [
    ({**TRACK, "total": 3}, "total"),
    ({"type": "track", "event": "A", "user_id": "u-42"}, "user_id"),
    ({"Type": "track", "userId": "u-42"}, "Type"),
]


@pytest.mark.parametrize(("event", "name"), LOST)
def test_a_trace_tells_it_whatever_becomes_of_the_event(event, name):
    (told,) = tell([event], PLAN, NOW)
    (note,) = (one for one in told.line["notes"] if one["field"] == name)
    assert note["what"].startswith("is no field of an event and is not read; ")
    out = io.StringIO()
    Page(PLAN, Console(file=out, width=200)).show(told.line, told.event)
    assert f"note: {name}: is no field of an event" in out.getvalue()


def test_records_that_a_mapping_reads_have_fields_of_their_own():
    mapping = {"type": {"const": "identify"}, "userId": "customer", "messageId": "id"}
    plan = plan_of(
        {
            "sources": [
                {"topic": "crm", "keyed_by_user": False, "mapping": mapping},
                {"topic": "shop", "keyed_by_user": False},
            ]
        }
    )
    record = {"customer": "u-42", "id": "m-1", "shop": 3}
    (mapped,) = tell([record], PLAN, NOW, reading=reading_as(plan, "crm", None))
    (canonical,) = tell([record], PLAN, NOW, reading=reading_as(plan, "shop", None))
    assert not [one for one in mapped.line["notes"] if "no field" in one["what"]]
    assert len([one for one in canonical.line["notes"] if "no field" in one["what"]]) == 3


def test_plan_diff_tells_each_once_with_how_many_events_have_it(tmp_path):
    names = [str(tmp_path / name) for name in ("a.yaml", "b.yaml", "events.json")]
    for name in names[:2]:
        (tmp_path / name).write_text("")
    (tmp_path / "events.json").write_text(json.dumps([{**TRACK, "total": 3}] * 2))
    said = "total is no field of an event and is not read; what is your own goes into properties"
    done = CliRunner().invoke(app, ["plan", "diff", *names])
    assert done.stdout.splitlines()[-1] == f"note: {said} (events: 2)"
    done = CliRunner().invoke(app, ["plan", "diff", *names, "--json"])
    assert json.loads(done.stdout)["notes"] == [f"{said} (events: 2)"]


def test_a_journey_with_such_a_field_is_refused_with_its_line():
    text = "steps:\n  - event: {type: identify}\n  - event:\n      type: track\n      user_id: u\n"
    with pytest.raises(JourneyError) as refused:
        read_journey(text, "j.yaml")
    assert str(refused.value) == (
        "j.yaml, line 5: steps.1.event.user_id is no field of an event; did you mean userId?"
    )
