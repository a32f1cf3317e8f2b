"""Whether the worker is live and ready, from what it says about itself.

Not live means stuck without a reason: for 120 s there was work, nothing was settled, and no
wait with a name and an end was on. Holding is live and not ready. Pure: the clock is an argument
(seconds of any monotonic clock), and nothing that happened on the bus is repeated here, so the
answers hold no event, no key and no text from outside.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

PATIENCE: Final = 120.0
RECOVERY_PATIENCE: Final = 120.0


class Wait(StrEnum):
    """A wait with a name and an end: while one is on, standing still is right."""

    CIRCUIT = "circuit"
    PACE = "pace"
    RETRY_AFTER = "retry_after"
    BACKOFF = "backoff"
    HOLD = "hold"
    BROKER_AWAY = "broker_away"
    BROKER_REFUSES = "broker_refuses"
    REGISTRY_AWAY = "registry_away"
    RECOVERY = "recovery"


class NotReady(StrEnum):
    """Why the worker does not deliver."""

    STARTING = "starting"
    NOT_ASSIGNED = "not_assigned"
    RECOVERING = "recovering"
    KEY_REJECTED = "key_rejected"
    REJECTION_LIMIT = "rejection_limit"
    RETRY_AFTER_TOO_LONG = "retry_after_too_long"
    BROKER_AWAY = "broker_away"
    BROKER_REFUSES = "broker_refuses"
    REGISTRY_AWAY = "registry_away"
    STOPPING = "stopping"


TO_DO: Final[dict[NotReady, tuple[str, str]]] = {
    NotReady.STARTING: ("the worker is starting", "wait"),
    NotReady.NOT_ASSIGNED: (
        "the group gave this worker no partition",
        "wait for the rebalance; with more workers than partitions, run fewer",
    ),
    NotReady.RECOVERING: ("the tables are being read from their changelogs", "wait"),
    NotReady.KEY_REJECTED: (
        "Cordial rejects the API key; everything is held and nothing is lost",
        "put the right key into api_key_file, or restart with the right api_key; check that the "
        "endpoint is the key's data centre and that this address is allowed to use it",
    ),
    NotReady.REJECTION_LIMIT: (
        "Cordial rejected nearly all of the last commands; everything is held",
        "read the dead letters, repair plan or settings, restart",
    ),
    NotReady.RETRY_AFTER_TOO_LONG: (
        "Cordial asks for a longer wait than delivery.retry_after_max",
        "wait, or ask Cordial about the account's limit",
    ),
    NotReady.BROKER_AWAY: (
        "the Kafka broker does not answer, or no longer takes us",
        "look at the broker, and whether it rejects our credentials; do not restart",
    ),
    NotReady.BROKER_REFUSES: (
        "the Kafka broker rejects our credentials, or shows a certificate that is not trusted",
        "the log names the setting: put it right before the worker ends with exit 3",
    ),
    NotReady.REGISTRY_AWAY: (
        "the schema registry does not answer and a schema is needed",
        "look at the registry; do not restart",
    ),
    NotReady.STOPPING: ("the worker is stopping", "wait"),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """What liveness is judged by. `last_reason` is when standing still last had a reason."""

    work: bool
    last_reason: float
    waits: frozenset[Wait] = frozenset()


def still_for(progress: Progress, now: float) -> float:
    """Seconds without progress that nothing explains."""
    if not progress.work or progress.waits:
        return 0.0
    return max(0.0, now - progress.last_reason)


def live(progress: Progress, now: float) -> bool:
    """False where work has stood still for 120 s without a reason."""
    return still_for(progress, now) < PATIENCE


@dataclass(frozen=True, slots=True)
class LongestLane:
    """The lane in which most waits: whose, as a keyed hash, how much of its partition's, how long.

    `seconds` is how long its first command has waited since its event came to the bus.
    """

    contact: str
    partition: int
    commands: int
    of: int
    seconds: float


@dataclass(slots=True)
class HealthState:
    """What the worker says about itself; the worker writes, the pages read.

    `work(open)` whenever the number of unsettled records changes, `settled()` at every outcome,
    `wait(...)` when a wait begins and ends, `hold`/`release` for what a person must end,
    `assigned`, with 0 where partitions are taken away, and `recovering`/`recovered` at a rebalance.
    """

    now: Callable[[], float]
    reasons: dict[NotReady, float] = field(default_factory=dict)
    waits: set[Wait] = field(default_factory=set)
    open: int = 0
    longest: LongestLane | None = None
    last_reason: float = field(init=False)
    _recovery_left: int = 0
    _recovery_moved: float = 0.0

    def __post_init__(self) -> None:
        self.last_reason = self.now()
        self.reasons[NotReady.STARTING] = self.now()

    def work(self, unsettled: int) -> None:
        """So many records are read and unsettled, or known to be unread."""
        if self.open == 0 and unsettled > 0:
            self.last_reason = self.now()
        self.open = unsettled

    def settled(self) -> None:
        """A command or event has its outcome."""
        self.last_reason = self.now()

    def wait(self, name: Wait, *, on: bool) -> None:
        """A wait with a name and an end is on, or over."""
        if on:
            self.waits.add(name)
        elif name in self.waits:
            self.waits.discard(name)
            self.last_reason = self.now()

    def not_ready(self, reason: NotReady, *, on: bool) -> None:
        """Something keeps the worker from delivering, or no longer."""
        if on:
            self.reasons.setdefault(reason, self.now())
        else:
            self.reasons.pop(reason, None)

    def hold(self, reason: NotReady) -> None:
        """Delivery is held until the reason is gone."""
        self.not_ready(reason, on=True)
        self.wait(Wait.HOLD, on=True)

    def release(self, reason: NotReady) -> None:
        """The reason is gone; the wait ends with the last of them."""
        self.not_ready(reason, on=False)
        self.wait(Wait.HOLD, on=any(held in self.reasons for held in HOLDS))

    def away(self, reason: NotReady, *, on: bool) -> None:
        """Broker or registry does not answer, or does again."""
        self.not_ready(reason, on=on)
        self.wait(Wait(reason.value), on=on)

    def assigned(self, partitions: int) -> None:
        """The group gave this worker so many partitions."""
        self.not_ready(NotReady.STARTING, on=False)
        self.not_ready(NotReady.NOT_ASSIGNED, on=partitions == 0)
        self.last_reason = self.now()

    def recovering(self, left: int) -> None:
        """The tables lack `left` records; call it again as the number falls."""
        if NotReady.RECOVERING not in self.reasons or left != self._recovery_left:
            self._recovery_moved = self.now()
        self._recovery_left = left
        self.not_ready(NotReady.RECOVERING, on=True)
        self.wait(Wait.RECOVERY, on=True)

    def recovered(self) -> None:
        """The tables are complete."""
        self.not_ready(NotReady.RECOVERING, on=False)
        self.wait(Wait.RECOVERY, on=False)

    @property
    def progress(self) -> Progress:
        """What liveness is judged by, now. A recovery that does not move is no reason."""
        recovering = Wait.RECOVERY in self.waits
        stuck = recovering and self.now() - self._recovery_moved >= RECOVERY_PATIENCE
        waits = frozenset(self.waits - {Wait.RECOVERY} if stuck else self.waits)
        return Progress(work=self.open > 0 or recovering, last_reason=self.last_reason, waits=waits)

    @property
    def ready(self) -> bool:
        """Whether the worker delivers."""
        return not self.reasons


HOLDS: Final = (NotReady.KEY_REJECTED, NotReady.REJECTION_LIMIT, NotReady.RETRY_AFTER_TOO_LONG)


def livez(state: HealthState) -> tuple[int, dict[str, Any]]:
    """Status and body of `/livez`."""
    now, progress = state.now(), state.progress
    alive = live(progress, now)
    body = {
        "live": alive,
        "waits": sorted(progress.waits),
        "unsettled": state.open,
        "still_seconds": round(still_for(progress, now), 1),
    }
    return (200 if alive else 503), body


def readyz(state: HealthState) -> tuple[int, dict[str, Any]]:
    """Status and body of `/readyz`: each reason with its meaning, its age and what to do."""
    now = state.now()
    reasons = [
        {
            "reason": reason,
            "meaning": TO_DO[reason][0],
            "to_do": TO_DO[reason][1],
            "seconds": round(now - since, 1),
        }
        for reason, since in state.reasons.items()
    ]
    body = {"ready": state.ready, "reasons": reasons, "waits": sorted(state.waits)}
    return (200 if state.ready else 503), body


def lanes(state: HealthState) -> dict[str, Any]:
    """Body of `/lanes`: the longest of this worker, where one is long."""
    longest = state.longest
    if longest is None:
        return {"longest": None}
    seconds = round(longest.seconds, 1)
    return {"longest": {**asdict(longest), "seconds": seconds}}
