"""What the plan says of consent: which events are consent, and where statuses stand. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.core.command import Claim
from streams.core.consent import LEFT_OUT, UNSUBSCRIBED, status_key
from streams.core.event import Event, Note
from streams.core.mapping import Rule, Spec, Unmappable
from streams.core.mapping_part import Record
from streams.core.times import FUTURE
from streams.core.trigger import Condition

STATUS = "status"
"""What notes and receipts call the rule that reads a status from data."""
NO_WORD = f"has a word that is not in the plan; {LEFT_OUT}"
SILENT = f"says no status; {LEFT_OUT}"
ASKS = "asks for it"
BEFORE = "is of an event before since: it counts as a status"
AHEAD = "is of an event whose time is in the future: it counts as a status"
Claims = tuple[tuple[Claim, ...], tuple[Note, ...]]


@dataclass(frozen=True, slots=True)
class Listed:
    """An event that the plan lists: a fixed status, or the value whose word is one.

    `spec` is what the value was made of.
    """

    name: str
    condition: Condition
    status: str | None = None
    value: Rule | None = None
    spec: Spec = None


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """One channel: where its status stands, the company's words for it, the events listed.

    `spec` is what the rule for its status was made of.
    """

    channel: str
    status: Rule | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    events: tuple[Listed, ...] = ()
    spec: Spec = None

    def first(self, event: Event) -> Listed | None:
        """The rule that counts: of those that want the event the first."""
        return next((one for one in self.events if one.condition(event)), None)


@dataclass(frozen=True, slots=True)
class ConsentRules:
    """The rules of every channel. `since`, in milliseconds: before it no event is consent."""

    channels: tuple[ChannelRules, ...]
    since: int | None = None

    def listed(self, event: Event, record: Record) -> Claims:
        """What a listed event claims: of each channel what the first rule that wants it says."""
        claims: list[Claim] = []
        notes: list[Note] = []
        for rules in self.channels:
            rule = rules.first(event)
            if rule is None:
                continue
            status = rule.status
            if rule.value is not None:
                status = _status(rules, rule.value, rule.name, event, record, notes)
            if status is None:
                continue
            notes.append(Note(status_key(rules.channel), f"{rule.name} {ASKS}"))
            why = BEFORE if self.since is not None and event.timestamp < self.since else None
            why = AHEAD if _is_ahead(event) else why
            if why is not None and status != UNSUBSCRIBED:
                notes.append(Note(status_key(rules.channel), f"{rule.name} {why}"))
            consent = why is None or status == UNSUBSCRIBED
            claims.append(Claim(rules.channel, status, rule.name, consent))
        return tuple(claims), tuple(notes)

    def stated(self, event: Event, record: Record) -> Claims:
        """The statuses that stand in the event's data, of channels of which it is not listed."""
        claims: list[Claim] = []
        notes: list[Note] = []
        for rules in self.channels:
            if rules.status is None or rules.first(event) is not None:
                continue
            status = _status(rules, rules.status, STATUS, event, record, notes)
            if status is not None:
                claims.append(Claim(rules.channel, status, STATUS))
        return tuple(claims), tuple(notes)


def _is_ahead(event: Event) -> bool:
    """Whether its time was found to be in the future: no stop could ever be newer than it."""
    return any(one.field == "timestamp" and one.what == FUTURE for one in event.notes)


def _status(
    rules: ChannelRules, rule: Rule, name: str, event: Event, record: Record, notes: list[Note]
) -> str | None:
    said: list[Note] = []
    try:
        value = rule(record, event, said)
    except Unmappable:
        value = {}
    if value is None:
        if name != STATUS:
            notes.append(Note(status_key(rules.channel), f"{name} {SILENT}"))
        return None
    spelt = word(value)
    status = None if spelt is None else rules.words.get(spelt)
    if status is None:
        notes.append(Note(status_key(rules.channel), f"{name} {NO_WORD}"))
    return status


def word(value: Any) -> str | None:
    """A value as the table of words has it: text without case, true and false, whole numbers."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str | int | float):
        return str(value).strip().casefold()
    return None
