"""What is decided before anything runs: who does what on the bus, and which faults there are.

Small on purpose: an error needs two contacts and a crash, and a small schedule can be read.
"""

from dataclasses import dataclass
from random import Random

from streams.core.lane_order import ByAction, ByContact, Order, Ordering

ACTIONS = ("contact", "order", "activity")  # in the order of their rank
RANK = {action: rank for rank, action in enumerate(ACTIONS)}
KEYED = "keyed"

Plan = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One event: which actions want it, and which of them Cordial will reject."""

    contact: str
    message_id: str
    wants: tuple[str, ...]
    order: str
    rejected: tuple[str, ...]


@dataclass(slots=True)
class Faults:
    """How often each fault may still happen."""

    crash: int = 0
    pause: int = 0
    cut: int = 0
    move: int = 0
    restart: int = 0
    seek: int = 0
    outage: int = 0
    key: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """`plans` follow one another, one per restart.

    `doubled`, `cut` and `refused` are the shares of events published again, of answers lost and
    of requests refused; the broker is slow to take records of the topic `slow`. `limit` is how
    many requests a second Cordial says it takes of an endpoint (0: it does not say), `latency` how
    many seconds a request travels at most.
    """

    partitions: int
    workers: int
    events: tuple[Event, ...]
    plans: tuple[Plan, ...]
    faults: Faults
    externals: int
    doubled: float
    cut: float
    refused: float
    limit: float
    latency: float
    slow: str
    at_most_once: bool
    max_commands: int
    max_span: int
    order: Order

    def partition(self, contact: str) -> int:
        """Where the contact lives."""
        return int(contact[1:]) % self.partitions

    def ordering(self) -> Ordering:
        """Which commands share a lane."""
        return ByContact() if self.order == "contact" else ByAction({})

    def kept(self, contact: str, action: str) -> str:
        """What keeps its order: a contact, or one of its actions."""
        return contact if self.order == "contact" else f"{contact} {action}"

    def in_every_plan(self, action: str) -> bool:
        """No plan of this schedule leaves the action out."""
        return all(action in plan for plan in self.plans)


def draw(rng: Random) -> Schedule:
    """A random schedule."""
    contacts = [f"c{number}" for number in range(rng.randint(2, 4))]
    return Schedule(
        partitions=rng.randint(1, 2),
        workers=rng.randint(1, 2),
        events=_events(rng, contacts),
        plans=_plans(rng),
        faults=Faults(
            crash=rng.randint(0, 3),
            pause=rng.randint(0, 1),
            cut=rng.randint(0, 1),
            move=rng.randint(0, 2),
            restart=rng.randint(0, 1),
            seek=rng.randint(0, 2),
            outage=rng.choice((0, 0, 1)),
            key=rng.choice((0, 0, 0, 1)),
        ),
        externals=rng.choice((0, 0, 1, 3)),
        doubled=rng.choice((0.1, 0.3, 0.6)),
        cut=rng.choice((0.05, 0.1, 0.3)),
        refused=rng.choice((0.02, 0.1, 0.3)),
        limit=rng.choice((0.0, 0.0, 1.0, 5.0)),
        latency=rng.choice((0.0, 0.3, 3.0)),
        slow=rng.choice(("", "seen", "orders", "receipts", "dead", "contact", "order")),
        at_most_once=rng.random() < 0.25,
        max_commands=rng.choice((2, 5, 100)),
        max_span=rng.choice((2, 5, 100)),
        order=rng.choice(("contact", "contact", "action")),
    )


def _events(rng: Random, contacts: list[str]) -> tuple[Event, ...]:
    """Hot contacts and orders with many states make order matter; shares differ by schedule."""
    wanted = {action: rng.choice((0.3, 0.6, 0.9)) for action in ACTIONS}
    rejected = rng.choice((0.0, 0.1, 0.3))
    orders = rng.randint(0, 1)
    events = []
    for number in range(rng.randint(5, 15)):
        contact = rng.choice((contacts[0], *contacts))
        wants = tuple(action for action in ACTIONS if rng.random() < wanted[action])
        bad = tuple(action for action in wants if rng.random() < rejected)
        order = f"{contact}-order{rng.randint(0, orders)}"
        events.append(Event(contact, f"m{number}", wants, order, bad))
    return tuple(events)


def _plans(rng: Random) -> tuple[Plan, ...]:
    if rng.random() < 0.6:
        return (ACTIONS,)
    changed = tuple(action for action in ACTIONS if rng.random() < 0.6)
    plans = [ACTIONS, changed] if rng.random() < 0.5 else [changed, ACTIONS]
    return tuple(plans)
