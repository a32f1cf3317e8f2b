"""The windows in which a server counts requests, as `X-Rate-Limit-Remaining` shows them.

The budget of a window is of all workers, so what is left of it tells how much all of them asked.
A window begins where the budget is suddenly there again. Pure; times are seconds of any
monotonic clock.
"""

from dataclasses import dataclass

from streams.core.answer import Limits

NEVER = float("-inf")
LONGEST_RESET = 3_600.0
UNEVEN = 0.02
DRIFT = 0.02
SOONEST = 0.05


@dataclass(slots=True)
class Windows:
    """What is known of the window that is open."""

    _began: float = NEVER
    _period: float = 1.0
    _budget: float = 1.0
    _remaining: float = float("inf")
    _looked: float = NEVER
    _answered: float = NEVER

    def known(self, now: float) -> bool:
        """Whether a window was seen to begin lately."""
        return now - self._began < 2 * self._period + 1

    def outdated(self, started: float) -> bool:
        """Whether an answer to a request that left at `started` may be of an earlier window."""
        return started < self._began

    def left(self, now: float) -> float | None:
        """Seconds until the window ends, 0 where it just did; None where nobody knows."""
        left = self._began + self._period - now
        return max(left, 0.0) if left > -self._period / 2 else None

    def see(self, limits: Limits, now: float, started: float) -> tuple[bool, float | None]:
        """Whether a window began, and what was asked in the one before.

        That is a share of its budget: above 1 where the budget was spent too early, None where it
        is not known.
        """
        limit, remaining = limits.limit, limits.remaining
        if limit is None or remaining is None:
            return False, None
        before, self._answered = self._answered, now
        known = self.known(now)
        over = known and now >= self._began + self._period
        rise = limit / (10 if over else 2)
        if remaining > self._remaining + rise and now - self._began > self._period / 2:
            load = self._load() if known else None
            self._period = max(1.0, usable(limits.reset) or 1.0)
            self._budget = max(limit, remaining)
            self._began = self._beginning(before, now, remaining)
            self._remaining, self._looked = remaining, now
            return True, load
        if remaining < self._remaining and not self.outdated(started):
            self._remaining, self._looked = remaining, now
            if known:  # it is not over yet, so it began later
                self._began = max(self._began, now - self._period)
        return False, None

    def _load(self) -> float:
        """By the last look at the budget: the request that was looked at is its own spacing."""
        part = max(self._looked - self._began, SOONEST) / self._period
        return max(0.0, self._budget - self._remaining - 1) / self._budget / part

    def _beginning(self, before: float, now: float, remaining: float) -> float:
        """It began between two answers: where the one before lets expect it, if that fits.

        Else there where what is used of its budget would be used at the limit.
        """
        used = (self._budget - remaining - 1) / self._budget * self._period
        guess = max(before, now - max(0.0, used))
        if not self.known(now):
            return guess
        whole = max(1, round((now - self._began) / self._period))
        expected = self._began + whole * self._period
        if before - UNEVEN <= expected <= now:
            return expected + DRIFT * (now - expected)
        return guess


def usable(reset: float | None) -> float | None:
    """A reset that is a wait; a time of day or nonsense is not."""
    return reset if reset is not None and 0 < reset <= LONGEST_RESET else None
