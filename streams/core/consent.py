"""Consent: what is known of a contact's will per channel, and what of it Cordial is told.

Three things are remembered of a channel, each with the event that said it last: that the contact
left it (`left`), that it consented (`granted`, by an event that the plan lists as consent), and
that a status stood in its data (`stated`). They do not depend on the order in which events come:

| known                                        | the contact's will is                |
|----------------------------------------------|--------------------------------------|
| left, and not consented since                | unsubscribed                         |
| consented, or stated and never left          | the later of the two                 |
| nothing                                      | unknown: nothing is sent             |

| an event says                                | then                                 |
|----------------------------------------------|--------------------------------------|
| a consent newer than all that is known       | sent, with `forceSubscribe`          |
| a consent not newer, or used before          | left out, with a note                |
| that the contact leaves, in a listed event   | sent where it is newer               |
| unsubscribed, as a status                    | sent where Cordial was told another  |
| another status, where that is the will       | sent where Cordial was told another  |
| another status, of a contact that left       | left out, with a note                |

`none` says nothing and is never sent: over an opt-out it would open the way back. A consent under
way is on record before its request leaves. Where a crash left it open it is in doubt, and goes
without `forceSubscribe` (`at_most_once`) or once more with it (`resend`). Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from streams.core.command import Claim, Command, Position
from streams.core.event import Note

UNSUBSCRIBED = "unsubscribed"
STATUSES = ("none", "subscribed", UNSUBSCRIBED, "pendingDOI")
MOST_USED = 50
FORCE = "forceSubscribe"
LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Said:
    """Who said what of a channel: the event, and the rule of the plan. `time` in milliseconds."""

    status: str
    time: int
    rule: str
    message_id: str
    position: Position


@dataclass(frozen=True, slots=True)
class Channel:
    """What is known of one channel.

    `accepted` is what Cordial accepted last, `under_way` a consent whose request has not been
    answered, `used` are hashes of the message ids that were sent with `forceSubscribe`.
    """

    left: Said | None = None
    granted: Said | None = None
    stated: Said | None = None
    accepted: Said | None = None
    under_way: Said | None = None
    used: tuple[bytes, ...] = ()

    @property
    def will(self) -> Said | None:
        """What the table above says."""
        left, granted, stated = self.left, self.granted, self.stated
        if left is not None and (granted is None or granted.time <= left.time):
            return left
        if granted is None or (stated is not None and stated.time > granted.time):
            return stated
        return granted

    @property
    def told(self) -> str | None:
        """The status that Cordial accepted last."""
        return None if self.accepted is None else self.accepted.status


@dataclass(frozen=True, slots=True)
class Consent:
    """The row of one contact: its channels, and the last command of it that Cordial accepted."""

    channels: Mapping[str, Channel] = field(default_factory=dict)
    position: Position | None = None
    action: str = ""

    def accepted_at(self, position: Position, action: str) -> bool:
        """Whether Cordial accepted this command, and nothing of the contact's will since."""
        return self.position == position and self.action == action


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Cordial is told, and the row: now, while the request is under way, once accepted.

    `under_way` is None where nothing has to be on record before. `in_doubt`: an earlier request
    of the same consent may have been accepted.
    """

    attributes: Mapping[str, str]
    force: bool
    now: Consent
    accepted: Consent
    under_way: Consent | None = None
    in_doubt: bool = False
    notes: tuple[Note, ...] = ()


def judged(
    command: Command,
    known: Consent | None,
    position: Position,
    *,
    at_most_once: bool = True,
    attempted: bool = False,
    forced: bool = False,
) -> Verdict:
    """What the tables above say. `position` is that of the command's identity.

    `attempted`: this process sent the request before and knows the answers. `forced`: somebody
    looked whether Cordial has what is in doubt; that lifts the doubt and nothing else.
    """
    row = known or Consent()
    if not command.consent:
        return Verdict({}, force=False, now=row, accepted=row)
    made = _Judging(command, position, settled=attempted or forced or not at_most_once)
    now, accepted, open_ = dict(row.channels), dict(row.channels), dict(row.channels)
    for claim in command.consent:
        before = now.get(claim.channel, Channel())
        kept = made.judge(claim, before)
        now[claim.channel] = kept
        accepted[claim.channel] = made.accepted(claim.channel, kept)
        open_[claim.channel] = made.open(claim.channel, before)
    return Verdict(
        attributes=made.attributes,
        force=bool(made.forcing),
        now=replace(row, channels=now),
        accepted=Consent(accepted, position, command.action),
        under_way=replace(row, channels=open_) if made.forcing else None,
        in_doubt=made.in_doubt,
        notes=tuple(made.notes),
    )


def died(known: Consent, command: Command, position: Position, *, sure: bool) -> Consent:
    """The row after a command that was dead-lettered: who left has left all the same.

    `sure`: Cordial does not have it, so its consent is not under way, and a replay may be sent.
    """
    channels = dict(known.channels)
    for claim in command.consent:
        one = channels.get(claim.channel, Channel())
        if claim.status == UNSUBSCRIBED:
            one = replace(one, left=_later(one.left, _said(claim, command, position)))
        own = one.under_way is not None and one.under_way.message_id == command.message_id
        channels[claim.channel] = replace(one, under_way=None) if own and sure else one
    return replace(known, channels=channels)


class _Judging:
    """Judges the claims of one command, and gathers what its request says."""

    def __init__(self, command: Command, position: Position, *, settled: bool) -> None:
        self.attributes: dict[str, str] = {}
        self.forcing: dict[str, Said] = {}
        self.notes: list[Note] = []
        self.in_doubt = False
        self._command = command
        self._position = position
        self._settled = settled
        self._key = used_key(command.message_id)

    def judge(self, claim: Claim, known: Channel) -> Channel:
        """Decide of one claim; the channel as it is known with it, sent or not."""
        said = _said(claim, self._command, self._position)
        if claim.status == "none":
            self._note(claim, f"says nothing that Cordial could be told; {LEFT_OUT}")
            return known
        if claim.status == UNSUBSCRIBED:
            return self._leaves(claim, said, known)
        states = self._grants if claim.consent else self._states
        return states(claim, said, known)

    def accepted(self, channel: str, known: Channel) -> Channel:
        """The channel once Cordial has accepted the request."""
        will = known.will
        if will is None or status_key(channel) not in self.attributes:
            return known
        used = (*known.used, self._key)[-MOST_USED:] if channel in self.forcing else known.used
        return replace(known, accepted=will, under_way=None, used=used)

    def open(self, channel: str, before: Channel) -> Channel:
        """The channel as it is on record while the request is under way."""
        forced = self.forcing.get(channel)
        return before if forced is None else replace(before, under_way=forced)

    def _leaves(self, claim: Claim, said: Said, known: Channel) -> Channel:
        newer = known.left is None or said.time > known.left.time
        now = replace(known, left=_later(known.left, said))
        if now.will is not now.left:
            self._note(claim, f"is older than a consent; {LEFT_OUT}")
        elif known.told != UNSUBSCRIBED or (newer and claim.consent):
            self._send(claim.channel, UNSUBSCRIBED)
            self._note(claim, "is sent")
        return now

    def _grants(self, claim: Claim, said: Said, known: Channel) -> Channel:
        if self._key in known.used or not _newer(said, known):
            self._note(claim, f"is not newer than what is known; {LEFT_OUT}")
            return known
        now = replace(known, granted=said)
        under_way = known.under_way
        again = under_way is not None and under_way.message_id == said.message_id
        if again and not self._settled:
            self.in_doubt = True
            self._note(claim, f"is in doubt: sent without {FORCE}")
        else:
            self.in_doubt = self.in_doubt or again
            self.forcing[claim.channel] = said
            self._note(claim, f"is consent: sent with {FORCE}")
        self._send(claim.channel, (now.will or said).status)
        return now

    def _states(self, claim: Claim, said: Said, known: Channel) -> Channel:
        older = known.stated is not None and said.time < known.stated.time
        now = known if older else replace(known, stated=said)
        will = now.will
        if will is not None and will.status == UNSUBSCRIBED:
            self._note(claim, f"resubscribes nobody; {LEFT_OUT}")
        elif will is not None and will.status != known.told:
            self._send(claim.channel, will.status)
            self._note(claim, "is sent")
        return now

    def _send(self, channel: str, status: str) -> None:
        self.attributes[status_key(channel)] = status

    def _note(self, claim: Claim, what: str) -> None:
        self.notes.append(Note(status_key(claim.channel), f"{claim.rule} {what}"))


def _said(claim: Claim, command: Command, position: Position) -> Said:
    place = command.position or position
    return Said(claim.status, command.event_time, claim.rule, command.message_id, place)


def _later(one: Said | None, other: Said) -> Said:
    return other if one is None or other.time > one.time else one


def _newer(said: Said, known: Channel) -> bool:
    return all(one is None or said.time > one.time for one in (known.left, known.granted))


def status_key(channel: str) -> str:
    """The attribute by which Cordial is told the status of a channel."""
    return f"channels.{channel}.subscribeStatus"


def used_key(message_id: str) -> bytes:
    """What is remembered of a message id that was sent with `forceSubscribe`."""
    return blake2b(message_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
