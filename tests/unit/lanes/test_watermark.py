"""The watermark passes offsets in their order, and each once."""

import pytest

from streams.core.lanes import LaneError
from streams.core.watermark import Watermark


def test_an_offset_waits_for_those_below():
    mark = Watermark(10)
    mark.read(10, 1)
    mark.read(11, 2)
    mark.read(12, 1)
    assert not mark.done(12)
    assert not mark.done(11)
    assert mark.done(10) == [10]
    assert mark.floor == 11
    assert mark.done(11) == [11, 12]
    assert mark.floor == mark.next == 13


def test_what_nothing_hangs_on_passes_at_once_but_not_before_its_turn():
    mark = Watermark(0)
    assert mark.read(0, 0) == [0]
    mark.read(1, 1)
    assert not mark.read(2, 0)
    assert mark.done(1) == [1, 2]


def test_offsets_may_have_gaps():
    mark = Watermark(0)
    mark.read(3, 1)
    mark.read(9, 1)
    assert mark.floor == 3
    assert mark.done(3) == [3]
    assert mark.floor == 9


@pytest.mark.parametrize(
    ("offset", "known"), [(4, True), (5, True), (6, False), (7, True), (8, False)]
)
def test_known_is_what_was_read_and_what_is_below(offset, known):
    mark = Watermark(0)
    mark.read(5, 1)
    mark.read(7, 1)
    assert mark.known(offset) is known


def test_offsets_only_grow():
    mark = Watermark(0)
    mark.read(5, 1)
    with pytest.raises(LaneError, match="offset 4 came after 5"):
        mark.read(4, 1)


def test_an_offset_is_done_once():
    mark = Watermark(0)
    mark.read(0, 1)
    mark.done(0)
    with pytest.raises(LaneError, match="nothing is open at offset 0"):
        mark.done(0)
