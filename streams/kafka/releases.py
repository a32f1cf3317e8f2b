"""Rows of the tables that this release cannot read: a later one wrote them.

They are found when the tables are recovered, before anything is read or sent. To go on would be
to forget what they say: orders would be told again, and their commands would die as bugs.
"""

from collections.abc import Iterable, Mapping

from streams import __version__
from streams.kafka.framing import ID_FRAME
from streams.kafka.learned_rows import KINDS
from streams.kafka.schemas import own_schemas

SCHEMAS: Mapping[str, str] = {
    "seen": "seen",
    "orders": "order_state",
    "parked": "parked",
    "held": "held",
    "links": "link",
    **{table: kind.schema for table, kind in KINDS.items()},
}
"""The schema of each table's rows, by the name of its file."""


class LaterReleaseError(Exception):
    """A later release has run here."""


def unreadable(table: str, rows: Iterable[bytes]) -> str | None:
    """Why this release cannot go on over these rows of a table, or None.

    The front of a row names its schema; that of another length than ours names none of ours.
    """
    known = {
        ID_FRAME.pack(0, one.id) for one in own_schemas().values() if one.name == SCHEMAS[table]
    }
    strange = {row[: ID_FRAME.size] for row in rows} - known
    if not strange:
        return None
    front = min(strange)
    whole = len(front) == ID_FRAME.size and front[0] == 0
    what = f"schema {ID_FRAME.unpack(front)[1]}" if whole else "no schema"
    return (
        f"it has rows of {what}, which this release ({__version__}) does not know: a later one "
        "has run here; run that one, or see Upgrade and rollback in docs/operations.md"
    )
