"""Profiles: of an update only what changed is sent, and what is older never overwrites.

| what is known of the attribute   | the update's value           | then                        |
|----------------------------------|------------------------------|-----------------------------|
| nothing                          | any                          | sent                        |
| said by a newer event            | another                      | left out, with a note       |
| said by this or an older event   | another                      | sent                        |
| said by any event                | the same                     | left out                    |
| the same, and sent too long ago  | the same                     | sent: it may have changed   |
|                                  |                              | in Cordial                  |
| said by lists of changes alone   | an older `{add, remove}`     | sent: changes add up        |

Two events of one time are told apart by their place in the lane: the later counts. An explicit
null is a value. What is known is a hash of the value and two times, never the value; of a contact
at most `MOST` attributes, those said last. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson

from streams.core.arrays import is_change
from streams.core.canonical import canonical
from streams.core.command import Command, Position
from streams.core.event import Note
from streams.core.outcome import Suppressed

MOST = 250
STALE = "older than what Cordial was told; left out"
UNKNOWN = b""


@dataclass(frozen=True, slots=True)
class Told:
    """What Cordial was told of one attribute. Times are those of events, in milliseconds.

    `hash` is empty where Cordial's value is not known: after a list of changes, and where it is
    in doubt. `time` is when the value was said last, `sent` when it was last sent.
    """

    hash: bytes
    time: int
    sent: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What Cordial was told of one contact, by the hash of the attribute's name.

    `position` and `action` are those of the last command that Cordial accepted.
    """

    position: Position | None = None
    action: str = ""
    attributes: Mapping[bytes, Told] = field(default_factory=dict)

    def accepted_at(self, position: Position, action: str) -> bool:
        """Whether Cordial accepted this command, and nothing of the contact's profile since."""
        return self.position == position and self.action == action


@dataclass(frozen=True, slots=True)
class Update:
    """What is left of an update, and the profile once Cordial has accepted that.

    `nothing` says why nothing is left; None where something is.
    """

    body: dict[str, Any]
    profile: Profile
    notes: tuple[Note, ...] = ()
    nothing: Suppressed | None = None


def update(
    command: Command,
    body: Mapping[str, Any],
    known: Profile | None,
    *,
    only_changed: bool = True,
    resend_after: int | None = None,
    whole: bool = False,
    identified: bool = False,
) -> Update:
    """What the table above says. `resend_after` is in milliseconds between events.

    Without `only_changed` what is unchanged is sent, and with `whole` what is older too.
    `identified`: the update tells Cordial an identifier that it does not know.
    """
    guard = _Guard(command, known or Profile(), only_changed, resend_after, whole)
    everything = body.get("attributes") or {}
    if not isinstance(everything, Mapping):
        return Update(dict(body), guard.known)
    attributes = {name: value for name, value in everything.items() if guard.sends(name, value)}
    profile = replace(guard.known, attributes=_bounded(guard.told))
    wanted = (everything or only_changed) and not (whole or identified)
    if known is not None and wanted and not attributes:
        stale = everything and len(guard.stale) == len(everything)
        reason = Suppressed.STALE if stale else Suppressed.UNCHANGED
        return Update(dict(body), profile, guard.notes(), reason)
    left = {**body, "attributes": attributes}
    if not attributes and (everything or "attributes" not in body):
        del left["attributes"]
    return Update(left, profile, guard.notes())


def was_sent(command: Command, body: Mapping[str, Any], known: Profile, position: Position) -> bool:
    """Whether Cordial accepted this command before a crash, and others of the contact since.

    Commands of a contact settle in their order: one below the row's position has its outcome, and
    what was sent of it is known by its time.
    """
    if known.position is None or not position.at_or_below(known.position):
        return False
    told = (known.attributes.get(_name_hash(name)) for name in _names(body))
    return any(one is not None and one.sent == command.event_time for one in told)


def accepted(update: Update, position: Position, action: str) -> Profile:
    """The profile once Cordial has accepted what is left of the update."""
    return replace(update.profile, position=position, action=action)


def doubted(profile: Profile, body: Mapping[str, Any]) -> Profile:
    """The profile after an update of which nobody knows whether Cordial has it."""
    attributes = dict(profile.attributes)
    for name in _names(body):
        key = _name_hash(name)
        if key in attributes:
            attributes[key] = replace(attributes[key], hash=UNKNOWN)
    return Profile(attributes=attributes)


class _Guard:
    """Goes through one update's attributes, and gathers what will be known of them."""

    def __init__(
        self,
        command: Command,
        known: Profile,
        only_changed: bool,
        resend_after: int | None,
        whole: bool,
    ) -> None:
        self.known = known
        self.told = dict(known.attributes)
        self.stale: list[str] = []
        self._time = command.event_time
        self._salt = _salt(command.contact)
        self._only_changed = only_changed and not whole
        self._resend_after = resend_after
        self._whole = whole

    def sends(self, name: str, value: Any) -> bool:
        """Whether Cordial is told the value."""
        key = _name_hash(name)
        changes = is_change(value)
        hashed = UNKNOWN if changes else _value_hash(self._salt, value)
        told = self.told.get(key)
        if told is None or self._whole:
            self.told[key] = Told(hashed, self._time, self._time)
            return True
        same = hashed != UNKNOWN and told.hash == hashed
        if same and self._only_changed and not self._long_ago(told):
            self.told[key] = Told(hashed, max(self._time, told.time), told.sent)
            return False
        if self._time < told.time:
            return self._older(name, adds_up=same or (changes and told.hash == UNKNOWN))
        self.told[key] = Told(hashed, self._time, self._time)
        return True

    def notes(self) -> tuple[Note, ...]:
        """What was left out as older."""
        return tuple(Note(f"attributes.{name}", STALE) for name in self.stale)

    def _older(self, name: str, *, adds_up: bool) -> bool:
        if not adds_up:
            self.stale.append(name)
        return adds_up

    def _long_ago(self, told: Told) -> bool:
        return self._resend_after is not None and self._time - told.sent >= self._resend_after


def _names(body: Mapping[str, Any]) -> Iterable[str]:
    """Of the attributes that an update says."""
    said = body.get("attributes")
    return said if isinstance(said, Mapping) else ()


def _bounded(told: dict[bytes, Told]) -> Mapping[bytes, Told]:
    if len(told) <= MOST:
        return told
    newest = sorted(told.items(), key=lambda one: (one[1].time, one[0]), reverse=True)
    return dict(newest[:MOST])


@lru_cache(maxsize=4096)
def _name_hash(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _salt(contact: str) -> bytes:
    """Two people's hashes do not compare."""
    return blake2b(contact.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _value_hash(salt: bytes, value: Any) -> bytes:
    """Of the value as canonical JSON, 2.0 as 2."""
    plain = value if isinstance(value, str) else canonical(value)
    text = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    return blake2b(text, digest_size=8, key=salt).digest()
