"""What is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """Latency of every answer in ms; `rate` is the limit of each endpoint per second, 0 is none.

    `events` is a backlog, or what is published at `flow` events per second, of which the first
    `warm` are not counted where times are. `hot` is the share that one contact has. `seconds` is
    how long a peer gets: one that needs longer counts with what it has done until then. Ours get
    what they need.
    """

    name: str
    about: str
    latency_ms: float
    rate: int
    events: int
    hot: float = 0.0
    flow: float = 0.0
    warm: int = 0
    seconds: float = 120.0


SCENARIOS = {
    one.name: one
    for one in (
        Scenario("S1", "50 ms", 50, 0, 4_000),
        Scenario("S2", "50 ms, 100 requests a second per endpoint", 50, 100, 20_000, seconds=60),
        Scenario("S3", "no latency", 0, 0, 20_000),
        Scenario("S4", "50 ms, a steady flow of 95 a second", 50, 0, 3_950, flow=95.0, warm=950),
        Scenario("S5", "50 ms, 30 % of the events of one contact", 50, 0, 2_000, hot=0.3),
        Scenario("S6", "idle", 50, 0, 0),
    )
}
QUICK = ("S1", "S2", "S5")
"""What `make bench-peers` plays, in less than 40 minutes; the others with ALL=1."""
TO_THE_END = 900.0
"""Seconds that a peer gets with ALL=1."""
