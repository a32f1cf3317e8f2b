"""`python -m tests.crash.outage`: Cordial is away for ten minutes, and nothing comes of it.

Real broker, two workers, events all the time. A third of the outage every answer is 503, a third
every answer is cut off after nothing was accepted, a third nobody listens. Then Cordial is back.
Exit 0 only if no worker ended or was not live, no command died, the lag came back to 0, and the
verifier says ALL.

Example: python -m tests.crash.outage --minutes 10
"""

import argparse
import sys
import time
from dataclasses import dataclass

import httpx

from tests.broker.kafka import RealKafka
from tests.crash.driver import LOOK, QUIET_LOOKS, Driver, RunError
from tests.crash.fleet import Fleet
from tests.crash.keeping import kept
from tests.crash.publishing import Publisher
from tests.crash.setup import Setup

CALM_SECONDS = 10.0
AFTER_SECONDS = 300.0
"""From the end of the outage until all must be settled."""


@dataclass(slots=True)
class Outage(Driver):
    """One run; `minutes` is how long Cordial is away."""

    minutes: float = 10.0

    def _until_settled(self, broker: RealKafka, fleet: Fleet, publisher: Publisher) -> None:
        third = self.minutes * 20
        self._watch(broker, fleet, publisher, CALM_SECONDS)
        self.say("Cordial answers 503")
        self._faults({"outage": True})
        self._watch(broker, fleet, publisher, third)
        self.say("Cordial cuts every connection")
        self._faults({"outage": False, "reset": 1.0})
        self._watch(broker, fleet, publisher, third)
        self.say("nobody listens")
        self.cordial.kill()
        self._watch(broker, fleet, publisher, third)
        self.say("Cordial is back")
        self.cordial.start()
        back = time.monotonic()
        quiet = 0
        while quiet < QUIET_LOOKS:
            lag = self._watch(broker, fleet, publisher, LOOK)
            quiet = quiet + 1 if lag == 0 and not publisher.is_alive() else 0
            if time.monotonic() - back > AFTER_SECONDS:
                raise RunError(f"{lag:,} are open {AFTER_SECONDS:g} s after the outage")
        self.say(f"all is settled {time.monotonic() - back:.0f} s after the outage")

    def _watch(self, broker: RealKafka, fleet: Fleet, publisher: Publisher, seconds: float) -> int:
        """The lag after so many seconds in which every worker must stay alive and live."""
        end = time.monotonic() + seconds
        while True:
            settled, lag = self.progress(broker)
            self._tell(publisher, settled, lag)
            fleet.look()
            fleet.must_live()
            if publisher.failure is not None:
                raise RunError(f"publishing failed: {publisher.failure}")
            if time.monotonic() >= end:
                return lag
            time.sleep(LOOK)

    def _faults(self, changes: dict[str, object]) -> None:
        url = f"{self.cordial.announced('http://')}/_sandbox/faults"
        httpx.post(url, json=changes).raise_for_status()


def main() -> int:
    options = argparse.ArgumentParser(
        prog="python -m tests.crash.outage",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--rate", type=float, default=20.0, help="events a second")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    seconds = given.minutes * 60 + CALM_SECONDS
    setup = Setup(
        events=int(seconds * given.rate),
        rate=given.rate,
        seed=given.seed,
        error_503=0.0,
        cut=0.0,
        deadline=seconds + AFTER_SECONDS,
    )
    minutes = given.minutes
    return kept("outage", None, lambda directory: Outage(setup, directory, minutes=minutes).play())


if __name__ == "__main__":
    sys.exit(main())
