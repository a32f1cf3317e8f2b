"""The guard of profiles: the rows of the table in `core.profiles`."""

from dataclasses import replace

import pytest

from streams.core.command import Position
from streams.core.deciding import decide
from streams.core.decisions import Known, Send, Suppress, WasDelivered
from streams.core.learning import merged
from streams.core.outcome import Suppressed
from streams.core.profiles import MOST, Profile, doubted
from tests.unit.core.made import HERE, TEN_O_CLOCK, command, instance

WHO = {"identifiers": {"segment_id": "u-42"}, "identifiersPriority": ["segment_id"]}
HOUR = 3_600_000
DAY = 24 * HOUR
INSTANCE = instance("upsertContact")


class Contact:
    """One contact's commands, one after the other, and what is known after each."""

    def __init__(self, **plan):
        self.instance = instance("upsertContact", **plan)
        self.rows = {}
        self.offset = 0

    def told(self, attributes, *, at=0, who=WHO, **known):
        """What is decided of an update that happened `at` hours after ten o'clock."""
        body = {**who, "attributes": attributes}
        return self.judged(
            command("upsertContact", body, event_time=TEN_O_CLOCK + at * HOUR), known
        )

    def judged(self, one, known=None):
        self.offset += 1
        position = Position(1, "customer.events", 0, self.offset)
        decision = decide(
            replace(one, position=position),
            Known(
                position,
                profile=self.profile,
                identities=self.rows.get("identities"),
                **(known or {}),
            ),
            self.instance,
        )
        for learned in decision.learned:
            self.rows[learned.table] = merged(self.rows.get(learned.table), learned)
        return decision

    @property
    def profile(self):
        return self.rows.get("profiles")


def sent(decision):
    assert isinstance(decision, Send), decision
    return decision.body.get("attributes", {})


def test_only_what_changed_is_sent():
    ana = Contact()
    assert sent(ana.told({"plan": "vip", "visits": 1})) == {"plan": "vip", "visits": 1}
    assert sent(ana.told({"plan": "vip", "visits": 2}, at=1)) == {"visits": 2}
    assert ana.told({"plan": "vip", "visits": 2.0}, at=2).reason is Suppressed.UNCHANGED


@pytest.mark.parametrize("number", [2, -7, 2**53, 2**53 + 2, 10**17, -(10**17), -(2**63)])
def test_a_number_is_unchanged_however_it_is_written(number):
    ana = Contact()
    ana.told({"points": float(number), "of": [{"points": number}]})
    again = ana.told({"points": number, "of": [{"points": float(number)}]}, at=1)
    assert again.reason is Suppressed.UNCHANGED


@pytest.mark.parametrize("number", [2.0**63, 2.0**64, 1e300, -1e300])
def test_a_number_beyond_64_bits_is_a_value_like_any_other(number):
    ana = Contact()
    assert sent(ana.told({"points": number})) == {"points": number}
    assert ana.told({"points": number}, at=1).reason is Suppressed.UNCHANGED
    assert sent(ana.told({"points": 2 * number}, at=2)) == {"points": 2 * number}


def test_where_the_plan_says_so_what_is_unchanged_is_sent_and_what_is_older_is_not():
    ana = Contact(only_changed=False)
    ana.told({"plan": "vip"}, at=1)
    assert sent(ana.told({"plan": "vip"}, at=2)) == {"plan": "vip"}
    assert ana.told({"plan": "free"}, at=1).reason is Suppressed.STALE


def test_an_older_event_overwrites_nothing_that_is_newer_and_tells_what_is_new():
    ana = Contact()
    ana.told({"plan": "vip"}, at=2)
    decision = ana.told({"plan": "free", "city": "Berlin"}, at=1)
    assert sent(decision) == {"city": "Berlin"}
    (note,) = decision.notes
    assert note.field == "attributes.plan"
    assert "free" not in note.what
    assert ana.told({"plan": "free", "city": "Rome"}, at=0).reason is Suppressed.STALE
    assert sent(ana.told({"city": "Rome", "plan": "free"}, at=3)) == {
        "city": "Rome",
        "plan": "free",
    }


def test_a_value_that_was_only_said_again_is_newer_all_the_same():
    ana = Contact()
    ana.told({"plan": "vip"}, at=0)
    assert isinstance(ana.told({"plan": "vip"}, at=2), Suppress)
    assert ana.told({"plan": "free"}, at=1).reason is Suppressed.STALE


def test_of_two_events_of_one_time_the_later_in_the_lane_counts():
    ana = Contact()
    ana.told({"plan": "vip"})
    assert sent(ana.told({"plan": "free"})) == {"plan": "free"}


def test_an_explicit_null_is_a_value():
    ana = Contact()
    ana.told({"plan": "vip"}, at=0)
    assert sent(ana.told({"plan": None}, at=1)) == {"plan": None}
    assert isinstance(ana.told({"plan": None}, at=2), Suppress)
    assert sent(ana.told({"plan": "vip"}, at=3)) == {"plan": "vip"}


def test_changes_of_a_list_are_never_unchanged_and_add_up_in_any_order():
    ana = Contact()
    add = {"tags": {"add": ["a"]}}
    assert sent(ana.told(add, at=1)) == add
    assert sent(ana.told(add, at=2)) == add
    assert sent(ana.told({"tags": {"remove": ["b"]}}, at=0)) == {"tags": {"remove": ["b"]}}
    assert sent(ana.told({"tags": ["a"]}, at=3)) == {"tags": ["a"]}
    assert ana.told(add, at=2).reason is Suppressed.STALE


