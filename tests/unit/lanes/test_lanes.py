"""The lanes, rule by rule: reading, arriving, sending, settling, acknowledging, revoking."""

import pytest

from streams.core.lanes import Entry, LaneError, Lanes, Planned, State

CART, ORDER = "cart", "order"


def new(**given) -> Lanes:
    return Lanes(**{"start": 0, "max_commands": 100, "max_span": 100, **given})


def read(lanes: Lanes, offset: int, contact="ann", actions=(CART,), holds=0) -> list[Entry]:
    planned = [Planned(action, f"m{offset}") for action in actions]
    return lanes.read(offset, contact, planned, holds)


def arrive(lanes: Lanes, at: int, offset: int | None, contact="ann", action=CART, payload="body"):
    return lanes.arrive(
        action,
        at,
        contact=contact,
        action=action,
        offset=offset,
        message_id=f"m{offset}",
        payload=payload,
    )


def go(lanes: Lanes, contact="ann") -> Entry:
    head = lanes.head(contact)
    assert head is not None
    lanes.send([head])
    return head


def finish(lanes: Lanes, entry: Entry) -> None:
    for issued in lanes.settle(entry, facts=False):
        lanes.close(issued)


# Reading and arriving.


def test_a_command_goes_when_its_copy_arrived():
    lanes = new()
    (entry,) = read(lanes, 0)
    assert (entry.state, lanes.take_ready()) == (State.EXPECTED, [])
    assert arrive(lanes, 7, 0) == (entry, "expected")
    assert (entry.state, entry.payload, lanes.take_ready()) == (State.ARRIVED, "body", ["ann"])


def test_a_contact_keeps_the_order_of_the_source_across_actions():
    lanes = new()
    cart, order = read(lanes, 0, actions=(CART, ORDER))
    arrive(lanes, 0, 0, action=ORDER)
    assert lanes.take_ready() == []
    arrive(lanes, 0, 0)
    assert lanes.take_ready() == ["ann"]
    assert go(lanes) is cart
    assert lanes.head("ann") is None
    finish(lanes, cart)
    assert lanes.take_ready() == ["ann"]
    assert go(lanes) is order


def test_contacts_do_not_wait_for_each_other():
    lanes = new()
    read(lanes, 0, "ann")
    read(lanes, 1, "bob")
    arrive(lanes, 0, 1, "bob")
    assert lanes.take_ready() == ["bob"]


def test_a_copy_is_held_until_the_router_comes():
    lanes = new()
    assert arrive(lanes, 0, 3).outcome == "held"
    assert lanes.held == 1
    (entry,) = read(lanes, 3)
    assert (entry.state, lanes.held, lanes.take_ready()) == (State.ARRIVED, 0, ["ann"])


@pytest.mark.parametrize(("offset", "outcome"), [(9, "below"), (10, "again"), (12, "superseded")])
def test_a_copy_of_a_passed_record(offset, outcome):
    lanes = new(start=10)
    read(lanes, 10, actions=())
    read(lanes, 11)
    read(lanes, 12, actions=(ORDER,))
    arrival = arrive(lanes, 0, offset)
    assert arrival == (None, outcome)


def test_a_superseded_copy_is_acknowledged_when_its_receipt_is_durable():
    lanes = new()
    arrive(lanes, 0, 2)
    arrive(lanes, 1, 3)
    read(lanes, 3, actions=(ORDER,))
    copies = lanes.take_superseded()
    assert [(copy.keyed, copy.offset) for copy in copies] == [(2, 0), (3, 1)]
    assert lanes.take_superseded() == []
    assert lanes.acks() == []
    for copy in reversed(copies):
        lanes.close_copy(copy)
    assert lanes.acks() == [(CART, 0), (CART, 1)]


def test_all_copies_of_a_command_wait_for_it():
    lanes = new()
    (entry,) = read(lanes, 0)
    arrive(lanes, 0, 0, payload="first")
    assert arrive(lanes, 1, 0, payload="second") == (entry, "again")
    assert entry.payload == "first"
    finish(lanes, go(lanes))
    assert lanes.acks() == [(CART, 0), (CART, 1), (None, 0)]


