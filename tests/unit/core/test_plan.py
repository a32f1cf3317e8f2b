"""The plan: defaults, and errors that name the place and the remedy."""

import pytest

from streams.plan import PlanError, load_plan, parse_plan
from tests.unit.core.made import instance, plan

ERRORS = {
    "an unknown key": ("source: []\n", "line 1: source is unknown; did you mean sources?"),
    "an unknown key of an action": (
        "actions:\n  upsertOrder:\n    in_doubts: resend\n",
        "line 3: actions.upsertOrder.in_doubts is unknown; did you mean in_doubt?",
    ),
    "an unknown key of a source": (
        "sources:\n  - topic: a\n    key_by_user: true\n",
        "line 3: sources.0.key_by_user is unknown; did you mean keyed_by_user?",
    ),
    "an unknown key like none": (
        "zzz: 1\n",
        "zzz is unknown; known are sources, identity, filters, actions",
    ),
    "an unknown action": (
        "actions:\n\n  upsertOrders: {enabled: true}\n",
        "line 3: actions.upsertOrders is no action; did you mean upsertOrder?",
    ),
    "a wrong type": (
        "actions:\n  upsertOrder:\n    enabled: 'yes'\n",
        "line 3: actions.upsertOrder.enabled is neither true nor false; write it without quotes",
    ),
    "a wrong word": (
        "actions:\n  upsertOrder:\n    in_doubt: drop\n",
        "line 3: actions.upsertOrder.in_doubt drop is not possible; known are resend, at_most_once",
    ),
    "a bad trigger": (
        "actions:\n  upsertOrder:\n    enabled: true\n    trigger: type is 3\n",
        "line 4: actions.upsertOrder.trigger expected an operator: =, <",
    ),
    "a bad trigger in a structure": (
        "actions:\n  upsertOrder:\n    trigger: {any: [{field: event, op: is}]}\n",
        "line 3: actions.upsertOrder.trigger any.0.op: expected one of =, <",
    ),
    "a wrong type of trigger": (
        "actions:\n  upsertOrder:\n    trigger: 3\n",
        "line 3: actions.upsertOrder.trigger expected a text, or all:, any:, not: or field:",
    ),
    "enabled without a trigger": (
        "actions:\n  removeContactsFromList:\n    enabled: true\n",
        "line 2: actions.removeContactsFromList is enabled and has no trigger; give it one",
    ),
    "an instance of no action": (
        'actions:\n  vip:\n    trigger: type = "track"\n    action: upsertOrders\n',
        "line 4: actions.vip.action upsertOrders is no action; did you mean upsertOrder?",
    ),
    "an action that shall be another": (
        "actions:\n  upsertOrder:\n    action: upsertContact\n",
        "line 3: actions.upsertOrder.action is called upsertOrder and cannot be another action;",
    ),
    "an instance without a trigger": (
        "actions:\n  vip: {action: upsertOrder}\n",
        "line 2: actions.vip has no trigger; give it one; an instance of its own name has no",
    ),
    "an instance whose name is no topic's": (
        "actions:\n  v.i.p: {action: upsertOrder, trigger: type exists}\n",
        "line 2: actions.v.i.p cannot be the name of a topic and a metric; call it by letters,",
    ),
    "an instance whose name is too long": (
        f"actions:\n  {'v' * 61}: {{action: upsertOrder, trigger: type exists}}\n",
        "cannot be the name of a topic and a metric",
    ),
    "an instance called like an action in another case": (
        "actions:\n  UpsertOrder: {action: upsertOrder, trigger: type exists}\n",
        "line 2: actions.UpsertOrder differs from upsertOrder in case alone; call it something",
    ),
    "two instances whose names differ in case alone": (
        "actions:\n  vip: {action: upsertOrder, trigger: type exists}\n"
        "  VIP: {action: upsertOrder, trigger: type exists}\n",
        "line 3: actions.VIP differs from vip in case alone",
    ),
    "an instance called like a topic of ours": (
        "actions:\n  receipts: {action: upsertOrder, trigger: type exists}\n",
        "line 2: actions.receipts is the name of something else",
    ),
    "an instance called like the topic of what is passed on": (
        "actions:\n  hops: {action: upsertOrder, trigger: type exists}\n",
        "line 2: actions.hops is the name of something else",
    ),
    "an instance called like what sends consent": (
        "actions:\n  consent: {action: upsertContact, trigger: type exists}\n",
        "line 2: actions.consent is what consent: of the plan sends; call it something else",
    ),
    "a topic with a blank": (
        "sources:\n  - {topic: shop events}\n",
        "line 2: sources.0.topic is no name of a topic; letters, digits, . _ and - are expected",
    ),
    "a text where a list must be": (
        "identity:\n  priority: user\n",
        "line 2: identity.priority is no list; write [user]",
    ),
    "a word that YAML takes for a flag": (
        "consent:\n  channels:\n    sms:\n      status: traits.sms\n"
        "      words:\n        yes: subscribe\n",
        "line 6: consent.channels.sms.words.yes subscribe is not possible; did you mean",
    ),
    "a line that is indented too far": (
        "actions:\n  upsertOrder:\n    priority: 1\n     enabled: true\n",
        "line 4: is no YAML: mapping values are not allowed here; look at the indentation",
    ),
    "a tab": ("actions:\n\tupsertOrder: {}\n", "cannot start any token; indent with blanks"),
    "quotes inside of quotes": (
        'filters:\n  - {name: a, drop: true}\n  - name: b\n    when: "type = "track""\n',
        "look at the indentation, and at quotes inside of quotes",
    ),
    "a word for two statuses": (
        "consent:\n  channels:\n    sms:\n      status: traits.sms\n"
        "      words: {'Yes': subscribed, yes: unsubscribed}\n",
        "line 5: consent.channels.sms.words.yes is the word of another status, too; words are",
    ),
    "a name of a table that is no text": (
        "orders:\n  statuses: {1: Order Completed}\n",
        "line 2: orders.statuses.1 is no text; put it into quotes",
    ),
    "a quoted number": (
        'actions:\n  upsertOrder: {priority: "3"}\n',
        "line 2: actions.upsertOrder.priority is no whole number; write it without quotes",
    ),
    "a key twice": (
        "actions:\n  vip: {action: upsertOrder, trigger: type exists}\n"
        "  vip: {action: upsertContact, trigger: type exists}\n",
        "line 3: actions.vip stands there twice; keep one",
    ),
    "an unknown key of a filter": (
        "filters:\n  - name: a\n    drops: true\n",
        "line 3: filters.0.drops is unknown; did you mean drop?",
    ),
    "an unknown key of an action's filter": (
        "actions:\n  upsertOrder:\n    filters:\n      - {name: a, sampel: 0.1}\n",
        "line 4: actions.upsertOrder.filters.0.sampel is unknown; did you mean sample?",
    ),
    "a filter without a name": (
        "filters:\n  - drop: true\n",
        "filters.0.name is not there; it must be given",
    ),
    "a filter's name with a space": (
        "filters:\n  - {name: a b, drop: true}\n",
        "line 2: filters.0.name a b has other characters, or too many; take letters",
    ),
    "two filters of one name": (
        "filters:\n  - {name: a, drop: true}\n  - {name: a, sample: 0.5}\n",
        "line 3: filters.1.name is the name of an earlier one; give each its own",
    ),
    "a filter that does nothing": (
        "filters:\n  - name: a\n",
        "line 2: filters.0 does nothing; give it exactly one of drop, sample,",
    ),
    "a filter that does two things": (
        "filters:\n  - {name: a, drop: true, sample: 0.1}\n",
        "line 2: filters.0 has drop and sample; give it exactly one of drop, sample,",
    ),
    "a filter that drops not": (
        "filters:\n  - {name: a, drop: false}\n",
        "line 2: filters.0.drop can be true alone; write that",
    ),
    "a share above 1": (
        "filters:\n  - name: a\n    sample: 10\n",
        "line 3: filters.0.sample is more than 1; write 0.1 for 10 in a hundred",
    ),
    "a share with a percent sign": (
        "filters:\n  - name: a\n    sample: 20%\n",
        "line 3: filters.0.sample is no number; write 0.2",
    ),
    "a number with a comma": ("orders: {tolerance: '0,05'}\n", "is no number; write 0.05"),
    "a number with a comma in braces": (
        "filters:\n  - {name: a, sample: 0,2}\n",
        "in braces a comma ends a value",
    ),
    "a condition with a comma in braces": (
        'filters:\n  - {name: a, when: event in ("A", "B"), drop: true}\n',
        "in braces put a condition into single quotes",
    ),
    "a template": (
        "actions: {upsertContact: {mapping: {attributes: {a: {{traits.a}}}}}}\n",
        "put a text that begins with a brace into quotes",
    ),
    "members of a list as elsewhere": (
        'filters:\n  - {name: a, drop_fields: ["properties.lines[].cost"]}\n',
        "line 2: filters.0.drop_fields.0 properties.lines[].cost is no path: expected names with"
        " dots between them, others in quotes, * for a member; write properties.lines.*.cost",
    ),
    "one member of a list": (
        "filters:\n  - {name: a, drop_fields: [properties.lines.0.cost]}\n",
        "write properties.lines.*.cost",
    ),
    "a name with a blank": (
        "filters:\n  - {name: a, drop_fields: [properties.card no]}\n",
        "properties.card no is no path: expected names with dots between them, others in quotes",
    ),
    "a region that is none": (
        "markets: {told_by: [context.c], known: {uk: {phone_region: UK}}}\n",
        "UK is no region; did you mean GB?",
    ),
    "a bad condition of a filter": (
        "filters:\n  - name: a\n    when: type is 3\n    drop: true\n",
        "line 3: filters.0.when expected an operator: =, <",
    ),
    "a field of another object": (
        "filters:\n  - name: a\n    drop_fields:\n      - traits.x\n      - propertys.x\n",
        "line 5: filters.0.drop_fields.1 propertys.x is no path: expected properties.…, traits.… or"
        " context.…; did you mean properties?",
    ),
    "a whole object by its name": (
        "filters:\n  - {name: a, allow_fields: [traits]}\n",
        "line 2: filters.0.allow_fields.0 traits is no path: expected properties.…, traits.…",
    ),
    "several fields that move": (
        "filters:\n  - {name: a, rename: {traits.*: properties.x}}\n",
        "line 2: filters.0.rename.traits.* traits.* is no path: expected the path of one field",
    ),
    "a new name that Cordial strips": (
        "filters:\n  - {name: a, rename: {traits.x: 'traits.\"a.b\"'}}\n",
        "expected names without a dot that are no numbers",
    ),
    "two fields to one place": (
        "filters:\n  - {name: a, rename: {traits.x: traits.z, traits.y: traits.z}}\n",
        "line 2: filters.0.rename moves two fields to one place; give each its own",
    ),
    "one of several sources keyed": (
        "sources:\n  - {topic: a, keyed_by_user: true}\n  - {topic: b, keyed_by_user: false}\n",
        "line 1: sources is keyed by user beside other sources",
    ),
    "no source": ("sources: []\n", "line 1: sources is empty; give it at least one"),
    "no YAML": ("actions: [\n", "is no YAML"),
    "no mapping": ("- a\n", "plan"),
}


