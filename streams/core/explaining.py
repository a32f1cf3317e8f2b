"""Why an event becomes what it becomes: what each rule took, and of every action instance whether
its trigger was true, by which part, and where each field of its body comes from.

It says what routing did and is never part of it. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streams.core import consent_explained
from streams.core.action_names import CONTACT
from streams.core.compiled import CompiledPlan, Instance
from streams.core.consent_explained import ChannelExplained
from streams.core.contacts import CONSENT
from streams.core.event import Event
from streams.core.filters import Rule, passed
from streams.core.identity import origin
from streams.core.mapping_explained import Mapped, mapped_fields
from streams.core.mapping_part import Record
from streams.core.routing import seen_by_mappings, wants
from streams.core.trigger import OBJECTS, Explained, explain, shown_path


@dataclass(frozen=True, slots=True)
class Applied:
    """What one rule did: the paths it took away and those it put somewhere, if it let it pass."""

    name: str
    kept_back: bool
    took: tuple[str, ...]
    put: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InstanceExplained:
    """What an instance made of the event. Without a trigger, or off, it wants nothing."""

    name: str
    action: str
    on: bool
    trigger: Explained | None = None
    wanted: bool = False
    rules: tuple[Applied, ...] = ()
    fields: tuple[Mapped, ...] = ()
    consent: tuple[ChannelExplained, ...] = ()


@dataclass(frozen=True, slots=True)
class EventExplained:
    """The whole of it; no instances where a rule for every action kept the event back."""

    rules: tuple[Applied, ...]
    identifiers: tuple[Mapped, ...]
    instances: tuple[InstanceExplained, ...]


def explained(event: Event, plan: CompiledPlan, source: str | None = None) -> EventExplained:
    """What the plan makes of an event of that source, and why."""
    for_all = plan.filters_of(source)
    rules = tuple(_applied(for_all, event))
    whole = passed(for_all, event)
    if whole.kept_back_by is not None:
        return EventExplained(rules, (), ())
    instances = tuple(_instance(one, whole.event, plan) for one in plan.instances)
    return EventExplained(rules, tuple(_identifiers(whole.event, plan)), instances)


def _identifiers(event: Event, plan: CompiledPlan) -> Iterator[Mapped]:
    """Where each identifier comes from, in the order of their priority."""
    sought = {one.key: one for one in plan.sought}
    record, identity = seen_by_mappings(event, plan)
    region = record.get("market", {}).get("phone_region")
    for key, value in identity.identifiers.items():
        visitor = ("anonymousId", event.anonymous_id)
        place, raw = origin(event, sought[key], region) if key in sought else visitor
        by = ("normalised",) if str(raw) != value else ()
        yield Mapped(key, (place,) if place else (), by, value)


def _instance(instance: Instance, event: Event, plan: CompiledPlan) -> InstanceExplained:
    told = InstanceExplained(instance.name, instance.action, instance.enabled)
    if not instance.enabled or instance.trigger is None:
        return told
    seen = wants(instance, event)
    left = passed(instance.filters, event).event if seen is None else seen.event
    trigger = explain(instance.trigger, left)
    if seen is not None and not trigger.truth:  # it was true before the order's state got its name
        trigger = explain(instance.trigger, passed(instance.filters, event).event)
    fields: tuple[Mapped, ...] = ()
    record, _ = seen_by_mappings(left, plan)
    wanted = seen is not None and seen.kept_back_by is None
    if wanted:
        fields = tuple(mapped_fields(instance.declaration.mapping, record, left))
    return InstanceExplained(
        instance.name,
        instance.action,
        on=True,
        trigger=trigger,
        wanted=seen is not None,
        rules=tuple(_applied(instance.filters, event)),
        fields=fields,
        consent=tuple(_consent(instance, left, record, plan, wanted=wanted)),
    )


def _consent(
    instance: Instance, event: Event, record: Record, plan: CompiledPlan, *, wanted: bool
) -> Iterator[ChannelExplained]:
    """What it says of subscriptions; the instance for listed events says which are not."""
    if plan.consent is None:
        return
    if instance.name == CONSENT:
        yield from consent_explained.listed(plan.consent, event, record)
    elif wanted and instance.action == CONTACT:
        yield from consent_explained.stated(plan.consent, event, record)


def _applied(rules: tuple[Rule, ...], event: Event) -> Iterator[Applied]:
    """The rules that did something, in their order."""
    for rule in rules:
        after = passed((rule,), event)
        before, left = _paths(event), _paths(after.event)
        took = tuple(path for path in before if path not in left or before[path] != left[path])
        put = tuple(path for path in left if path not in before or before[path] != left[path])
        if after.kept_back_by is not None or took or put:
            yield Applied(rule.name, after.kept_back_by is not None, took, put)
        event = after.event


def _paths(event: Event) -> dict[str, Any]:
    return {path: value for name in OBJECTS for path, value in _flat(getattr(event, name), (name,))}


def _flat(value: Any, at: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    inner = value if isinstance(value, Mapping) else {}
    if isinstance(value, list):
        inner = {str(place): one for place, one in enumerate(value)}
    for name, one in inner.items():
        yield from _flat(one, (*at, name))
    if not isinstance(value, Mapping | list):
        yield shown_path(at), value
