"""What is known of a command whose turn has come, and what can be decided of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

from streams.core.action_names import ORDER
from streams.core.catalogue import Account, Found
from streams.core.command import Position
from streams.core.consent import Consent
from streams.core.event import Note
from streams.core.identities import Row
from streams.core.learning import Learned
from streams.core.memberships import Row as Membership
from streams.core.order_state import OrderState
from streams.core.outcome import CommandOutcome, Dead, Suppressed
from streams.core.profiles import Profile
from streams.core.supplements import Row as Updated


class Problem(NamedTuple):
    """Why a body is not what Cordial takes."""

    reason: Dead
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A command of this contact, message id and action was settled. `time` in milliseconds.

    `outcome` is a word of `CommandOutcome`; `in_doubt` for a dead letter that Cordial may have, and
    `invalid` for an order that was found malformed when its turn came.
    """

    position: Position
    time: int
    outcome: str


# Not frozen, as one is made for every command: that takes half the time.
@dataclass(slots=True)
class Known:
    """What the tables know that concerns one command.

    `position` is that of its identity: a replay's and a hand-made command's is that of the record
    that carries it. `attempted`: this process has sent it before and knows the answers.
    `forced`: an operator wants it sent whatever was applied since or is in doubt.
    `applied` is where the newest stands that was delivered since one like it died.
    `identities` are the identifiers of the contact that earlier commands said.
    `supplements` says by key how new the records are that were sent.
    `told_order` is what became of the command that tells the order of an activity's event.
    `account` is there where a plan guards attributes and the account's are known.
    """

    position: Position
    seen: Seen | None = None
    order: OrderState | None = None
    group_name: str | None = None
    parked: bool = False
    attempted: bool = False
    replay: bool = False
    forced: bool = False
    applied: Position | None = None
    identities: Row | None = None
    supplements: Mapping[str, Updated] = field(default_factory=dict)
    profile: Profile | None = None
    consent: Consent | None = None
    memberships: Membership | None = None
    told_order: Seen | None = None
    account: Account | None = None


# Not frozen, as one is made for every command: that takes half the time.
@dataclass(slots=True)
class Send:
    """Send this body. An order's intent and other `intents` are made durable first; once it is
    delivered, `learned` goes into the tables. `found` are the attributes that the account would
    not take as they were.
    """

    body: dict[str, Any]
    order_intent: OrderState | None = None
    in_doubt: bool = False
    notes: tuple[Note, ...] = ()
    learned: tuple[Learned, ...] = ()
    intents: tuple[Learned, ...] = ()
    found: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class WasDelivered:
    """Cordial accepted it before a crash, which only lost the record of that, and maybe what it
    taught."""

    in_doubt: bool
    learned: tuple[Learned, ...] = ()


@dataclass(frozen=True, slots=True)
class Suppress:
    """Nothing is wrong, and nothing is sent. `recorded`: a row of `seen` says so already.

    `order_row` is that of an order of which the event says when something was so.
    """

    reason: Suppressed
    recorded: bool = False
    notes: tuple[Note, ...] = ()
    learned: tuple[Learned, ...] = ()
    found: tuple[Found, ...] = ()
    order_row: OrderState | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """It cannot be delivered. `order_row` has what it says of an order that lacks the rest."""

    reason: Dead
    field: str | None
    message: str
    found: tuple[Found, ...] = ()
    order_row: OrderState | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Its turn has come, and it waits until the account takes what was found."""

    found: tuple[Found, ...]


Decision = Send | WasDelivered | Suppress | DeadLetter | Wait


def remembered_as(letter: DeadLetter, action: str) -> CommandOutcome | Dead:
    """The outcome that the row of `seen` has of a command of this action that died."""
    malformed = action == ORDER and letter.reason is Dead.INVALID
    tells = malformed or letter.reason is Dead.IN_DOUBT
    return letter.reason if tells else CommandOutcome.DEAD_LETTERED


def seen_key(contact: str, message_id: str, action: str) -> bytes:
    """The key of a row of `seen`: a hash, so that the table holds no contact."""
    text = f"{contact}\0{message_id}\0{action}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
