"""What holding visitors' events, and tying them to users, does to what routing made. Pure."""

from collections.abc import Collection
from dataclasses import replace

from streams.core.action_names import MERGE
from streams.core.anonymous import as_alias, is_alias_of
from streams.core.compiled import CompiledPlan
from streams.core.event import Event
from streams.core.outcome import Suppressed
from streams.core.routed import Routed, SuppressedCommand
from streams.core.routing import route
from streams.core.visitors import RETELL_MS, Link


def merging(plan: CompiledPlan) -> frozenset[str]:
    """The instances that merge contacts."""
    return frozenset(one.name for one in plan.instances if one.action == MERGE)


def held(routed: Routed, plan: CompiledPlan) -> Routed | None:
    """The event as one that is held; None where it is not: it is none of a visitor's, or some
    action of it can go."""
    waits = any(one.reason is Suppressed.ANONYMOUS for one in routed.suppressed)
    if plan.anonymous.mode != "hold" or not waits or routed.commands or routed.dead:
        return None
    said = (
        replace(one, reason=Suppressed.HELD) if one.reason is Suppressed.ANONYMOUS else one
        for one in routed.suppressed
    )
    return replace(routed, suppressed=tuple(said))


def _needless(routed: Routed, why: Suppressed) -> Routed:
    said = (SuppressedCommand(one.action, why) for one in routed.commands)
    return replace(routed, commands=(), suppressed=(*routed.suppressed, *said))


def waiting(routed: Routed) -> list[str]:
    """The actions that wait for the user of a held event."""
    return [one.action for one in routed.suppressed if one.reason is Suppressed.HELD]


def without(routed: Routed, names: Collection[str]) -> Routed:
    """All but what these instances made."""
    return replace(
        routed,
        commands=tuple(one for one in routed.commands if one.action not in names),
        dead=tuple(one for one in routed.dead if one.action not in names),
        suppressed=tuple(one for one in routed.suppressed if one.action not in names),
    )


def merged_by(
    event: Event,
    visitor: str,
    plan: CompiledPlan,
    source: str | None = None,
    *,
    before: Link | None,
    held: bool,
) -> Routed:
    """What an event that ties a visitor merges. `before` is whom the visitor was tied to, `held`
    whether anything waited.

    With `hold` a visitor has no contact of its own, so only an alias of somebody else merges.
    A tie that is read again, because a crash forgot what it had become, merges again.
    """
    alias = is_alias_of(event, visitor)
    again = before is not None and before.by == event.message_id
    if plan.anonymous.mode == "send":
        if again or before is None or before.contact != event.user_id:
            return merge(event, visitor, plan, source)
        needless = Suppressed.DUPLICATE
    else:
        stranger = not (held or before is not None or event.anonymous_id == visitor)
        if alias and (again or stranger):
            return merge(event, visitor, plan, source)
        needless = Suppressed.ANONYMOUS
    return _needless(merge(event, visitor, plan, source), needless) if alias else Routed()


def linked(before: Link | None, said: Link, merge: Routed) -> Link | None:
    """The link that a tie leaves; None where the one that is known stays.

    An older tie that comes late changes nothing.
    """
    if before is not None and before.at > said.at:
        return None
    same = before is not None and before[:2] == said[:2]
    if merge.commands:
        said = said._replace(by=merge.commands[0].message_id)
    elif same and before is not None:
        said = said._replace(by=before.by)
    late = before is None or said.at > before.at + RETELL_MS
    return said if late or not same or (before and said.by != before.by) else None


def merge(event: Event, visitor: str, plan: CompiledPlan, source: str | None = None) -> Routed:
    """What merges the contact of a visitor into the user's: commands of the visitor's lane."""
    routed = route(as_alias(event, visitor), plan, source)
    if not isinstance(routed, Routed):
        return Routed()
    others = {one.name for one in plan.instances if one.action != MERGE}
    routed = without(routed, others)
    return replace(
        routed,
        commands=tuple(replace(one, contact=visitor) for one in routed.commands),
        identity=None,
    )
