"""A step that may end the process, tried in a copy of it first.

The copy (`fork`) has the tables, the plan and the schemas as they are at this moment, so it does
exactly what would be done here; all that it changes is its own. It touches no socket and no loop.
It ends by itself: what it needs of processor, memory and time is bounded by the kernel.
"""

import contextlib
import faulthandler
import gc
import logging
import mmap
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

from streams.core.suspicion import PASSED, RAISED

CPU_SECONDS = 5
ALARM_SECONDS = 8.0
"""It tells nothing: a machine may be slow, and a copy of several threads may wait for a lock.

All trials of a record together block the loop for less than a liveness probe bears (25 s in k8s/):
who is killed while he tries never comes to read in earnest.
"""

MEMORY = 256 * 1024 * 1024
"""Bytes that a step may need beside what the process has."""

FAILED = -signal.SIGKILL
"""As if it was killed: there was no trial."""


def trial(step: Callable[[], object]) -> int:
    """The exit code of a process that does the step and nothing else; negative of a signal."""
    try:
        pid = os.fork()
    except OSError:
        return FAILED
    if pid == 0:
        _do(step)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def nothing() -> None:
    """A step that passes wherever a trial can be made at all: there is half of the memory."""
    mmap.mmap(-1, MEMORY // 2).close()


def _do(step: Callable[[], object]) -> None:
    code = RAISED
    with contextlib.suppress(BaseException):
        _alone()
        step()
        code = PASSED
    os._exit(code)


def _alone() -> None:
    """No signal, line or garbage of the copy reaches what it shares with the process."""
    signal.set_wakeup_fd(-1)
    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
        signal.signal(one, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, ALARM_SECONDS)
    logging.disable()
    faulthandler.disable()
    gc.disable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    with contextlib.suppress(OSError):  # where there is no such file there is no bound
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = pages * resource.getpagesize() + MEMORY
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
