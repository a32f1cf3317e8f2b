"""What is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """Latency of every answer in ms; `rate` is the limit of each endpoint per second, 0 is none.

    `events` is a backlog, or what is published at `flow` events per second. `hot` is the share
    that one contact has. `seconds` is how long one gets that would take too long.
    """

    name: str
    about: str
    latency_ms: float
    rate: int
    events: int
    hot: float = 0.0
    flow: float = 0.0
    seconds: float = 120.0


SCENARIOS = {
    one.name: one
    for one in (
        Scenario("S1", "50 ms", 50, 0, 5_000),
        Scenario("S2", "50 ms, 100 requests a second per endpoint", 50, 100, 20_000, seconds=400),
        Scenario("S3", "no latency", 0, 0, 20_000),
        Scenario("S4", "50 ms, a steady flow", 50, 0, 3_000, flow=95.0),
        Scenario("S5", "50 ms, 30 % of the events of one contact", 50, 0, 2_500, hot=0.3),
        Scenario("S6", "idle", 50, 0, 0),
    )
}
QUICK = ("S1", "S2", "S5")
"""What `make bench-peers` plays; the others with ALL=1."""