def test_a_copy_of_a_closed_command_is_done_at_once():
    lanes = new()
    read(lanes, 0, "bob")
    (entry,) = read(lanes, 1)
    arrive(lanes, 0, 1)
    finish(lanes, go(lanes))
    lanes.acks()
    assert arrive(lanes, 1, 1) == (entry, "again")
    assert lanes.acks() == [(CART, 1)]


def test_what_is_delivered_again_is_ignored():
    lanes = new()
    read(lanes, 0)
    arrive(lanes, 5, 0)
    assert lanes.known(0)
    assert not lanes.known(1)
    assert arrive(lanes, 5, 0) == (None, "again")
    assert arrive(lanes, 4, 0) == (None, "again")
    finish(lanes, go(lanes))
    assert lanes.acks() == [(CART, 5), (None, 0)]


def test_an_external_command_goes_to_the_tail():
    lanes = new()
    (entry,) = read(lanes, 0)
    external = arrive(lanes, 0, None)
    assert external.outcome == "external"
    assert lanes.take_ready() == []
    arrive(lanes, 1, 0)
    finish(lanes, go(lanes))
    assert entry.state is State.CLOSED
    assert go(lanes) is external.entry
    finish(lanes, external.entry)
    assert lanes.acks() == [(None, 0), (CART, 0), (CART, 1)]


def test_a_replayed_record_puts_its_commands_at_the_tail_in_their_order():
    lanes = new()
    (first,) = read(lanes, 0)
    commands = [(Planned(CART, "r"), "cart again"), (Planned(ORDER, "r"), "order again")]
    lanes.replayed("replays", 4, "ann", commands, holds=1)
    assert lanes.known_copy("replays", 4)
    assert not lanes.known_copy("replays", 5)
    arrive(lanes, 0, 0)
    finish(lanes, go(lanes))
    assert first.state is State.CLOSED
    lanes.acks()
    for payload in ("cart again", "order again"):
        entry = go(lanes)
        assert entry.payload == payload
        finish(lanes, entry)
    assert lanes.acks() == []
    lanes.release_copy("replays", 4)
    assert lanes.acks() == [("replays", 4)]


def test_a_replayed_record_that_makes_nothing_is_done_when_its_holds_are():
    lanes = new()
    lanes.replayed("replays", 0, "", [], holds=1)
    lanes.replayed("replays", 1, "", [])
    assert lanes.acks() == []
    lanes.release_copy("replays", 0)
    assert lanes.acks() == [("replays", 0), ("replays", 1)]


def test_after_a_revocation_every_copy_is_known():
    lanes = new()
    lanes.revoke()
    assert lanes.known_copy("replays", 0)


def test_a_refused_command_gets_its_turn_without_a_copy():
    lanes = new()
    (entry,) = read(lanes, 0)
    lanes.refused(entry, "what was refused")
    assert (entry.state, entry.refused, lanes.take_ready()) == (State.ARRIVED, True, ["ann"])
    finish(lanes, entry)
    assert lanes.acks() == [(None, 0)]


def test_a_record_without_commands_is_done_when_its_holds_are():
    lanes = new()
    read(lanes, 0, actions=(), holds=2)
    read(lanes, 1, actions=())
    lanes.release(0)
    assert lanes.acks() == []
    lanes.release(0)
    assert lanes.acks() == [(None, 0), (None, 1)]


# The window.


def test_the_window_is_bounded_by_commands():
    lanes = new(max_commands=2)
    read(lanes, 0)
    assert lanes.room()
    read(lanes, 1)
    assert not lanes.room()
    arrive(lanes, 0, 0)
    finish(lanes, go(lanes))
    assert (lanes.open_commands, lanes.room()) == (1, True)


def test_the_span_names_what_should_be_parked():
    lanes = new(max_span=3)
    external = arrive(lanes, 0, None).entry
    read(lanes, 0)
    arrive(lanes, 1, 0)
    assert lanes.oldest() is external
    assert lanes.overdue() is None
    read(lanes, 2, "bob")
    assert not lanes.room()
    assert lanes.overdue() is external
    assert lanes.waiting("ann") == 2
    go(lanes)
    assert lanes.overdue() is None


