"""Servers with a limit, and workers that always have work, in simulated time."""

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from streams.cordial.pace import Pace
from streams.core.answer import Answer, Delivered, Limits, Refused

STEP, LATENCY = 0.02, 0.05


class Server(Protocol):
    rate: float

    def ask(self, now: float) -> Answer: ...


@dataclass
class FixedWindow:
    """`rate * period` requests per period, counted anew at each."""

    rate: float
    period: float = 1.0
    headers: bool = True
    retry_after: bool = True
    told_late: bool = False
    window: int = -1
    used: int = 0

    def ask(self, now: float) -> Answer:
        if (window := math.floor(now / self.period)) != self.window:
            self.window, self.used = window, 0
        most = int(self.rate * self.period)
        fits = self.used < most
        self.used += fits
        reset = math.ceil((window + 1) * self.period - now)
        return said(self, fits, most - self.used, reset, reset)


@dataclass
class TokenBucket:
    """`rate` per second with a burst of one second."""

    rate: float
    headers: bool = True
    retry_after: bool = True
    told_late: bool = False
    tokens: float = field(default=1.0)
    at: float = 0.0

    def ask(self, now: float) -> Answer:
        self.tokens = min(self.rate, self.tokens + (now - self.at) * self.rate)
        self.at = now
        fits = self.tokens >= 1
        self.tokens -= fits
        full = math.ceil((self.rate - self.tokens) / self.rate)
        return said(self, fits, int(self.tokens), full, math.ceil(1 / self.rate))


def said(
    server: FixedWindow | TokenBucket, fits: bool, remaining: int, reset: int, retry_after: int
) -> Answer:
    shown = server.headers and not (fits and server.told_late)
    limits = Limits(
        limit=server.rate if shown else None,
        remaining=remaining if shown else None,
        reset=reset if shown else None,
        retry_after=retry_after if server.retry_after and not fits else None,
    )
    return Delivered(202, limits) if fits else Refused(429, limits)


@dataclass
class Run:
    """What the server saw: (time, accepted, worker) of each request; and the paces at the end."""

    paces: list[Pace]
    asked: list[tuple[float, bool, int]]

    def accepted(self, since: float, until: float) -> float:
        """Accepted requests per second."""
        return sum(ok for at, ok, _ in self.asked if since <= at < until) / (until - since)

    def shares(self, since: float, until: float) -> list[float]:
        """What each worker got of all that was accepted, times the number of workers."""
        got = [0] * len(self.paces)
        for at, ok, worker in self.asked:
            got[worker] += ok and since <= at < until
        return [len(got) * one / max(1, sum(got)) for one in got]

    def refused(self, since: float, until: float) -> float:
        """Share of the requests that were refused."""
        seen = [ok for at, ok, _ in self.asked if since <= at < until]
        return 1 - sum(seen) / max(1, len(seen))


def run(
    server: Server,
    *,
    seconds: float,
    workers: int = 1,
    seed: int = 1,
    latency: tuple[float, float] = (0.02, 0.08),
    in_flight: int = 64,
    at: float = math.inf,
    change: Callable[[], None] = lambda: None,
    leaves: float = math.inf,
) -> Run:
    """Workers that send whatever their pace lets them; `change` happens at `at`, and from `leaves`
    on only the first of them is there."""
    chance = random.Random(seed)
    paces = [Pace(jitter=chance.random) for _ in range(workers)]
    flying = [0] * workers
    due = [chance.random() / 10 for _ in range(workers)]
    asked: list[tuple[float, bool, int]] = []
    queue: list[tuple[float, int, str, int, tuple[Answer, float] | float | None]] = []
    number = 0

    def push(
        when: float, kind: str, worker: int, what: tuple[Answer, float] | float | None
    ) -> None:
        nonlocal number
        number += 1
        heapq.heappush(queue, (when, number, kind, worker, what))

    def half() -> float:
        return chance.uniform(*latency) / 2

    for worker in range(workers):
        push(due[worker], "pump", worker, None)
    while queue and queue[0][0] < seconds:
        now, _, kind, worker, what = heapq.heappop(queue)
        if now >= at:
            change()
            at = math.inf
        pace = paces[worker]
        if kind == "arrive":
            assert isinstance(what, float)
            answer = server.ask(now)
            asked.append((now, isinstance(answer, Delivered), worker))
            push(now + half(), "answer", worker, (answer, what))
            continue
        if kind == "answer":
            assert isinstance(what, tuple)
            flying[worker] -= 1
            pace.answered(what[0], now, what[1])
        elif due[worker] != now:
            continue
        else:
            due[worker] = math.inf
        if worker and now >= leaves:
            continue
        while flying[worker] < in_flight:
            if pace.allowance(now) < 1:
                assert not pace.take(now)
                later = max(pace.next_time(now), now + 0.001)
                if later < due[worker]:
                    due[worker] = later
                    push(later, "pump", worker, None)
                break
            assert pace.take(now)
            flying[worker] += 1
            push(now + half(), "arrive", worker, now)
    return Run(paces, asked)


def catches_up(demand: float, *, each: int, lasts: float, seed: int) -> float:
    """Others use up the limit for a while, so that each so-many-th request is refused; how long
    after it a worker that has so much to send each second has sent what waited."""
    chance = random.Random(seed)
    pace, number, sent, asked = Pace(jitter=chance.random), 0, 0.0, 0
    begins = 20 + chance.random()
    ends = begins + lasts
    flying: list[tuple[float, float, bool]] = []
    while True:
        number += 1
        now = number * STEP
        for arrived, started, fits in [one for one in flying if one[0] <= now]:
            flying.remove((arrived, started, fits))
            pace.answered(Delivered(202) if fits else Refused(429), now, started)
            sent -= not fits
        while sent < now * demand and pace.take(now):
            sent, asked = sent + 1, asked + 1
            fits = not begins <= now < ends or asked % each != 0
            flying.append((now + LATENCY, now, fits))
        if now > ends and sent >= now * demand:
            return now - ends
