"""Numbers as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.numerals import written


@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_keeps_its_digits(number):
    assert written(float(number)) == written(number) == str(number)


@pytest.mark.parametrize(
    ("number", "text"),
    [(-0.0, "0"), (8.5, "8.5"), (0.1 + 0.2, "0.3"), (1e16, "10000000000000000"), (1e22, "1e+22")],
)
def test_other_numbers_are_written_short(number, text):
    assert written(number) == text
