"""`plan check` and `plan show`: every mistake with its place, every value with its origin."""

import json
import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from streams.actions import ACTIONS
from streams.cli import app
from streams.plan import parse_plan, plan_of
from streams.plan.doubts import doubts
from streams.plan.instances import instances
from streams.plan.laying import shaped
from streams.plan.places import Text
from streams.plan.showing import as_yaml, effective, leaves, values

pytestmark = pytest.mark.slow


STORIES = sorted((Path(__file__).parents[1] / "examples").glob("*/*.json"))
PLANS = {
    f"{path.parent.name}/{path.stem}": json.loads(path.read_text())["plan"]
    for path in STORIES
    if "plan" in json.loads(path.read_text())
}
DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = {
    f"{page.name} {number}": yaml.safe_load(text)
    for page in sorted(DOCS.glob("*.md"))
    for number, text in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL))
    if not isinstance(yaml.safe_load(text), list)
}
PLAN = """\
sources:
  - {topic: shop.events}
filters:
  - name: staff
    when: context.ip starts with "10."
    drop: true
actions:
  upsertOrder:
    in_doubt: at_most_once
    mapping:
      tax: null
      items: {attr: gift}
  vip:
    action: createContactactivities
    trigger: event = "Order Completed"
    mapping: {contactActivities: {properties: {shop: {const: DE}}}}
"""
WRONG = """\
sorces: []
actions:
  upsertOrdr: {enabled: true}
  upsertContact:
    enabled: "yes"
  upsertOrder:
    trigger: 'type ='
    mapping:
      tax: propertys.tax
"""


@pytest.fixture
def run(tmp_path):
    def run(words, text=None):
        given = words.split()
        if text is not None:
            path = tmp_path / "plan.yaml"
            path.write_text(text)
            given = [str(path) if word == "FILE" else word for word in given]
        return CliRunner().invoke(app, ["plan", *given])

    return run


def test_check_says_in_one_line_what_a_plan_amounts_to(run):
    done = run("check FILE", PLAN)
    assert done.exit_code == 0
    (line,) = done.output.splitlines()
    said = "is right: 1 source, 8 of 11 action instances on, 1 filter, 2 mappings"
    assert line.endswith(f"plan.yaml: {said}")
    told = json.loads(run("check FILE --json", PLAN).output)
    assert told == {
        "ok": True,
        "sources": 1,
        "instances": 11,
        "on": 8,
        "filters": 1,
        "mappings": 2,
        "errors": [],
        "notes": [],
    }


def test_check_names_every_mistake_with_its_place(run):
    done = run("check FILE", WRONG)
    assert done.exit_code == 3
    assert done.stdout == ""
    told = json.loads(run("check FILE --json", WRONG).output)
    assert told["ok"] is False
    assert [(one["place"], one["line"]) for one in told["errors"]] == [
        ("sorces", 1),
        ("actions.upsertOrdr", 3),
        ("actions.upsertContact.enabled", 5),
        ("actions.upsertOrder.trigger", 7),
        ("actions.upsertOrder.mapping.tax", 9),
    ]
    assert "did you mean sources?" in told["errors"][0]["expected"]
    for one in told["errors"]:
        assert one["what"] in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("filters: [{name: a, drop: true, drp: 1}]", ["filters.0.drp"]),
        ("actions: {vip: {action: upsertOrder, trigger: type exists, x: 1}}", ["actions.vip.x"]),
        ("actions: {vip: {action: 1, trigger: type exists}}", ["actions.vip.action"]),
        ("sources: [{topic: a}, {topic: 1}]\nfilters: [{name: a}]", ["sources.1.topic"]),
        ("- a", ["the plan"]),
    ],
)
def test_a_mistake_is_told_once_and_not_what_follows_from_it(run, text, said):
    told = json.loads(run("check FILE --json", text).output)
    assert [one["place"] for one in told["errors"]] == said


def test_a_file_that_is_no_plan_is_refused(run, tmp_path):
    told = json.loads(run("check FILE --json", "a: [").output)
    assert told["errors"][0]["line"] is None
    assert "is no YAML" in told["errors"][0]["what"]
    assert run(f"check {tmp_path / 'none.yaml'}").exit_code == 3
    assert run("show --plan FILE", WRONG).exit_code == 3


