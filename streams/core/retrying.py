"""Whether and when a request is tried again.

| answer                 | then                                                          |
|------------------------|---------------------------------------------------------------|
| `Refused`              | again after Retry-After; never counts against the budget       |
| `InDoubt`, `NotSent`   | again with jittered backoff; the budget runs only while the    |
|                        | endpoint answers others; past it: give up                      |
| `Unauthorized`         | hold everything                                               |
| `Rejected`, joined     | split, and try the members alone                              |
| `Rejected`, alone      | give up                                                       |

Pure: chance and clock are arguments; times are seconds.
"""

from collections import deque
from dataclasses import dataclass, field

from streams.core.answer import Answer, Delivered, InDoubt, NotSent, Refused, Rejected, Unauthorized
from streams.core.outcome import Dead

WINDOW = 50
MOST_REJECTED = 45


@dataclass(frozen=True, slots=True)
class Policy:
    """The bounds."""

    backoff_first: float = 0.5
    backoff_max: float = 60.0
    attempts: int = 10
    patience: float = 900.0
    retry_after_max: float = 900.0


@dataclass(slots=True)
class AttemptState:
    """What one command has been through. `charged` attempts count against its budget."""

    attempts: int = 0
    charged: int = 0
    waited: float = 0.0

    def count(self) -> None:
        """One more request carried it."""
        self.attempts += 1


@dataclass(frozen=True, slots=True)
class Again:
    """Try again after so many seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It goes to the dead letters."""

    reason: Dead
    message: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing is sent until somebody mends it; `why` is a reason of readiness."""

    why: str


@dataclass(frozen=True, slots=True)
class SplitAndTryAgain:
    """One of the members is at fault: each travels alone."""


Step = Again | GiveUp | Hold | SplitAndTryAgain


def next_step(
    answer: Answer,
    state: AttemptState,
    policy: Policy,
    *,
    joined: bool,
    healthy: bool,
    jitter: float,
) -> Step:
    """What happens after an answer that is no delivery. `jitter` is in [0, 1)."""
    match answer:
        case Refused():
            return _refused(answer, policy, jitter)
        case Unauthorized():
            return Hold("key_rejected")
        case Rejected() if joined:
            return SplitAndTryAgain()
        case Rejected():
            said = f": {answer.message}" if answer.message else ""
            return GiveUp(Dead.REJECTED, f"Cordial answered {answer.status}{said}")
        case InDoubt() | NotSent():
            return _failed(answer, state, policy, healthy=healthy, jitter=jitter)
        case Delivered():
            raise ValueError("a delivery is not tried again")


def _refused(answer: Refused, policy: Policy, jitter: float) -> Step:
    asked = answer.limits.retry_after
    if asked is not None and asked > policy.retry_after_max:
        return Hold("retry_after_too_long")
    return Again((asked or 0.0) + jitter * policy.backoff_first)


def _failed(
    answer: InDoubt | NotSent,
    state: AttemptState,
    policy: Policy,
    *,
    healthy: bool,
    jitter: float,
) -> Step:
    bound = min(policy.backoff_first * 2 ** min(state.attempts - 1, 30), policy.backoff_max)
    wait = max(bound * jitter, answer.limits.retry_after or 0.0)
    if healthy:
        state.charged += 1
        if state.charged >= policy.attempts or state.waited >= policy.patience:
            text = f"{state.attempts} attempts, the last: {answer.why}"
            return GiveUp(Dead.EXHAUSTED, text)
        state.waited += wait
    return Again(min(wait, policy.retry_after_max))


@dataclass(slots=True)
class RejectionLimit:
    """When nearly all is rejected, we are wrong: stop instead of filling the dead letters."""

    _last: deque[bool] = field(default_factory=lambda: deque(maxlen=WINDOW))

    def rejected(self) -> bool:
        """One command was rejected; True where the limit is reached."""
        self._last.append(True)
        return sum(self._last) >= MOST_REJECTED

    def delivered(self) -> None:
        """One command was accepted."""
        self._last.append(False)

    def reset(self) -> None:
        """Begin to count anew."""
        self._last.clear()
