"""Where a record stands on the company's bus, and when it came there, also where it is a copy."""

import pytest
from faust.types import TP, Message

from streams.core.records import Place
from streams.kafka.hops import produced_ms
from streams.kafka.load import Load, bus_time, headers_of, origin

COPIED_MS, WRITTEN_MS = 1_795_200_000_000, 1_795_168_000_000
SOURCE = {
    "x-source-topic": b"web.events",
    "x-source-partition": b"1",
    "x-source-offset": b"7",
}


def copy(**headers: bytes) -> Message:
    """A record of the keyed topic with these headers, dashes as underscores."""
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    tp = TP("cordial.keyed", 0)
    return Message(*tp, 3, COPIED_MS / 1000, 0, pairs, b"u-1", b"value", None, tp=tp)


def of_source(**headers: bytes) -> Message:
    return copy(**SOURCE, **headers)


def test_a_copy_was_written_when_its_record_was() -> None:
    message = of_source(x_source_timestamp=str(WRITTEN_MS).encode())
    assert origin(message)[1] == Place("web.events", 1, 7, WRITTEN_MS)
    assert bus_time(message) == produced_ms(message) == WRITTEN_MS


@pytest.mark.parametrize("said", [b"", b"soon", b"-1", str(2**53).encode()])
def test_a_time_that_is_none_is_not_taken(said: bytes) -> None:
    assert bus_time(of_source(x_source_timestamp=said)) == COPIED_MS


def test_a_record_that_says_no_place_of_the_bus_has_its_own_time() -> None:
    message = copy(x_source_timestamp=str(WRITTEN_MS).encode())
    assert origin(message)[1] == Place("cordial.keyed", 0, 3, COPIED_MS)


def test_a_command_is_to_be_delivered_since_its_event_came_to_the_bus() -> None:
    message = of_source(x_source_timestamp=str(WRITTEN_MS).encode())
    assert Load(None, message, headers_of(message)).since_ms == WRITTEN_MS


def test_a_replay_is_to_be_delivered_since_it_was_sent_again_whatever_it_was_before() -> None:
    written = str(WRITTEN_MS).encode()
    message = of_source(
        x_source_timestamp=written, x_hop_produced=written, x_hop_since=written, x_replay_of=b"d-1"
    )
    assert Load(None, message, headers_of(message)).since_ms == COPIED_MS


@pytest.mark.parametrize(("said", "since"), [(b"7", 7), (b"soon", WRITTEN_MS), (None, WRITTEN_MS)])
def test_what_was_passed_on_says_since_when(said: bytes | None, since: int) -> None:
    given = {} if said is None else {"x_hop_since": said}
    message = of_source(x_hop_produced=str(WRITTEN_MS).encode(), **given)
    assert Load(None, message, headers_of(message)).since_ms == since
