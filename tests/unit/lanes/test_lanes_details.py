"""The lanes, where a small error would go unnoticed: bounds, defaults, and what is handed on."""

import pytest

from streams.core.entry import Copy, Entry, LaneError, Planned, State
from streams.core.lane import Lane
from streams.core.lane_order import ordering
from streams.core.lanes import Lanes
from streams.core.watermark import Watermark
from tests.unit.lanes.test_lanes import CART, ORDER, arrive, finish, go, new, read

REPLAYS, HOPS = "replays", "hops"


def replay(lanes: Lanes, at: int, topic: str = REPLAYS) -> None:
    lanes.replayed(topic, at, "bob", [(Planned(CART, f"x{at}"), "body")])


def test_a_topic_beside_has_as_much_room_as_the_keyed_one():
    lanes = new(max_commands=2)
    read(lanes, 0)
    read(lanes, 1)
    assert (lanes.room(), lanes.room_beside(REPLAYS)) == (False, True)
    replay(lanes, 0)
    assert lanes.room_beside(REPLAYS)
    replay(lanes, 1)
    assert not lanes.room_beside(REPLAYS)


def test_each_topic_beside_has_a_span_of_its_own():
    lanes = new(max_span=2)
    for at in range(2):
        assert lanes.room_beside(REPLAYS)
        lanes.replayed(REPLAYS, at, "bob", [], holds=1)
    assert not lanes.room_beside(REPLAYS)
    assert lanes.room_beside(HOPS)
    lanes.release_copy(REPLAYS, 0)
    assert lanes.room_beside(REPLAYS)
    assert new(max_span=1).room_beside(HOPS)


def test_a_revoked_partition_has_no_room_beside():
    lanes = new()
    lanes.revoke()
    assert not lanes.room_beside(REPLAYS)


def test_the_span_is_counted_from_where_reading_began():
    lanes = new(start=1_000, max_span=10)
    read(lanes, 1_000)
    assert lanes.room()


def test_an_external_command_is_what_its_record_says():
    lanes = new()
    entry = arrive(lanes, 0, None, payload="by hand").entry
    assert (entry.contact, entry.action, entry.offset) == ("ann", CART, None)
    assert (entry.message_id, entry.payload) == ("mNone", "by hand")


def test_an_announced_command_has_its_contact_whatever_its_lane_is_called():
    lanes = new(ordering=ordering("action", {}))
    (entry,) = read(lanes, 0)
    assert (entry.contact, entry.message_id) == ("ann", "m0")


def test_a_superseded_copy_is_what_was_read():
    lanes = new()
    read(lanes, 0)
    assert arrive(lanes, 4, 0, action=ORDER).outcome == "superseded"
    assert lanes.take_superseded() == [Copy(ORDER, 4, "ann", ORDER, 0, "m0", "body")]


def test_a_copy_of_the_very_next_record_is_held():
    assert arrive(new(), 0, 0).outcome == "held"


def test_several_copies_of_one_record_are_held():
    lanes = new()
    arrive(lanes, 0, 3)
    arrive(lanes, 0, 3, action=ORDER)
    arrive(lanes, 1, 4)
    assert lanes.held == 3
    entries = read(lanes, 3, actions=(CART, ORDER))
    assert [entry.state for entry in entries] == [State.ARRIVED, State.ARRIVED]
    assert lanes.held == 1


def test_a_refused_command_carries_what_it_was():
    lanes = new()
    (entry,) = read(lanes, 0)
    lanes.refused(entry, "too large")
    assert entry.payload == "too large"


def test_a_run_is_no_longer_than_asked():
    lanes = new()
    for offset in range(3):
        read(lanes, offset)
        arrive(lanes, offset, offset)
    assert len(lanes.run("ann", 2)) == 2


def test_where_nothing_is_open_nothing_is_oldest_and_nobody_waits():
    lanes = new()
    assert lanes.oldest() is None
    read(lanes, 0, actions=(), holds=1)
    assert lanes.oldest() is None
    assert lanes.waiting("ann") == 0


def test_nothing_is_kept_of_a_record_that_is_done():
    lanes = new()
    (entry,) = read(lanes, 0)
    arrive(lanes, 0, 0)
    go(lanes)
    finish(lanes, entry)
    assert lanes._entries == {}


def test_words_about_a_lane_are_true_or_false():
    assert new().revoked is False
    lane, entry = Lane("ann"), Entry("ann", CART, 0, "m0", state=State.ARRIVED)
    assert (lane.sending, lane.asleep, lane.offered) == (0, False, False)
    lane.queue.append(entry)
    lane.offered = True
    lane.send([entry])
    assert lane.offered is False
    lane.settle(entry, facts=False, record=True)
    assert (lane.asleep, lane.offered, entry.unsafe) == (False, False, False)
    lanes = new()
    (entry,) = read(lanes, 0)
    arrive(lanes, 0, 0)
    lanes.settle(go(lanes), facts=True)
    lanes.durable(entry)
    assert entry.unsafe is False


def test_what_cannot_be_sent_is_named():
    lane = Lane("ann")
    entries = [Entry("ann", CART, at, f"m{at}", state=State.ARRIVED) for at in range(2)]
    lane.queue.append(entries[0])
    with pytest.raises(LaneError, match="send: 2 entries of a lane of 1"):
        lane.send(entries)
    with pytest.raises(LaneError, match="send: not in the order of the lane, Entry"):
        lane.send(entries[1:])


def test_by_action_names_that_nobody_knows_have_lanes_of_their_own():
    by_action = ordering("action", {})
    assert by_action.lane("ann", "one") != by_action.lane("ann", "other")


def test_an_offset_that_nothing_hangs_on_waits_for_those_below():
    watermark = Watermark(0)
    assert watermark.read(0, 2) == ()
    assert watermark.read(1, 0) == []
    assert watermark.done(0) == ()
    assert watermark.done(0) == [0, 1]
