"""What travels in one request: the head of a lane and the ready neighbours it can take along."""

from collections.abc import Callable, Iterable, Iterator
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
    head: Member,
    neighbours: Iterable[tuple[Partition, Entry]],
    judge: Judge,
    bounds: Bounds,
) -> Batch:
    """Join `head` with those of `neighbours` that are alike but for their list.

    Neighbours come lane by lane in lane order; the first of a lane that cannot travel keeps
    the rest of its lane back.
    """
    if action.join is None or head.entry.payload.solo:
        return Batch(action, (head,), head.send.body)
    members = [head]
    size = head.entry.payload.size
    key = join_key(action.name, head.send.body, action.join)
    seen = {(head.entry.contact, head.entry.message_id)}
    stopped: set[str] = set()
    for part, entry in neighbours:
        if len(members) >= bounds.members:
            break
        if entry.contact in stopped:
            continue
        member = _companion(action, part, entry, judge, key)
        identity = (entry.contact, entry.message_id)
        size += entry.payload.size
        if member is None or identity in seen or size > bounds.size:
            stopped.add(entry.contact)
            size -= entry.payload.size
            continue
        seen.add(identity)
        members.append(member)
    bodies = [member.send.body for member in members]
    return Batch(action, tuple(members), join(bodies, action.join) if bodies[1:] else bodies[0])


def _companion(
    action: Action, part: Partition, entry: Entry, judge: Judge, key: bytes
) -> Member | None:
    if entry.action != action.name or entry.payload.solo:
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
