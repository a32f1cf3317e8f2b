import gc
from collections.abc import Iterator

import pytest

from streams.running.garbage import YOUNG, look_rarely


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_young_objects_are_looked_through_rarely() -> None:
    look_rarely()
    assert gc.isenabled()
    assert gc.get_threshold()[0] == YOUNG


def test_what_a_start_made_is_looked_through_no_more() -> None:
    made = [[]]
    look_rarely()
    assert not any(one is made for one in gc.get_objects())
    assert gc.get_freeze_count() > 0
