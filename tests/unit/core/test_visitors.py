"""Visitors: what is held, what must go, whom they became, and what a tie merges."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from streams.core.anonymous import stitched, tied
from streams.core.identity import AccountKeys
from streams.core.outcome import Suppressed
from streams.core.routed import Routed
from streams.core.routing import route
from streams.core.stitching import held, linked, merged_by
from streams.core.visitors import LARGEST, RETELL_MS, ROW, Bounds, Link, Place, Visitors
from streams.plan import PlanError, compile_plan, plan_of
from tests.unit.core.made import KEYS, TEN_O_CLOCK, event

FEW = Bounds(events=3, size=10 * (ROW + 100), age=1_000, link_age=5_000, links=4)
CROWDED, EXPIRED = Suppressed.CROWDED_OUT, Suppressed.EXPIRED


def plan(mode, keys=KEYS, **more):
    return compile_plan(plan_of({"identity": {"anonymous": mode}, **more}), keys)


def places(visitor, *ids):
    return [Place(visitor, one) for one in ids]


def test_a_visitors_events_are_released_in_their_order_and_once():
    visitors = Visitors(FEW)
    for now, one in enumerate(places("a-1", "m-1", "m-2") + places("a-2", "m-3")):
        assert visitors.hold(one, 1, now) == []
    assert (visitors.events, visitors.visitors, visitors.oldest()) == (3, 2, 0)
    assert visitors.release("a-1") == places("a-1", "m-1", "m-2")
    assert visitors.release("a-1") == []
    assert (visitors.events, visitors.visitors, visitors.oldest()) == (1, 1, 2)


def test_an_event_that_is_held_keeps_its_place():
    visitors = Visitors(FEW)
    for one in places("a-1", "m-1", "m-2", "m-1"):
        visitors.hold(one, 1, 0)
    assert visitors.release("a-1") == places("a-1", "m-1", "m-2")
    assert visitors.size == 0


def test_over_the_bound_of_a_visitor_the_oldest_goes():
    visitors = Visitors(FEW)
    gone = [visitors.hold(one, 1, 0) for one in places("a-1", "m-1", "m-2", "m-3", "m-4")]
    assert gone == [[], [], [], [(Place("a-1", "m-1"), CROWDED)]]


def test_over_the_bound_of_bytes_the_oldest_of_all_goes():
    visitors = Visitors(FEW)
    gone = [visitors.hold(Place(f"a-{one}", "m"), 100, one) for one in range(12)]
    assert [len(one) for one in gone] == [0] * 10 + [1, 1]
    assert gone[-1] == [(Place("a-1", "m"), CROWDED)]
    assert visitors.has_room_for(LARGEST)
    assert not visitors.has_room_for(LARGEST + 1)


def test_what_is_held_too_long_expires_the_oldest_first():
    visitors = Visitors(FEW)
    for now, one in ((0, "m-1"), (500, "m-2"), (900, "m-3")):
        visitors.hold(Place("a-1", one), 1, now)
    assert visitors.overdue(999) == []
    assert visitors.overdue(1_500) == [(one, EXPIRED) for one in places("a-1", "m-1", "m-2")]
    assert visitors.events == 1


def test_a_restored_event_expires_as_it_would_have():
    visitors = Visitors(FEW)
    visitors.restore(Place("a-1", "m-1"), 700, 0)
    assert visitors.size == 700
    assert visitors.overdue(1_000) == [(Place("a-1", "m-1"), EXPIRED)]
    assert visitors.size == 0


def test_links_are_forgotten_by_age_and_over_their_number():
    visitors = Visitors(FEW)
    for number in range(6):
        gone = visitors.link(f"a-{number}", Link("u", 0, 0, number))
        assert gone == ([f"a-{number - 4}"] if number > 3 else [])
    assert list(visitors.forgotten(5_002)) == ["a-2"]
    assert visitors.link_of("a-2") is None
    assert visitors.link_of("a-5") == Link("u", 0, 0, 5)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"hold": {"events": 3}}, "identity.hold is for anonymous: hold, and it is drop"),
        (
            {"anonymous": "hold", "anonymous_attribute": "a"},
            "identity.anonymous_attribute is for anonymous: send, and it is hold",
        ),
        ({"anonymous": "hold", "hold": {"event": 3}}, "did you mean events?"),
    ],
)
def test_what_is_said_of_visitors_must_fit_the_word(said, told):
    with pytest.raises(PlanError, match=re.escape(told)):
        plan_of({"identity": said})


class Bounded(RuleBasedStateMachine):
    """Whatever is held, released and let go: nothing is lost, doubled, or over its bound."""

    def __init__(self):
        super().__init__()
        self.visitors, self.now, self.model = Visitors(FEW), 0, []

    @rule(
        visitor=st.sampled_from(["a-1", "a-2", "a-3"]),
        message=st.sampled_from([f"m-{number}" for number in range(8)]),
        size=st.integers(0, 2_000),
    )
    def hold(self, visitor, message, size):
        place = Place(visitor, message)
        gone = [one for one, _ in self.visitors.hold(place, size, self.now)]
        if place not in self.model:
            self.model.append(place)
        self.let_go(gone)

    @rule(visitor=st.sampled_from(["a-1", "a-2", "a-3"]))
    def release(self, visitor):
        his = [one for one in self.model if one.visitor == visitor]
        assert self.visitors.release(visitor) == his
        self.let_go(his)

    @rule(step=st.integers(0, 700))
    def time_passes(self, step):
        self.now += step
        self.let_go([one for one, _ in self.visitors.overdue(self.now)])

    def let_go(self, gone):
        assert len(set(gone)) == len(gone)
        assert set(gone) <= set(self.model)
        self.model = [one for one in self.model if one not in gone]

    @invariant()
    def bounds_hold(self):
        assert self.visitors.events == len(self.model)
        assert all(self.visitors.holds(one) for one in self.model)
        assert self.visitors.size <= FEW.size
        for visitor in ("a-1", "a-2", "a-3"):
            assert sum(one.visitor == visitor for one in self.model) <= FEW.events
        assert self.visitors.size == 0 or self.model
        oldest = self.visitors.oldest()
        assert oldest is None or oldest + FEW.age > self.now - 700


TestBounded = Bounded.TestCase


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({"user_id": "u", "anonymous_id": "a"}, ["a"]),
        ({"user_id": "u", "anonymous_id": "u"}, []),
        ({"user_id": None, "anonymous_id": "a"}, []),
        ({"user_id": "u", "previous_id": "a"}, []),
        ({"kind": "alias", "user_id": "u", "previous_id": "p"}, ["p"]),
        ({"kind": "alias", "user_id": "u", "previous_id": "p", "anonymous_id": "a"}, ["a", "p"]),
        ({"kind": "alias", "user_id": "u", "previous_id": "a", "anonymous_id": "a"}, ["a"]),
        ({"kind": "alias", "user_id": None, "previous_id": "p", "anonymous_id": "a"}, []),
    ],
)
def test_what_an_event_ties_to_its_user(fields, ids):
    assert tied(event(**fields)) == ids


def test_a_stitched_event_is_the_users_with_its_own_time_and_a_note():
    his = stitched(event(user_id=None, anonymous_id="a-9", event="Viewed"), "u-42")
    assert (his.user_id, his.anonymous_id, his.timestamp) == ("u-42", "a-9", TEN_O_CLOCK)
    assert [note.field for note in his.notes] == ["anonymousId"]
    [command] = route(his, plan("hold")).commands
    assert (command.contact, command.event_time) == ("u-42", TEN_O_CLOCK)


@pytest.mark.parametrize(
    ("mode", "fields", "waits"),
    [
        ("hold", {"user_id": None, "anonymous_id": "a-9", "event": "Viewed"}, True),
        ("drop", {"user_id": None, "anonymous_id": "a-9", "event": "Viewed"}, False),
        ("send", {"user_id": None, "anonymous_id": "a-9", "event": "Viewed"}, False),
        ("hold", {"user_id": "u-42", "anonymous_id": "a-9", "event": "Viewed"}, False),
        (
            "hold",
            {
                "user_id": None,
                "anonymous_id": "a-9",
                "event": "Viewed",
                "properties": {"email": "ana@shop.example"},
            },
            False,
        ),
    ],
)
def test_what_waits_for_its_user(mode, fields, waits):
    compiled = plan(mode)
    routed = held(route(event(**fields), compiled), compiled)
    assert (routed is not None) == waits
    if routed is not None:
        assert [one.reason for one in routed.suppressed] == [Suppressed.HELD]


NEW, OTHER = Link("u-42", 0, 0, 0), Link("u-7", 1, 0, 0)
ITS_OWN = NEW._replace(by="m-1")


@pytest.mark.parametrize(
    ("mode", "kind", "anonymous_id", "before", "waits", "merges"),
    [
        ("send", "identify", "a-9", None, False, True),
        ("send", "identify", "a-9", NEW, False, False),
        ("send", "identify", "a-9", OTHER, False, True),
        ("send", "identify", "a-9", ITS_OWN, False, True),
        ("send", "alias", None, None, False, True),
        ("send", "alias", None, NEW, False, Suppressed.DUPLICATE),
        ("send", "alias", None, ITS_OWN, False, True),
        ("hold", "identify", "a-9", None, True, False),
        ("hold", "identify", "a-9", None, False, False),
        ("hold", "alias", "a-9", None, False, Suppressed.ANONYMOUS),
        ("hold", "alias", None, None, True, Suppressed.ANONYMOUS),
        ("hold", "alias", None, NEW, False, Suppressed.ANONYMOUS),
        ("hold", "alias", None, None, False, True),
        ("hold", "alias", None, ITS_OWN, False, True),
    ],
)
def test_what_a_tie_merges(mode, kind, anonymous_id, before, waits, merges):
    ties = event(kind, previous_id="a-9", anonymous_id=anonymous_id)
    made = merged_by(ties, "a-9", plan(mode), before=before, held=waits)
    if merges is True:
        [command] = made.commands
        assert (command.action, command.contact) == ("mergeContacts", "a-9")
        assert (command.body["segmentId"], command.body["previousId"]) == ("u-42", "a-9")
    elif merges is False:
        assert made == Routed()
    else:
        assert made.commands == ()
        assert [one.reason for one in made.suppressed] == [merges]


def test_a_merge_that_lacks_something_is_dead_and_no_more():
    made = merged_by(
        event("alias", previous_id="a-9"),
        "a-9",
        plan("send", AccountKeys()),
        before=None,
        held=False,
    )
    assert [one.field for one in made.dead] == ["settings.segment_id_key"]
    assert made.commands == ()


@given(
    at=st.integers(0, 4 * RETELL_MS),
    said=st.integers(0, 4 * RETELL_MS),
    same=st.booleans(),
    by=st.sampled_from(["", "m-0"]),
)
def test_an_older_tie_changes_nothing_and_the_same_one_is_written_once_an_hour(at, said, same, by):
    before = Link("u-42", 0, at, 0, by)
    new = Link("u-42" if same else "u-7", 0, said, 1)
    link = linked(before, new, Routed())
    if said < at:
        assert link is None
    elif same:
        assert (link is None) == (said <= at + RETELL_MS)
        assert link is None or link.by == by
    else:
        assert link == new


def test_a_link_remembers_whose_merge_was_asked_for():
    merge = merged_by(
        event("alias", previous_id="a-9"), "a-9", plan("send"), before=None, held=False
    )
    link = linked(None, NEW, merge)
    assert link is not None
    assert link.by == "m-1"
    assert linked(link, NEW, merge) is None
