"""What is right in a plan and probably not meant: `plan check`, `check` and a worker that starts
note it and go on.

Fields that Cordial does not document for a body, which it ignores; triggers that no event fulfils;
words for states of orders that nothing knows; keys that mean nothing to their action; channels
that are nearly one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from streams.actions import ACTIONS
from streams.actions.declaration import Action
from streams.core.action_names import ACTIVITY, CONTACT, ORDER
from streams.core.order_rules import RANK
from streams.core.trigger_sense import never
from streams.core.trigger_text import path_of
from streams.core.trigger_yaml import parse_any
from streams.plan.instances import instances
from streams.plan.laying import fields_of, shaped
from streams.plan.model import ActionPlan, ConsentPlan, FilterPlan, OrdersPlan, Plan
from streams.plan.places import Finding, Path, Text, Wrong, nearest, said

CHANNELS = ("email", "sms", "push")
ITEM = frozenset(
    [
        "productID",
        "sku",
        "name",
        "category",
        "manufacturerName",
        "description",
        "itemPrice",
        "qty",
        "url",
        "images",
        "properties",
        "attr",
    ]
)
INSIDE: dict[str, frozenset[str]] = {
    "items": ITEM,
    "contactActivities": frozenset({"name", "time", "properties", "device", "geo"}),
    "contact": frozenset({"attributes", "canBeUpdated", "mergeOptions"}),
    "identifyListBy": frozenset({"name", "segment_group_id"}),
}
"""The fields that Cordial documents inside a field of a body, where it documents all."""
ALONE = {
    "only_changed": CONTACT,
    "resend_after_days": CONTACT,
    "in_doubt": ORDER,
    "can_be_created": ACTIVITY,
    "page_name": ACTIVITY,
}
"""Keys that mean something to one action."""
ANY = frozenset({"upsertProducts"})
"""Actions of whose bodies not all fields are documented."""


def doubts(plan: Plan, text: Text) -> tuple[Wrong, ...]:
    """Each doubt with its place."""
    return tuple(said(text, *one) for one in _doubts(plan))


def _doubts(plan: Plan) -> Iterator[Finding]:
    yield from _order(plan)
    yield from _states(plan.orders)
    yield from _channels(plan.consent)
    yield from _unread(plan)
    yield from _filters(plan.filters, ("filters",))
    for number, source in enumerate(plan.sources):
        yield from _filters(source.filters, ("sources", number, "filters"))
    for name, action, asked in instances(plan):
        at: Path = ("actions", name)
        if name not in plan.actions:
            continue
        if asked.trigger is not None and never(parse_any(asked.trigger)):
            yield (*at, "trigger"), "is true of no event", "its parts contradict each other"
        yield from _filters(asked.filters, (*at, "filters"))
        for key, only in ALONE.items():
            default = ActionPlan.model_fields[key].default
            if action.name != only and getattr(asked, key) != default:
                yield (*at, key), f"is for {only} alone", "take it away"
        if asked.mapping and action.name not in ANY:
            yield from _unknown(action, asked.mapping, (*at, "mapping"))


def _order(plan: Plan) -> Iterator[Finding]:
    """Where an action of a contact relies on another that `order: action` does not wait for."""
    if plan.order != "action":
        return
    if plan.identity.anonymous == "send":
        what = "lets a merge overtake what its visitor still has to send"
        yield ("order",), what, "leave it at contact, or visitors at hold"
    for name, asked in plan.actions.items():
        if not asked.can_be_created:
            what = "goes with order: action, so an activity may come before its contact is made"
            yield ("actions", name, "can_be_created"), what, "leave order at contact, or it at true"


def _filters(rules: list[FilterPlan], at: Path) -> Iterator[Finding]:
    for number, rule in enumerate(rules):
        if rule.when is not None and never(parse_any(rule.when)):
            yield (*at, number, "when"), "is true of no event", "its parts contradict each other"


def _unknown(action: Action, over: Mapping[str, Any], at: Path) -> Iterator[Finding]:
    """Fields that Cordial would ignore, of a body and of what it holds."""
    required = {path.split(".")[0] for path, _ in action.required}
    optional = {path.split(".")[0] for path, _ in action.optional}
    known = {"source", "mergeOptions"} | required | optional | {*ACTIONS[action.name].mapping}
    made = shaped(action, over).mapping
    for name in over:
        if name not in known:
            yield (*at, name), *_ignored(action, name, known)
        if name == action.item_list and isinstance(over[name], list):
            what = "is the first of these mappings that gives something, and no list of them"
            yield (*at, name), what, "write the fields themselves, or each: and as:"
        inside = INSIDE.get(name)
        below = fields_of(made.get(name)) if inside and over[name] is not None else None
        mine = fields_of(action.mapping.get(name)) or {}
        for one in below or ():
            if inside and one not in inside and one not in mine:
                yield (*at, name, one), *_ignored(action, one, inside)


def _ignored(action: Action, name: str, known: frozenset[str] | set[str]) -> tuple[str, str]:
    what = f"is no field that Cordial documents for {action.name}; it may be ignored"
    near = nearest(name, known, cutoff=0.7)
    if near:
        return what, f"did you mean {near}?"
    place = "attributes" if action.name == CONTACT else "properties"
    return what, f"what is your own goes into {place}" if place in known else ""


def _channels(plan: ConsentPlan) -> Iterator[Finding]:
    for name in plan.channels:
        near = nearest(name, CHANNELS)
        if name not in CHANNELS and near:
            what = "is no channel that Cordial documents; its status may be ignored"
            yield ("consent", "channels", name), what, f"did you mean {near}?"


def _unread(plan: Plan) -> Iterator[Finding]:
    """Statuses whose fields a filter at the top takes away from every event."""
    rules = [one for one in plan.filters if one.when is None]
    for name, channel in plan.consent.channels.items():
        at: Path = ("consent", "channels", name)
        given = [((*at, "status"), channel.status)]
        given += [((*at, "events", n, "value"), one.value) for n, one in enumerate(channel.events)]
        for place, spec in given:
            paths = [spec] if isinstance(spec, str) else spec if isinstance(spec, list) else []
            plain = [path_of(one) for one in paths if isinstance(one, str)]
            for rule in rules if plain and len(plain) == len(paths) else ():
                if all(_takes(rule, path) for path in plain):
                    yield place, f"is taken away by the filter {rule.name}", "let the field stay"


def _takes(rule: FilterPlan, path: tuple[str, ...]) -> bool:
    """Whether the rule takes the field from every event."""
    dropped = [path_of(one) for one in rule.drop_fields or ()]
    if any(len(one) <= len(path) and _fits(one, path) for one in dropped):
        return True
    kept = rule.allow_fields
    return kept is not None and not any(_fits(path_of(one), path) for one in kept)


def _fits(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether one of them stands at the other or inside of it; `*` is any name."""
    return all(one in ("*", two) for one, two in zip(pattern, path, strict=False))


def _states(plan: OrdersPlan) -> Iterator[Finding]:
    """Words that look like one of the states that the default triggers know, and are none."""
    known = {*RANK, *plan.statuses.values()}
    for word, status in plan.statuses.items():
        yield from _state(status, ("orders", "statuses", word), {*RANK})
    for status, then in plan.transitions.items():
        yield from _state(status, ("orders", "transitions", status), known)
        for number, one in enumerate(then):
            yield from _state(one, ("orders", "transitions", status, number), known)


def _state(status: str, at: Path, known: set[str]) -> Iterator[Finding]:
    near = nearest(status, known)
    if status not in known and near:
        yield at, f"{status} is no state that the default triggers know", f"did you mean {near}?"
