"""When records are read with care, and when one is taken for what ends the worker. Pure.

A worker that begins to read at an offset notes it with that offset, and takes the note back when
it stops in order; a commit that goes on leaves it behind. So the note says how often reading began
there without getting anywhere, for whatever reason: a kill, a broker that is away, or a record.
From the third time on each record is tried in a process of its own before it is read in earnest.
Only what ends that process again and again, by its own doing, is taken for the reason:

| the process of a trial                                        | tells              |
|---------------------------------------------------------------|--------------------|
| says that it came to its end                                  | the record is well |
| ends by a fault: a bad address, an abort, too much processor  | the record did it  |
| exits otherwise, or by an error that nothing caught           | the record did it  |
| is killed by anything else: a person, the kernel, an alarm    | nothing            |
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from signal import SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP, SIGXCPU, Signals

CAREFUL_FROM = 3
"""Beginnings at one offset, from which on records are tried."""

TRIALS = 3
"""Of a record, all of which must end its process."""

PASSED, RAISED = 113, 114
"""Exit codes of a trial: all went well, or an error came that nothing caught."""

FAULTS = frozenset({SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP, SIGXCPU})

_NOTE = re.compile(r"began (\d{1,9})\Z")


class End(StrEnum):
    """How a trial ended."""

    PASSED = "passed"
    FELL = "fell"
    UNTOLD = "untold"


def note(times: int) -> str:
    """What is kept with an offset: that reading began there so many times."""
    return f"began {times}"


def began(noted: str | None) -> int:
    """How many times reading began, by what was kept; 0 where that says nothing."""
    found = _NOTE.match(noted or "")
    return int(found[1]) if found else 0


def end_of(code: int) -> End:
    """How a trial ended by its exit code, which of a signal is its negative number."""
    if code == PASSED:
        return End.PASSED
    return End.FELL if code >= 0 or -code in FAULTS else End.UNTOLD


def guilty(control: int, trials: Sequence[int]) -> bool:
    """Whether the record ends the process that reads it, by the exit codes of its trials.

    `control` is that of a trial of nothing: where even that does not pass, nothing is told.
    """
    fell = [end_of(code) is End.FELL for code in trials]
    return end_of(control) is End.PASSED and len(fell) >= TRIALS and all(fell)


def told(code: int) -> str:
    """How a process ended, for people."""
    if code == RAISED:
        return "by an error"
    return f"with exit {code}" if code >= 0 else f"by {Signals(-code).name}"