def test_show_says_where_each_value_comes_from(run):
    told = json.loads(run("show --json --plan FILE", PLAN).output)
    origins = {
        tuple(one["path"]): (one["value"], one["from"], one["line"]) for one in told["values"]
    }
    order = ("actions", "upsertOrder")
    assert origins["sources", 0, "topic"] == ("shop.events", "plan", 2)
    assert origins["sources", 0, "keyed_by_user"] == (True, "default", None)
    assert origins["filters", 0, "drop"] == (True, "plan", 6)
    assert origins[*order, "action"] == ("upsertOrder", "declaration", None)
    assert origins[*order, "enabled"] == (True, "default", None)
    assert origins[*order, "trigger"] == (ACTIONS["upsertOrder"].trigger, "declaration", None)
    assert origins[*order, "in_doubt"] == ("at_most_once", "plan", 9)
    assert origins[*order, "mapping", "tax"] == (None, "plan", 11)
    items = (*order, "mapping", "items", "use", "as")
    assert origins[*items, "attr"] == ("gift", "plan", 12)
    assert origins[*items, "sku", "of"] == ("sku", "declaration", None)
    vip = ("actions", "vip")
    assert origins[*vip, "action"] == ("createContactactivities", "plan", 14)
    assert origins[*vip, "trigger"] == ('event = "Order Completed"', "plan", 15)
    mapped = (*vip, "mapping", "contactActivities", "of", "properties", "shop", "const")
    assert origins[mapped] == ("DE", "plan", 16)


def test_show_prints_a_plan_with_the_origins_behind_its_values(run):
    shown = run("show --plan FILE", PLAN).output
    assert "  - {topic: shop.events, keyed_by_user: true}" not in shown
    assert "  - topic: shop.events  # plan, line 2\n    keyed_by_user: true  # default\n" in shown
    assert '    trigger: type = "identify"  # declaration\n' in shown
    assert "      tax: null  # plan, line 11\n" in shown
    assert list(yaml.safe_load(shown)["actions"])[-2:] == ["createContactactivities", "vip"]
    again = run("check FILE", shown)
    assert again.exit_code == 0, again.stderr


def test_values_of_a_merged_key_have_the_line_where_they_are_written(run):
    text = "actions:\n  a: &a\n    action: upsertOrder\n    trigger: type exists\n"
    text += "    in_doubt: at_most_once\n  b:\n    <<: *a\n    priority: 2\n"
    told = json.loads(run("show --json --plan FILE", text).output)
    lines = {tuple(one["path"]): one["line"] for one in told["values"]}
    assert lines["actions", "b", "in_doubt"] == 5
    assert lines["actions", "b", "priority"] == 8


@pytest.mark.parametrize(
    "data",
    [{}, *PLANS.values(), *EXAMPLES.values()],
    ids=["the defaults", *PLANS, *EXAMPLES],
)
def test_what_show_prints_amounts_to_the_same(data):
    plan = plan_of(data)
    tree = effective(plan, Text("plan", None))
    again = parse_plan(as_yaml(tree))
    assert values(effective(again, Text("plan", None))) == values(tree)
    for (name, action, asked), (other, kind, said) in zip(
        instances(plan), instances(again), strict=True
    ):
        assert (name, shaped(action, asked.mapping)) == (other, shaped(kind, said.mapping))
        for key in ("filters", "priority", "on_dead_letter", "in_doubt", "can_be_created"):
            assert getattr(asked, key) == getattr(said, key)


def test_every_value_of_the_default_plan_has_an_origin():
    tree = effective(plan_of({}), Text("plan", None))
    assert {leaf.origin.source for _, leaf in leaves(tree)} == {"default", "declaration"}


CONSENTED = """\
consent:
  since: 2026-11-21T00:00:00Z
  in_doubt: resend
  channels:
    email:
      events:
        - {name: form, when: event = "Joined", status: subscribed}
    sms:
      events:
        - name: keyword
          when: {all: [type = "track", event = "Answered"]}
          value: properties.answer
"""


def test_show_has_the_instance_that_consent_makes_beside_the_plan(run):
    done = run("show --json --plan FILE", CONSENTED)
    shown = json.loads(done.output)
    assert "consent" not in shown["plan"]["actions"]
    told = shown["made"]["plan"]["actions"]["consent"]
    assert (told["action"], told["enabled"], told["in_doubt"]) == ("upsertContact", True, "resend")
    assert told["trigger"] == {
        "any": ['event = "Joined"', {"all": ['type = "track"', 'event = "Answered"']}]
    }
    origins = {
        tuple(one["path"][2:]): (one["from"], one["line"]) for one in shown["made"]["values"]
    }
    assert origins["action",] == origins["priority",] == ("consent", None)
    assert origins["mapping", "attributes"] == ("consent", None)
    assert origins["trigger", "any", 0] == ("plan", 7)
    assert origins["trigger", "any", 1, "all", 1] == ("plan", 11)
    assert origins["in_doubt",] == ("plan", 3)
    assert origins["on_dead_letter",] == ("default", None)


def test_what_consent_makes_is_printed_as_a_comment_of_a_plan(run):
    text = run("show --plan FILE", CONSENTED).output
    assert "#   consent:\n#     action: upsertContact  # consent\n" in text
    assert '#         - event = "Joined"  # plan, line 7\n' in text
    assert run("check FILE", text).exit_code == 0
    assert "# Beside" not in run("show --plan FILE", PLAN).output
    assert json.loads(run("show --json --plan FILE", PLAN).output)["made"]["values"] == []


