"""Which trace a header names, whatever it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.traceparent import Traceparent, read

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("03", True)])
def test_a_header_says_trace_span_and_whether_it_is_recorded(flags, sampled):
    found = read(f"00-{TRACE}-{SPAN}-{flags}".encode())
    assert found == Traceparent(TRACE, SPAN, sampled)
    assert read(found.header()) == found


def test_a_later_version_may_say_more():
    assert read(f"cc-{TRACE}-{SPAN}-01-what-is-to-come".encode()) == Traceparent(TRACE, SPAN, True)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"00-ab-cd-01",
        b"\0" * 3_000,
        f"ff-{TRACE}-{SPAN}-01".encode(),
        f"00-{TRACE}-{SPAN}-01-more".encode(),
        f"00-{TRACE.upper()}-{SPAN}-01".encode(),
        f"00-{'0' * 32}-{SPAN}-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
    ],
)
def test_what_is_garbled_is_none(value):
    assert read(value) is None


@given(st.binary(max_size=80))
def test_no_bytes_make_it_fail(value):
    found = read(value)
    assert found is None or read(found.header()) is not None
