"""What is known of a change of the number of partitions, and what it means for a worker. Pure.

Each layout has topics, changelogs and a consumer group of its own. A row on `<prefix>.migrations`
says how far the way to a layout has come, so that nobody can run two of them:

| step           | workers of the old layout | workers of the new layout |
|----------------|---------------------------|---------------------------|
| `copying`      | may run                   | are refused               |
| `handing_over` | are refused               | are refused               |
| `finished`     | are refused               | may run                   |
| `abandoned`    | may run                   | are refused               |
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from streams.kafka import own

Step = Literal["copying", "handing_over", "finished", "abandoned"]
COPYING: Step = "copying"
HANDING_OVER: Step = "handing_over"
FINISHED: Step = "finished"
ABANDONED: Step = "abandoned"


@dataclass(frozen=True, slots=True)
class Migration:
    """The way from one layout to another. Times are in milliseconds since 1970.

    `copied` has, by table and partition of its old changelog (`orders/3`), the offset below which
    everything is copied. `stopped` is when nobody was left in the old group.
    """

    from_layout: int
    to_layout: int
    from_partitions: int
    to_partitions: int
    step: Step
    began: int
    stopped: int | None = None
    finished: int | None = None
    copied: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> bytes:
        """The key of its row."""
        return str(self.to_layout).encode()


NAMES = {
    "from_layout": "fromLayout",
    "to_layout": "toLayout",
    "from_partitions": "fromPartitions",
    "to_partitions": "toPartitions",
}


def encode_migration(row: Migration) -> bytes:
    """A row of the topic."""
    return own.encode("migration", {NAMES.get(k, k): v for k, v in asdict(row).items()})


def decode_migration(value: bytes | None) -> Migration | None:
    """A row of the topic; None where it is none, or one of another release."""
    record = own.decode("migration", value)
    if isinstance(record, own.Unreadable):
        return None
    fields: dict[str, Any] = {name: record[NAMES.get(name, name)] for name in _FIELDS}
    return Migration(**fields)


_FIELDS = tuple(Migration.__dataclass_fields__)


def reasons(rows: Mapping[int, Migration], layout: int) -> Iterator[tuple[str, str]]:
    """Why a worker of this layout must not run, and what to do. `rows` are by the new layout."""
    mine = rows.get(layout)
    if layout and (mine is None or mine.step != FINISHED):
        how_far = "none was begun" if mine is None else f"it is {mine.step}"
        yield (
            f"no migration to the layout {layout} is finished: {how_far}",
            "run: cordial-streams topics migrate, with the settings of the layout before; or set "
            f"CORDIAL_STREAMS_LAYOUT={newest(rows)}",
        )
    for row in rows.values():
        if row.from_layout == layout and row.step == HANDING_OVER:
            yield (
                f"the layout {layout} is being handed over to the layout {row.to_layout}",
                "run: cordial-streams topics migrate to its end, or with --abandon",
            )
        elif row.from_layout == layout and row.step == FINISHED:
            yield (
                f"the layout {layout} was handed over to the layout {row.to_layout}, and what is "
                "remembered since is there",
                f"set CORDIAL_STREAMS_LAYOUT={newest(rows)}",
            )


def newest(rows: Mapping[int, Migration]) -> int:
    """The layout whose workers may run."""
    return max((number for number, row in rows.items() if row.step == FINISHED), default=0)
