"""The same line ten times a minute at most; a summary line then says how often it came."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TextIO

from streams.logs.redaction import LONGEST

SAME_LINES: Final = 10
SAME_SECONDS: Final = 60.0
DIFFERENT_LINES: Final = 1_000

_NUMBER = re.compile(r"\d+")

Key = tuple[str, int, str]


@dataclass(slots=True)
class _Line:
    since: float
    seen: int = 1


@dataclass(slots=True)
class Repeats:
    """Which lines are shown, and what the summaries say. Pure: the clock is an argument."""

    _lines: dict[Key, _Line] = field(default_factory=dict)
    _swept: float = float("-inf")

    def shows(self, key: Key, now: float) -> bool:
        """Whether this line, one more of its kind, is shown."""
        line = self._lines.get(key)
        if line is None:
            self._lines[key] = _Line(since=now)
            return True
        line.seen += 1
        return line.seen <= SAME_LINES

    def due(self, now: float) -> list[tuple[Key, int]]:
        """The kinds whose minute is over, with how many of each were not shown; forgets them."""
        full = len(self._lines) > DIFFERENT_LINES
        if not full and now - self._swept < 1:
            return []
        self._swept = now
        start = now if full else now - SAME_SECONDS
        over = [key for key, line in self._lines.items() if line.since <= start]
        lines = [(key, self._lines.pop(key).seen - SAME_LINES) for key in over]
        return [(key, hidden) for key, hidden in lines if hidden > 0]


class AggregatingHandler(logging.StreamHandler[TextIO]):
    """Writes lines, each kind ten times a minute at most, and the summaries of the rest."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        super().__init__(stream)
        self._clock = clock
        self._repeats = Repeats()

    def emit(self, record: logging.LogRecord) -> None:
        """Show the record, or count it."""
        now = self._clock()
        self._summarise(now)
        if _sampled(record) or self._repeats.shows(_kind(record), now):
            super().emit(record)

    def close(self) -> None:
        """Say what was counted and not yet said."""
        self._summarise(float("inf"))
        super().close()

    def _summarise(self, now: float) -> None:
        for (name, level, text), hidden in self._repeats.due(now):
            record = logging.LogRecord(name, level, "", 0, text, None, None)
            record.repeated = hidden
            super().emit(record)


def _sampled(record: logging.LogRecord) -> bool:
    """Of these some were chosen already, and all of those are wanted."""
    return isinstance(record.msg, dict) and record.msg.get("sampled") is True


def _kind(record: logging.LogRecord) -> Key:
    """Logger, level and template; numbers written into the text make no new kind."""
    template = record.msg.get("event", "") if isinstance(record.msg, dict) else record.msg
    return record.name, record.levelno, _NUMBER.sub("#", str(template))[:LONGEST]
