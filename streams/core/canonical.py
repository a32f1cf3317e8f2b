"""Values as they are hashed: what Cordial would store as one value is one. Pure."""

from collections.abc import Mapping
from typing import Any

LONGS = 2.0**63
"""Below this a whole number of a command may be an integer: it has 64 bits at most."""


def canonical(value: Any) -> Any:
    """The value with 2.0 as 2, wherever it stands: JSON has one kind of numbers."""
    if isinstance(value, Mapping):
        return {key: canonical(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(one) for one in value]
    if isinstance(value, float) and value.is_integer() and -LONGS <= value < LONGS:
        return int(value)
    return value
