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
        "zzz is unknown; known are sources, identity, actions",
    ),
    "an unknown action": (
        "actions:\n\n  upsertOrders: {enabled: true}\n",
        "line 3: actions.upsertOrders is no action; did you mean upsertOrder?",
    ),
    "a wrong type": (
        "actions:\n  upsertOrder:\n    enabled: 'yes'\n",
        "line 3: actions.upsertOrder.enabled input should be a valid boolean",
    ),
    "a wrong word": (
        "actions:\n  upsertOrder:\n    in_doubt: drop\n",
        "line 3: actions.upsertOrder.in_doubt input should be 'resend' or 'at_most_once'",
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
    "one of several sources keyed": (
        "sources:\n  - {topic: a, keyed_by_user: true}\n  - {topic: b, keyed_by_user: false}\n",
        "line 1: sources is keyed by user beside other sources",
    ),
    "no source": ("sources: []\n", "line 1: sources list should have at least 1 item"),
    "no YAML": ("actions: [\n", "is no YAML"),
    "no mapping": ("- a\n", "plan"),
}


@pytest.mark.parametrize(("text", "said"), ERRORS.values(), ids=ERRORS)
def test_an_error_names_the_place_and_the_remedy(text, said):
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    assert said in str(caught.value)


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
