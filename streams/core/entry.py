"""One command in its lane, and the words in which lanes and shell speak about it.

Law: a state is changed by `Lanes` alone; the shell reads it.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, NamedTuple


class State(Enum):
    """How far a command has come."""

    EXPECTED = "expected"  # the router announced it; no copy of it was read yet
    ARRIVED = "arrived"  # it can go when its turn comes
    SENDING = "sending"  # its request is under way
    SETTLED = "settled"  # it has its outcome and left the lane; what it leaves behind is not safe
    CLOSED = "closed"  # its commit record is durable: its records may be acknowledged


class LaneError(Exception):
    """A step the protocol does not allow: a bug. Nothing may be committed after it."""


class Planned(NamedTuple):
    """A command that the router is about to produce."""

    action: str
    message_id: str


class Copy(NamedTuple):
    """A record of an action topic; `keyed` is the offset of the keyed record that asked for it."""

    topic: str
    offset: int
    contact: str
    action: str
    keyed: int
    message_id: str
    payload: Any


@dataclass(slots=True, eq=False)
class Entry:
    """One command of one contact, in the lane that `Lanes` gives it.

    `offset` is that of the keyed record, None for a command that no event made; together with
    `action` it is the identity. `payload` is the shell's, of the first copy read, and None once
    closed. `refused`: the broker never took the command, so its copy cannot come.
    """

    contact: str = field(repr=False)
    action: str
    offset: int | None
    message_id: str = field(repr=False)
    payload: Any = field(default=None, repr=False)
    state: State = State.EXPECTED
    refused: bool = False
    copies: list[tuple[str, int]] = field(default_factory=list, repr=False)
    unsafe: bool = False  # its facts are not durable yet
    record: bool = True  # a commit record is wanted
    issued: bool = False  # its facts, and those of all before it, are durable
    lane: str = field(default="", repr=False)  # its name; the contact's, if no other is given

    def __post_init__(self) -> None:
        self.lane = self.lane or self.contact


Outcome = Literal["expected", "external", "again", "below", "superseded", "held"]


class Arrival(NamedTuple):
    """What became of a copy that was read.

    expected    its entry can go now
    external    it made an entry of its own, at the tail of the lane
    again       read before, done, or another copy of a known command; then it waits with that
    below       its keyed record was done before this assignment began
    superseded  the router passed its keyed record without asking for it: see `take_superseded`
    held        the router is not there yet
    """

    entry: Entry | None
    outcome: Outcome
