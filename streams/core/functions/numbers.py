"""Functions of numbers. Texts that are numbers are taken; what is reckoned is exact in decimals."""

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from streams.core.functions.declaring import Kind, Noted, Refused, declared, is_number, whole

EXACT = 2.0**53
"""Whole floating numbers below this are exact as integers, and fit 64 bits."""
LONGS = 2**63
WRITTEN = "number written as text"
LONGEST = 64
"""Characters of a text that is taken for a number."""

By = Annotated[float, Kind("a number other than 0", lambda value: is_number(value) and value != 0)]
Bound = Annotated[float | None, Kind("a number", is_number)]
Digits = Annotated[int, whole(0, 10)]


def number(value: Any) -> Any:
    """Money and measures as a number, never negative; a text that is one is taken, with a note."""
    if isinstance(value, str):
        try:
            made = float(value.strip())
        except ValueError:
            raise Refused("must be a number") from None
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("must be a number")
    else:
        made = value
    if not math.isfinite(made) or made < 0:
        raise Refused("must be a number that is finite and not negative")
    whole_one = made < EXACT and float(made).is_integer()
    made = int(made) if whole_one else made
    return Noted(made, WRITTEN) if isinstance(value, str) else made


def amount(value: Any) -> Any:
    """Money that may be below 0: a text that is one becomes a number, whatever else stays."""
    if not isinstance(value, str):
        return value
    try:
        return Noted(plain(exact(value)), WRITTEN)
    except Refused:
        return value


def quantity(value: Any) -> Any:
    """A count of pieces, from 1 on: 2.0 is 2, and 2.5 is refused."""
    made = number(value)
    count = made.value if isinstance(made, Noted) else made
    if not isinstance(count, int) or count < 1:
        raise Refused("must be a whole number from 1 on")
    return made


def round_(value: Any, *, digits: Digits = 0) -> int | float:
    """To so many digits after the point; a half goes away from 0."""
    try:
        return plain(exact(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
    except ArithmeticError:
        raise Refused("is too large") from None


def multiply(value: Any, *, by: float) -> int | float:
    """Times `by`."""
    try:
        return plain(exact(value) * exact(by))
    except ArithmeticError:
        raise Refused("is too large") from None


def divide(value: Any, *, by: By) -> int | float:
    """Divided by `by`."""
    try:
        return plain(exact(value) / exact(by))
    except ArithmeticError:
        raise Refused("is too large") from None


def clamp(value: Any, *, least: Bound = None, most: Bound = None) -> int | float:
    """Not below `least` and not above `most`."""
    made = exact(value)
    if least is not None:
        made = max(made, exact(least))
    if most is not None:
        made = min(made, exact(most))
    return plain(made)


def from_minor_units(value: Any, *, digits: Digits = 2) -> int | float:
    """Cents as money: `digits` is how many of them are after the point."""
    return plain(exact(value).scaleb(-digits))


def exact(value: Any) -> Decimal:
    """A number, or a text that is one, as a decimal."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused("must be a number")
    written = value.strip() if isinstance(value, str) else repr(value)
    try:
        made = Decimal(written if len(written) <= LONGEST else "")
    except ArithmeticError:
        raise Refused("must be a number") from None
    if not made.is_finite() or made.adjusted() > LONGEST or made.adjusted() < -LONGEST * 8:
        raise Refused("must be a number that is finite")
    return made


def plain(made: Decimal) -> int | float:
    """A decimal as JSON has it: whole where it is whole."""
    if abs(made) < LONGS and made == made.to_integral_value():
        return int(made)
    return float(made)


NUMBERS = (
    declared(number, "49.90", 49.9),
    declared(amount, "-4.90", -4.9),
    declared(quantity, 2.0, 2),
    declared(round_, 49.945, 49.95, digits=2),
    declared(multiply, 49.9, 4990, by=100),
    declared(divide, 90, 1.5, by=60),
    declared(clamp, 120, 100, least=0, most=100),
    declared(from_minor_units, 4990, 49.9),
)
