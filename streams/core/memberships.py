"""Lists: whoever left one later is not joined again by an older event, nor the other way round.

| the newest event known of the contact and the list | a join    | a removal   |
|----------------------------------------------------|-----------|-------------|
| none                                               | is sent   | is sent     |
| older                                              | is sent   | is sent     |
| of the same time, a join                           | is sent   | is sent     |
| of the same time, a removal                        | is stale  | is sent     |
| newer                                              | is stale  | is stale    |

So a list has whom the newest events say, in whatever order they come. A removal that says but a
group means the list that the contact's newest join by this group had; before any join it is
remembered for the group. Of a contact at most `MOST` lists and groups, those told last. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from streams.core.action_names import JOIN
from streams.core.command import Command, Position

TABLE = "memberships"
GROUPS = "groups"
LOCATOR = "identifyListBy"
MOST = 250
STALE = "older than what is known of the contact and the list; not sent"


@dataclass(frozen=True, slots=True)
class Times:
    """When the newest join and the newest removal happened, in milliseconds since 1970 UTC.

    `name` is the list of a group, once a join has told it; of a list it is None.
    """

    joined: int | None = None
    left: int | None = None
    name: str | None = None

    @property
    def last(self) -> int | None:
        """When the newest of both happened."""
        return _later(self.joined, self.left)


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one contact, by the hash of a list's name or of a group's id.

    `position` and `action` are those of the last command that Cordial accepted.
    """

    position: Position | None = None
    action: str = ""
    times: Mapping[bytes, Times] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What becomes of a join or a removal, and the row to be once that has become of it.

    `stale`: it is not sent. `delivered`: Cordial accepted it before a crash.
    """

    row: Row
    stale: bool = False
    delivered: bool = False


def group_id_of(body: Mapping[str, Any]) -> str | None:
    """The group that the body of a removal names."""
    said = _locator(body).get("segment_group_id")
    return None if said is None else str(said)


def with_list_name(body: dict[str, Any], name: str | None) -> dict[str, Any]:
    """A removal with the name of its list, where it says none itself."""
    located = body.get(LOCATOR) or {}
    if name is None or not isinstance(located, Mapping) or located.get("name"):
        return body
    return {**body, LOCATOR: {**located, "name": name}}


def list_of(command: Command, row: Row | None, group_name: str | None) -> str | None:
    """The list that a removal is about: as it says, as the contact joined, as others did."""
    said = _locator(command.body).get("name")
    if said or row is None:
        return said or group_name
    group = row.times.get(_key("group", _group(command)))
    return group_name if group is None or group.name is None else group.name


def told(
    command: Command,
    action: str,
    name: str | None,
    known: Row | None,
    position: Position,
    *,
    forced: bool = False,
) -> Told:
    """What the table above says of a join or a removal of the list `name`.

    `position` is that of the command's identity. Without `name` it is the removal of a group
    that nobody knows. `forced` sends what is older too, as what was made by hand is sent.
    """
    row = known or Row()
    group = _group(command)
    key = _key("group", group) if name is None else _key("list", name)
    joins, time = action == JOIN, command.event_time
    times, groups = row.times.get(key, Times()), {}
    if _was_sent(times, row, command, joins=joins, position=position):
        return Told(row, delivered=True)
    if joins and group is not None:
        before = row.times.get(_key("group", group))
        groups[_key("group", group)] = _named(before, name, time)
        if before is not None and before.name is None:
            times = replace(times, left=_later(times.left, before.left))
    stale = _older(time, times.last) or (joins and time == times.left)
    if stale and not (forced or command.position is None):
        return Told(replace(row, times=_bounded({**row.times, **groups, key: times})), stale=True)
    if joins:
        times = replace(times, joined=_later(times.joined, time))
    else:
        times = replace(times, left=_later(times.left, time))
    return Told(Row(position, command.action, _bounded({**row.times, **groups, key: times})))


def _was_sent(times: Times, row: Row, command: Command, *, joins: bool, position: Position) -> bool:
    """Whether Cordial accepted this command before a crash, and maybe others of the contact since.

    Commands of a contact settle in their order: one below the row's position has its outcome, and
    what was sent is known by its time.
    """
    if row.position is None or not position.at_or_below(row.position):
        return False
    another = position == row.position and command.action != row.action
    return not another and command.event_time == (times.joined if joins else times.left)


def _named(group: Times | None, name: str | None, time: int) -> Times:
    """The list of a group is that of its newest join."""
    if group is None or group.name is None or not _older(time, group.joined):
        return Times(joined=time, name=name)
    return group


def _locator(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """How a removal names its list; what was made by hand may hold anything there."""
    located = body.get(LOCATOR)
    return located if isinstance(located, Mapping) else {}


def _group(command: Command) -> str | None:
    if command.group is not None:
        return command.group
    return group_id_of(command.body)


def _key(kind: str, name: str | None) -> bytes:
    text = f"{kind}\0{name or ''}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _later(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else max(one, other)


def _older(time: int, than: int | None) -> bool:
    return than is not None and time < than


def _bounded(times: dict[bytes, Times]) -> Mapping[bytes, Times]:
    if len(times) <= MOST:
        return times
    newest = sorted(times.items(), key=lambda one: (one[1].last or 0, one[0]), reverse=True)
    return dict(newest[:MOST])
