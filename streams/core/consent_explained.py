"""What an event says of a contact's subscriptions, channel by channel: whether the plan lists it as
consent, by which rule, and from which field of the event the status comes. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from streams.core.consent import LEFT_OUT, status_key
from streams.core.consent_rules import ASKS, STATUS, ChannelRules, Claims, ConsentRules, Listed
from streams.core.event import Event
from streams.core.mapping import Spec
from streams.core.mapping_explained import Mapped, mapped_fields
from streams.core.mapping_part import Record


@dataclass(frozen=True, slots=True)
class ChannelExplained:
    """What the event says of one channel.

    `listed` are the rules that list events for it, with whether they want this one; `rule` is the
    one that counts, or that of the status in its data. `field` is where the word stands; None
    where the rule itself has the status. `status` is None where nothing is said; `why` says why
    not, or why it is no consent.
    """

    channel: str
    listed: tuple[tuple[str, bool], ...]
    rule: str | None = None
    field: Mapped | None = None
    status: str | None = None
    consent: bool = False
    why: str = ""


def listed(rules: ConsentRules, event: Event, record: Record) -> Iterator[ChannelExplained]:
    """What the instance sends that is for listed events, and where nothing, which are listed."""
    claims = rules.listed(event, record)
    for one in rules.channels:
        rule = one.first(event)
        if rule is None:
            yield ChannelExplained(one.channel, _marks(one, event))
        else:
            yield _said(one, rule.name, _field(one, rule.spec, event, record), event, claims)


def stated(rules: ConsentRules, event: Event, record: Record) -> Iterator[ChannelExplained]:
    """The statuses that travel with an update, of the channels that have one."""
    claims = rules.stated(event, record)
    for one in rules.channels:
        if one.status is None:
            continue
        rule = one.first(event)
        if rule is None:
            yield _said(one, STATUS, _field(one, one.spec, event, record), event, claims)
        else:
            why = _says_more(rule)
            yield ChannelExplained(one.channel, _marks(one, event), STATUS, why=why)


def _says_more(rule: Listed) -> str:
    return f"is not looked at: {rule.name} lists the event"


def _said(
    rules: ChannelRules, name: str, field: Mapped | None, event: Event, claims: Claims
) -> ChannelExplained:
    claim = next((one for one in claims[0] if one.channel == rules.channel), None)
    key = status_key(rules.channel)
    notes = [one.what for one in claims[1] if one.field == key and not one.what.endswith(ASKS)]
    why = notes[-1].removeprefix(f"{name} ").removesuffix(f"; {LEFT_OUT}") if notes else ""
    if claim is None and not why and field is not None:
        why = field.why
    return ChannelExplained(
        channel=rules.channel,
        listed=_marks(rules, event),
        rule=name,
        field=field,
        status=None if claim is None else claim.status,
        consent=claim is not None and claim.consent,
        why=why,
    )


def _marks(rules: ChannelRules, event: Event) -> tuple[tuple[str, bool], ...]:
    return tuple((one.name, one.condition(event)) for one in rules.events)


def _field(rules: ChannelRules, spec: Spec, event: Event, record: Record) -> Mapped | None:
    """Where the word stands; None where no mapping says it."""
    if spec is None:
        return None
    return next(mapped_fields({rules.channel: spec}, record, event), None)
