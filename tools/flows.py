"""Which topics the code reads and writes, and which rights that needs. Pure.

A right is what Kafka asks for: to read or write a topic is to see it, so `Describe` stands only
where neither is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from streams.kafka.names import TABLES, names_of
from streams.kafka.topics import (
    Source,
    TopicSpec,
    keyed_topic,
    migrations,
    source_topics,
    wanted_topics,
)
from streams.settings import Settings

Kind = Literal[
    "source",
    "keyed",
    "action",
    "dead letters",
    "receipts",
    "replays",
    "hops",
    "changelog",
    "migrations",
]
WORKER_READS = {"source", "keyed", "action", "replays", "hops", "changelog", "migrations"}
WORKER_WRITES = {"keyed", "action", "dead letters", "receipts", "hops", "changelog"}
PEOPLE_READ = {"source", "dead letters", "receipts", "replays", "changelog", "migrations"}
PEOPLE_WRITE = {"replays"}
"""What `preview`, `dead-letters`, `consent`, `identity` and `check` read and write."""
MIGRATION_READS = (WORKER_READS | PEOPLE_READ) - {"migrations"}
MIGRATION_MOVES = {"keyed", "action", "dead letters", "hops", "changelog"}
"""What `topics migrate` reads of the old layout; and what it writes in the new one, and reads there
to move nothing twice."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One topic; `table` is whose changelog it is."""

    spec: TopicSpec
    kind: Kind
    table: str = ""

    @property
    def name(self) -> str:
        """The topic's name."""
        return self.spec.name

    @property
    def read(self) -> bool:
        """Whether a worker reads it."""
        return self.kind in WORKER_READS

    @property
    def written(self) -> bool:
        """Whether a worker writes it."""
        return self.kind in WORKER_WRITES

    @property
    def grouped(self) -> bool:
        """Whether the group's offsets of it are committed."""
        return self.read and self.kind not in ("changelog", "migrations")


@dataclass(frozen=True, slots=True)
class Right:
    """What somebody may do with one topic or group."""

    kind: Literal["topic", "group"]
    name: str
    operations: tuple[str, ...]


def flows(
    settings: Settings, sources: Sequence[Source], actions: Iterable[str], partitions: int
) -> list[Flow]:
    """The company's topics, then ours, in the order in which `topics apply` makes them.

    The last is that of migrations, which the first of them would make.
    """
    names = names_of(settings)
    single: dict[str, Kind] = {
        names.keyed: "keyed",
        names.dead_letters: "dead letters",
        names.receipts: "receipts",
        names.replays: "replays",
        names.hops: "hops",
    }
    tables = {names.changelog(table): table for table in TABLES}
    found = [Flow(spec, "source") for spec in source_topics(sources, partitions)]
    for spec in wanted_topics(settings, sources, actions, partitions):
        kind: Kind = "changelog" if spec.name in tables else single.get(spec.name, "action")
        found.append(Flow(spec, kind, tables.get(spec.name, "")))
    return [*found, Flow(migrations(settings), "migrations")]


def users(
    settings: Settings, sources: Sequence[Source], actions: Sequence[str]
) -> dict[str, list[Right]]:
    """What each user of an installation may do, by its name: whoever runs a worker, people's
    commands, a scaler, and the migration away from its layout."""
    old, new = (flows(one, sources, actions, 1) for one in (settings, next_layout(settings)))
    name, group = settings.app_id, names_of(settings).app_id
    return {
        name: [*_worker_rights(old, group)],
        f"{name}-people": [*_people_rights(old, group)],
        f"{name}-scaler": [*_scaler_rights(keyed_topic(settings, sources), group)],
        migration_user(settings): [*_migration_rights(settings, old, new)],
    }


def migration_user(settings: Settings) -> str:
    """The name of the user of `topics migrate`."""
    return f"{settings.app_id}-migration"


def _worker_rights(topics: Sequence[Flow], group: str) -> Iterator[Right]:
    """A worker looks at the settings of all topics at its start, and makes none."""
    yield from _rights(topics, WORKER_READS, WORKER_WRITES)
    yield Right("group", group, ("Read",))


def _people_rights(topics: Sequence[Flow], group: str) -> Iterator[Right]:
    """For the commands of people, but for `topics apply` and `qa run`."""
    yield from _rights(topics, PEOPLE_READ, PEOPLE_WRITE)
    yield Right("group", group, ("Describe",))


def _scaler_rights(keyed: str, group: str) -> Iterator[Right]:
    """Whoever measures the lag."""
    yield Right("topic", keyed, ("Describe",))
    yield Right("group", group, ("Describe",))


def _migration_rights(
    settings: Settings, old: Sequence[Flow], new: Sequence[Flow]
) -> Iterator[Right]:
    """For `topics migrate` from the layout of `settings`, whose topics are `old`.

    It deletes what it made where it is given up, and never what stood there before.
    """
    yield from _rights([one for one in old if one.kind != "migrations"], MIGRATION_READS, set())
    for one in new:
        if one.kind == "migrations":
            yield Right("topic", one.name, ("Create", "DescribeConfigs", "Read", "Write"))
        elif one.kind != "source":
            moves = ("Read", "Write") if one.kind in MIGRATION_MOVES else ("Describe",)
            yield Right("topic", one.name, ("Create", "Delete", "DescribeConfigs", *moves))
    yield Right("group", names_of(settings).app_id, ("Describe",))
    yield Right("group", names_of(next_layout(settings)).app_id, ("Read",))
    yield Right("group", f"{settings.app_id}-migration", ("Read",))


def next_layout(settings: Settings) -> Settings:
    """The settings as they will be after a migration."""
    return settings.model_copy(update={"layout": settings.layout + 1})


def _rights(topics: Sequence[Flow], reads: set[str], writes: set[str]) -> Iterator[Right]:
    for one in topics:
        moves = [name for name, on in (("Read", reads), ("Write", writes)) if one.kind in on]
        yield Right("topic", one.name, ("DescribeConfigs", *(moves or ["Describe"])))
