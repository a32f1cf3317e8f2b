"""Virtual time, and how long things may take. Seconds."""

from dataclasses import dataclass

from streams.core.retrying import Policy

DEADLINE = 10.0
SESSION = 45.0
MARGIN = 5.0
LEASE = SESSION - DEADLINE - MARGIN
POLICY = Policy(backoff_first=0.5, backoff_max=8.0, attempts=4, patience=60.0, retry_after_max=60.0)
FAILURES, PROBE = 3, 5.0
REST_MOST = 7_200.0
INSTANTS = (0.01, 0.05, 0.2, 0.2, 0.5, 0.5, 1.0, 2.0, 5.0, 15.0)


@dataclass(slots=True)
class Clock:
    now: float = 1_000.0
