"""Whether an endpoint answers at all, so that its outage is nobody's fault.

    closed ──N failures in a row──► open ──every `probe` s one request──► closed at a success

A failure is an answer in doubt or a request not sent. A 429, a rejected key and a rejected
command come from a service that works: they count as success. A complete 503 counts as neither:
it says when to come back. Pure: the clock is an argument, in seconds of any monotonic clock.
"""

from dataclasses import dataclass

from streams.core.answer import Answer, InDoubt, NotSent, Refused


@dataclass(slots=True)
class Circuit:
    """The circuit of one endpoint. `failures` in a row open it; `probe` is in seconds."""

    failures: int
    probe: float
    failed: int = 0
    open_since: float | None = None
    _next: float = 0.0

    @property
    def healthy(self) -> bool:
        """False while open: then a command's budget stands still, because everybody waits."""
        return self.open_since is None

    def allows(self, now: float) -> bool:
        """Whether a request may be sent; an open circuit allows one probe when it is due."""
        return self.healthy or now >= self._next

    def take(self, now: float) -> None:
        """A request leaves. While open it is the probe, and the next is due `probe` s later.

        So a probe that never reports back (its task was cancelled) is followed by another.
        """
        if not self.healthy:
            self._next = now + self.probe

    def answered(self, answer: Answer, now: float) -> None:
        """An answer came: count what it says about the endpoint."""
        if isinstance(answer, InDoubt | NotSent):
            self.record(False, now)
        elif not isinstance(answer, Refused) or answer.status == 429:
            self.record(True, now)

    def record(self, ok: bool, now: float) -> None:
        """An answer came: a success closes, `failures` failures in a row open."""
        if ok:
            self.failed, self.open_since = 0, None
            return
        self.failed += 1
        if self.open_since is None and self.failed >= self.failures:
            self.open_since = now
            self._next = now + self.probe

    def next_time(self, now: float) -> float:
        """When to ask again; `now` where a request is allowed at once."""
        return now if self.allows(now) else self._next
