"""Trouble on demand: latency, limits, errors, answers cut off. Pure; chance comes from a seed."""

import random
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Verdict = Literal["ok", "cut", "reset", "slow", "500", "502", "503", "504", "429", "401"]


@dataclass(slots=True)
class Faults:
    """What goes wrong. Shares are from 0 to 1, latency in seconds, `rate` per endpoint and second.

    `untold`: no header says what the limit is, nor when to ask again.
    `refused_each`: each so-many-th request of an endpoint is answered 429, as where others use up
    the limit.
    `cut`: accepted, then the connection is closed without an answer. `reset`: closed before it is
    accepted. `slow`: the answer's bytes come one a second. `poison`: a request whose body holds
    this text is answered `poison_status`; requests of others are well. `process_delay`: seconds
    from acceptance to processing; `reorder`: what waits is processed in any order, between two
    requests.
    """

    latency: float = 0.0
    rate: float = 0.0
    error_500: float = 0.0
    error_502: float = 0.0
    error_503: float = 0.0
    error_504: float = 0.0
    cut: float = 0.0
    reset: float = 0.0
    slow: float = 0.0
    retry_after: float = 0.0
    refused_each: int = 0
    poison: str = ""
    poison_status: int = 500
    process_delay: float = 0.0
    reorder: bool = False
    untold: bool = False
    outage: bool = False
    reject_key: bool = False
    seed: int = 1
    _random: random.Random = field(init=False, repr=False)
    _windows: dict[str, tuple[int, int]] = field(default_factory=dict, repr=False)
    _asked: dict[str, int] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def change(self, changes: Any) -> None:
        """Change some at run time. Raises `ValueError` for what is none of them."""
        if not isinstance(changes, dict):
            raise ValueError("faults are an object")  # noqa: TRY004 - whatever is wrong with them
        known = {one.name: type(one.default) for one in fields(self) if one.name[0] != "_"}
        unknown = set(changes) - set(known)
        if unknown:
            names = ", ".join(sorted(known))
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known are {names}")
        for name, value in changes.items():
            if not _is(value, known[name]):
                raise ValueError(f"{name}: a {known[name].__name__} is expected")
        for name, value in changes.items():
            setattr(self, name, value)

    def shown(self) -> dict[str, Any]:
        """What is set."""
        names = (one.name for one in fields(self) if not one.name.startswith("_"))
        return {name: getattr(self, name) for name in names}

    @property
    def queues(self) -> bool:
        """Whether processing comes later than the answer."""
        return self.reorder or self.process_delay > 0

    def poisoned(self, body: bytes) -> bool:
        """Whether a request is the one that fails while others are well."""
        return bool(self.poison) and self.poison.encode() in body

    def verdict(self, path: str, now: float) -> Verdict:
        """What happens to the next request."""
        if self.reject_key:
            return "401"
        if self.outage:
            return "503"
        if self.rate and not self._within_rate(path, now):
            return "429"
        if self.refused_each and self._is_refused(path):
            return "429"
        chance = self._random.random()
        shares: tuple[tuple[Verdict, float], ...] = (
            ("500", self.error_500),
            ("502", self.error_502),
            ("503", self.error_503),
            ("504", self.error_504),
            ("cut", self.cut),
            ("reset", self.reset),
            ("slow", self.slow),
        )
        for verdict, share in shares:
            if chance < share:
                return verdict
            chance -= share
        return "ok"

    def limits(self, path: str, now: float) -> dict[str, str]:
        """The headers that tell of the limit, where there is one."""
        if not self.rate or self.untold:
            return {}
        second, count = self._windows.get(path, (int(now), 0))
        left = self.rate - (count if second == int(now) else 0)
        return {
            "X-Rate-Limit-Limit": f"{self.rate:g}",
            "X-Rate-Limit-Remaining": f"{max(0, int(left))}",
            "X-Rate-Limit-Reset": f"{1 - now % 1:.3f}",
        }

    def _is_refused(self, path: str) -> bool:
        self._asked[path] = self._asked.get(path, 0) + 1
        return self._asked[path] % self.refused_each == 0

    def _within_rate(self, path: str, now: float) -> bool:
        second, count = self._windows.get(path, (int(now), 0))
        if second != int(now):
            second, count = int(now), 0
        self._windows[path] = (second, count + 1)
        return count < self.rate


def _is(value: Any, kind: type) -> bool:
    if kind is float:
        return type(value) in (int, float) and 0 <= value < 1e9
    if kind is int:
        return type(value) is int and 0 <= value < 2**31
    return type(value) is kind
