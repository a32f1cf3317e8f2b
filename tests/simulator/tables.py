"""The tables of one partition, as its changelogs leave them: `seen` and `orders`.

Rows are written to memory at once; what is returned goes to the changelog.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple


class Row(NamedTuple):
    """A commit record: where the command stood (`offset` None: external, at `place`)."""

    offset: int | None
    place: int
    outcome: str

    def replayed_by(self, offset: int | None, place: int) -> bool:
        """At or below it: commit records of a contact are written in the order of the source."""
        if offset is None or self.offset is None:
            return offset == self.offset and place == self.place
        return offset <= self.offset


@dataclass(frozen=True, slots=True)
class Order:
    """Offsets of the last state that Cordial has and of the one it was about to be told.

    `state` stands for the content of the last one, here its message id.
    """

    name: str
    done: int = -1
    state: str = ""
    intent: int | None = None
    in_doubt: bool = False


SeenWritten = tuple[str, str, Row]


class Tables:
    """Recovered from the changelogs' records."""

    def __init__(self, seen: Iterable[SeenWritten], orders: Iterable[Order]) -> None:
        self._seen = {(message_id, action): row for message_id, action, row in seen}
        self._orders = {order.name: order for order in orders}

    def row(self, message_id: str, action: str) -> Row | None:
        return self._seen.get((message_id, action))

    def delivered(self) -> set[tuple[str, str]]:
        """Message ids and actions that Cordial has for certain."""
        return {key for key, row in self._seen.items() if row.outcome == "delivered"}

    def remember(self, message_id: str, action: str, row: Row) -> SeenWritten:
        self._seen[message_id, action] = row
        return message_id, action, row

    def order(self, name: str) -> Order:
        return self._orders.get(name) or Order(name)

    def intend(self, name: str, offset: int) -> Order:
        return self._put(replace(self.order(name), intent=offset))

    def deliver(self, name: str, offset: int, state: str, in_doubt: bool) -> Order:
        return self._put(Order(name, done=offset, state=state, in_doubt=in_doubt))

    def _put(self, order: Order) -> Order:
        self._orders[order.name] = order
        return order