def test_a_moment_that_stands_without_quotes_is_shown_as_json(run):
    plan = "consent: {since: 2026-11-21T00:00:00Z, channels: {sms: {status: traits.sms}}}\n"
    shown = json.loads(run("show --json --plan FILE", plan).output)
    assert shown["plan"]["consent"]["since"] == "2026-11-21T00:00:00+00:00"
    assert run("check FILE", run("show --plan FILE", plan).output).exit_code == 0


DOUBTFUL = """\
orders:
  statuses: {Order Returned: Refunded}
actions:
  upsertOrder:
    page_name: Order Page
    mapping:
      totalamount: properties.revenue
      items: {giftWrap: gift}
  upsertContact:
    mapping: {first_name: traits.firstName}
  addContactsToList:
    trigger: event = "A" and event = "B"
  createContactactivities:
    mapping: {contactActivities: [{name: event}]}
consent:
  channels: {e-mail: {status: traits.news}}
"""


def test_check_notes_what_is_possible_and_probably_not_meant(run):
    done = run("check FILE", DOUBTFUL)
    assert done.exit_code == 0
    notes = [line.split("plan.yaml, ")[1] for line in done.output.splitlines()[1:]]
    ignored = "is no field that Cordial documents for"
    assert notes == [
        "line 2: orders.statuses.Order Returned Refunded is no state that the default triggers"
        " know; did you mean Order Refunded?",
        "line 5: actions.upsertOrder.page_name is for createContactactivities alone; take it away",
        f"line 7: actions.upsertOrder.mapping.totalamount {ignored} upsertOrder; it may be"
        " ignored; did you mean totalAmount?",
        f"line 8: actions.upsertOrder.mapping.items.giftWrap {ignored} upsertOrder; it may be"
        " ignored; what is your own goes into properties",
        f"line 10: actions.upsertContact.mapping.first_name {ignored} upsertContact; it may be"
        " ignored; what is your own goes into attributes",
        "line 12: actions.addContactsToList.trigger is true of no event; its parts contradict"
        " each other",
        "line 14: actions.createContactactivities.mapping.contactActivities is the first of these"
        " mappings that gives something, and no list of them; write the fields themselves, or each:"
        " and as:",
        "line 16: consent.channels.e-mail is no channel that Cordial documents; its status may be"
        " ignored; did you mean email?",
    ]
    assert json.loads(run("check --json FILE", DOUBTFUL).output)["notes"]


@pytest.mark.parametrize(
    ("order", "visitors", "noted"),
    [("action", "send", True), ("action", "hold", False), ("contact", "send", False)],
)
def test_a_merge_that_may_overtake_its_visitor_is_noted(run, order, visitors, noted):
    done = run("check FILE", f"order: {order}\nidentity: {{anonymous: {visitors}}}\n")
    assert done.exit_code == 0
    assert ("line 1: order lets a merge overtake" in done.output) is noted


@pytest.mark.parametrize(("order", "noted"), [("action", True), ("contact", False)])
def test_an_activity_that_may_overtake_its_contact_is_noted(run, order, noted):
    actions = "actions: {createContactactivities: {can_be_created: false}}\n"
    done = run("check FILE", f"order: {order}\n{actions}")
    assert done.exit_code == 0
    assert ("can_be_created goes with order: action" in done.output) is noted


def test_the_other_name_that_cordial_documents_for_a_field_is_not_doubted(run):
    left = 'trigger: event = "Left", mapping: {listIdentifier: properties.list}'
    order = "mapping: {removeItemsFromCart: null, shouldRemoveItemsFromCart: completes_order}"
    plan = f"actions: {{removeContactsFromList: {{{left}}}, upsertOrder: {{{order}}}}}"
    done = run("check FILE", plan)
    assert (done.exit_code, len(done.output.splitlines())) == (0, 1), done.output


@pytest.mark.parametrize("action", [*ACTIONS.values()], ids=[*ACTIONS])
def test_no_field_of_our_own_is_doubted(action):
    if action.mapping:
        plan = plan_of({"actions": {action.name: {"mapping": action.mapping}}})
        assert doubts(plan, Text("plan", None)) == ()


@pytest.mark.parametrize(
    ("rule", "doubtful"),
    [
        ("allow_fields: [properties.order_id]", True),
        ("allow_fields: [traits.*]", False),
        ("drop_fields: [traits.custom]", True),
        ("drop_fields: [traits.custom.news.old]", False),
        ('drop_fields: [traits.custom], when: type = "page"', False),
    ],
)
def test_a_status_that_a_filter_takes_away_is_noted(run, rule, doubtful):
    consent = "consent: {channels: {sms: {status: traits.custom.news}}}"
    plan = f"filters: [{{name: slim, {rule}}}]\n{consent}\n"
    said = "consent.channels.sms.status is taken away by the filter slim; let the field stay"
    assert (said in run("check FILE", plan).output) is doubtful
