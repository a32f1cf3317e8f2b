"""How fast one endpoint may be asked: obeys what the answers say, learns what they do not.

    no sign of a limit                 as fast as there is work
    X-Rate-Limit-Limit: L              97 % of L a second, evenly spaced; where for three minutes
                                       no answer tells it any more, more is tried
    X-Rate-Limit-Remaining: 0          nobody is sent until the reset
    X-Rate-Limit-Remaining: R          at the start of each window: proportionally less where the
                                       last budget was nearly spent, and a fixed part of L more
    429                                nobody is sent until Retry-After; then, where no window is
                                       known, at half the rate, quickly back to 96 % of what was
                                       accepted, slowly on from there (a slow rate less so),
                                       quickly again once that turns out to be outdated
    another refusal with Retry-After   nobody is sent until then, at the same rate after it
    another refusal without a word     nobody is sent for an instant, that doubles while they last

Several workers share one account and know nothing of each other. Less by a factor and more by the
same number makes their rates alike.
Law: a wait that the server asked for is never shortened. Pure: clock and chance are arguments;
times are seconds of any monotonic clock, rates are requests per second.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from streams.cordial.windows import Windows, usable
from streams.core.answer import Answer, Delivered, Limits, Refused

UNLIMITED = 1_000_000
SHARE_OF_LIMIT = 0.97
BURST_SECONDS = 0.02
SLOWEST = 0.1
WAIT_WITHOUT_WORD = 1.0
FIRST_INSTANT = 0.05
LONGEST_INSTANT = 15.0
ROUNDING = 1e-6
WAIT_JITTER = 0.1
RESET_JITTER = 0.05

KNOWN_GOOD = 0.96
OUTDATED = 1.04
FAST = 0.2
SLOW = 0.0005
SLOW_AT = 30.0
SEARCH = 0.3
TOLD_LASTS = 180.0

WANTED_LOAD = 0.952
MORE = 0.01
MORE_OF_SPARE = 0.25
LEAST_FACTOR = 0.5
MOSTLY_FREE = 0.9
FREE_WINDOWS = 3
UPWARDS = 1.1
EASED = 0.95


@dataclass(slots=True)
class Pace:
    """The pace of one endpoint. `jitter` gives numbers from 0 to 1, evenly spread."""

    jitter: Callable[[], float]
    waits_until: float = 0.0
    _told: float | None = None
    _told_at: float = 0.0
    _learned: float | None = None
    _ceiling: float = 0.0
    _paced: float = 0.0
    _tokens: float = 1.0
    _stamp: float = 0.0
    _hungry: float = float("-inf")
    _grown: float = 0.0
    _windows: Windows = field(default_factory=Windows)
    _knows_windows: bool = False
    _free: int = 0
    _eased: bool = False
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
        started = now if started is None else started
        if self.rate is None:
            self._paced = now
        if limits.limit is not None:
            self._tell(max(limits.limit * SHARE_OF_LIMIT, SLOWEST), now)
            self._see_window(limits, now, started)
        elif isinstance(answer, Delivered) and now - self._told_at > TOLD_LASTS:
            self._doubt_told()
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
        elif limits.remaining == 0 and not self._windows.outdated(started):
            self._wait(self._until_reset(limits, now), now, RESET_JITTER)

    def _refused_without_word(self, answer: Refused, now: float, started: float) -> None:
        """A 503 now and then is one machine of many; a run of them is an outage."""
        reset = usable(answer.limits.reset)
        if reset is not None or answer.status == 429:
            self._wait(reset or WAIT_WITHOUT_WORD, now, WAIT_JITTER)
        elif started >= self.waits_until:
            self._wait(self._instant, now, WAIT_JITTER)
            self._instant = min(self._instant * 2, LONGEST_INSTANT)

    def _tell(self, told: float, now: float) -> None:
        """What was learned is a share of the limit, and stays one when the limit changes."""
        self._told_at = now
        if self._told is not None and self._told != told and self._learned is not None:
            self._learned = max(self._learned * told / self._told, SLOWEST)
            self._ceiling *= told / self._told
        self._told = told

    def _doubt_told(self) -> None:
        """A limit that only refusals tell may be higher by now, and nobody would say so."""
        rate = self.rate
        if self._told is not None and rate is not None:
            self._told, self._learned, self._ceiling = None, rate, rate / OUTDATED

    def _see_window(self, limits: Limits, now: float, started: float) -> None:
        """The first window begins anew: what was learned without one is a guess.

        What left before the limit was known is no pace, and its answers come in any order.
        """
        if started <= self._paced:
            return
        began, load = self._windows.see(limits, now, started)
        self._eased = self._eased and not began
        if began and not self._knows_windows:
            self._knows_windows = True
            self._learned = None
        if load is not None and now - self._hungry <= 1:
            self._balance(load)

    def _balance(self, load: float) -> None:
        """All workers see the same load; only who is held back by the pace asks for more.

        One free window may be a wait of another worker; several are room that nobody uses.
        """
        rate, told = self.rate, self._told
        if rate is None or told is None:
            return
        self._free = self._free + 1 if load < MOSTLY_FREE else 0
        factor = UPWARDS if self._free >= FREE_WINDOWS else min(1.0, WANTED_LOAD / max(load, 0.01))
        more = max(0.0, min(MORE, MORE_OF_SPARE * (1 - load)))
        self._learn(rate * max(factor, LEAST_FACTOR) + more * told)

    def _learn(self, rate: float) -> None:
        capped = self._told is not None and rate >= self._told
        self._learned = None if capped else max(rate, SLOWEST)

    def _until_reset(self, limits: Limits, now: float) -> float:
        """Whole seconds are coarse for a limit per second: its window tells the rest of it."""
        reset = usable(limits.reset) or WAIT_WITHOUT_WORD
        left = self._windows.left(now)
        return left if reset <= 1 and left is not None else reset

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

    def _slow_down(self, now: float, started: float) -> None:
        """Half of what was accepted in the last second; once for all that were under way.

        Where windows are known these say how much is too much; a refusal is a nudge.
        What a burst from before the first sign teaches is no ceiling: 0 stands for unknown.
        """
        if self.rate is not None and self._windows.known(now):
            if not self._eased:
                self._learned = max(self.rate * EASED, SLOWEST)
            self._eased = True
            return
        if now < self.waits_until or started < self.waits_until:
            return
        accepted = sum(at > now - 1 for at in self._accepted)
        before = self.rate
        best = max(accepted, before / 2 if before is not None else 1.0, SLOWEST)
        self._ceiling = best if started > self._paced else 0.0
        self._learned = max(best / 2, SLOWEST)
        self._grown = now

    def _grow(self, now: float) -> None:
        """More per second of success, but only where the pace is what holds us back.

        A slow rate is what keeps one success far from the next; that time counts, too. The slower
        it is, the less it costs to be refused, and the more what waits: it is doubted the sooner.
        """
        rate = self._learned
        if rate is None or self._windows.known(now):
            return
        passed = min(now - self._grown, max(1.0, 1 / rate))
        self._grown = now
        if now - self._hungry > 1:
            return
        if rate < self._ceiling * KNOWN_GOOD:
            rate += self._ceiling * FAST * passed
        elif rate < self._ceiling * OUTDATED:
            sooner = max(1.0, SLOW_AT / self._ceiling) ** 0.5
            rate += (self._told or self._ceiling) * SLOW * sooner * passed
        else:
            rate += rate * SEARCH * passed
        self._learn(rate)
