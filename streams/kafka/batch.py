"""What travels in one request: the head of a lane and the ready neighbours it can take along."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any

from streams.actions.declaration import Action
from streams.core.compiled import Instance
from streams.core.decisions import Decision, Send
from streams.core.joining import join, join_key, marks
from streams.core.lanes import Entry
from streams.core.learning import Learned
from streams.kafka.endpoints import Endpoint
from streams.kafka.partition import Partition


# Not frozen, as one is made for every command: that takes half the time.
@dataclass(slots=True)
class Member:
    """One command of a request, and the lane that it heads."""

    part: Partition
    entry: Entry
    send: Send


# Not frozen, as one is made for every command: that takes half the time.
@dataclass(slots=True)
class Batch:
    """One request."""

    action: Action
    members: tuple[Member, ...]
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may travel together."""

    members: int
    size: int

    def with_(self, other: "Bounds | None") -> "Bounds":
        """What both bear; None bears nothing."""
        if other is None:
            return NOTHING
        return Bounds(min(self.members, other.members), min(self.size, other.size))


NOTHING = Bounds(0, 0)


def bounds_of(instances: Iterable[Instance], default: Bounds) -> dict[str, dict[str, Bounds]]:
    """The bounds of every instance by action and name, where the plan says none the default."""
    found: dict[str, dict[str, Bounds]] = {}
    for one in instances:
        bounds = Bounds(one.join_members or default.members, one.join_bytes or default.size)
        found.setdefault(one.action, {})[one.name] = bounds
    return found


def neighbours(
    endpoint: Endpoint, part: Partition, head: Entry, bounds: Mapping[str, Bounds]
) -> Iterator[tuple[Partition, Entry]]:
    """Those behind the head in its lane and, where contacts may travel together, other lanes."""
    join, limit = endpoint.action.join, bounds[head.action].members
    yield from _alike(part, part.lanes.run(head.lane, limit)[1:], bounds)
    if join is None or not join.across_contacts:
        return
    for other, name in list(islice(endpoint.queue, limit * 2)):
        if other.live:
            yield from _alike(other, other.lanes.run(name, limit), bounds)


def _alike(
    part: Partition, run: Sequence[Entry], actions: Container[str]
) -> Iterator[tuple[Partition, Entry]]:
    """The first of a lane that are of these actions: nothing behind another may overtake it."""
    for entry in run:
        if entry.action not in actions:
            return
        yield part, entry


Judge = Callable[[Entry, Sequence[Learned]], Decision]
"""Decides of an entry as if this had been learned already."""


def gather(
    action: Action,
    head: Member,
    neighbours: Iterable[tuple[Partition, Entry]],
    judge: Judge,
    bounds: Mapping[str, Bounds],
) -> Batch:
    """Join `head` with those of `neighbours` that are alike but for their list.

    `bounds` are those of the action's instances: what different ones made travels together,
    as far as each of them bears.
    Each is decided as if those before it had settled. Neighbours come lane by lane in lane
    order; the first of a lane that cannot travel keeps the rest of its lane back.
    """
    alone = Batch(action, (head,), head.send.body)
    if action.join is None or head.entry.payload.solo or head.send.intents:
        return alone
    others = iter(neighbours)
    first = next(others, None)
    if first is None:
        return alone
    members = [head]
    size = head.entry.payload.size
    most = bounds[head.entry.action]
    key = join_key(action.name, head.send.body, action.join)
    seen = {_identity(head.entry)}
    apart = marks(head.send.body, action.join)
    ahead = [*head.send.learned]
    stopped: set[str] = set()
    for part, entry in chain((first,), others):
        if len(members) >= most.members:
            break
        if entry.lane in stopped:
            continue
        within = most.with_(bounds.get(entry.action))
        larger = size + entry.payload.size
        fits = len(members) < within.members and larger <= within.size
        decided = partial(judge, entry, ahead)
        member = _companion(action, part, entry, decided, key) if fits else None
        told = marks(member.send.body, action.join) if member else set()
        if member is None or _identity(entry) in seen or not apart.isdisjoint(told):
            stopped.add(entry.lane)
            continue
        most, size = within, larger
        seen.add(_identity(entry))
        apart |= told
        members.append(member)
        ahead += member.send.learned
    bodies = [member.send.body for member in members]
    return Batch(action, tuple(members), join(bodies, action.join) if bodies[1:] else bodies[0])


def _identity(entry: Entry) -> tuple[str, str, str]:
    """What `seen` knows a command by, once it is settled."""
    return entry.contact, entry.message_id, entry.action


def _companion(
    action: Action,
    part: Partition,
    entry: Entry,
    judge: Callable[[], Decision],
    key: bytes,
) -> Member | None:
    if entry.payload.solo:
        return None
    decision = judge()
    if not isinstance(decision, Send) or action.join is None or decision.intents:
        return None
    if join_key(action.name, decision.body, action.join) != key:
        return None
    return Member(part, entry, decision)


def lanes_of(members: Iterable[Member]) -> Iterator[tuple[Partition, list[Entry]]]:
    """The members by lane, in their order."""
    lanes: dict[tuple[int, str], tuple[Partition, list[Entry]]] = {}
    for member in members:
        place = (id(member.part), member.entry.lane)
        lanes.setdefault(place, (member.part, []))[1].append(member.entry)
    yield from lanes.values()
