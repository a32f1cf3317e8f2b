"""What the plan says of consent: what is wrong with it, the rules that it becomes, and the
instance of upsertContact that sends what listed events say."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from streams.core.action_names import CONTACT
from streams.core.consent import STATUSES
from streams.core.consent_rules import ChannelRules, ConsentRules, Listed, word
from streams.core.contacts import CONSENT
from streams.core.mapping import compile_mapping
from streams.core.times import NotATime, moment
from streams.core.trigger import TriggerError, compile_node
from streams.core.trigger_yaml import parse_any
from streams.plan.mappings import Check
from streams.plan.model import ActionPlan, ChannelPlan, ConsentPlan, ListedPlan, Plan
from streams.plan.places import Finding, Path

AT: Path = ("consent",)
YAMLS_OWN = {True: ("true", "yes", "on"), False: ("false", "no", "off")}
"""Words that YAML reads as true and false where they stand without quotes."""
LAST = 1_000_000
MOST_CHANNEL = 40


def compiled(plan: ConsentPlan) -> ConsentRules | None:
    """The rules, ready to apply; None where there are none."""
    if not plan.channels:
        return None
    channels = tuple(_channel(name, one) for name, one in plan.channels.items())
    since = None if plan.since is None else moment(_time(plan.since))
    return ConsentRules(channels, None if since is None else getattr(since, "ms", None))


def _channel(name: str, plan: ChannelPlan) -> ChannelRules:
    return ChannelRules(
        channel=name,
        status=None if plan.status is None else compile_mapping(plan.status),
        words=_words(name, plan.words),
        events=tuple(map(_listed, plan.events)),
        spec=plan.status,
    )


def _listed(one: ListedPlan) -> Listed:
    return Listed(
        name=one.name,
        condition=compile_node(parse_any(one.when)),
        status=one.status,
        value=None if one.value is None else compile_mapping(one.value),
        spec=one.value,
    )


def _words(channel: str, said: Mapping[bool | int | str, str]) -> dict[str, str]:
    """Statuses by the words as they are compared; Cordial's own where the channel has them."""
    words = {str(word(status)): status for status in STATUSES if _has(channel, status)}
    for key, status in said.items():
        words |= dict.fromkeys(_spelt(key), status)
    return words


def _spelt(key: bool | int | str) -> tuple[str, ...]:
    return YAMLS_OWN[key] if isinstance(key, bool) else (str(word(key)),)


def instance(plan: Plan) -> dict[str, ActionPlan]:
    """The action instance that sends what listed events say, by its name; empty without one."""
    listed = [one.when for channel in plan.consent.channels.values() for one in channel.events]
    if not listed:
        return {}
    said = ActionPlan(
        action=CONTACT,
        trigger={"any": listed},
        mapping={"attributes": None},
        priority=LAST,
        in_doubt=plan.consent.in_doubt,
    )
    return {CONSENT: said}


def problems(plan: Plan) -> Iterator[Finding]:
    """What is wrong with it."""
    said = plan.consent
    listed = [one for channel in said.channels.values() for one in channel.events]
    if said.since is not None and isinstance(moment(_time(said.since)), NotATime):
        yield (*AT, "since"), "is no time", "write it as 2026-11-01T00:00:00Z"
    if listed and said.since is None:
        remedy = "say from when events count: the go-live, as 2026-11-01T00:00:00Z"
        yield AT, "lists consent and lacks since: an old event could resubscribe people", remedy
    if CONSENT in plan.actions:
        yield ("actions", CONSENT), "is what consent: of the plan sends", "call it something else"
    for name, channel in said.channels.items():
        yield from _channel_problems(name, channel, (*AT, "channels", name))


def _channel_problems(name: str, plan: ChannelPlan, at: Path) -> Iterator[Finding]:
    if not name.replace("_", "a").replace("-", "a").isalnum() or len(name) > MOST_CHANNEL:
        yield at, "is no name of a channel", "name it as Cordial does: email, sms, push"
    if plan.status is None and not plan.events:
        yield at, "says nothing", "give it status:, or events:"
    if plan.status is not None:
        yield from Check().problems(plan.status, (*at, "status"))
    spelt: dict[str, str] = {}
    for key, status in plan.words.items():
        if any(spelt.setdefault(written, status) != status for written in _spelt(key)):
            what = "is the word of another status, too"
            yield (*at, "words", str(key)), what, "words are compared without case; keep one"
        yield from _status_problems(name, status, (*at, "words", str(key)))
    names: set[str] = set()
    for number, one in enumerate(plan.events):
        place = (*at, "events", number)
        if one.name in names:
            yield (*place, "name"), "is the name of an earlier one", "give each its own"
        names.add(one.name)
        yield from _listed_problems(name, one, place)


def _listed_problems(channel: str, one: ListedPlan, at: Path) -> Iterator[Finding]:
    try:
        parse_any(one.when)
    except TriggerError as error:
        yield (*at, "when"), str(error), ""
    if (one.status is None) == (one.value is None):
        said = "has both status: and value:" if one.status else "says no status"
        yield at, said, "give it status:, or value: where the event says it in a word"
    if one.value is not None:
        yield from Check().problems(one.value, (*at, "value"))
    if one.status is not None:
        yield from _status_problems(channel, one.status, (*at, "status"))


def _status_problems(channel: str, status: str, at: Path) -> Iterator[Finding]:
    if not _has(channel, status):
        yield at, f"is a status of sms, not of {channel}", "use none, subscribed or unsubscribed"


def _has(channel: str, status: str) -> bool:
    return status != "pendingDOI" or channel == "sms"


def _time(said: Any) -> Any:
    """YAML reads a day without quotes as a date of its own."""
    day = isinstance(said, date) and not isinstance(said, datetime)
    return said.isoformat() if day else said
