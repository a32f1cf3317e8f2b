"""Who runs where: broker and stand-in on one core, the contestant on the other."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

WORLD, CONTESTANT = 0, 1
CORES = sorted(os.sched_getaffinity(0))


@contextmanager
def on_core(number: int) -> Iterator[None]:
    """What is started here stays on this core, as far as the machine has it; may be nested."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CORES[min(number, len(CORES) - 1)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
