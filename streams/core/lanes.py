"""Lane by lane in order: the lanes of one partition in one assignment.

The router says which commands a keyed record asks for (`read`), the sinks say which copies of
them came (`arrive`). Which commands share a lane is `core.lane_order`'s to say: by default all of a
contact. Only the head of a lane goes.
What a command leaves behind becomes durable in the order of the lane too: its facts, then its
commit record; then its records may be acknowledged.

Laws: nothing of a lane is under way while a later command of it is sent. A commit record is
issued when the facts of every earlier command of the lane are durable. An offset is
acknowledged when everything that hangs on it, and on every offset below, is closed. So what a
crash repeats is, for every lane, a suffix of what was sent.

It knows no clock, no bytes and no outcome. A step the protocol does not have raises `LaneError`:
a bug, after which nothing may be committed. Every step is O(1), or O(log n) in the copies held;
`longest` alone looks at every lane.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from typing import Any

from streams.core.entry import Arrival, Copy, Entry, LaneError, Planned, State
from streams.core.held import Held
from streams.core.lane import ARRIVED, CLOSED, EXPECTED, SENDING, Lane, allow
from streams.core.lane_order import ByContact, Ordering
from streams.core.watermark import Watermark

__all__ = ["Arrival", "Copy", "Entry", "LaneError", "Lanes", "Planned", "State"]

BY_CONTACT = ByContact()


class Lanes:
    """The lanes of one keyed partition, from its assignment to its revocation.

    `stirred` is told when a contact became ready and none was: nobody need look at idle lanes.

    `start` is the keyed offset where reading really begins: everything below is done.
    The router has room while fewer than `max_commands` commands are open, over fewer than
    `max_span` offsets. A lane in `busy` cannot go; `wake` it when it is no longer there.
    """

    def __init__(
        self,
        *,
        start: int,
        max_commands: int,
        max_span: int,
        busy: Container[str] = (),
        ordering: Ordering = BY_CONTACT,
        stirred: Callable[[], None] = lambda: None,
    ) -> None:
        self.open_commands = 0
        self.revoked = False
        self._start = start
        self._max_commands = max_commands
        self._max_span = max_span
        self._busy = busy
        self._ordering = ordering
        self._stirred = stirred
        self._keyed = Watermark(start)
        self._entries: dict[int, list[Entry]] = {}
        self._topics: dict[str, Watermark] = {}
        self._held = Held()
        self._lanes: dict[str, Lane] = {}
        self._ready: dict[str, None] = {}
        self._acks: list[tuple[str | None, int]] = []
        self._superseded: list[Copy] = []

    @property
    def lanes(self) -> int:
        """How many lanes have an open command."""
        return len(self._lanes)

    @property
    def held(self) -> int:
        """How many copies wait for the router."""
        return self._held.count

    # The keyed topic.

    def room(self) -> bool:
        """May another keyed record be routed? If not, slow the keyed topic, and no other."""
        full = self.open_commands >= self._max_commands or self._span_is_full()
        return not (full or self.revoked)

    def room_beside(self, topic: str) -> bool:
        """May another record of a topic that makes external commands be taken?

        It has as much room as the keyed topic, and the two do not starve each other.
        """
        reading = self._topics.get(topic)
        spans = 0 if reading is None else reading.open
        full = self.open_commands >= 2 * self._max_commands or spans >= self._max_span
        return not (full or self.revoked)

    def known(self, offset: int) -> bool:
        """The keyed record was read in this assignment, or is done: ignore it."""
        return self._keyed.known(offset)

    def read(
        self, offset: int, contact: str, planned: Sequence[Planned], holds: int = 0
    ) -> list[Entry]:
        """A keyed record was routed to `planned`, in the order in which they must leave.

        It waits for `holds` durable writes of the router too, see `release`.
        """
        self._not_revoked("read")
        entries = [self._entry(contact, one, offset) for one in planned]
        if len({entry.action for entry in entries}) < len(entries):
            raise LaneError(f"read: one action twice at offset {offset}")
        self._pass_keyed(self._keyed.read(offset, len(entries) + holds))
        if entries:
            self._entries[offset] = entries
            for entry in entries:
                self._append(entry)
        if self._held.count:
            for copy in self._held.passed(offset):
                self._match(copy)
        return entries

    def release(self, offset: int) -> None:
        """One of the durable writes that the keyed record waited for is there."""
        self._pass_keyed(self._keyed.done(offset))

    # The action topics.

    def arrive(
        self,
        topic: str,
        copy_offset: int,
        *,
        contact: str,
        action: str,
        offset: int | None,
        message_id: str,
        payload: Any,
    ) -> Arrival:
        """A copy was read from an action topic; `offset` is its keyed one, None if external.

        After a revocation copies are ignored: the next owner reads them.
        """
        reading = self._topics.get(topic)
        if reading is None:
            reading = self._topics[topic] = Watermark(copy_offset)
        if self.revoked or reading.known(copy_offset):
            return Arrival(None, "again")
        reading.read(copy_offset, 1)
        if offset is None:
            entry = self._entry(contact, Planned(action, message_id), None)
            self._append(entry)
            self._attach(entry, topic, copy_offset, payload)
            return Arrival(entry, "external")
        copy = Copy(topic, copy_offset, contact, action, offset, message_id, payload)
        if offset >= self._keyed.next:
            self._held.hold(copy)
            return Arrival(None, "held")
        if offset < self._keyed.floor:
            self.close_copy(copy)
            return Arrival(None, "below" if offset < self._start else "again")
        return self._match(copy)

    def known_copy(self, topic: str, copy_offset: int) -> bool:
        """The record was read in this assignment, or is done, or comes too late: ignore it."""
        reading = self._topics.get(topic)
        return self.revoked or (reading is not None and reading.known(copy_offset))

    def replayed(
        self,
        topic: str,
        copy_offset: int,
        contact: str,
        commands: Sequence[tuple[Planned, Any]],
        holds: int = 0,
    ) -> None:
        """A record, not known, made these external commands and their payloads, in their order.

        It waits for `holds` durable writes too, see `release_copy`.
        """
        reading = self._topics.setdefault(topic, Watermark(copy_offset))
        passed = reading.read(copy_offset, len(commands) + holds)
        self._acks.extend((topic, offset) for offset in passed)
        for planned, payload in commands:
            entry = self._entry(contact, planned, None)
            self._append(entry)
            self._attach(entry, topic, copy_offset, payload)

    def release_copy(self, topic: str, copy_offset: int) -> None:
        """One of the durable writes that the replayed record waited for is there."""
        self._pass_copy(topic, copy_offset)

    def refused(self, entry: Entry, payload: Any) -> None:
        """The broker will never take the command: its turn comes without a copy."""
        if entry.state is EXPECTED:
            entry.refused = True
            self._arrived(entry, payload)

    def take_superseded(self) -> list[Copy]:
        """Copies the router passed without asking for them, each once; see `close_copy`."""
        superseded, self._superseded = self._superseded, []
        return superseded

    def close_copy(self, copy: Copy) -> None:
        """What a superseded copy leaves behind is durable; until then it is not acknowledged."""
        self._pass_copy(copy.topic, copy.offset)

    def _match(self, copy: Copy) -> Arrival:
        for entry in self._entries.get(copy.keyed, ()):
            if entry.action == copy.action:
                first = self._attach(entry, copy.topic, copy.offset, copy.payload)
                return Arrival(entry, "expected" if first else "again")
        self._superseded.append(copy)
        return Arrival(None, "superseded")

    def _attach(self, entry: Entry, topic: str, copy_offset: int, payload: Any) -> bool:
        """Let the copy wait for the entry; True if the entry waited for it."""
        if entry.state is CLOSED:
            self._pass_copy(topic, copy_offset)
            return False
        entry.copies.append((topic, copy_offset))
        if entry.state is not EXPECTED:
            return False
        self._arrived(entry, payload)
        return True

    def _arrived(self, entry: Entry, payload: Any) -> None:
        entry.state, entry.payload = ARRIVED, payload
        lane = self._lanes[entry.lane]
        if lane.queue[0] is entry:
            self._offer(lane)

    # Sending.

    def ready(self) -> Iterator[str]:
        """Lanes that became ready and were not taken, first come, first served."""
        return iter(list(self._ready))

    def take_ready(self) -> list[str]:
        """Lanes that became ready since the last call. One that is taken is the taker's
        until its head was sent or settled; then it may become ready again."""
        ready, self._ready = list(self._ready), {}
        return ready

    def head(self, name: str) -> Entry | None:
        """The command that may go now, if there is one."""
        lane = self._lanes.get(name)
        return lane.queue[0] if lane is not None and self._may_go(lane) else None

    def run(self, name: str, limit: int) -> Sequence[Entry]:
        """At most `limit` entries that may go together: the head and the arrived ones behind."""
        lane = self._lanes.get(name)
        return lane.run(limit) if lane is not None and self._may_go(lane) else ()

    def send(self, entries: Sequence[Entry]) -> None:
        """These, the first of one lane, are under way."""
        self._not_revoked("send")
        lane = self._lanes.get(entries[0].lane)
        if lane is None or not self._may_go(lane):
            raise LaneError(f"send: its lane may not go, {entries[0]}")
        lane.send(entries)
        self._ready.pop(lane.name, None)

    def back(self, entries: Sequence[Entry]) -> None:
        """They were not delivered; their lane sleeps until `wake`."""
        for entry in entries:
            allow("back", entry)
            self._lanes[entry.lane].back(entry)

    def wake(self, name: str) -> None:
        """It need not sleep any longer, or is no longer busy."""
        lane = self._lanes.get(name)
        if lane is not None:
            lane.asleep = False
            self._offer(lane)

    # What a command leaves behind.

    def settle(self, entry: Entry, *, facts: bool, record: bool = True) -> list[Entry]:
        """The head of its lane has its outcome and leaves; the follower may go.

        `facts`: durable writes are pending, see `durable`. `record`: a commit record is wanted;
        without one the entry closes by itself. Returns whose commit record is to be written now.
        """
        allow("settle", entry)
        if entry.state is ARRIVED:
            self._not_revoked("settle what was not sent")
        lane = self._lanes[entry.lane]
        lane.settle(entry, facts=facts, record=record)
        self._ready.pop(lane.name, None)
        self._offer(lane)
        return self._issue(lane)

    def durable(self, entry: Entry) -> list[Entry]:
        """The entry's facts are durable. Returns whose commit record is to be written now."""
        allow("durable", entry)
        if not entry.unsafe:
            raise LaneError(f"durable: no facts are pending, {entry}")
        entry.unsafe = False
        return self._issue(self._lanes[entry.lane])

    def unrecorded(self, name: str) -> Sequence[Entry]:
        """What was settled and has no durable commit record: a crash would forget it."""
        lane = self._lanes.get(name)
        return () if lane is None else lane.unrecorded()

    def close(self, entry: Entry) -> None:
        """The entry's commit record is durable."""
        allow("close", entry)
        if not entry.issued:
            raise LaneError(f"close: its commit record was not issued, {entry}")
        self._close(entry)

    def _issue(self, lane: Lane) -> list[Entry]:
        issued = lane.issue()
        for entry in issued:
            if not entry.record:
                self._close(entry)
        return [entry for entry in issued if entry.record]

    def _close(self, entry: Entry) -> None:
        lane = self._lanes[entry.lane]
        lane.close(entry)
        if lane.empty():
            del self._lanes[entry.lane]
        self.open_commands -= 1
        for topic, copy_offset in entry.copies:
            self._pass_copy(topic, copy_offset)
        entry.copies.clear()
        if entry.offset is not None:
            self._pass_keyed(self._keyed.done(entry.offset))

    # Acknowledging.

    def acks(self) -> list[tuple[str | None, int]]:
        """What may be acknowledged since the last call: (topic, None for the keyed one; offset).

        In the order of the offsets per topic, each offset once.
        """
        acks, self._acks = self._acks, []
        return acks

    def watermark(self) -> int:
        """The lowest keyed offset not acknowledged."""
        return self._keyed.floor

    def oldest(self) -> Entry | None:
        """What holds the watermark: the head of the lane in which its command stands."""
        for entry in self._entries.get(self._keyed.floor, ()):
            if entry.state in (EXPECTED, ARRIVED, SENDING):
                return self._lanes[entry.lane].queue[0]
        return None

    def overdue(self) -> Entry | None:
        """The oldest, where it fills the span and is not under way: it should be parked."""
        if not self._span_is_full():
            return None
        entry = self.oldest()
        return entry if entry is not None and entry.state is ARRIVED else None

    def is_open(self, contact: str, message_id: str) -> bool:
        """Whether a command of this event has no outcome yet."""
        lanes = map(self._lanes.get, self._ordering.lanes(contact))
        queues = (lane.queue for lane in lanes if lane is not None)
        return any(one.message_id == message_id for queue in queues for one in queue)

    def waiting(self, name: str) -> int:
        """How many commands of the lane have no outcome yet."""
        lane = self._lanes.get(name)
        return 0 if lane is None else len(lane.queue)

    def longest(self, least: int) -> tuple[int, Entry] | None:
        """How many commands wait in the longest lane, and its head; None below `least`.

        It looks at every lane, where so many commands are open: not for every event.
        """
        if self.open_commands < least:
            return None
        lane = max(self._lanes.values(), key=_length)
        return None if len(lane.queue) < least else (len(lane.queue), lane.queue[0])

    def revoke(self) -> list[Entry]:
        """The partition goes away: nothing more is read or sent. Returns what is under way;
        that can still be settled, made durable, closed and acknowledged."""
        self.revoked = True
        self._ready.clear()
        entries = (entry for lane in self._lanes.values() for entry in lane.queue)
        return [entry for entry in entries if entry.state is SENDING]

    # Inside.

    def _not_revoked(self, step: str) -> None:
        if self.revoked:
            raise LaneError(f"{step}: the partition was revoked")

    def _span_is_full(self) -> bool:
        return self._keyed.next - self._keyed.floor >= self._max_span

    def _entry(self, contact: str, planned: Planned, offset: int | None) -> Entry:
        action, message_id = planned
        lane = self._ordering.lane(contact, action)
        return Entry(contact, action, offset, message_id, lane=lane)

    def _append(self, entry: Entry) -> None:
        self._lane(entry.lane).queue.append(entry)
        self.open_commands += 1

    def _lane(self, name: str) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = Lane(name)
        return lane

    def _may_go(self, lane: Lane) -> bool:
        return lane.may_go() and lane.name not in self._busy and not self.revoked

    def _offer(self, lane: Lane) -> None:
        if not lane.offered and self._may_go(lane):
            lane.offered = True
            if not self._ready:
                self._stirred()
            self._ready[lane.name] = None

    def _pass_keyed(self, offsets: Sequence[int]) -> None:
        for offset in offsets:
            self._entries.pop(offset, None)
            self._acks.append((None, offset))

    def _pass_copy(self, topic: str, copy_offset: int) -> None:
        for offset in self._topics[topic].done(copy_offset):
            self._acks.append((topic, offset))


def _length(lane: Lane) -> int:
    return len(lane.queue)
