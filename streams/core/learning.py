"""What a decision learned: it goes into a row of a table when its command settles as delivered.

A decision says what was learned and not what the row is to be: commands of one request are judged
before any of them settles, and each adds its own to what is known by then. Where one must
know what those before it in the request teach, it is judged with that `ahead`. Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from streams.core import identities, supplements


@dataclass(frozen=True, slots=True)
class Learned:
    """Something for the row `key` of `table`; `said` is of the kind that its merge takes."""

    table: str
    key: str
    said: Any


def _whole(row: Any, said: Any) -> Any:
    """What was said is the row to be: it was made of the row that was known."""
    return said


MERGES: Mapping[str, Callable[[Any, Any], Any]] = {
    "consent": _whole,
    "groups": _whole,
    "identities": identities.merged,
    "memberships": _whole,
    "profiles": _whole,
    "supplements": supplements.later,
}
"""By table: the row as it is known (None: there is none) and what was said make the row to be."""


def merged(row: Any, learned: Learned) -> Any:
    """The row with what was learned; an equal one where that is known already."""
    return MERGES[learned.table](row, learned.said)
