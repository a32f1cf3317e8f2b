"""Lists: whoever left later stays out, whoever joined later stays in, whatever comes when."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.action_names import JOIN, LEAVE
from streams.core.command import Position
from streams.core.deciding import decide
from streams.core.decisions import DeadLetter, Known, Send, Suppress, WasDelivered
from streams.core.event import Note
from streams.core.learning import merged
from streams.core.memberships import GROUPS, MOST, STALE, TABLE
from streams.core.outcome import Dead, Suppressed
from tests.unit.core.made import HERE, command, instance

WHO = {"contacts": {"identifiers": [{"segment_id": "u-42"}], "identifiersPriority": ["segment_id"]}}
INSTANCES = {
    JOIN: instance(JOIN),
    LEAVE: instance(LEAVE, trigger='event = "Left List"'),
    "joins": instance("joins", action=JOIN, trigger='type = "group"'),
}


def join(time, name="VIP", group="g-1", action=JOIN):
    body = {**WHO, "listName": name, "isAllowedToCreateLists": True}
    return command(action, body, event_time=time, group=group)


def leave(time, name=None, group="g-1"):
    said = {"name": name, "segment_group_id": group}
    locator = {key: value for key, value in said.items() if value is not None}
    return command(LEAVE, {**WHO, "identifyListBy": locator}, event_time=time, group=group)


class Shop:
    """One contact's commands, each decided and settled before the next, and Cordial's lists."""

    def __init__(self):
        self.known, self.lists, self.commands = {}, set(), []

    def settle(self, said, *, position=None, **known):
        if position is None:
            position = Position(1, "t", 0, len(self.commands))
            said = replace(said, position=position, message_id=f"m-{len(self.commands)}")
            self.commands.append(said)
        decision = self.decided(said, position, **known)
        if isinstance(decision, Send):
            name = decision.body.get("listName")
            self.lists |= {name} - {None}
            self.lists -= {decision.body.get("identifyListBy", {}).get("name")}
        if isinstance(decision, Send | Suppress | WasDelivered):
            for one in decision.learned:
                self.known[one.table, one.key] = merged(self.known.get((one.table, one.key)), one)
        return decision

    def decided(self, said, position, **known):
        row = self.known.get((TABLE, "u-42"))
        name = self.known.get((GROUPS, said.group))
        about = Known(position, memberships=row, group_name=name, **known)
        return decide(said, about, INSTANCES[said.action])

    def again(self, number):
        """After a crash that lost the record of a command and of those after it."""
        return self.settle(self.commands[number], position=self.commands[number].position)


def played(*commands):
    shop = Shop()
    return shop, [shop.settle(one) for one in commands]


def test_an_older_join_does_not_join_again_whoever_left_since():
    shop, (_, _, late) = played(join(1), leave(3), join(2))
    note = Note("groupId", STALE)
    assert (late.reason, late.notes) == (Suppressed.STALE, (note,))
    assert shop.lists == set()


def test_an_older_removal_takes_nobody_off_who_joined_since():
    shop, (_, late) = played(join(3), leave(2))
    assert (late.reason, late.notes) == (Suppressed.STALE, (Note("groupId", STALE),))
    assert shop.lists == {"VIP"}


def test_a_newer_one_is_sent_and_another_list_is_another():
    shop, decisions = played(join(1), leave(2), join(3), join(1, "Sale", "g-2"))
    assert all(isinstance(one, Send) for one in decisions)
    assert shop.lists == {"VIP", "Sale"}


def test_of_one_time_the_removal_counts():
    for commands in ((join(1), leave(1)), (leave(1), join(1))):
        assert played(*commands)[0].lists == set()


def test_a_removal_of_a_group_that_nobody_knows_keeps_older_joins_out():
    shop, (first, late, newer) = played(leave(2), join(1), join(3))
    assert first.body["identifyListBy"] == {"segment_group_id": "g-1"}
    assert late.reason is Suppressed.STALE
    assert isinstance(newer, Send)
    assert shop.lists == {"VIP"}


def test_a_removal_by_group_means_the_list_that_the_contact_joined_by_it():
    shop, _ = played(join(1, "VIP de"))
    shop.known[GROUPS, "g-1"] = "VIP fr"  # what the last of all contacts joined by it
    assert shop.settle(leave(2)).body["identifyListBy"]["name"] == "VIP de"
    assert shop.lists == set()


def test_the_list_of_a_group_is_that_of_its_newest_join():
    shop, _ = played(join(3, "New"), join(1, "Old"))
    assert shop.settle(leave(4)).body["identifyListBy"]["name"] == "New"


def test_what_others_joined_by_a_group_is_known_of_it():
    shop = Shop()
    shop.known[GROUPS, "g-1"] = "VIP"
    assert shop.settle(leave(2)).body["identifyListBy"]["name"] == "VIP"
    assert shop.settle(join(1)).reason is Suppressed.STALE


def test_a_join_that_is_not_sent_tells_nobody_of_a_list_that_cordial_may_not_have():
    shop, _ = played(leave(2), join(1))
    assert (GROUPS, "g-1") not in shop.known


LISTS = (("VIP", "g-1"), ("Sale", "g-2"))
EVENT = st.tuples(
    st.sampled_from(("join", "leave", "leave by name", "leave by group")),
    st.sampled_from(LISTS),
    st.integers(0, 8),
)


def made(kind, names, time):
    name, group = names
    if kind == "join":
        return join(time, name, group)
    by_name = name if kind != "leave by group" else None
    return leave(time, by_name, None if kind == "leave by name" else group)


@given(st.lists(EVENT, max_size=10))
def test_whatever_the_order_the_newest_of_each_list_counts(history):
    newest = {}
    for kind, (name, _), time in history:
        newest[name] = max(newest.get(name, (-1, False)), (time, kind != "join"))
    shop, _ = played(*(made(*one) for one in history))
    assert shop.lists == {name for name, (_, left) in newest.items() if not left}


@given(st.lists(EVENT, min_size=1, max_size=8), st.data())
def test_what_a_crash_repeats_leaves_the_same(history, data):
    shop, _ = played(*(made(*one) for one in history))
    before = set(shop.lists)
    for number in range(data.draw(st.integers(0, len(history) - 1)), len(history)):
        shop.again(number)
    assert shop.lists == before


def test_what_a_crash_repeats_was_delivered_and_what_was_stale_is_stale():
    shop, _ = played(join(2), join(1), leave(3))
    assert isinstance(shop.again(0), WasDelivered)
    assert shop.again(1).reason is Suppressed.STALE
    assert isinstance(shop.again(2), WasDelivered)


def test_two_instances_that_want_one_list_are_no_repetition():
    shop, _ = played(join(1))
    another = replace(join(1, action="joins"), position=shop.commands[0].position)
    assert isinstance(shop.settle(another, position=another.position), Send)


def test_an_older_replay_is_a_dead_letter_again_unless_it_is_forced():
    shop, _ = played(join(1), leave(3))
    place = Position(1, "cordial.addContactsToList", 0, 9)
    dead = shop.settle(join(2), position=place, replay=True)
    assert isinstance(dead, DeadLetter)
    assert dead.reason is Dead.STALE
    assert isinstance(shop.settle(join(2), position=place, replay=True, forced=True), Send)
    assert shop.lists == {"VIP"}
    assert shop.settle(join(2)).reason is Suppressed.STALE


@pytest.mark.parametrize("locator", ["VIP", ["VIP"], 3])
def test_a_removal_made_by_hand_that_holds_no_locator_is_invalid(locator):
    by_hand = command(LEAVE, {**WHO, "identifyListBy": locator}, position=None)
    decision = decide(by_hand, Known(HERE), INSTANCES[LEAVE])
    assert isinstance(decision, DeadLetter)
    assert (decision.reason, decision.field) == (Dead.INVALID, "groupId")


def test_what_was_made_by_hand_is_sent_as_it_is():
    shop, _ = played(leave(3))
    place = Position(1, "cordial.addContactsToList", 0, 9)
    by_hand = replace(join(2), position=None)
    assert isinstance(shop.settle(by_hand, position=place), Send)


def test_of_a_contact_the_lists_told_last_are_remembered():
    commands = [join(number, f"list {number}", None) for number in range(1, MOST + 2)]
    shop, _ = played(*commands)
    row = shop.known[TABLE, "u-42"]
    assert len(row.times) == MOST
    assert min(one.joined for one in row.times.values()) == 2
    assert isinstance(shop.settle(leave(1, "list 1", None)), Send)


@pytest.mark.parametrize("said", [join(1), leave(1, "VIP")], ids=["join", "removal"])
def test_nothing_is_learned_of_what_is_no_command(said):
    broken = replace(said, body={**said.body, "contacts": {}})
    _, (dead,) = played(broken)
    assert dead.reason is Dead.MISSING
