"""What order allows: no program that keeps it can be faster. Pure.

A contact's commands must be accepted one after the other; only neighbours of one action that are
alike but for a list can travel together (an order cannot). So the fewest requests of a contact
are its runs of neighbours, and two requests of one contact never overlap. Requests that put
contacts on a list may carry those of several contacts: of them no fewer are needed than the
contact with the most runs has, list by list.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from bench.backlog import ACTIONS, Work
from streams.core.lane_order import ByAction, ByContact

MEMBERS = 100
"""Commands that travel together, at most."""
ALONE = "upsertOrder"
ACROSS = "addContactsToList"
ACTIVITY = "createContactactivities"
BY_CONTACT, BY_ACTION = ByContact(), ByAction({})
Step = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Bound:
    """The fewest requests, in all, by action, and of the contact that needs the most."""

    events: int
    commands: int
    requests: int
    by_action: dict[str, int]
    hottest: int

    def seconds(self, latency: float, limit: float = 0.0) -> float:
        """The shortest time for all: `latency` s a request, `limit` requests a second of each
        endpoint (0: none)."""
        chain = self.hottest * latency
        return max(chain, max(self.by_action.values()) / limit if limit else 0.0)


def bound(work: Iterable[Work], *, per_action: bool = False) -> Bound:
    """What the backlog needs at least; `per_action`: where each action keeps its own order."""
    ordering = BY_ACTION if per_action else BY_CONTACT
    lanes: dict[str, list[Step]] = defaultdict(list)
    events = commands = 0
    for one in work:
        for action in ACTIONS[one.kind]:
            lanes[ordering.lane(one.contact, action)].append((action, one.list_name))
            commands += 1
        events += 1
    runs = {lane: _runs(steps) for lane, steps in lanes.items()}
    by_action: Counter[str] = Counter()
    lists: dict[str | None, int] = defaultdict(int)
    for counted in runs.values():
        for (action, list_name), count in counted.items():
            if action == ACROSS:
                lists[list_name] = max(lists[list_name], count)
            else:
                by_action[action] += count
    by_action[ACROSS] = sum(lists.values())
    return Bound(
        events=events,
        commands=commands,
        requests=sum(by_action.values()),
        by_action=dict(by_action),
        hottest=max(sum(counted.values()) for counted in runs.values()),
    )


def least_waits(
    work: Iterable[Work], flow: float, latency: float, *, per_action: bool = False
) -> dict[int, float]:
    """Seconds that each activity waits at least for its contact's requests before it, by the number
    of its event, where `flow` events a second are published and nothing else takes any time."""
    ordering = BY_ACTION if per_action else BY_CONTACT
    lanes: dict[str, list[tuple[float, int, Step]]] = defaultdict(list)
    for number, one in enumerate(work):
        for action in ACTIONS[one.kind]:
            step = (number / flow, one.n, (action, one.list_name))
            lanes[ordering.lane(one.contact, action)].append(step)
    waits = {}
    for lane in lanes.values():
        free = leaves = 0.0
        before: Step | None = None
        for at, n, step in lane:
            if at > leaves or step != before or step[0] == ALONE:
                leaves = max(free, at)
                free = leaves + latency
            before = step
            if step[0] == ACTIVITY:
                waits[n] = leaves - at
    return waits


def _runs(steps: Iterable[Step]) -> Counter[Step]:
    counted: Counter[Step] = Counter()
    for step, members in groupby(steps):
        length = sum(1 for _ in members)
        counted[step] += length if step[0] == ALONE else -(-length // MEMBERS)
    return counted
