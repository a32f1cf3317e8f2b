"""Routing: one event and the plan give the commands that Cordial must get, in their order.

Filter, trigger, map, identify, validate: in this order, for every action instance. What an
action lacks becomes a dead letter of that action alone; the event's other commands go on.
The law: the same event and plan give the same commands, whatever else happened. Pure.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from streams.actions.declaration import Action
from streams.core import supplements
from streams.core.activities import fit
from streams.core.anonymous import DROPPED, Anonymous, with_visitor
from streams.core.candidates import Candidates
from streams.core.catalogue import AttributeRules, Catalogue
from streams.core.command import Claim, Command
from streams.core.consent_rules import ConsentRules
from streams.core.contacts import CONSENT
from streams.core.deciding import Problem
from streams.core.event import Event, Note
from streams.core.filters import Passed, passed, reason
from streams.core.filters import Rule as Filter
from streams.core.functions.names import PAGE_ACTIVITY
from streams.core.guards import attributes, guarded
from streams.core.identities import Completing
from streams.core.identity import AccountKeys, Identity, Sought, identify
from streams.core.mapping import Rule, Unmappable, record_of
from streams.core.markets import Market, Markets, localized
from streams.core.order_rules import ANY, OrderRules, noted
from streams.core.outcome import Dead, Suppressed
from streams.core.trigger import Condition, Node

INTEGRATION = "Cordial (Actions)"
ANOTHER_MARKET = "market"
"""Why an event is filtered that another worker group is for."""
COMPLETING = "Order Completed"
ORDER = "upsertOrder"
CONTACT = "upsertContact"
ACTIVITY = "createContactactivities"
MALFORMED = (Dead.MISSING, Dead.INVALID)


@dataclass(frozen=True, slots=True)
class Instance:
    """An action as the plan has it; an action may have several, each with a name of its own."""

    name: str
    declaration: Action
    enabled: bool
    condition: Condition | None
    rule: Rule
    on_dead_letter: Literal["continue", "park"] = "continue"
    in_doubt: Literal["resend", "at_most_once"] = "resend"
    can_be_created: bool = True
    join_members: int | None = None
    join_bytes: int | None = None
    only_changed: bool = True
    resend_after: int | None = None
    shaped: bool = False
    filters: tuple[Filter, ...] = ()
    trigger: Node | None = None
    orders: OrderRules = ANY
    completing: Completing | None = None
    page_name: str = PAGE_ACTIVITY
    merge_options: Mapping[str, Any] | None = None
    id_prefix: str = supplements.PREFIX

    @property
    def action(self) -> str:
        """Cordial's own name of the action."""
        return self.declaration.name

    @property
    def names_matter(self) -> bool:
        """Whether its trigger sees the event's own name alone, and not what a state is called."""
        return self.action != ORDER or not self.orders.translates

    @property
    def validate(self) -> Callable[[Mapping[str, Any]], Problem | None]:
        """Checks a completed body."""
        return self.declaration.validate

    @property
    def source(self) -> Callable[[str], str]:
        """The path of the event that a field of the body comes from."""
        return self.declaration.source


@dataclass(frozen=True, slots=True)
class CompiledPlan:
    """The plan, ready to route by. Commands of one event leave in the order of `instances`.

    `catalogue` is what a trace takes the account's attributes to be; a worker asks.
    """

    instances: tuple[Instance, ...]
    keys: AccountKeys
    sought: tuple[Sought, ...] = ()
    lists: Collection[str] = frozenset()
    filters: tuple[Filter, ...] = ()
    anonymous: Anonymous = DROPPED
    attributes: AttributeRules | None = None
    catalogue: Catalogue | None = None
    source_filters: Mapping[str, tuple[Filter, ...]] = field(default_factory=dict)
    consent: ConsentRules | None = None
    markets: Markets | None = None
    candidates: Candidates[Instance] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        on = [one for one in self.instances if one.enabled and one.condition is not None]
        object.__setattr__(self, "candidates", Candidates(on))

    def of_source(self, source: str) -> "CompiledPlan":
        """The plan as events of this one source see it."""
        rules = self.source_filters.get(source, ()) + self.filters
        return replace(self, filters=rules, source_filters={})


@dataclass(frozen=True, slots=True)
class DeadCommand:
    """A command that the event wants and cannot make."""

    action: str
    reason: Dead
    field: str | None
    message: str


@dataclass(frozen=True, slots=True)
class SuppressedCommand:
    """A command that is not sent although nothing is wrong with it."""

    action: str
    reason: Suppressed
    rule: str | None = None

    @property
    def told(self) -> str:
        """The reason as receipts and traces have it: a filter's names its rule."""
        return reason(self.rule) if self.rule is not None else self.reason


