"""A lane: commands of one contact in the order of the source, whatever topic they travel on.

Law: what is under way is a prefix of what has no outcome; outcomes and commit records come in
the order of the lane.
"""

from collections import deque
from collections.abc import Sequence
from itertools import islice

from streams.core.entry import Entry, LaneError, State

EXPECTED, ARRIVED, SENDING, SETTLED, CLOSED = State

ALLOWED = {  # step: the states from which it may be taken
    "send": (ARRIVED,),
    "back": (SENDING,),
    "settle": (ARRIVED, SENDING),
    "durable": (SETTLED,),
    "close": (SETTLED,),
}


def allow(step: str, entry: Entry) -> None:
    """Raise where the protocol has no such step from the entry's state."""
    if entry.state not in ALLOWED[step]:
        raise LaneError(f"{step}: not from {entry.state.value}, {entry}")


class Lane:
    """Open commands of one contact that leave one after the other; `name` is the lane's.

    `queue` holds those without an outcome; `settled` those with one, until their commit record
    may be written; `issued` those whose commit record is being written.
    A lane `asleep` waits to be woken; one `offered` was shown to the sender.
    """

    __slots__ = ("asleep", "issued", "name", "offered", "queue", "sending", "settled")

    def __init__(self, name: str) -> None:
        self.name = name
        self.queue: deque[Entry] = deque()
        self.settled: deque[Entry] = deque()
        self.issued: deque[Entry] = deque()
        self.sending = 0
        self.asleep = False
        self.offered = False

    def may_go(self) -> bool:
        """The head has arrived, nothing is under way, and nothing is waited for."""
        queue = self.queue
        return bool(queue) and queue[0].state is ARRIVED and not (self.sending or self.asleep)

    def run(self, limit: int) -> Sequence[Entry]:
        """At most `limit` arrived entries, from the head on."""
        entries = []
        for entry in islice(self.queue, limit):
            if entry.state is not ARRIVED:
                break
            entries.append(entry)
        return entries

    def send(self, entries: Sequence[Entry]) -> None:
        """These, the first of the queue, are under way."""
        if len(entries) > len(self.queue):
            raise LaneError(f"send: {len(entries)} entries of a lane of {len(self.queue)}")
        for place, entry in zip(self.queue, entries, strict=False):
            if place is not entry:
                raise LaneError(f"send: not in the order of the lane, {entry}")
            allow("send", entry)
            entry.state = SENDING
        self.sending = len(entries)
        self.offered = False

    def back(self, entry: Entry) -> None:
        """It was not delivered."""
        allow("back", entry)
        entry.state = ARRIVED
        self.sending -= 1
        self.asleep = True

    def settle(self, entry: Entry, *, facts: bool, record: bool) -> None:
        """The head leaves the queue with its outcome."""
        allow("settle", entry)
        if self.queue[0] is not entry:
            raise LaneError(f"settle: not the head of its lane, {entry}")
        self.queue.popleft()
        if entry.state is SENDING:
            self.sending -= 1
        entry.state, entry.unsafe, entry.record = SETTLED, facts, record
        self.settled.append(entry)
        self.asleep = self.offered = False

    def issue(self) -> Sequence[Entry]:
        """Settled entries whose facts, and those of all before them, are durable; each once."""
        settled = self.settled
        if not settled or settled[0].unsafe:
            return ()
        issued = []
        while settled and not settled[0].unsafe:
            entry = settled.popleft()
            entry.issued = True
            issued.append(entry)
        self.issued.extend(issued)
        return issued

    def close(self, entry: Entry) -> None:
        """Its commit record is durable, or none was wanted."""
        entry.state, entry.payload = CLOSED, None
        while self.issued and self.issued[0].state is CLOSED:
            self.issued.popleft()

    def unrecorded(self) -> Sequence[Entry]:
        """What was settled and is not closed, in the order of the lane."""
        written = (entry for entry in self.issued if entry.state is not CLOSED)
        return (*written, *self.settled)

    def empty(self) -> bool:
        """Nothing in it is open."""
        return not (self.queue or self.settled or self.issued)
