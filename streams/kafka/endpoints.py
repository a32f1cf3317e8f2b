"""One endpoint of Cordial per action: who waits for it, how fast it may be asked, if it answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from streams.actions.declaration import Action
from streams.cordial.circuit import Circuit
from streams.cordial.pace import Pace
from streams.core.answer import Answer
from streams.kafka.turns import Turn, Turns


@dataclass(slots=True, eq=False)
class Endpoint:
    """State of one endpoint in this worker. Instances of one action share it.

    `asked_until` is the end of the last wait that Cordial asked for with Retry-After.
    """

    action: Action
    pace: Pace
    circuit: Circuit
    queue: Turns = field(default_factory=Turns)
    wake_at: float | None = None
    asked_until: float = 0.0
    _longest: bool = False
    _kept_since: float | None = None
    _kept: float = 0.0

    def opens_at(self, now: float) -> float | None:
        """None where a request may start now; else when to ask again."""
        if not self.circuit.allows(now):
            self._not_kept(now)
            return self.circuit.next_time(now)
        if self.pace.allowance(now) < 1:
            if self._kept_since is None:
                self._kept_since = now
            return self.pace.next_time(now)
        return None

    def next(self) -> Turn:
        """Whose turn it is: first come, first served, while nothing limits the rate.

        Where a limit does, in turn with the longest lane: requests of one contact cannot overlap,
        so that lane would be the last to end. Whoever waits, waits twice as long at most.
        """
        self._longest = not self._longest and self.pace.rate is not None
        return self.queue.longest() if self._longest else self.queue.first()

    def closed_for(self, now: float, *, probe: bool) -> float:
        """How many seconds a request that was taken, and has not left, must wait all the same.

        Its intent took its time to become durable, and meanwhile Cordial asked for a wait, or the
        circuit opened; `probe`: it was taken as one.
        """
        waits = self.pace.waits_until - now
        if not (probe or self.circuit.healthy):
            waits = max(waits, self.circuit.next_time(now) - now)
        return max(waits, 0.0)

    def take(self, now: float) -> bool:
        """A request starts now; whether it is a probe."""
        self._not_kept(now)
        probe = not self.circuit.healthy
        self.pace.take(now)
        self.circuit.take(now)
        return probe

    def take_kept(self, now: float) -> float:
        """For how many seconds, since this was last asked, who waited did so for the pace alone."""
        if self._kept_since is not None:
            if self.queue:
                self._kept += now - self._kept_since
            self._kept_since = now if self.queue else None
        kept, self._kept = self._kept, 0.0
        return kept

    def _not_kept(self, now: float) -> None:
        if self._kept_since is not None:
            self._kept += now - self._kept_since
            self._kept_since = None

    def answered(self, answer: Answer, now: float, started: float) -> None:
        """Learn from an answer."""
        self.pace.answered(answer, now, started)
        if answer.limits.retry_after is not None:
            self.asked_until = self.pace.waits_until
        self.circuit.answered(answer, now)


class Endpoints:
    """All endpoints, by path."""

    def __init__(
        self,
        actions: Iterable[Action],
        *,
        pace: Callable[[], Pace],
        circuit: Callable[[], Circuit],
    ) -> None:
        self._by_path: dict[str, Endpoint] = {}
        for action in actions:
            self._by_path.setdefault(
                action.path, Endpoint(action=action, pace=pace(), circuit=circuit())
            )

    def of(self, action: Action) -> Endpoint:
        """The endpoint that an action's requests go to."""
        return self._by_path[action.path]

    @property
    def asked_until(self) -> float:
        """The end of the longest wait that Cordial asked for."""
        return max(endpoint.asked_until for endpoint in self.all())

    def all(self) -> Iterable[Endpoint]:
        """Every endpoint."""
        return self._by_path.values()
