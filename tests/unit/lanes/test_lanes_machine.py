"""Whatever is done in whatever order, a plain model of the lanes agrees with them."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.core.lanes import Entry, Lanes, Planned, State

ACTIONS = ("contact", "cart", "order")
CONTACTS = ("ann", "bob", "cy")
MAX_COMMANDS = 8
OPEN = (State.EXPECTED, State.ARRIVED, State.SENDING)


class LanesAgree(RuleBasedStateMachine):
    """Every entry ever made is kept; what may happen next is derived from their states alone."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes = Lanes(start=5, max_commands=MAX_COMMANDS, max_span=50)
        self.entries: dict[str, list[Entry]] = {contact: [] for contact in CONTACTS}
        self.records: dict[int, list[Entry]] = {}
        self.copies: dict[str, list[Entry | None]] = {action: [] for action in ACTIONS}
        self.unread: list[Entry] = []
        self.asleep: set[str] = set()
        self.issued: list[Entry] = []
        self.acked: dict[str | None, list[int]] = {None: [], **{a: [] for a in ACTIONS}}
        self.next = 5

    def all(self) -> list[Entry]:
        return [entry for entries in self.entries.values() for entry in entries]

    def waiting(self, contact: str) -> list[Entry]:
        return [entry for entry in self.entries[contact] if entry.state in OPEN]

    def may_go(self, contact: str) -> bool:
        waiting = self.waiting(contact)
        sending = any(entry.state is State.SENDING for entry in waiting)
        arrived = bool(waiting) and waiting[0].state is State.ARRIVED
        return arrived and not sending and contact not in self.asleep

    @precondition(lambda self: self.lanes.room())
    @rule(
        contact=st.sampled_from(CONTACTS),
        actions=st.sets(st.sampled_from(ACTIONS)),
        gap=st.integers(0, 2),
    )
    def read(self, contact: str, actions: set[str], gap: int) -> None:
        offset = self.next + gap
        self.next = offset + 1
        planned = [Planned(action, f"m{offset}") for action in ACTIONS if action in actions]
        entries = self.lanes.read(offset, contact, planned)
        self.records[offset] = entries
        self.entries[contact] += entries
        self.unread += entries

    @precondition(lambda self: self.unread)
    @rule(data=st.data())
    def arrive(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(self.unread))
        if data.draw(st.booleans()):
            self.unread.remove(entry)
        at = len(self.copies[entry.action])
        found = self.lanes.arrive(
            entry.action,
            at,
            contact=entry.contact,
            action=entry.action,
            offset=entry.offset,
            message_id=entry.message_id,
            payload=at,
        )
        passed = self.lanes.watermark() > (entry.offset or 0)
        self.copies[entry.action].append(None if passed else entry)
        assert found.entry is (None if passed else entry)

    @rule(contact=st.sampled_from(CONTACTS), action=st.sampled_from(ACTIONS))
    def arrive_external(self, contact: str, action: str) -> None:
        at = len(self.copies[action])
        arrival = self.lanes.arrive(
            action, at, contact=contact, action=action, offset=None, message_id="x", payload=at
        )
        assert arrival.entry is not None
        self.entries[contact].append(arrival.entry)
        self.copies[action].append(arrival.entry)

    @rule(contact=st.sampled_from(CONTACTS), limit=st.integers(1, 3))
    def send(self, contact: str, limit: int) -> None:
        run = self.lanes.run(contact, limit)
        assert bool(run) is self.may_go(contact)
        if run:
            self.lanes.send(run)

    @rule(contact=st.sampled_from(CONTACTS))
    def back(self, contact: str) -> None:
        sending = [entry for entry in self.waiting(contact) if entry.state is State.SENDING]
        if sending:
            self.lanes.back(sending)
            self.asleep.add(contact)

    @rule(contact=st.sampled_from(CONTACTS))
    def wake(self, contact: str) -> None:
        self.lanes.wake(contact)
        self.asleep.discard(contact)

    @rule(contact=st.sampled_from(CONTACTS), facts=st.booleans(), record=st.booleans())
    def settle(self, contact: str, facts: bool, record: bool) -> None:
        waiting = self.waiting(contact)
        if waiting and waiting[0].state is not State.EXPECTED:
            self.issued += self.lanes.settle(waiting[0], facts=facts, record=record)
            self.asleep.discard(contact)

    @rule(data=st.data())
    def durable(self, data: st.DataObject) -> None:
        unsafe = [entry for entry in self.all() if entry.unsafe]
        if unsafe:
            self.issued += self.lanes.durable(data.draw(st.sampled_from(unsafe)))

    @precondition(lambda self: self.issued)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(self.issued))
        self.issued.remove(entry)
        self.lanes.close(entry)

    @invariant()
    def ready_is_who_may_go(self) -> None:
        assert sorted(self.lanes.ready()) == [c for c in CONTACTS if self.may_go(c)]

    @invariant()
    def records_are_issued_in_order(self) -> None:
        for entries in self.entries.values():
            settled = [e for e in entries if e.state in (State.SETTLED, State.CLOSED)]
            issued = [entry.issued for entry in settled]
            assert issued == sorted(issued, reverse=True)
            assert not any(entry.unsafe for entry in settled if entry.issued)

    @invariant()
    def unrecorded_is_what_is_settled_and_not_closed(self) -> None:
        for contact, entries in self.entries.items():
            settled = [entry for entry in entries if entry.state is State.SETTLED]
            assert list(self.lanes.unrecorded(contact)) == settled

    @invariant()
    def open_commands_are_counted(self) -> None:
        still_open = [entry for entry in self.all() if entry.state is not State.CLOSED]
        assert self.lanes.open_commands == len(still_open)

    @invariant()
    def acks_are_what_is_done_from_below(self) -> None:
        for topic, offset in self.lanes.acks():
            self.acked[topic].append(offset)
        for action, copies in self.copies.items():
            assert self.acked[action] == _done_from_below(enumerate(copies), _copy_is_done)
        keyed = _done_from_below(self.records.items(), _record_is_done)
        assert self.acked[None] == keyed
        still_open = [offset for offset in self.records if offset not in keyed]
        assert self.lanes.watermark() == min(still_open, default=self.next)


def _done_from_below(pairs, done) -> list[int]:
    passed = []
    for offset, what in pairs:
        if not done(what):
            break
        passed.append(offset)
    return passed


def _copy_is_done(entry: Entry | None) -> bool:
    return entry is None or entry.state is State.CLOSED


def _record_is_done(entries: list[Entry]) -> bool:
    return all(entry.state is State.CLOSED for entry in entries)


TestLanesAgree = LanesAgree.TestCase
TestLanesAgree.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
