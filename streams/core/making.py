"""One command of an event, for one action instance: map, identify, guard, validate. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.core import supplements
from streams.core.action_names import ACTIVITY, CONTACT, LISTS, ORDER, SUPPLEMENT
from streams.core.activities import fit
from streams.core.anonymous import with_visitor
from streams.core.command import Claim, Command
from streams.core.compiled import CompiledPlan, Instance
from streams.core.consent_rules import ConsentRules
from streams.core.contacts import CONSENT
from streams.core.decisions import Problem
from streams.core.event import Event, Note
from streams.core.functions.names import PAGE_ACTIVITY
from streams.core.guards import attributes, guarded
from streams.core.identity import Identity, identify
from streams.core.mapping import Unmappable, record_of
from streams.core.markets import Market, localized
from streams.core.order_rules import COMPLETED, noted
from streams.core.outcome import Dead
from streams.core.routed import DeadCommand


@dataclass(frozen=True, slots=True)
class View:
    """What the actions that see the same event share: whose it is, and what paths see.

    `left_out` says which traits are no attributes.
    """

    event: Event
    identity: Identity
    record: Mapping[str, Any]
    left_out: tuple[Note, ...]
    market: Market | None = None


def view_of(event: Event, plan: CompiledPlan, market: Market | None) -> View:
    """With what several actions need made beside the fields of the event."""
    region = None if market is None else market.region
    identity = with_visitor(identify(event, plan.sought, region), event, plan.anonymous)
    record = record_of(event)
    if market is not None:
        record["market"] = market.shown
    email = identity.identifiers.get(plan.keys.email)
    record["attributes"], left_out = attributes(
        event.traits,
        email=email,
        lists=plan.lists,
        keys=plan.identifier_keys,
        identifiers=identity.identifiers,
    )
    if event.type == "page":
        record["event"] = PAGE_ACTIVITY
    record["activity_properties"] = _properties_of(event)
    if event.group_id:
        record["default_list_name"] = f"segment_{event.group_id}"
    record["completes_order"] = event.event == COMPLETED
    return View(event, identity, record, left_out, market)


def _properties_of(event: Event) -> dict[str, Any]:
    """Its properties; of a page with its name among them where they say none."""
    said = event.properties
    unnamed = event.type == "page" and said.get("name") is None
    return {**said, "name": event.name} if unnamed else {**said}


def make(instance: Instance, view: View, plan: CompiledPlan) -> Command | DeadCommand:
    """The command that the instance makes of the event, or why it cannot."""
    action, event, identity = instance.declaration, view.event, view.identity
    if not identity.identifiers and _must_identify(instance, event):
        text = "no identifier: set segment_id_key, or send an e-mail or a phone with the event"
        return DeadCommand(instance.name, Dead.UNIDENTIFIABLE, "userId", text)
    said = [*event.notes, *identity.notes]
    if action.name == CONTACT:
        said += view.left_out
    try:
        body = _mapped(instance, view, plan, said)
    except Unmappable as wrong:
        return DeadCommand(instance.name, Dead.INVALID, wrong.field, wrong.message)
    problem = _fitted(instance, view, plan, body, said)
    problem = problem or _problem(instance, event, body, said)
    if problem is not None:
        return DeadCommand(instance.name, problem.reason, problem.field, problem.message)
    claims: tuple[Claim, ...] = ()
    if plan.consent is not None and action.name == CONTACT:
        claims = _claims(instance, plan.consent, view, said)
    return Command(
        action=instance.name,
        contact=event.contact or "",
        message_id=event.message_id,
        event_time=event.timestamp,
        body=body,
        notes=tuple(said),
        consent=claims,
        group=event.group_id if action.name in LISTS else None,
    )


def _mapped(instance: Instance, view: View, plan: CompiledPlan, said: list[Note]) -> dict[str, Any]:
    """What the mapping makes, and who the contact is. Raises `Unmappable`."""
    event, record = view.event, view.record
    if event.type == "page" and instance.page_name != PAGE_ACTIVITY:
        record = {**record, "event": instance.page_name}
    mapped = instance.rule(record, event, said) or {}
    identified = _identified(instance, event, plan, view.identity)
    body = {"source": plan.keys.source, **identified, **mapped}
    if "contact" in mapped:
        body["contact"] = {**mapped["contact"], **identified["contact"]}
    if instance.declaration.identity == "contacts":
        body["contacts"] = _contacts(view.identity)
    return body


def _fitted(
    instance: Instance, view: View, plan: CompiledPlan, body: dict[str, Any], said: list[Note]
) -> Problem | None:
    """Changes the body to what Cordial takes of the market, the activity or the merge."""
    action, source = instance.declaration, instance.source
    if instance.shaped:
        _guard(body, plan, said)
    if view.market is not None:
        notes: list[Note] = []
        unfit = localized(body, action.name, view.market, notes)
        said += [Note(source(one.field), one.what) for one in notes]
        if unfit is not None:
            return Problem(Dead.INVALID, source("listName"), unfit)
    if action.name == ACTIVITY:
        unnamed = fit(body, said, shaped=instance.shaped)
        if unnamed is not None:
            return Problem(Dead.INVALID, source("name"), unnamed)
    if action.identity == "merge":
        body.pop("source")
        _spell_previous(body, view.event, plan)
        if body.get("previousId") == body.get("segmentId") is not None:
            message = "it is the user id itself, and nothing is there to merge"
            return Problem(Dead.INVALID, "previousId", message)
    return None


def _problem(
    instance: Instance, event: Event, body: dict[str, Any], said: list[Note]
) -> Problem | None:
    """Why Cordial would not take the body, as far as it can be said before its turn."""
    action = instance.declaration
    problem = action.validate_thin(body)
    if problem is None and instance.shaped:
        problem = action.misfit(body)
    if problem is None and action.name == ORDER:
        problem = _order_problem(instance, event, body, said)
    if problem is None and action.name == SUPPLEMENT:
        problem = _record_problem(instance, body, said)
    return problem


def _claims(
    instance: Instance, rules: ConsentRules, view: View, said: list[Note]
) -> tuple[Claim, ...]:
    """What listed events say goes by an instance of its own; a status goes with the profile."""
    claim = rules.listed if instance.name == CONSENT else rules.stated
    claims, notes = claim(view.event, view.record)
    said.extend(notes)
    return claims


def _order_problem(
    instance: Instance, event: Event, body: dict[str, Any], said: list[Note]
) -> Problem | None:
    """The first thing that the plan's rules for orders do not bear; what they do is noted."""
    rules, source = instance.orders, instance.source
    found = [rules.unknown(event), *rules.wrong(body)]
    for wrong in found:
        if wrong is None or wrong.say == "ignore":
            continue
        if wrong.say == "dead_letter":
            reason = Dead.MISSING if wrong.missing else Dead.INVALID
            return Problem(reason, source(wrong.field), f"{wrong.field} {wrong.what}")
        said.append(noted(wrong, source))
    return None