def test_what_was_sent_long_ago_is_sent_again():
    ana = Contact(resend_after_days=30)
    ana.told({"plan": "vip"})
    assert isinstance(ana.told({"plan": "vip"}, at=29 * 24), Suppress)
    assert sent(ana.told({"plan": "vip"}, at=30 * 24)) == {"plan": "vip"}
    assert isinstance(ana.told({"plan": "vip"}, at=31 * 24), Suppress)


def test_a_forced_update_is_sent_whole():
    ana = Contact()
    ana.told({"plan": "vip", "city": "Rome"}, at=2)
    body = {"plan": "free", "city": "Rome"}
    assert sent(ana.told(body, at=1, forced=True, replay=True)) == body


def test_an_update_that_says_nothing_creates_the_contact_and_is_sent_once():
    ana = Contact()
    assert sent(ana.told({})) == {}
    assert ana.told({}, at=1).reason is Suppressed.UNCHANGED


def test_an_identifier_that_changed_is_sent_though_no_attribute_did():
    ana = Contact()
    ana.told({"plan": "vip"})
    who = {
        "identifiers": {"segment_id": "u-42", "email": "ana@example.com"},
        "identifiersPriority": ["segment_id", "email"],
    }
    decision = ana.told({"plan": "vip"}, at=1, who=who)
    assert isinstance(decision, Send)
    assert decision.body == who


def test_a_change_of_address_is_told_once():
    ana = Contact()
    for hour, address in enumerate(["old@x.io", "new@x.io"]):
        who = {
            "identifiers": {"segment_id": "u-42", "email": address},
            "identifiersPriority": ["segment_id", "email"],
        }
        decision = ana.told({"email": address}, at=hour, who=who)
        assert sent(decision) == {"email": address}
        assert decision.body["identifiers"]["email"] == "old@x.io"
    assert ana.told({"email": "new@x.io"}, at=2, who=who).reason is Suppressed.UNCHANGED
    who["identifiers"]["email"] = "old@x.io"
    assert sent(ana.told({"email": "old@x.io", "plan": "vip"}, at=0, who=who)) == {"plan": "vip"}


def test_what_somebody_made_by_hand_is_sent_whole():
    ana = Contact()
    ana.told({"plan": "vip"}, at=1)
    one = command("upsertContact", {**WHO, "attributes": {"plan": "vip"}}, position=None)
    decision = decide(one, Known(HERE, profile=ana.profile), ana.instance)
    assert sent(decision) == {"plan": "vip"}


def test_what_cordial_accepted_before_a_crash_is_delivered_and_not_sent_again():
    decision = decide(
        command("upsertContact", {**WHO, "attributes": {"plan": "vip"}}),
        Known(HERE, profile=Profile(HERE, "upsertContact")),
        INSTANCE,
    )
    assert isinstance(decision, WasDelivered)
    other = Known(HERE, profile=Profile(HERE, "another_instance"))
    assert isinstance(
        decide(command("upsertContact", {**WHO, "attributes": {"a": 1}}), other, INSTANCE), Send
    )


def test_of_several_that_a_crash_repeats_what_was_sent_is_delivered_and_what_was_not_is_not():
    ana = Contact()
    bodies = [{"plan": "vip"}, {"plan": "vip"}, {"city": "Rome"}]
    for hour, attributes in enumerate(bodies):
        ana.told(attributes, at=hour)
    ana.offset = 0
    repeated = [ana.told(attributes, at=hour) for hour, attributes in enumerate(bodies)]
    assert [type(one) for one in repeated] == [WasDelivered, Suppress, WasDelivered]


def test_what_cordial_may_have_been_told_is_said_again_by_the_next():
    ana = Contact()
    ana.told({"plan": "vip", "city": "Rome"})
    ana.rows["profiles"] = doubted(ana.profile, {**WHO, "attributes": {"plan": "free", "new": 1}})
    assert sent(ana.told({"plan": "vip", "city": "Rome"}, at=1)) == {"plan": "vip"}


def test_two_contacts_with_one_value_do_not_compare():
    rows = []
    for contact in ("ann", "bob"):
        one = command("upsertContact", {**WHO, "attributes": {"plan": "vip"}}, contact=contact)
        learned = decide(one, Known(HERE), INSTANCE).learned[-1]
        rows.append({told.hash for told in learned.said.attributes.values()})
    assert not rows[0] & rows[1]


def test_what_is_remembered_of_a_contact_is_bounded_and_the_newest_stay():
    ana = Contact()
    ana.told({"first": 1}, at=0)
    ana.told({f"a{number}": number for number in range(MOST)}, at=1)
    assert len(ana.profile.attributes) == MOST
    assert sent(ana.told({"first": 1, "a0": 0}, at=2)) == {"first": 1}


@pytest.mark.parametrize("values", [["plan"], "text", 7])
def test_a_hand_made_body_may_hold_anything(values):
    ana = Contact()
    ana.told({"plan": "vip"})
    decision = ana.told(values, at=1)
    assert isinstance(decision, Send)
    assert decision.body == {**WHO, "attributes": values}
