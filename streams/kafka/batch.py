"""What travels in one request: the head of a lane and the ready neighbours it can take along."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from streams.actions.declaration import Action
from streams.core.deciding import Decision, Send
from streams.core.joining import join, join_key
from streams.core.lanes import Entry
from streams.kafka.partition import Partition


@dataclass(frozen=True, slots=True)
class Member:
    """One command of a request, and the lane that it heads."""

    part: Partition
    entry: Entry
    send: Send


@dataclass(frozen=True, slots=True)
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


Judge = Callable[[Entry], Decision]


def gather(
    action: Action,
    names: Collection[str],
    head: Member,
    neighbours: Iterable[tuple[Partition, Entry]],
    judge: Judge,
    bounds: Bounds,
) -> Batch:
    """Join `head` with those of `neighbours` that are alike but for their list.

    `names` are those of the action's instances: what different ones made travels together.
    Neighbours come lane by lane in lane order; the first of a lane that cannot travel keeps
    the rest of its lane back.
    """
    if action.join is None or head.entry.payload.solo:
        return Batch(action, (head,), head.send.body)
    members = [head]
    size = head.entry.payload.size
    key = join_key(action.name, head.send.body, action.join)
    seen = {_identity(head.entry)}
    stopped: set[str] = set()
    for part, entry in neighbours:
        if len(members) >= bounds.members:
            break
        if entry.contact in stopped:
            continue
        member = _companion(action, names, part, entry, judge, key)
        size += entry.payload.size
        if member is None or _identity(entry) in seen or size > bounds.size:
            stopped.add(entry.contact)
            size -= entry.payload.size
            continue
        seen.add(_identity(entry))
        members.append(member)
    bodies = [member.send.body for member in members]
    return Batch(action, tuple(members), join(bodies, action.join) if bodies[1:] else bodies[0])


def _identity(entry: Entry) -> tuple[str, str, str]:
    """What `seen` knows a command by, once it is settled."""
    return entry.contact, entry.message_id, entry.action


def _companion(
    action: Action,
    names: Collection[str],
    part: Partition,
    entry: Entry,
    judge: Judge,
    key: bytes,
) -> Member | None:
    if entry.action not in names or entry.payload.solo:
        return None
    decision = judge(entry)
    if not isinstance(decision, Send) or action.join is None:
        return None
    if join_key(action.name, decision.body, action.join) != key:
        return None
    return Member(part, entry, decision)


def lanes_of(members: Iterable[Member]) -> Iterator[tuple[Partition, list[Entry]]]:
    """The members by lane, in their order."""
    lanes: dict[tuple[int, str], tuple[Partition, list[Entry]]] = {}
    for member in members:
        place = (id(member.part), member.entry.contact)
        lanes.setdefault(place, (member.part, []))[1].append(member.entry)
    yield from lanes.values()
