"""Plays a soak run: measure what the workers bear, half of it with faults, drain, verify, judge."""

import time
from dataclasses import dataclass
from itertools import islice

from tests.crash.driver import RunError
from tests.soak.account import Account, Got
from tests.soak.causing import Causing
from tests.soak.explained import most
from tests.soak.samples import CALM, MEASURING, Sample, read
from tests.soak.schedule import FROZEN, Fault, schedule
from tests.soak.stage import Stage
from tests.verifier.facts import published

BACKLOG = 4_000
BACKLOG_SECONDS = 180.0
RECOVERED = 4.0
"""As many seconds of the load may be open where all is well: a commit comes once a second."""
RECOVERY_SECONDS = 120.0
DRAIN_SECONDS = 120.0
REST_SECONDS = 5.0
SAY_EVERY = 15.0
LOOK = 0.25
IDLE_SECONDS = 6.0
"""Connections to Cordial that a worker needed to catch up are closed when idle for five."""
FAULT_SECONDS = 26.0
"""What a fault takes with all that comes after it, about; for the schedule that is shown."""


@dataclass(slots=True)
class Run:
    """One run on a stage; its `account` says what came of it."""

    stage: Stage
    account: Account
    began: float = 0.0

    def play(self) -> list[Sample]:
        """Everything; the samples since the load began. Raises `RunError`."""
        stage, account = self.stage, self.account
        if not account.rate:
            account.capacity = self._capacity()
            account.rate = round(account.capacity / 2, 1)
        stage.say(f"the load is {account.rate:g} events a second")
        self._faults()
        self._drain()
        stage.fleet.stop()
        account.findings += stage.fleet.unclean
        account.replaced = stage.fleet.replaced
        stage.say("the verifier reads")
        account.verdict = stage.verdict()
        with (stage.directory / "samples.jsonl").open() as lines:
            samples = [one for one in read(lines) if one.phase != MEASURING]
        with (stage.directory / "manifest.jsonl").open() as lines:
            account.judge(samples, most(published(lines), stage.setup.workers))
        return samples

    def _capacity(self) -> float:
        """Events a second of a backlog, from its first record until none of it is open.

        The lane of the busiest contact is the last to end, so this is the load at which that lane
        would be busy all the time.
        """
        stage = self.stage
        begins = time.monotonic()
        stage.load.at_once(BACKLOG)
        while (took := time.monotonic() - begins) < BACKLOG_SECONDS:
            time.sleep(LOOK)
            if self._all_settled():
                stage.say(f"the workers bear {BACKLOG / took:,.0f} events a second")
                return round(BACKLOG / took, 1)
        raise RunError(f"{BACKLOG:,} events were not settled in {BACKLOG_SECONDS:g} s")

    def _all_settled(self) -> bool:
        last = self.stage.sampler.last
        return last is not None and last.published == self.stage.load.published and last.open == 0

    def _faults(self) -> None:
        stage, seconds, seed = self.stage, self.account.minutes * 60, self.account.seed
        count = max(1, round(seconds / FAULT_SECONDS))
        stage.say(f"seed {seed} says, as far as the time goes:")
        for fault in islice(schedule(seed), count):
            stage.say(str(fault))
        causing = Causing(
            broker=stage.broker,
            cordial=stage.endpoint,
            usual={"latency": stage.setup.latency_ms / 1000, "rate": float(stage.setup.limit)},
            fleet=stage.fleet,
            load=stage.load,
            network=stage.network,
        )
        self.began = stage.sampler.began = time.monotonic()
        stage.sampler.phase = "beginning"
        stage.load.begin(self.account.rate)
        self._get_over("the start")
        self._calm(REST_SECONDS)
        faults = schedule(seed)
        while self._time < seconds:
            self._fault(causing, next(faults))

    @property
    def _time(self) -> float:
        return time.monotonic() - self.began

    def _fault(self, causing: Causing, fault: Fault) -> None:
        self.stage.sampler.phase = fault.kind.name
        at = self._time
        self.stage.say(f"{fault}: begins")
        causing(fault)
        took = self._get_over(fault.kind.name)
        self.account.got.append(Got(fault.kind.name, round(at, 1), fault.seconds, took))
        self._calm(fault.pause)

    def _get_over(self, name: str) -> float | None:
        """Seconds until all workers are ready and hardly anything is open; None: not in time."""
        stage = self.stage
        stage.sampler.phase = f"after {name}"
        begins = said = time.monotonic()
        while (took := time.monotonic() - begins) < RECOVERY_SECONDS:
            time.sleep(LOOK)
            if time.monotonic() - said > SAY_EVERY:
                said = time.monotonic()
                self._tell()
            stage.look(may_be_replaced=name == FROZEN)
            if self._well() and stage.ready():
                return round(took, 1)
        self.account.findings.append(f"{name}: not got over in {RECOVERY_SECONDS:g} s")
        stage.say(self.account.findings[-1])
        return None

    def _well(self) -> bool:
        last = self.stage.sampler.last
        if last is None or last.lag is None or last.phase != self.stage.sampler.phase:
            return False
        return last.lag <= self.account.rate * RECOVERED

    def _calm(self, seconds: float) -> None:
        stage = self.stage
        time.sleep(IDLE_SECONDS)
        stage.sampler.phase = CALM
        time.sleep(seconds)
        self._tell()
        stage.look()
        stage.fleet.must_live()

    def _tell(self) -> None:
        last = self.stage.sampler.last
        if last is not None:
            sizes = ", ".join(
                f"{name} {one.memory:.0f} MiB" if one else f"{name} is silent"
                for name, one in last.workers.items()
            )
            self.stage.say(f"     {last.published:,} published, lag {last.lag}, {sizes}")

    def _drain(self) -> None:
        """No more load: after a while nothing may be open."""
        stage = self.stage
        stage.sampler.phase = "draining"
        stage.load.end()
        begins = time.monotonic()
        while (took := time.monotonic() - begins) < DRAIN_SECONDS:
            time.sleep(LOOK)
            stage.look()
            if self._all_settled():
                self.account.drained = round(took, 1)
                stage.say(f"nothing is open {took:.1f} s after the load")
                break
        stage.sampler.phase = "rest"
        time.sleep(REST_SECONDS)
        stage.sampler.end()
