"""What of a line is shown: the values of named keys, without what belongs to a person or a lock."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from structlog.typing import EventDict, WrappedLogger

from streams.logs.redaction import redact

# fmt: off
SHOWN: Final = frozenset((
    "event", "level", "logger", "timestamp", "exception", "contact", "action", "outcome",
    "reason", "topic", "partition", "partitions", "offset", "offsets", "generation", "epoch",
    "attempt", "attempts", "status", "answer", "seconds", "count", "members", "events",
    "commands", "requests", "records", "version", "endpoint", "host", "port", "group",
    "instance", "table", "path", "method", "field", "wait", "waits", "lag", "rate", "limit",
    "error", "origin", "correlation_id", "schema_id", "setting", "signal", "repeated", "held",
    "unsettled", "to_do", "workers", "store", "prefix", "app_id", "exit_code", "trace_id",
    "duration_ms", "sampled", "in_doubt", "rows_left", "attributes",
))
# fmt: on
NOT_SHOWN: Final = "[not shown]"

_FORMS: Final = {"contact": re.compile(r"[0-9a-f]{8}"), "trace_id": re.compile(r"[0-9a-f]{32}")}
_BYTES = re.compile(r"b'(?:[^'\\]|\\.){8,}'|b\"(?:[^\"\\]|\\.){8,}\"")


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
        form = _FORMS.get(key)
        if key not in SHOWN or (form is not None and not form.fullmatch(str(value))):
            return NOT_SHOWN
        if (
            form is not None
            or key == "timestamp"
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
