"""What is left of an update of a contact when its turn comes: consent first, then what changed.

`core.consent` says which subscription statuses may be sent, `core.profiles` which attributes are
news. What may not be sent is left out, and the rest goes on. Whatever a body itself says of
statuses is but a status: `forceSubscribe` in it is taken away. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from streams.core import consent, profiles
from streams.core.command import Claim, Command, Position
from streams.core.consent import FORCE, STATUSES, Consent, Verdict
from streams.core.event import Note
from streams.core.learning import Learned
from streams.core.outcome import Suppressed
from streams.core.profiles import Profile

CONSENT = "consent"
"""The name of the action instance that sends what events say that the plan lists as consent."""
PROFILES = "profiles"
TABLE = "consent"
BY_HAND = "by hand"
NOT_IN_A_BODY = Note(FORCE, "is for the consent rules of the plan to say; left out")


@dataclass(frozen=True, slots=True)
class About:
    """What is known that concerns one update, and what the plan says of it."""

    position: Position
    profile: Profile | None
    consent: Consent | None
    forced: bool
    attempted: bool
    only_changed: bool
    resend_after: int | None
    at_most_once: bool
    identified: bool


@dataclass(frozen=True, slots=True)
class Left:
    """What is sent, and what that teaches; `nothing` says why nothing is.

    `intents` are on record before the request leaves. `delivered`: Cordial accepted it before.
    """

    body: dict[str, Any]
    notes: tuple[Note, ...] = ()
    learned: tuple[Learned, ...] = ()
    intents: tuple[Learned, ...] = ()
    in_doubt: bool = False
    nothing: Suppressed | None = None
    delivered: bool = False


def left_of(command: Command, body: Mapping[str, Any], about: About) -> Left:
    """What is left of the update whose completed body this is."""
    cleaned, claims, notes = _without_statuses(command, body)
    verdict = consent.judged(
        replace(command, consent=claims),
        about.consent,
        about.position,
        at_most_once=about.at_most_once,
        attempted=about.attempted,
        forced=about.forced,
    )
    notes += verdict.notes
    if command.action == CONSENT:
        made = _consent(command, cleaned, about, verdict)
    else:
        made = _update(command, cleaned, about, verdict)
    return replace(made, notes=notes + made.notes, in_doubt=verdict.in_doubt)


def unforced(body: dict[str, Any]) -> tuple[dict[str, Any], tuple[Note, ...]]:
    """A body whose contact is not subscribed by force."""
    holder = body.get("contact")
    if not isinstance(holder, Mapping) or FORCE not in holder:
        return body, ()
    contact = {name: value for name, value in holder.items() if name != FORCE}
    return {**body, "contact": contact}, (NOT_IN_A_BODY,)


def _consent(command: Command, body: dict[str, Any], about: About, verdict: Verdict) -> Left:
    row = about.consent
    if row is not None and row.accepted_at(about.position, command.action):
        return Left(body, delivered=True)
    if not verdict.attributes:
        return Left(body, nothing=Suppressed.CONSENT)
    force = {FORCE: True} if verdict.force else {}
    under_way = verdict.under_way
    return Left(
        {**body, "attributes": dict(verdict.attributes), **force},
        learned=_learned(command, about, verdict.accepted),
        intents=() if under_way is None else _learned(command, None, under_way),
    )


def _update(command: Command, body: dict[str, Any], about: About, verdict: Verdict) -> Left:
    made = profiles.update(
        command,
        body,
        about.profile,
        only_changed=about.only_changed,
        resend_after=about.resend_after,
        whole=about.forced or command.position is None,
        identified=about.identified,
    )
    will = verdict.accepted if verdict.attributes else verdict.now
    learned = _learned(command, about, will)
    if about.profile is not None and about.profile.accepted_at(about.position, command.action):
        return Left(body, learned=learned, delivered=True)
    if made.nothing is not None and not verdict.attributes:
        if about.profile and profiles.was_sent(command, body, about.profile, about.position):
            return Left(body, learned=learned, delivered=True)
        news = _profile(command, made.profile) if made.profile != about.profile else ()
        return Left(body, made.notes, learned + news, nothing=made.nothing)
    left = dict(made.body)
    if made.nothing is not None:
        left.pop("attributes", None)
    if verdict.attributes:
        left["attributes"] = {**left.get("attributes", {}), **verdict.attributes}
    news = _profile(command, profiles.accepted(made, about.position, command.action))
    return Left(left, made.notes, learned + news)


def _without_statuses(
    command: Command, body: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[Claim, ...], tuple[Note, ...]]:
    """The body without what changes consent, and what is claimed: by the plan, or by hand."""
    cleaned = {name: value for name, value in body.items() if name != FORCE}
    notes = (NOT_IN_A_BODY,) if FORCE in body else ()
    attributes = body.get("attributes")
    if command.position is not None or not isinstance(attributes, Mapping):
        return cleaned, command.consent, notes
    claims = tuple(
        Claim(name.split(".")[1], value, BY_HAND)
        for name, value in attributes.items()
        if _is_status(name) and value in STATUSES
    )
    cleaned["attributes"] = {
        name: value for name, value in attributes.items() if not _is_status(name)
    }
    return cleaned, claims, notes


def _is_status(name: str) -> bool:
    parts = name.split(".")
    return len(parts) == 3 and parts[0] == "channels" and parts[2] == "subscribeStatus"


def _learned(command: Command, about: About | None, row: Consent) -> tuple[Learned, ...]:
    """The row, where it says something new; without `about` in any case."""
    if about is not None and row == (about.consent or Consent()):
        return ()
    return (Learned(TABLE, command.contact, row),)


def _profile(command: Command, profile: Profile) -> tuple[Learned, ...]:
    return (Learned(PROFILES, command.contact, profile),)
