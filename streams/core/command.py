"""One thing Cordial must be told, and the place in the source that asked for it."""

from dataclasses import dataclass
from typing import Any

from streams.core.event import Note


@dataclass(frozen=True, slots=True)
class Position:
    """Where the keyed record of a command stands.

    With the action instance's name it is the identity of the command: the same record routed
    again, after a crash or by another plan, gives the same identities and no others.
    """

    generation: int
    topic: str
    partition: int
    offset: int

    def at_or_below(self, other: "Position") -> bool:
        """Not above it on the same clock; two partitions, topics or generations have no order."""
        clock = (self.generation, self.topic, self.partition)
        same = clock == (other.generation, other.topic, other.partition)
        return same and self.offset <= other.offset


@dataclass(frozen=True, slots=True)
class Claim:
    """What an event says of a contact's subscription to a channel, by which rule of the plan.

    `consent`: the plan lists the event as consent; otherwise it is but a status in its data.
    """

    channel: str
    status: str
    rule: str
    consent: bool = False


# Not frozen, as one is made for every command: that takes half the time.
@dataclass(slots=True)
class Command:
    """One command for one action instance.

    `body` is the request body as Cordial's API takes it, except for thin orders, which are
    completed from the stored order when their turn comes.
    `position` is None for a command that no event made: a replay or a hand-made one.
    `event_time` is in milliseconds since 1970 UTC. `consent` becomes part of the body when its
    turn comes, as far as it may be sent. `group` is the group that a join or a removal is about,
    and `order` the instance whose command of the same event tells the order of an activity.
    """

    action: str
    contact: str
    message_id: str
    event_time: int
    body: dict[str, Any]
    position: Position | None = None
    correlation_id: str = ""
    attempt: int = 0
    notes: tuple[Note, ...] = ()
    consent: tuple[Claim, ...] = ()
    group: str | None = None
    order: str | None = None

    def at(self, position: Position | None, correlation_id: str) -> "Command":
        """The command, made by the event that stands there."""
        # dataclasses.replace does the same in four times the time, and every command passes here.
        return Command(
            self.action,
            self.contact,
            self.message_id,
            self.event_time,
            self.body,
            position,
            correlation_id,
            self.attempt,
            self.notes,
            self.consent,
            self.group,
            self.order,
        )
