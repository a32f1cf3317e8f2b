"""Money: which currencies there are, and how many digits an amount of each has. Pure."""

from functools import cache
from typing import Any

from babel.numbers import get_currency_precision, list_currencies

CODE = 3


def currency_of(value: Any) -> str | None:
    """The ISO 4217 code in capitals, or None where it is none."""
    code = value.strip().upper() if isinstance(value, str) else ""
    return code if len(code) == CODE and code in _codes() else None


def digits_of(code: str) -> int:
    """Digits after the point: 2 of EUR, 0 of JPY, 3 of KWD."""
    return get_currency_precision(code)


@cache
def _codes() -> frozenset[str]:
    return frozenset(list_currencies())
