"""Routing: one event and the plan give the commands that Cordial must get, in their order.

Filter, trigger, map, identify, validate: in this order, for every action instance. What an
action lacks becomes a dead letter of that action alone; the event's other commands go on.
The law: the same event and plan give the same commands, whatever else happened. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from streams.core.action_names import ACTIVITY, ORDER
from streams.core.command import Command
from streams.core.compiled import CompiledPlan, Instance
from streams.core.consent import UNSUBSCRIBED
from streams.core.contacts import CONSENT
from streams.core.event import Event
from streams.core.filters import Passed, passed, reason
from streams.core.identity import Identity
from streams.core.making import View, make, view_of
from streams.core.markets import Markets
from streams.core.outcome import Dead, Suppressed
from streams.core.routed import DeadCommand, Filtered, Routed, SuppressedCommand

INTEGRATION = "Cordial (Actions)"
ANOTHER_MARKET = "market"
"""Why an event is filtered that another worker group is for."""
MALFORMED = (Dead.MISSING, Dead.INVALID)


def route(event: Event, plan: CompiledPlan, source: str | None = None) -> Routed | Filtered:
    """The commands of an event. The shell stamps their position.

    `source` is the topic of the bus that the event comes from.

    One event tells one state of an order: of several instances that want it the first does, and
    for the others it is a duplicate. One whose order is malformed starts no campaign.
    """
    if not _allowed(event.integrations):
        return Filtered("integrations")
    whole = passed(plan.filters_of(source), event)
    if whole.kept_back_by is not None:
        return Filtered(reason(whole.kept_back_by))
    event = whole.event
    market = None if plan.markets is None else plan.markets.of(event)
    if market is not None and plan.markets is not None and not plan.markets.serves(market):
        return Filtered(ANOTHER_MARKET)
    likely = plan.candidates.of(event)
    wanted = [(one, seen) for one in likely if (seen := wants(one, event)) is not None]
    if not wanted:
        return Filtered("no_action")
    dead: list[DeadCommand] = []
    if plan.markets is not None and market is None:
        goes_on = [one for one in wanted if one[1].kept_back_by or _only_leaves(*one, plan)]
        dead += _of_no_market(plan.markets, [one for one in wanted if one not in goes_on])
        if not goes_on:
            return Routed(dead=tuple(dead))
        wanted = goes_on
    views: dict[int, View] = {}
    commands: list[Command] = []
    suppressed: list[SuppressedCommand] = []
    ordered = malformed = False
    told_by: str | None = None
    for instance, seen in wanted:
        view = views.get(id(seen.event)) or view_of(seen.event, plan, market)
        views[id(seen.event)] = view
        if seen.kept_back_by is not None:
            by_rule = SuppressedCommand(instance.name, Suppressed.FILTERED, seen.kept_back_by)
            suppressed.append(by_rule)
        elif not view.identity.identifiers and event.user_id is None:
            suppressed.append(SuppressedCommand(instance.name, Suppressed.ANONYMOUS))
        elif ordered and instance.action == ORDER:
            suppressed.append(SuppressedCommand(instance.name, Suppressed.DUPLICATE))
        elif malformed and instance.action == ACTIVITY:
            suppressed.append(SuppressedCommand(instance.name, Suppressed.MALFORMED_ORDER))
        else:
            made = make(instance, view, plan)
            if instance.action == ORDER:
                ordered = True
                malformed = _malformed(made, instance)
                told_by = _told_by(made, instance)
            elif told_by is not None and instance.action == ACTIVITY and isinstance(made, Command):
                made = replace(made, order=told_by)
            (commands if isinstance(made, Command) else dead).append(made)  # type: ignore[arg-type]
    identity = next(iter(views.values())).identity
    return Routed(tuple(commands), tuple(dead), tuple(suppressed), identity)


def wants(instance: Instance, event: Event) -> Passed | None:
    """The event as the action's own filters leave it; None where the action does not want that.

    An event that one of them keeps back and that the trigger would not match is nobody's.
    """
    if not instance.enabled or instance.condition is None:
        return None
    seen = passed(instance.filters, event) if instance.filters else Passed(event)
    if instance.action == ORDER and instance.orders.translates:
        named = instance.orders.named(seen.event)
        wanted = instance.condition(named) or instance.condition(seen.event)
        return Passed(named, seen.kept_back_by) if wanted else None
    return seen if instance.condition(seen.event) else None


def _only_leaves(instance: Instance, seen: Passed, plan: CompiledPlan) -> bool:
    """Whether it only takes consent back, which waits for no market where there is one account."""
    if instance.name != CONSENT or plan.consent is None or _one_of_several(plan.markets):
        return False
    claims, _ = plan.consent.listed(seen.event, view_of(seen.event, plan, None).record)
    return bool(claims) and all(one.status == UNSUBSCRIBED for one in claims)


def _one_of_several(markets: Markets | None) -> bool:
    return markets is not None and markets.served is not None


def _of_no_market(
    markets: Markets, wanted: Sequence[tuple[Instance, Passed]]
) -> tuple[DeadCommand, ...]:
    """Nobody guesses: what the actions would have told waits in the dead letters."""
    text = "says no market that the plan knows"
    return tuple(
        DeadCommand(instance.name, Dead.UNKNOWN_MARKET, markets.told_at, text)
        for instance, _ in wanted
    )


def _malformed(made: "Command | DeadCommand", instance: Instance) -> bool:
    holds = instance.orders.on_malformed == "hold_activities"
    return holds and isinstance(made, DeadCommand) and made.reason in MALFORMED


def _told_by(made: "Command | DeadCommand", instance: Instance) -> str | None:
    """The instance whose command may turn out malformed when its turn comes."""
    holds = instance.orders.on_malformed == "hold_activities"
    return instance.name if holds and isinstance(made, Command) else None


def _allowed(integrations: Mapping[str, bool]) -> bool:
    return integrations.get(INTEGRATION, integrations.get("All", True))


def seen_by_mappings(event: Event, plan: CompiledPlan) -> tuple[Mapping[str, Any], Identity]:
    """The event as the paths of mappings see it, and who its contact is."""
    market = None if plan.markets is None else plan.markets.of(event)
    view = view_of(event, plan, market)
    return view.record, view.identity
