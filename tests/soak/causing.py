"""Makes each fault happen, and takes it back."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.broker.kafka import RealKafka
from tests.crash.fleet import Fleet
from tests.crash.processes import Process
from tests.soak.load import Load
from tests.soak.network import Network
from tests.soak.schedule import FROZEN, Fault

GARBAGE = 300
PIECE_WAITS = 0.05
FIRST_ID = 7_000
"""Schema ids that no event has had yet are above it."""
Changes = Mapping[str, Any]
Again = Callable[[], None] | None
"""What is done each second while the fault lasts."""
CORDIAL: Mapping[str, Changes] = {
    "Cordial slow": {"latency": 0.5},
    "Cordial too slow": {"slow": 0.1},
    "429": {"rate": 15.0},
    "429 untold": {"rate": 15.0, "untold": True},
    "503": {"outage": True},
    "503 with Retry-After": {"outage": True, "retry_after": 2.0},
    "500": {"error_500": 0.2},
    "answers cut": {"cut": 0.1},
    "connections closed": {"reset": 0.33},
    "401": {"reject_key": True},
}
"""What the sandbox is told to do."""


@dataclass(frozen=True, slots=True)
class Causing:
    """All that may go wrong in a run. The first worker is never ended, so that whatever it takes
    and does not give back has the whole run to show; another one is killed and restarted.
    """

    broker: RealKafka
    cordial: str
    usual: Changes
    fleet: Fleet
    load: Load
    network: Network

    def __call__(self, fault: Fault) -> None:
        """The fault from its beginning to its end."""
        caused = self._others().get(fault.kind.name, self._at_cordial)
        end = time.monotonic() + fault.seconds
        with caused(fault) as again:
            while (left := end - time.monotonic()) > 0:
                if again is not None:
                    again()
                time.sleep(min(1.0, left))

    def _others(self) -> Mapping[str, Callable[[Fault], AbstractContextManager[Again]]]:
        return {
            "worker killed": self._killed,
            "worker restarted": self._restarted,
            FROZEN: self._frozen,
            "worker joins and leaves": self._visiting,
            "broker killed": self._broker_killed,
            "broker frozen": lambda _: self.broker.frozen(),
            "network slow": self._slow,
            "network silent": lambda _: self.network.silent(),
            "network resets": self._resets,
            "garbage": self._garbage,
            "registry away": self._registry_away,
        }

    @property
    def _second(self) -> Process:
        return self.fleet.workers[1]

    @contextmanager
    def _at_cordial(self, fault: Fault) -> Iterator[None]:
        changes = CORDIAL[fault.kind.name]
        before = {name: self.usual.get(name, type(value)()) for name, value in changes.items()}
        self._tell(changes)
        try:
            yield
        finally:
            self._tell(before)

    def _tell(self, changes: Changes) -> None:
        url = f"{self.cordial}/_sandbox/faults"
        httpx.post(url, json=dict(changes), timeout=30).raise_for_status()

    @contextmanager
    def _killed(self, _: Fault) -> Iterator[None]:
        self._second.kill()
        self.fleet.killed += 1
        yield
        self._second.start()

    @contextmanager
    def _restarted(self, _: Fault) -> Iterator[None]:
        self.fleet.end(self._second)
        yield
        self._second.start()

    @contextmanager
    def _frozen(self, _: Fault) -> Iterator[None]:
        assert self._second.running is not None
        pid = self._second.running.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def _visiting(self, _: Fault) -> Iterator[None]:
        worker = self.fleet.join()
        yield
        self.fleet.workers.remove(worker)
        self.fleet.end(worker)
        self.fleet.left += 1

    @contextmanager
    def _broker_killed(self, _: Fault) -> Iterator[None]:
        self.broker.kill()
        yield
        self.broker.start()

    @contextmanager
    def _slow(self, _: Fault) -> Iterator[None]:
        self.network.slow(PIECE_WAITS)
        try:
            yield
        finally:
            self.network.slow(0.0)

    @contextmanager
    def _resets(self, _: Fault) -> Iterator[Again]:
        yield self.network.reset

    @contextmanager
    def _garbage(self, _: Fault) -> Iterator[None]:
        self.load.garbage(GARBAGE)
        yield

    @contextmanager
    def _registry_away(self, fault: Fault) -> Iterator[None]:
        number = FIRST_ID + fault.number
        registry = self.network.registry
        registry.known.add(number)
        registry.away = True
        self.load.renumber(number)
        try:
            yield
        finally:
            registry.away = False
