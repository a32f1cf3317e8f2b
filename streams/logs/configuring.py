"""Every log line of this process through the nets, and to one handler."""

import logging
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from streams.logs.described import describe
from streams.logs.repeats import AggregatingHandler
from streams.logs.shown import Redaction


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