@pytest.mark.parametrize(("text", "said"), ERRORS.values(), ids=ERRORS)
def test_an_error_names_the_place_and_the_remedy(text, said):
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "filters: [{name: a, rename: {'traits.emails[0]': traits.email}}]",
        "identity: {email: {paths: [traits.emails.0]}}",
    ],
)
def test_where_one_field_is_meant_no_member_of_a_list_is_suggested(text):
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    assert str(caught.value).endswith("expected names with dots between them, others in quotes")


def test_several_errors_are_told_at_once():
    with pytest.raises(PlanError) as caught:
        parse_plan("source: []\nactoins: {}\n")
    assert str(caught.value).count("\n") == 1


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(PlanError, match="cannot be read"):
        load_plan(tmp_path / "plan.yaml")


def test_a_plan_is_read_from_its_file(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text("identity:\n  priority: [email]\n")
    assert load_plan(path).identity.priority == ["email"]


def test_without_a_plan_all_with_a_default_trigger_is_on():
    off = {one.name for one in plan().instances if not one.enabled}
    assert off == {"removeContactsFromList", "upsertSupplementRecords", "upsertProducts"}


def test_an_empty_plan_is_the_default():
    assert parse_plan("") == load_plan(None)


def test_a_trigger_of_its_own_turns_an_action_on():
    assert instance("removeContactsFromList", trigger='event = "Left List"').enabled


def test_instances_are_in_the_order_of_their_rank():
    assert [one.name for one in plan().instances] == [
        "upsertContact",
        "mergeContacts",
        "addProductsToCart",
        "removeProductsFromCart",
        "upsertOrder",
        "addContactsToList",
        "removeContactsFromList",
        "upsertSupplementRecords",
        "upsertProducts",
        "createContactactivities",
    ]
