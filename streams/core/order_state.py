"""What is known of one order: its last state, the one before while one is intended, and the times.

`core.orders` says what becomes of it with the next event. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from streams.core.command import Position
from streams.core.refunds import Refund


@dataclass(frozen=True, slots=True)
class Accepted:
    """A state that Cordial accepted; with `heard`, what died for lack of the rest.

    `event_time` and `first`, that of the purchase date, are in milliseconds; `first` is 0 where
    it is not known. `older` has the times of what was said before the last event.
    """

    hash: str
    event_time: int
    body: Mapping[str, Any]
    refunds: tuple[Refund, ...] = ()
    older: Mapping[str, int] = field(default_factory=dict)
    first: int = 0
    heard: bool = False


@dataclass(frozen=True, slots=True)
class OrderState:
    """The last state of one order. While an intent is open `previous` is the accepted one.

    `position` and `action` are the command's identity: what is read again after a crash has the
    same, and another instance of the action that the same event asked for has not.
    `in_doubt`: Cordial may have been told this state more than once.
    `refunds` are those that the body's refunded amount is the sum of. `heard`: Cordial has nothing
    of the order, of which an event said too little. `older` and `first` are as in `Accepted`.
    """

    contact: str
    status: Literal["intent", "done", "heard"]
    hash: str
    body: Mapping[str, Any]
    event_time: int
    message_id: str
    position: Position | None = None
    action: str = ""
    previous: Accepted | None = None
    in_doubt: bool = False
    refunds: tuple[Refund, ...] = ()
    older: Mapping[str, int] = field(default_factory=dict)
    first: int = 0

    @property
    def accepted(self) -> Accepted | None:
        """The last state that Cordial accepted, or what was heard of the order before."""
        if self.status == "intent":
            return self.previous
        return Accepted(
            self.hash,
            self.event_time,
            self.body,
            self.refunds,
            self.older,
            self.first,
            heard=self.status == "heard",
        )

    def is_of(self, position: Position, action: str) -> bool:
        """Whether this command brought the order to this state."""
        return self.position == position and self.action == action

    def accepted_at(self, position: Position, action: str) -> bool:
        """Whether Cordial accepted this command, and nothing of the order since."""
        return self.status == "done" and self.is_of(position, action)

    def done(self, *, in_doubt: bool = False) -> "OrderState":
        """The same state, accepted."""
        return replace(self, status="done", previous=None, in_doubt=in_doubt)

    def without_intent(self) -> "OrderState | None":
        """The row as it was before an intent that came to nothing.

        It stands for no place: what came before has its commit record, what came to nothing must
        not pass for delivered.
        """
        before = self.previous
        if before is None:
            return None
        return replace(
            self,
            status="heard" if before.heard else "done",
            hash=before.hash,
            body=before.body,
            event_time=before.event_time,
            position=None,
            previous=None,
            refunds=before.refunds,
            older=before.older,
            first=before.first,
        )
