"""Says how far a migration has come: a bar on a terminal, else a line now and then."""

import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

EVERY = 5.0
"""Seconds between two lines, at least."""


class Progress:
    """On standard error. `total` is how many records there are to copy, about."""

    def __init__(self, total: int, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._said = now()
        self._bar: Bar | None = None
        self._total = total
        if sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            self._bar = Bar(*columns, console=Console(stderr=True))
            self._task = self._bar.add_task("tables", total=total)
            self._bar.start()

    def say(self, text: str) -> None:
        """A step."""
        if self._bar is not None:
            self._bar.console.print(text)
        else:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    def copied(self, table: str, records: int) -> None:
        """So many records were copied, the last ones of this table."""
        if self._bar is not None:
            total = max(self._total, records)
            self._bar.update(self._task, completed=records, total=total, description=table)
        elif self._now() - self._said >= EVERY:
            self._said = self._now()
            self.say(f"{records:,} of about {self._total:,} records copied, now {table}")

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()
