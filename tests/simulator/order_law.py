"""I5: first acceptances come in the order of the source; what steps back comes again as a tail."""

from collections import defaultdict
from typing import NamedTuple

from tests.simulator.schedule import Schedule
from tests.simulator.verdict import Broken


class Acceptance(NamedTuple):
    """A command that Cordial accepted, where it stands in the source, and its effect."""

    place: tuple[int, int]
    identity: tuple[str, str]


class OrderLaw:
    """By what keeps its order. `rejected` commands may be accepted late, once repaired."""

    def __init__(self, schedule: Schedule, rejected: set[tuple[str, str]]) -> None:
        self._orders = {event.message_id: event.order for event in schedule.events}
        self._rejected = rejected
        self._history: dict[str, list[Acceptance]] = defaultdict(list)
        self._furthest: dict[str, tuple[int, int]] = {}
        self._first: set[tuple[str, tuple[int, int]]] = set()

    def accepted(self, kept: str, new: Acceptance) -> None:
        """Cordial accepted one more."""
        furthest = self._furthest.get(kept, (-1, -1))
        fresh = (kept, new.place) not in self._first
        if fresh and new.place < furthest and new.identity not in self._rejected:
            raise Broken("I5", f"{kept}: {new.place} was first accepted after {furthest}")
        self._first.add((kept, new.place))
        self._furthest[kept] = max(furthest, new.place)
        self._history[kept].append(new)

    def at_rest(self) -> None:
        """Nothing more will come."""
        for kept, history in self._history.items():
            self._repeats_are_suffixes(kept, history)

    def _repeats_are_suffixes(self, kept: str, history: list[Acceptance]) -> None:
        """Where an acceptance steps back, everything that it stepped over comes again.

        Orders need not: their own table knows them. So no older state stays last.
        """
        furthest = (-1, -1)
        for time, now in enumerate(history):
            if now.place < furthest:
                again = {each.identity for each in history[time:]}
                for before in history[:time]:
                    over = before.place > now.place and before.identity[1] != "order"
                    if over and before.identity not in again:
                        text = f"{kept}: {now.place} was accepted after {before.place}, "
                        raise Broken("I5", text + "which did not come again")
            furthest = max(furthest, now.place)
        self._orders_end_new(kept, history)

    def _orders_end_new(self, kept: str, history: list[Acceptance]) -> None:
        last: dict[str, tuple[int, int]] = {}
        most: dict[str, tuple[int, int]] = {}
        for each in history:
            if each.identity[1] == "order":
                order = self._orders[each.identity[0]]
                last[order] = each.place
                most[order] = max(most.get(order, each.place), each.place)
        for order, place in last.items():
            if place != most[order]:
                raise Broken("I5", f"{kept}: the older state {place} of {order} is the last")
