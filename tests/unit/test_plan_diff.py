"""`plan diff`: of the same events, which commands another plan adds, removes and changes."""

import json

import pytest
from typer.testing import CliRunner

from streams.cli import app

ORDER = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "userId": "u-42",
    "timestamp": "2026-11-20T10:00:00Z",
    "properties": {
        "order_id": "o-1",
        "total": 61.9,
        "tax": 9.8,
        "products": [{"product_id": "p-1", "sku": "A-1", "name": "Shirt"}],
    },
}
PAGE = {**ORDER, "type": "page", "messageId": "m-2", "properties": {"title": "Shirts"}}
REFUND = {
    **ORDER,
    "event": "Order Refunded",
    "messageId": "m-3",
    "userId": "u-43",
    "properties": {"order_id": "o-2"},
}


@pytest.fixture
def diff(tmp_path):
    def run(before, after, *events, options=("--json",)):
        names = []
        for name, text in (("a.yaml", before), ("b.yaml", after)):
            path = tmp_path / name
            path.write_text(text)
            names.append(str(path))
        path = tmp_path / "events.json"
        path.write_text("\n".join(map(json.dumps, events)))
        key = ("--segment-id-key", "segment_id")
        return CliRunner().invoke(app, ["plan", "diff", *names, str(path), *key, *options])

    return run


def test_of_two_plans_that_amount_to_the_same_nothing_differs(diff):
    done = diff("", "identity: {priority: [user, email, phone]}", ORDER, PAGE)
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "same": True,
        "events": 2,
        "differing": 0,
        "summary": {},
        "changes": [],
        "notes": [],
    }
    text = diff("", "", ORDER, PAGE, options=()).stdout
    assert text == "no difference in 2 events\n"


def test_a_changed_command_says_which_fields(diff):
    other = "actions: {upsertOrder: {mapping: {tax: null, properties: {shop: {const: DE}}}}}"
    done = diff("", other, ORDER, PAGE)
    assert done.exit_code == 5
    told = json.loads(done.stdout)
    assert told["summary"] == {"upsertOrder": {"changed": 1}}
    (change,) = told["changes"]
    assert (change["number"], change["messageId"], change["what"]) == (1, "m-1", "changed")
    fields = {one["path"]: (one["before"], one["after"]) for one in change["fields"]}
    assert fields["tax"] == (9.8, None)
    assert fields["properties.shop"] == (None, "DE")


def test_added_and_removed_commands_say_what_they_were_and_become(diff):
    other = """
actions:
  createContactactivities: {filters: [{name: no-pages, when: type = "page", drop: true}]}
  upsertOrder: {enabled: false}
  vip: {action: createContactactivities, trigger: type = "track"}
"""
    told = json.loads(diff("", other, ORDER, PAGE).stdout)
    said = {(one["number"], one["action"]): one for one in told["changes"]}
    assert {key: (one["what"], one["before"], one["after"]) for key, one in said.items()} == {
        (1, "upsertOrder"): ("removed", "sent", "not wanted"),
        (1, "vip"): ("added", "not wanted", "sent"),
        (2, "createContactactivities"): ("removed", "sent", "suppressed, filter:no-pages"),
    }
    assert told["differing"] == 2


def test_another_reason_not_to_send_is_a_difference(diff):
    other = 'filters: [{name: refunds, when: event = "Order Refunded", drop: true}]'
    told = json.loads(
        diff("actions: {createContactactivities: {enabled: false}}", other, REFUND).stdout
    )
    assert {
        (one["action"], one["what"], one["before"], one["after"]) for one in told["changes"]
    } == {
        ("event", "outcome", "routed", "filtered, filter:refunds"),
        (
            "upsertOrder",
            "outcome",
            "dead letter, missing (properties.products)",
            "filtered, filter:refunds",
        ),
    }


def test_text_has_a_line_for_each_change_and_one_for_each_action(diff):
    other = "actions: {upsertOrder: {mapping: {tax: null}}}"
    lines = diff("", other, ORDER, PAGE, options=()).stdout.splitlines()
    assert lines == [
        "event 1, m-1: upsertOrder changed: tax 9.8 → nothing",
        "upsertOrder: 1 changed",
        "1 of 2 events differ",
    ]


def test_true_is_not_one_and_a_whole_number_is_however_it_is_written(diff):
    def plan(value):
        return f"actions: {{upsertOrder: {{mapping: {{properties: {{a: {{const: {value}}}}}}}}}}}"

    assert diff(plan("1"), plan("true"), ORDER).exit_code == 5
    assert diff(plan("1"), plan("1.0"), ORDER).exit_code == 0


@pytest.mark.parametrize(
    ("before", "after", "events", "code"),
    [("sources: 1", "", [ORDER], 3), ("", "actions: {a: {}}", [ORDER], 3), ("", "", [3], 2)],
)
def test_what_cannot_be_compared_is_refused(diff, before, after, events, code):
    assert diff(before, after, *events).exit_code == code
