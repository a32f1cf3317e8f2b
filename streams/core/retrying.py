"""Whether and when a request is tried again.

| answer                 | then                                                          |
|------------------------|---------------------------------------------------------------|
| `Refused`              | again after Retry-After; never counts against the budget      |
| `InDoubt`, `NotSent`   | again with jittered backoff, or after Retry-After; the budget |
|                        | runs only while the endpoint answers others                   |
| the same, past it      | joined: split, and try the members alone; alone: give up      |
| either, Retry-After    | hold everything and say so                                    |
| longer than the bound  |                                                               |
| `Unauthorized`         | hold everything                                               |
| `Rejected`, joined     | split, and try the members alone                              |
| `Rejected`, alone      | give up                                                       |

A wait that was asked for is never shortened. Pure: chance and clock are arguments; times are
seconds.
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
            return _failed(answer, state, policy, joined=joined, healthy=healthy, jitter=jitter)
        case Delivered():
            raise ValueError("a delivery is not tried again")


def _refused(answer: Refused, policy: Policy, jitter: float) -> Step:
    return _asked(answer, policy, jitter) or Again(jitter * policy.backoff_first)


def _failed(
    answer: InDoubt | NotSent,
    state: AttemptState,
    policy: Policy,
    *,
    joined: bool,
    healthy: bool,
    jitter: float,
) -> Step:
    bound = min(policy.backoff_first * 2 ** min(state.attempts - 1, 30), policy.backoff_max)
    backoff = bound * jitter
    asked = _asked(answer, policy, jitter)
    if healthy:
        state.charged += 1
        if state.charged >= policy.attempts or state.waited >= policy.patience:
            text = f"{state.attempts} attempts, the last: {answer.why}"
            return SplitAndTryAgain() if joined else GiveUp(Dead.EXHAUSTED, text)
        state.waited += max(asked.after, backoff) if isinstance(asked, Again) else backoff
    if isinstance(asked, Again):
        return Again(max(asked.after, backoff))
    return asked or Again(backoff)


def _asked(answer: Answer, policy: Policy, jitter: float) -> Again | Hold | None:
    """What Retry-After asks for; None where it is absent."""
    seconds = answer.limits.retry_after
    if seconds is None:
        return None
    if seconds > policy.retry_after_max:
        return Hold("retry_after_too_long")
    return Again(seconds + jitter * policy.backoff_first)


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