def _spell_previous(body: dict[str, Any], event: Event, plan: CompiledPlan) -> None:
    """An earlier user id stands at Cordial as the plan has user ids; a visitor's as it is."""
    user = next((one for one in plan.sought if one.name == "user"), None)
    said = body.get("previousId")
    if user is not None and isinstance(said, str) and said != event.anonymous_id:
        body["previousId"] = user.normal(said, None)[0]


def _must_identify(instance: Instance, event: Event) -> bool:
    """Whether the event itself must say who the contact is: of a user it may be known already."""
    if instance.declaration.identity in ("merge", "none"):
        return False
    return instance.completing is None or event.user_id is None


def _record_problem(instance: Instance, body: dict[str, Any], said: list[Note]) -> Problem | None:
    notes: list[Note] = []
    lacking = supplements.fit(body, notes, prefix=instance.id_prefix)
    said += [Note(instance.source(one.field), one.what) for one in notes]
    if lacking is None:
        return None
    reason = Dead.MISSING if lacking.missing else Dead.INVALID
    return Problem(reason, instance.source(lacking.field), lacking.message)


def _guard(body: dict[str, Any], plan: CompiledPlan, said: list[Note]) -> None:
    for holder in (body, body.get("contact")):
        if type(holder) is dict and type(holder.get("attributes")) is dict:
            kept, notes = guarded(holder.pop("attributes"), at="attributes", lists=plan.lists)
            holder.update({"attributes": kept} if kept else {})
            said.extend(notes)


def _identified(
    instance: Instance, event: Event, plan: CompiledPlan, identity: Identity
) -> dict[str, Any]:
    place = instance.declaration.identity
    block: dict[str, Any] = {
        "identifiers": dict(identity.identifiers),
        "identifiersPriority": list(identity.priority),
    }
    if instance.merge_options is not None:
        block["mergeOptions"] = dict(instance.merge_options)
    if place == "top":
        return block
    if place == "contact":
        creates = instance.action == ACTIVITY
        return {"contact": block | ({"canBeCreated": instance.can_be_created} if creates else {})}
    if place == "merge":
        ids = {
            "segmentIdKey": plan.keys.segment_id,
            "segmentId": identity.identifiers.get(plan.keys.segment_id or "", event.user_id),
            "anonymousId": event.anonymous_id,
        }
        return {key: value for key, value in ids.items() if value is not None}
    return {}


def _contacts(identity: Identity) -> dict[str, Any]:
    return {
        "identifiers": [dict(identity.identifiers)],
        "identifiersPriority": list(identity.priority),
    }
