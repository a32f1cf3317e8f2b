"""Numbers as text: whole ones keep all their digits, however large. Pure."""

LARGEST = 1e22
"""From here on a floating number has an exponent, wherever it is written."""


def written(number: int | float) -> str:
    """15 of 15.0, and 1234567890123456 of a double that large: ids must not lose a digit."""
    if not isinstance(number, float):
        return str(number)
    if number.is_integer() and abs(number) < LARGEST:
        return str(int(number))
    return f"{number:.15g}"
