"""Log lines: JSON on stderr, for people where stderr is a terminal; ours, Faust's and aiokafka's.

Law: no line holds a key, an e-mail, a phone or a body. Three nets, in this order: only the keys
of `SHOWN` keep their value; an exception from code that handles events shows its type and where
it was, not its message; what looks like a secret, an e-mail, a phone or a run of bytes is
replaced in every text. A contact is logged as its keyed hash under `contact`.
The same line is shown ten times a minute at most; a summary line then says how often it came.
"""

import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from streams.redaction import LONGEST, redact

# fmt: off
SHOWN: Final = frozenset((
    "event", "level", "logger", "timestamp", "exception", "contact", "action", "outcome",
    "reason", "topic", "partition", "partitions", "offset", "offsets", "generation", "epoch",
    "attempt", "attempts", "status", "answer", "seconds", "count", "members", "events",
    "commands", "requests", "records", "version", "endpoint", "host", "port", "group",
    "instance", "table", "path", "method", "field", "wait", "waits", "lag", "rate", "limit",
    "error", "origin", "correlation_id", "schema_id", "setting", "signal", "repeated", "held",
    "unsettled", "to_do", "workers", "store", "prefix", "app_id", "exit_code",
))
# fmt: on
NOT_SHOWN: Final = "[not shown]"
SAME_LINES: Final = 10
SAME_SECONDS: Final = 60.0
DIFFERENT_LINES: Final = 1_000

# Exceptions whose messages are about the network and the group, never about an event.
SPEAKING: Final = ("aiokafka", "mode", "asyncio", "ssl", "socket", "streams.settings")

_HASH = re.compile(r"[0-9a-f]{8}")
_BYTES = re.compile(r"b'(?:[^'\\]|\\.){8,}'|b\"(?:[^\"\\]|\\.){8,}\"")
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
        if self._repeats.shows(_kind(record), now):
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


def _kind(record: logging.LogRecord) -> Key:
    """Logger, level and template; numbers written into the text make no new kind."""
    template = record.msg.get("event", "") if isinstance(record.msg, dict) else record.msg
    return record.name, record.levelno, _NUMBER.sub("#", str(template))[:LONGEST]


@dataclass(frozen=True, slots=True)
class Redaction:
    """The processor that keeps the law. `secrets` gives the values that must never be shown."""

    secrets: Callable[[], Iterable[str]]

    def __call__(self, _: WrappedLogger, __: str, line: EventDict) -> EventDict:
        """The line with what may be shown."""
        secrets = tuple(self.secrets())
        return {key: self._value(key, value, secrets) for key, value in line.items()}

    def _value(self, key: str, value: Any, secrets: Sequence[str]) -> Any:
        if key.startswith("_"):
            return value
        if key not in SHOWN or (key == "contact" and not _HASH.fullmatch(str(value))):
            return NOT_SHOWN
        if (
            key in ("timestamp", "contact")
            or value is None
            or isinstance(value, bool | int | float)
        ):
            return value
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(key, one, secrets) for one in value]
        if isinstance(value, dict | bytes | bytearray):
            return NOT_SHOWN
        return _cleaned(str(value), secrets)


def _cleaned(text: str, secrets: Sequence[str]) -> str:
    return _BYTES.sub("[bytes]", redact(text, secrets))


def describe(error: BaseException) -> str:
    """An exception without what it may quote: its chain of types, and where each was raised.

    The message is kept where it speaks of the network or the settings.
    """
    lines: list[str] = []
    at: BaseException | None = error
    while at is not None and len(lines) < 5:
        frames = traceback.extract_tb(at.__traceback__)[-8:]
        where = " < ".join(f"{_module(f.filename)}:{f.lineno} {f.name}" for f in reversed(frames))
        said = f": {at}" if _speaks(at) else ""
        lines.append(f"{type(at).__name__}{said} [{where}]")
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return " from ".join(lines)


def _module(path: str) -> str:
    return "/".join(path.replace("\\", "/").rsplit("/", 2)[-2:])


def _speaks(error: BaseException) -> bool:
    if isinstance(error, UnicodeError):
        return False
    module = type(error).__module__
    return isinstance(error, OSError) or any(
        module == name or module.startswith(f"{name}.") for name in SPEAKING
    )


def _exception(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    info = line.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        line["exception"] = describe(info)
    elif isinstance(info, tuple) and info[1] is not None:
        line["exception"] = describe(info[1])
    line.pop("stack_info", None)
    return line


def _repeated(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    hidden = getattr(line.get("_record"), "repeated", None)
    if hidden is not None:
        line["repeated"] = hidden
    return line


def _json(line: Any, **_: Any) -> str:
    return orjson.dumps(line, default=str).decode("utf-8", "replace")


def configure(
    *,
    secrets: Callable[[], Iterable[str]],
    level: str = "INFO",
    stream: TextIO | None = None,
    terminal: bool | None = None,
    colours: bool = True,
    clock: Callable[[], float] = time.monotonic,
) -> AggregatingHandler:
    """Make every log line of this process obey the law. Gives the handler; close it at the end.

    `terminal` None asks the stream. A second call replaces the first.
    """
    stream = sys.stderr if stream is None else stream
    people = stream.isatty() if terminal is None else terminal
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = AggregatingHandler(stream, clock)
    handler.setFormatter(_formatter(shared, secrets, people=people, colours=colours))
    _replace_handlers(handler, level)
    return handler


def _formatter(
    shared: list[Processor],
    secrets: Callable[[], Iterable[str]],
    *,
    people: bool,
    colours: bool,
) -> logging.Formatter:
    show: Processor = (
        structlog.dev.ConsoleRenderer(colors=colours)
        if people
        else structlog.processors.JSONRenderer(serializer=_json)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            _repeated,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _exception,
            Redaction(secrets),
            show,
        ],
    )


def _replace_handlers(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, AggregatingHandler)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(True)
