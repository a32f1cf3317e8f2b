"""How fast one endpoint may be asked: obeys what the answers say, learns what they do not.

    no sign of a limit                 as fast as there is work
    X-Rate-Limit-Limit: L              97 % of L a second, evenly spaced
    X-Rate-Limit-Remaining: 0          nobody is sent until the reset
    429                                nobody is sent until Retry-After, then at half the rate,
                                       quickly back to 95 % of what was accepted, slowly on from
                                       there, quickly again once that turns out to be outdated
    another refusal with Retry-After   nobody is sent until then, at the same rate after it
    another refusal without a word     nobody is sent for an instant, that doubles while they last

Several workers share one account: each learns its own share in this way.
Law: a wait that the server asked for is never shortened. Pure: clock and chance are arguments;
times are seconds of any monotonic clock, rates are requests per second.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from streams.core.answer import Answer, Delivered, Limits, Refused

UNLIMITED = 1_000_000
SHARE_OF_LIMIT = 0.97
BURST_SECONDS = 0.02
SLOWEST = 0.1
WAIT_WITHOUT_WORD = 1.0
FIRST_INSTANT = 0.05
LONGEST_INSTANT = 15.0
ROUNDING = 1e-6
LONGEST_RESET = 3_600.0
WAIT_JITTER = 0.1
RESET_JITTER = 0.05

KNOWN_GOOD = 0.95
OUTDATED = 1.1
FAST = 0.1
SLOW = 0.001
SEARCH = 0.3


@dataclass(slots=True)
class Pace:
    """The pace of one endpoint. `jitter` gives numbers from 0 to 1, evenly spread."""

    jitter: Callable[[], float]
    waits_until: float = 0.0
    _told: float | None = None
    _learned: float | None = None
    _ceiling: float = 0.0
    _paced: float = 0.0
    _tokens: float = 1.0
    _stamp: float = 0.0
    _hungry: float = float("-inf")
    _grown: float = 0.0
    _remaining: float = float("inf")
    _window: float = float("-inf")
    _instant: float = FIRST_INSTANT
    _accepted: deque[float] = field(default_factory=deque)

    @property
    def rate(self) -> float | None:
        """Requests per second that this endpoint is asked at most; None is unlimited."""
        known = [rate for rate in (self._told, self._learned) if rate is not None]
        return min(known) if known else None

    def allowance(self, now: float) -> int:
        """How many requests may be sent now."""
        if now < self.waits_until:
            return 0
        rate = self.rate
        if rate is None:
            return UNLIMITED
        self._refill(rate, now)
        ready = int(self._tokens + ROUNDING)
        if ready < 1:
            self._hungry = now
        return ready

    def take(self, now: float) -> bool:
        """Count one request that is sent now; False, and not counted, where none may be."""
        if self.allowance(now) < 1:
            return False
        if self.rate is not None:
            self._tokens -= 1
        return True

    def next_time(self, now: float) -> float:
        """When to ask again: `now` where a request may be sent at once."""
        if now < self.waits_until:
            return self.waits_until
        rate = self.rate
        if rate is None or self.allowance(now) >= 1:
            return now
        return now + (1 - self._tokens) / rate

    def answered(self, answer: Answer, now: float, started: float | None = None) -> None:
        """Learn from an answer to a request that left at `started` (None: after the last wait)."""
        limits = answer.limits
        if self.rate is None:
            self._paced = now
        if limits.limit is not None:
            self._told = max(limits.limit * SHARE_OF_LIMIT, SLOWEST)
            self._see_window(limits.limit, limits.remaining, now)
        if isinstance(answer, Delivered):
            self._instant = FIRST_INSTANT
            self._count(now)
            self._grow(now)
        if isinstance(answer, Refused) and answer.status == 429:
            self._slow_down(now, started)
        if limits.retry_after is not None:
            self._wait(limits.retry_after, now, WAIT_JITTER)
        elif isinstance(answer, Refused):
            self._refused_without_word(answer, now, started)
        elif limits.remaining == 0:
            self._wait(self._until_reset(limits, now), now, RESET_JITTER)

    def _refused_without_word(self, answer: Refused, now: float, started: float | None) -> None:
        """A 503 now and then is one machine of many; a run of them is an outage."""
        reset = _usable(answer.limits.reset)
        if reset is not None or answer.status == 429:
            self._wait(reset or WAIT_WITHOUT_WORD, now, WAIT_JITTER)
        elif (now if started is None else started) >= self.waits_until:
            self._wait(self._instant, now, WAIT_JITTER)
            self._instant = min(self._instant * 2, LONGEST_INSTANT)

    def _see_window(self, limit: float, remaining: float | None, now: float) -> None:
        """A budget that is mostly there again shows when the server's window began."""
        if remaining is None:
            return
        if remaining >= limit / 2 > self._remaining:
            self._window = now
        self._remaining = remaining

    def _until_reset(self, limits: Limits, now: float) -> float:
        """Whole seconds are coarse for a limit per second: its window tells the rest of it."""
        reset = _usable(limits.reset) or WAIT_WITHOUT_WORD
        left = self._window + 1 - now
        return left if reset <= 1 and left > 0 else reset

    def _wait(self, seconds: float, now: float, jitter: float) -> None:
        until = now + seconds * (1 + jitter * self.jitter())
        if until > self.waits_until:
            self.waits_until = until
            self._tokens, self._stamp = 1.0, until

    def _refill(self, rate: float, now: float) -> None:
        most = max(1.0, rate * BURST_SECONDS)
        self._tokens = min(most, self._tokens + max(0.0, now - self._stamp) * rate)
        self._stamp = max(now, self._stamp)

    def _count(self, now: float) -> None:
        """One more was accepted; while a refusal is waited out it shows what the limit is."""
        self._accepted.append(now)
        while self._accepted[0] <= now - 1:
            self._accepted.popleft()
        if now < self.waits_until and self._learned is not None:
            self._learned = max(self._learned, len(self._accepted) / 2)

    def _slow_down(self, now: float, started: float | None) -> None:
        """Half of what was accepted in the last second; once for all that were under way.

        What a burst from before the first sign teaches is no ceiling: 0 stands for unknown.
        """
        started = now if started is None else started
        if now < self.waits_until or started < self.waits_until:
            return
        accepted = sum(at > now - 1 for at in self._accepted)
        before = self.rate
        best = max(accepted, before / 2 if before is not None else 1.0, SLOWEST)
        self._ceiling = best if started > self._paced else 0.0
        self._learned = max(best / 2, SLOWEST)
        self._grown = now

    def _grow(self, now: float) -> None:
        """More per second of success, but only where the pace is what holds us back."""
        rate = self._learned
        if rate is None:
            return
        passed = min(now - self._grown, 1.0)
        self._grown = now
        if now - self._hungry > 1:
            return
        if rate < self._ceiling * KNOWN_GOOD:
            rate += self._ceiling * FAST * passed
        elif rate < self._ceiling * OUTDATED:
            rate += self._ceiling * SLOW * passed
        else:
            rate += rate * SEARCH * passed
        told = self._told
        self._learned = None if told is not None and rate >= told else rate


def _usable(reset: float | None) -> float | None:
    """A reset that is a wait; a time of day or nonsense is not."""
    return reset if reset is not None and 0 < reset <= LONGEST_RESET else None