# Sending.


def test_a_taken_contact_is_offered_again_only_after_its_head_left():
    lanes = new()
    read(lanes, 0)
    arrive(lanes, 0, 0)
    assert list(lanes.ready()) == ["ann"]
    assert lanes.take_ready() == ["ann"]
    lanes.wake("ann")
    assert lanes.take_ready() == []
    read(lanes, 1)
    arrive(lanes, 1, 1)
    assert lanes.take_ready() == []
    finish(lanes, go(lanes))
    assert lanes.take_ready() == ["ann"]


def test_neighbours_travel_together_and_settle_in_order():
    lanes = new()
    for offset in range(4):
        read(lanes, offset)
    for offset in (0, 1, 3):
        arrive(lanes, offset, offset)
    run = lanes.run("ann", 10)
    assert [entry.offset for entry in run] == [0, 1]
    lanes.send(run)
    with pytest.raises(LaneError, match="settle: not the head"):
        lanes.settle(run[1], facts=False)
    finish(lanes, run[0])
    assert lanes.take_ready() == []
    finish(lanes, run[1])
    arrive(lanes, 4, 2)
    assert lanes.take_ready() == ["ann"]


def test_what_was_not_delivered_sleeps_until_it_is_woken():
    lanes = new()
    read(lanes, 0)
    arrive(lanes, 0, 0)
    entry = go(lanes)
    lanes.take_ready()
    lanes.back([entry])
    assert (entry.state, lanes.take_ready(), lanes.head("ann")) == (State.ARRIVED, [], None)
    lanes.wake("ann")
    assert (lanes.take_ready(), lanes.head("ann")) == (["ann"], entry)


def test_a_busy_contact_waits_for_its_request_of_an_earlier_assignment():
    busy = {"ann"}
    lanes = new(busy=busy)
    read(lanes, 0)
    arrive(lanes, 0, 0)
    assert (lanes.take_ready(), lanes.head("ann"), lanes.run("ann", 9)) == ([], None, ())
    busy.clear()
    lanes.wake("ann")
    assert lanes.take_ready() == ["ann"]


# What a command leaves behind.


def test_commit_records_are_issued_in_order_when_all_earlier_facts_are_durable():
    lanes = new()
    entries = [*read(lanes, 0), *read(lanes, 1), *read(lanes, 2)]
    for offset in range(3):
        arrive(lanes, offset, offset)
        assert lanes.settle(go(lanes), facts=offset < 2) == []
    assert list(lanes.unrecorded("ann")) == entries
    assert lanes.durable(entries[1]) == []
    assert lanes.durable(entries[0]) == entries


def test_a_command_is_unrecorded_until_it_is_closed():
    lanes = new()
    entries = [*read(lanes, 0), *read(lanes, 1)]
    for offset in range(2):
        arrive(lanes, offset, offset)
        assert lanes.settle(go(lanes), facts=False) == [entries[offset]]
    assert list(lanes.unrecorded("ann")) == entries
    lanes.close(entries[1])
    assert (list(lanes.unrecorded("ann")), lanes.lanes) == ([entries[0]], 1)
    lanes.close(entries[0])
    assert (lanes.unrecorded("ann"), lanes.lanes) == ((), 0)


def test_contacts_have_commit_records_of_their_own():
    lanes = new()
    (ann,) = read(lanes, 0, "ann")
    (bob,) = read(lanes, 1, "bob")
    arrive(lanes, 0, 0, "ann")
    arrive(lanes, 1, 1, "bob")
    lanes.settle(ann, facts=True)
    assert lanes.settle(bob, facts=False) == [bob]


def test_without_a_commit_record_an_entry_closes_by_itself_in_its_turn():
    lanes = new()
    (first,) = read(lanes, 0)
    (second,) = read(lanes, 1)
    arrive(lanes, 0, 0)
    arrive(lanes, 1, 1)
    lanes.settle(first, facts=True)
    assert lanes.settle(second, facts=False, record=False) == []
    assert second.state is State.SETTLED
    assert lanes.durable(first) == [first]
    assert (second.state, second.payload) == (State.CLOSED, None)


