"""The `traceparent` header of W3C Trace Context: which trace a record is part of. Pure.

What is garbled is no trace: whoever needs one begins it.
"""

import re
from dataclasses import dataclass

LONGEST = 512
"""Later versions may add to a header; nobody needs more."""

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True, slots=True)
class Traceparent:
    """A trace and a span of it, both in lower-case hexadecimal, and whether it is recorded."""

    trace_id: str
    span_id: str
    sampled: bool

    def header(self) -> bytes:
        """As a record carries it."""
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}".encode()


def read(value: bytes | None) -> Traceparent | None:
    """What a header says; None where it says nothing of use."""
    if not value or len(value) > LONGEST:
        return None
    found = _FORM.fullmatch(value.decode("ascii", "replace").strip())
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if (
        version == "ff"
        or (version == "00" and more)
        or not (int(trace_id, 16) and int(span_id, 16))
    ):
        return None
    return Traceparent(trace_id, span_id, bool(int(flags, 16) & 1))