@dataclass(frozen=True, slots=True)
class Routed:
    """What one event becomes. `groups` are pairs of group id and list name learned from it."""

    commands: tuple[Command, ...] = ()
    dead: tuple[DeadCommand, ...] = ()
    suppressed: tuple[SuppressedCommand, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class Filtered:
    """Nobody wants the event, or a flag keeps it back."""

    reason: str


def route(event: Event, plan: CompiledPlan, source: str | None = None) -> Routed | Filtered:
    """The commands of an event. The shell stamps their position.

    `source` is the topic of the bus that the event comes from.

    One event tells one state of an order: of several instances that want it the first does, and
    for the others it is a duplicate. One whose order is malformed starts no campaign.
    """
    if not _allowed(event.integrations):
        return Filtered("integrations")
    rules = plan.filters
    if plan.source_filters:
        rules = plan.source_filters.get(source or "", ()) + rules
    whole = passed(rules, event)
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
    if plan.markets is not None and market is None:
        return Routed(dead=_of_no_market(plan.markets, wanted))
    views: dict[int, _View] = {}
    commands: list[Command] = []
    dead: list[DeadCommand] = []
    suppressed: list[SuppressedCommand] = []
    ordered = malformed = False
    for instance, seen in wanted:
        view = views.get(id(seen.event)) or _view(seen.event, plan, market)
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
            made = _make(instance, view, plan)
            if instance.action == ORDER:
                ordered = True
                malformed = _malformed(made, instance)
            (commands if isinstance(made, Command) else dead).append(made)  # type: ignore[arg-type]
    identity = next(iter(views.values())).identity
    groups = _groups(event, commands)
    return Routed(tuple(commands), tuple(dead), tuple(suppressed), groups, identity)


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


def _of_no_market(
    markets: Markets, wanted: Sequence[tuple[Instance, Passed]]
) -> tuple[DeadCommand, ...]:
    """Nobody guesses: what the actions would have told waits in the dead letters."""
    text = "says no market that the plan knows"
    return tuple(
        DeadCommand(instance.name, Dead.UNKNOWN_MARKET, markets.told_at, text)
        for instance, seen in wanted
        if seen.kept_back_by is None
    )


def _malformed(made: "Command | DeadCommand", instance: Instance) -> bool:
    holds = instance.orders.on_malformed == "hold_activities"
    return holds and isinstance(made, DeadCommand) and made.reason in MALFORMED


def _allowed(integrations: Mapping[str, bool]) -> bool:
    return integrations.get(INTEGRATION, integrations.get("All", True))


@dataclass(frozen=True, slots=True)
class _View:
    """What the actions that see the same event share: whose it is, what paths see, and notes."""

    event: Event
    identity: Identity
    record: Mapping[str, Any]
    notes: Mapping[str, tuple[Note, ...]]
    market: Market | None = None


def _view(event: Event, plan: CompiledPlan, market: Market | None) -> _View:
    """With what several actions need made beside the fields of the event."""
    region = None if market is None else market.region
    identity = with_visitor(identify(event, plan.sought, region), event, plan.anonymous)
    record = dict(record_of(event))
    if market is not None:
        record["market"] = market.shown
    email = identity.identifiers.get(plan.keys.email)
    record["attributes"], left_out = attributes(event.traits, email=email, lists=plan.lists)
    if event.type == "page":
        record["event"] = PAGE_ACTIVITY
    page = {"name": event.name, "category": event.properties.get("category")}
    extra = page if event.type == "page" else {}
    record["activity_properties"] = {**extra, **event.properties}
    if event.group_id:
        record["default_list_name"] = f"segment_{event.group_id}"
    record["completes_order"] = event.event == COMPLETING
    return _View(event, identity, record, {"upsertContact": left_out}, market)


def _make(instance: Instance, view: _View, plan: CompiledPlan) -> Command | DeadCommand:
    action, event, identity = instance.declaration, view.event, view.identity
    if not identity.identifiers and _must_identify(instance, event):
        text = "no identifier: set segment_id_key, or send an e-mail or a phone with the event"
        return DeadCommand(instance.name, Dead.UNIDENTIFIABLE, "userId", text)
    said: list[Note] = [*event.notes, *identity.notes, *view.notes.get(action.name, ())]
    record = view.record
    if event.type == "page" and instance.page_name != PAGE_ACTIVITY:
        record = {**record, "event": instance.page_name}
    try:
        mapped = instance.rule(record, event, said) or {}
    except Unmappable as wrong:
        return DeadCommand(instance.name, Dead.INVALID, wrong.field, wrong.message)
    identified = _identified(instance, event, plan, identity)
    body = {"source": plan.keys.source, **identified, **mapped}
    if "contact" in mapped:
        body["contact"] = {**mapped["contact"], **identified["contact"]}
    if instance.shaped:
        _guard(body, plan, said)
    if view.market is not None:
        notes: list[Note] = []
        unfit = localized(body, action.name, view.market, notes)
        said += [Note(instance.source(one.field), one.what) for one in notes]
        if unfit is not None:
            return DeadCommand(instance.name, Dead.INVALID, instance.source("listName"), unfit)
    if action.name == ACTIVITY:
        unnamed = fit(body, said, shaped=instance.shaped)
        if unnamed is not None:
            return DeadCommand(instance.name, Dead.INVALID, instance.source("name"), unnamed)
    if action.identity == "merge":
        body.pop("source")
        _spell_previous(body, event, plan)
        if body.get("previousId") == body.get("segmentId") is not None:
            message = "it is the user id itself, and nothing is there to merge"
            return DeadCommand(instance.name, Dead.INVALID, "previousId", message)
    if action.identity == "contacts":
        body["contacts"] = _contacts(identity)
    problem = action.validate_thin(body)
    if problem is None and instance.shaped:
        problem = action.misfit(body)
    if problem is None and action.name == ORDER:
        problem = _order_problem(instance, event, body, said)
    if problem is None and action.name == supplements.ACTION:
        problem = _record_problem(instance, body, said)
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
    )


def _claims(
    instance: Instance, rules: ConsentRules, view: _View, said: list[Note]
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
        creates = instance.action == "createContactactivities"
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


def _groups(event: Event, commands: list[Command]) -> tuple[tuple[str, str], ...]:
    if event.group_id is None:
        return ()
    names = [one.body["listName"] for one in commands if "listName" in one.body]
    return tuple((event.group_id, name) for name in names)


def seen_by_mappings(event: Event, plan: CompiledPlan) -> tuple[Mapping[str, Any], Identity]:
    """The event as the paths of mappings see it, and who its contact is."""
    market = None if plan.markets is None else plan.markets.of(event)
    view = _view(event, plan, market)
    return view.record, view.identity
