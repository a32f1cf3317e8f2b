"""`trace`: every input has a line, or an error that names its place; the lines are one history."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from streams.actions import ACTIONS
from streams.cli import app
from streams.core.identity import AccountKeys
from streams.plan import compile_plan, plan_of
from streams.tracing.command import run_trace
from streams.tracing.event_files import InputError, read_events
from streams.tracing.page import Page
from streams.tracing.telling import tell, trace

NOW = 1_795_168_800_000
PLAN = compile_plan(plan_of({}), AccountKeys(segment_id="segment_id"))
KEYS = {"messageId", "contact", "outcome", "commands"} | {"suppressed", "filtered", "dead", "notes"}
GROUP = {
    "type": "group",
    "messageId": "m-8",
    "userId": "u-42",
    "groupId": "g-77",
    "timestamp": "2026-11-20T10:00:00Z",
    "traits": {"name": "VIP"},
}
TRACK = {**GROUP, "type": "track", "event": "Signed Up"}


def lines_of(*events):
    return list(trace(events, PLAN, NOW))


def run(*files, **options):
    given = {"plan": None, "json": True, "story": None, "segment_id_key": "segment_id"}
    return run_trace([str(one) for one in files], **{**given, **options})


@pytest.fixture
def file(tmp_path):
    def write(content, name="events.json"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_identifiers_and_prefix_come_from_the_settings_and_an_option_wins(
    file, capsys, monkeypatch
):
    monkeypatch.setenv("CORDIAL_STREAMS_CORDIAL__SEGMENT_ID_KEY", "shop_id")
    monkeypatch.setenv("CORDIAL_STREAMS_PREFIX", "shop")
    assert run(file(json.dumps(GROUP)), segment_id_key=None) == 0
    (command,) = json.loads(capsys.readouterr().out)["commands"]
    assert command["topic"] == "shop.addContactsToList"
    assert command["body"]["contacts"]["identifiers"] == [{"shop_id": "u-42"}]
    assert run(file(json.dumps(GROUP))) == 0
    assert '"segment_id"' in capsys.readouterr().out


def test_events_of_a_plan_that_has_records_alone_have_a_note(file, capsys):
    mapping = "mapping: {type: {const: track}, event: state, userId: id}"
    plan = file(f"sources: [{{topic: shop, keyed_by_user: false, {mapping}}}]", "plan.yaml")
    events = file('{"state": "PAID", "id": "u-1"}')
    assert run(events, plan=plan, json=False) == 0
    note = "note: every source of the plan is mapped: for records name one with --source: shop"
    assert note in capsys.readouterr().out
    assert run(events, plan=plan, json=False, source="shop") == 0
    assert "every source" not in capsys.readouterr().out


def test_wrong_settings_are_refused(file, capsys, monkeypatch):
    monkeypatch.setenv("CORDIAL_STREAMS_GRACE", "soon")
    assert run(file(json.dumps(GROUP))) == 3
    assert "CORDIAL_STREAMS_GRACE" in capsys.readouterr().err


def test_a_line_has_exactly_these_parts_and_a_command_these():
    (line,) = lines_of(GROUP)
    assert set(line) == KEYS
    assert (line["outcome"], line["filtered"]) == ("routed", None)
    assert line["commands"] == [
        {
            "action": "addContactsToList",
            "topic": "cordial.addContactsToList",
            "method": "POST",
            "path": "/api/addContactsToList",
            "body": {
                "source": "cordial-streams",
                "listName": "VIP",
                "isAllowedToCreateLists": True,
                "contacts": {
                    "identifiers": [{"segment_id": "u-42"}],
                    "identifiersPriority": ["segment_id"],
                },
            },
        }
    ]


OUTCOMES = [
    ({"type": "screen", "messageId": "m-1", "userId": "u"}, "filtered", []),
    ({**GROUP, "integrations": {"All": False}}, "filtered", []),
    ({"type": "track", "messageId": "m-1"}, "dead_lettered", [(None, "no_key", "userId")]),
    ({"type": "trakc", "messageId": "m-1"}, "dead_lettered", [(None, "invalid", "type")]),
    ({"messageId": None}, "dead_lettered", [(None, "invalid", "type")]),
    ({**GROUP, "timestamp": "soon"}, "dead_lettered", [(None, "invalid", "timestamp")]),
    ({**GROUP, "groupId": None, "traits": {}}, "routed", [("addContactsToList", "missing")]),
]


@pytest.mark.parametrize(("event", "outcome", "dead"), OUTCOMES)
def test_what_becomes_of_an_event(event, outcome, dead):
    (line,) = lines_of(event)
    assert line["outcome"] == outcome
    assert (line["filtered"] is None) is (outcome != "filtered")
    found = [tuple(one.values()) for one in line["dead"]]
    assert [one[: len(other)] for one, other in zip(found, dead, strict=True)] == dead


def test_the_lines_are_one_history():
    removal = {**GROUP, "messageId": "m-9", "traits": {}, "type": "track", "event": "Left"}
    said = {"removeContactsFromList": {"enabled": True, "trigger": 'event = "Left"'}}
    plan = compile_plan(plan_of({"actions": said}), AccountKeys(segment_id="segment_id"))
    joined, again, left = trace([GROUP, GROUP, removal], plan, NOW)
    assert len(joined["commands"]) == 1
    assert again["suppressed"] == [{"action": "addContactsToList", "reason": "duplicate"}]
    locator = {"name": "VIP", "segment_group_id": "g-77"}
    assert left["commands"][0]["body"]["identifyListBy"] == locator


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = ("messageId", "userId", "groupId", "event", "timestamp", "traits", "properties")
TYPES = st.sampled_from(["track", "identify", "group", "page", "alias"])
EVENTS = st.fixed_dictionaries(
    {"type": TYPES}, optional=dict.fromkeys((*FIELDS, "context", "integrations"), JSON)
)


@given(st.lists(EVENTS | st.dictionaries(st.text(max_size=5), JSON, max_size=3), max_size=4))
def test_whatever_the_events_say_each_has_a_line_that_is_json(events):
    lines = lines_of(*events)
    assert len(lines) == len(events)
    for line in lines:
        json.loads(json.dumps(line, allow_nan=False))
        wanted = {one["action"] for one in line["commands"] + line["suppressed"]}
        assert wanted <= set(ACTIONS)


def test_a_bug_of_ours_is_an_outcome_of_its_event():
    def broken(event):
        raise ZeroDivisionError

    (first, *_) = PLAN.instances
    plan = type(PLAN)((type(first)("x", first.declaration, True, broken, first.rule),), PLAN.keys)
    (line,) = trace([GROUP], plan, NOW)
    assert line["outcome"] == "dead_lettered"
    assert line["dead"] == [{"action": None, "reason": "bug", "field": None}]


READ = {
    "one object": ('{"a": 1}', [{"a": 1}]),
    "one object over several lines": ('{\n "a": 1\n}\n', [{"a": 1}]),
    "one per line": ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
    "blank lines and CRLF": ('{"a": 1}\r\n\r\n{"a": 2}', [{"a": 1}, {"a": 2}]),
    "an array": ('[{"a": 1}]', [{"a": 1}]),
    "other line ends of Unicode": (
        '{"a": "x\u2028y\x85"}\n{"a": 2}',
        [{"a": "x\u2028y\x85"}, {"a": 2}],
    ),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("text", "events"), READ.values(), ids=READ)
def test_events_are_read(text, events):
    assert read_events(text, "-") == events


UNREADABLE = {
    "a line that breaks off": ('{"a": 1}\n\n{"a":\n', "f, line 3, column 6: no JSON"),
    "a line that is no object": ('{"a": 1}\n7\n', "f, line 2: an event is a JSON object"),
    "an array of something else": ("[1]", "f: an event is a JSON object"),
    "more digits than Python reads": (
        f'{{"a": 1{"0" * 5_000}}}',
        "f, line 1: a number has too many",
    ),
}


@pytest.mark.parametrize(("text", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_bad_line_is_named_with_what_to_do(text, message):
    with pytest.raises(InputError, match=message) as refused:
        read_events(text, "f")
    assert "give one" in str(refused.value) or "write it as text" in str(refused.value)


def test_an_error_repeats_nothing_of_the_line():
    with pytest.raises(InputError) as refused:
        read_events('{"email": "ana@example.com", }', "f")
    assert "ana" not in str(refused.value)


def test_a_thousand_levels_are_read_and_left_out_with_a_note():
    deep = '{"a":' * 1_000 + "1" + "}" * 1_000
    text = json.dumps(TRACK)[:-1] + f', "properties": {deep}}}'
    (line,) = lines_of(*read_events(text, "-"))
    assert line["outcome"] == "routed"
    assert any("nested deeper" in note["what"] for note in line["notes"])


def test_the_command_prints_a_line_of_json_per_event(file, capsys):
    path = file(
        "\ufeff" + json.dumps(GROUP) + "\n" + json.dumps({"type": "x", "messageId": "\ud800"})
    )
    assert run(path) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["messageId"], first["contact"]) == ("m-8", "u-42")
    assert second["outcome"] == "dead_lettered"


def test_files_are_one_history_and_a_dash_is_standard_input(file):
    asked = ["trace", "--json", "--segment-id-key", "id", str(file(json.dumps(GROUP))), "-"]
    said = CliRunner().invoke(app, asked, input=json.dumps(GROUP))
    outcomes = [json.loads(line)["suppressed"] for line in said.stdout.splitlines()]
    assert outcomes == [[], [{"action": "addContactsToList", "reason": "duplicate"}]]


REFUSED = {
    "no JSON": (b'{"a": 1}\n{"b":\n', "events.json, line 2, column 6: no JSON"),
    "no UTF-8": (b'{"a": 1}\n\xff', "events.json, line 2: is no UTF-8"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_input_exits_with_2_and_one_line(file, capsys, content, message):
    assert run(file(content)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err
    assert said.err.count("\n") == 1


def test_a_file_that_is_not_there_exits_with_2(tmp_path, capsys):
    assert run(tmp_path / "none.json") == 2
    assert "none.json: No such file or directory; name a file" in capsys.readouterr().err


def test_a_file_without_an_event_is_named_and_prints_nothing(file, capsys):
    assert run(file("\n"), file(json.dumps(GROUP), "more.json")) == 0
    said = capsys.readouterr()
    assert said.out.count("\n") == 1
    assert "events.json: holds no event" in said.err


def test_a_bad_plan_exits_with_3(file, capsys):
    plan = file("actions: {upsertOrdr: {}}", "plan.yaml")
    assert run(file(json.dumps(GROUP)), plan=plan) == 3
    assert "did you mean upsertOrder?" in capsys.readouterr().err


STORY = {"settings": {"segment_id_key": "id"}, "events": [GROUP], "expect": [{"messageId": "m-8"}]}
STORIES = {
    "as it says": (json.dumps(STORY), 0, "as it says", ""),
    "different": (
        json.dumps({**STORY, "expect": [{"messageId": "m-9"}]}),
        5,
        'line 1.messageId: expected "m-9", found "m-8"',
        "",
    ),
    "no JSON": ("{\n", 2, "", "line 2, column 1: no JSON"),
    "no story": ("{}", 2, "", "events is a list of JSON objects"),
    "a bad plan": (json.dumps({**STORY, "plan": {"acts": {}}}), 3, "", "acts is unknown"),
    "too many digits": (f'{{"events": [1{"0" * 5_000}]}}', 2, "", "a number has too many digits"),
}


@pytest.mark.parametrize(("text", "code", "out", "err"), STORIES.values(), ids=STORIES)
def test_a_story_is_told_and_its_difference_printed(file, capsys, text, code, out, err):
    assert run(story=file(text, "story.json")) == code
    said = capsys.readouterr()
    assert out in said.out
    assert err in said.err


def page_of(*events, plan=PLAN):
    out = io.StringIO()
    page = Page(plan, Console(file=out, width=40))
    for told in tell(events, plan, NOW):
        page.show(told.line, told.event, told.why)
    return out.getvalue().splitlines()


def test_people_see_the_event_its_requests_and_who_did_not_want_it():
    title, request, body, *why = page_of(GROUP)
    assert title == "m-8 of u-42, group: routed"
    assert request == "  cordial.addContactsToList key u-42 → POST /api/addContactsToList"
    assert json.loads(body)["listName"] == "VIP"
    assert why == [
        "  not for upsertContact, mergeContacts, addProductsToCart, removeProductsFromCart, "
        "upsertOrder, createContactactivities: its trigger does not match",
        "  not for removeContactsFromList, upsertSupplementRecords, upsertProducts: off",
    ]


def test_people_see_in_words_why_a_dead_letter_is_one():
    lines = [{"product_id": "p", "sku": "s", "name": "n", "price": 10, "quantity": 1}]
    order = {**GROUP, "type": "track", "event": "Order Completed"}
    wrong = {**order, "properties": {"order_id": "o-1", "total": 30, "products": lines}}
    plan = compile_plan(plan_of({"orders": {"on_wrong_total": "dead_letter"}}), PLAN.keys)
    assert (
        "  upsertOrder: dead letter, invalid (properties.total): " in page_of(wrong, plan=plan)[2]
    )
    assert page_of(wrong, plan=plan)[2].endswith(": totalAmount is not what the lines add up to")
    thin = page_of({**order, "properties": {"order_id": "o-1"}})
    assert any(one.endswith("neither the event nor another of the order says it") for one in thin)
    no_time = page_of({**GROUP, "timestamp": "soon"})
    assert no_time[1] == "  event: dead letter, invalid (timestamp): is not an ISO 8601 time"


def test_people_see_why_nothing_was_sent():
    assert page_of({**GROUP, "integrations": {"All": False}})[1] == "  filtered: integrations"
    assert "  addContactsToList: suppressed, duplicate" in page_of(GROUP, GROUP)
    assert "  event: dead letter, no_key (userId)" in page_of({**GROUP, "userId": None})
    assert page_of({"type": "x"})[0] == "trace-0-0 of nobody: dead_lettered"


def test_people_see_why_no_action_wanted_the_event():
    title, reason, trigger, off = page_of({**GROUP, "type": "screen"})
    assert title == "m-8 of u-42, screen: filtered"
    assert reason == "  filtered: no_action"
    assert trigger.startswith("  not for upsertContact, ")
    assert off.endswith(": off")


def test_people_see_that_the_key_of_the_user_id_is_not_named():
    unnamed = compile_plan(plan_of({}), AccountKeys())
    dead = page_of(TRACK, plan=unnamed)[1]
    assert dead.startswith("  createContactactivities: dead letter, unidentifiable (userId); name")
    assert "--segment-id-key" in dead


def test_what_producers_wrote_is_shown_as_it_is_and_obeyed_by_no_terminal():
    said = "[red]\x1b[31m\x9b:heart:"
    title, _, body, *_ = page_of({**TRACK, "messageId": said, "properties": {"x": said}})
    assert title.startswith(r"[red]\x1b[31m\x9b:heart: of u-42")
    assert "[red]" in body
    assert ":heart:" in body
    assert not {"\x1b", "\x9b"} & set(title + body)


def test_a_note_is_said_once_with_the_actions_that_have_it():
    who = {
        "type": "identify",
        "userId": "u-42",
        "messageId": "m-1",
        "traits": {"phone": "+493012345678"},
    }
    order = {
        **TRACK,
        "event": "Order Completed",
        "properties": {
            "order_id": "o-1",
            "total": 1,
            "card.number": 1,
            "products": [{"product_id": "p", "sku": "s", "name": "n", "price": 1, "quantity": "1"}],
        },
    }
    notes = [one.strip() for one in page_of(who, order) if "note:" in one]
    learned = (
        "note: identifiers: completed from what was learned (upsertOrder, createContactactivities)"
    )
    assert notes.count(learned) == 1
    assert "note: properties.products[0].quantity: number written as text (upsertOrder)" in notes
    assert len(notes) == len(set(notes))


@pytest.mark.parametrize(("region", "said"), [(None, True), ("DE", False)])
def test_a_phone_that_lacks_a_region_says_where_to_set_it(region, said):
    keys = AccountKeys(segment_id="segment_id", phone_region=region)
    identify = {"type": "identify", "userId": "u-42", "traits": {"phone": "01"}}
    shown = "\n".join(page_of(identify, plan=compile_plan(plan_of({}), keys)))
    assert "traits.phone: not usable as an identifier; left out" in shown
    assert ("CORDIAL_STREAMS_CORDIAL__PHONE_REGION" in shown) is said