def test_records_are_acknowledged_in_the_order_of_their_offsets():
    lanes = new()
    read(lanes, 0, "ann")
    read(lanes, 1, "bob")
    arrive(lanes, 0, 0, "ann")
    arrive(lanes, 1, 1, "bob")
    finish(lanes, go(lanes, "bob"))
    assert (lanes.acks(), lanes.watermark()) == ([], 0)
    finish(lanes, go(lanes, "ann"))
    assert lanes.acks() == [(CART, 0), (CART, 1), (None, 0), (None, 1)]
    assert (lanes.acks(), lanes.watermark()) == ([], 2)


# Revoking.


def test_a_revoked_partition_finishes_what_is_under_way_and_nothing_else():
    lanes = new()
    read(lanes, 0, "ann")
    read(lanes, 1, "bob")
    arrive(lanes, 0, 0, "ann")
    arrive(lanes, 1, 1, "bob")
    sending = go(lanes, "ann")
    assert lanes.revoke() == [sending]
    assert (lanes.take_ready(), lanes.head("bob"), lanes.room()) == ([], None, False)
    assert arrive(lanes, 2, 2) == (None, "again")
    finish(lanes, sending)
    assert lanes.acks() == [(CART, 0), (None, 0)]


# What the protocol does not have.


def _expected(lanes: Lanes) -> Entry:
    return read(lanes, 0)[0]


def _arrived(lanes: Lanes) -> Entry:
    entry = _expected(lanes)
    arrive(lanes, 0, 0)
    return entry


def _sending(lanes: Lanes) -> Entry:
    entry = _arrived(lanes)
    lanes.send([entry])
    return entry


def _settled(lanes: Lanes) -> Entry:
    entry = _sending(lanes)
    lanes.settle(entry, facts=True)
    return entry


def _issued(lanes: Lanes) -> Entry:
    entry = _settled(lanes)
    lanes.durable(entry)
    return entry


def _closed(lanes: Lanes) -> Entry:
    entry = _issued(lanes)
    lanes.close(entry)
    return entry


def _revoked(lanes: Lanes) -> Entry:
    entry = _arrived(lanes)
    lanes.revoke()
    return entry


STEPS = {
    "send": lambda lanes, entry: lanes.send([entry]),
    "back": lambda lanes, entry: lanes.back([entry]),
    "settle": lambda lanes, entry: lanes.settle(entry, facts=False),
    "durable": lambda lanes, entry: lanes.durable(entry),
    "close": lambda lanes, entry: lanes.close(entry),
    "read": lambda lanes, _: read(lanes, 0),
}
ALLOWED = {
    _expected: (),
    _arrived: ("send", "settle"),
    _sending: ("back", "settle"),
    _settled: ("durable",),
    _issued: ("close",),
    _closed: (),
    _revoked: (),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", ALLOWED)
def test_a_step_that_the_protocol_does_not_have_is_named(state, step):
    lanes = new()
    entry = state(lanes)
    if step in ALLOWED[state]:
        STEPS[step](lanes, entry)
    else:
        with pytest.raises(LaneError, match=f"^{step}"):
            STEPS[step](lanes, entry)


def test_an_action_occurs_once_in_a_record():
    with pytest.raises(LaneError, match="one action twice at offset 0"):
        read(new(), 0, actions=(CART, CART))


def test_an_error_names_no_contact():
    lanes = new()
    entry = read(lanes, 0, "ann@example.com")[0]
    with pytest.raises(LaneError) as error:
        lanes.send([entry])
    assert "ann@example.com" not in str(error.value)


def test_it_says_when_a_contact_became_ready_and_none_was():
    said = []
    lanes = new(stirred=lambda: said.append("stirred"))
    for offset, contact in enumerate(("ann", "bob", "cat")):
        read(lanes, offset, contact)
        arrive(lanes, offset, offset, contact)
    assert said == ["stirred"]
    assert lanes.take_ready() == ["ann", "bob", "cat"]
    read(lanes, 3)
    arrive(lanes, 3, 3)
    assert said == ["stirred"]
    finish(lanes, go(lanes))
    assert said == ["stirred", "stirred"]
    assert lanes.take_ready() == ["ann"]
