"""Which topics the product needs, and what stands between that and a cluster. Pure.

Topics are made, never deleted; partition counts and settings are never altered: each of those can
lose or reorder records, so a person does it, with the remedy that the problem names.
All topics have as many partitions as the keyed topic, so that partition p of each is read by the
same worker.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from streams.core.times import DAY_MS
from streams.kafka.migration import Migration
from streams.kafka.names import TABLES, migrations_topic, names_of
from streams.settings import Settings

DEAD_LETTER_DAYS = 30
POLICY = "cleanup.policy"
RETENTION = "retention.ms"


class Source(Protocol):
    """A topic of the company's bus, as the plan names it."""

    @property
    def topic(self) -> str:
        """Its name."""

    @property
    def keyed_by_user(self) -> bool:
        """Whether its records are keyed by the contact."""

    @property
    def enabled(self) -> bool:
        """Whether it is read at all."""

    @property
    def paused(self) -> bool:
        """Whether it is not read for a while."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it must be. `config` holds only what must differ from the cluster's defaults."""

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is.

    `config` are the values in force, None where the broker does not tell; `overridden` are the
    names of those that were set on this topic.
    """

    partitions: int
    config: Mapping[str, str] | None = None
    overridden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a broker told.

    `committed` are the topics in which the group has committed an offset above 0, `emptied` those
    changelogs of which records were deleted: compaction alone never moves their beginning.
    `members` has the topics that each member of the group reads.
    `limited` is true of a broker that makes topics only by being asked about them.
    `migrations` are the ways to other layouts, by the layout they lead to.
    """

    topics: Mapping[str, Topic]
    committed: frozenset[str] = frozenset()
    limited: bool = False
    emptied: frozenset[str] = frozenset()
    members: tuple[frozenset[str], ...] = ()
    migrations: Mapping[int, Migration] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what a person does about it. A note does not stop the worker."""

    where: str
    what: str
    remedy: str
    note: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class Changes:
    """What `apply` would make, and what it cannot do."""

    create: tuple[TopicSpec, ...]
    problems: tuple[Problem, ...]


def keyed_topic(settings: Settings, sources: Sequence[Source]) -> str:
    """The clock of every contact: the one source that is keyed by user, else our own copy.

    A later layout always has a copy: the partitions of a source are not ours to count.
    """
    for source in sources:
        if source.keyed_by_user and settings.layout == 0:
            return source.topic
    return names_of(settings).keyed


def partition_count(
    settings: Settings, sources: Sequence[Source], cluster: Cluster, asked: int | None = None
) -> int | Problem:
    """How many partitions every topic has: those of the keyed topic.

    Before there is a copy of the sources: `asked`, else those of the largest source.
    """
    name = keyed_topic(settings, sources)
    keyed = cluster.topics.get(name)
    if keyed is not None:
        return keyed.partitions
    if asked is not None:
        return asked
    counts = [cluster.topics[s.topic].partitions for s in sources if s.topic in cluster.topics]
    if counts and name == names_of(settings).keyed:
        return max(counts)
    missing = next((s.topic for s in sources if s.topic not in cluster.topics), "sources")
    return Problem(missing, "the source topic is missing", "have it made, or give --partitions")


def wanted_topics(
    settings: Settings, sources: Sequence[Source], actions: Iterable[str], partitions: int
) -> list[TopicSpec]:
    """Every topic of ours; those of the company's bus are not among them."""
    names = names_of(settings)
    durable = {"min.insync.replicas": "2"} if settings.kafka.replication_factor > 2 else {}
    kept = {RETENTION: str(DEAD_LETTER_DAYS * DAY_MS)}
    own = [names.keyed] if keyed_topic(settings, sources) == names.keyed else []
    own += [names.action(action) for action in actions]
    return [
        *(TopicSpec(name, partitions, durable) for name in own),
        TopicSpec(names.dead_letters, partitions, kept | durable),
        TopicSpec(names.receipts, partitions, durable),
        TopicSpec(names.replays, partitions, kept | durable),  # what was replayed stays known
        TopicSpec(names.hops, partitions, kept | durable),
        *(
            TopicSpec(names.changelog(table), partitions, {POLICY: "compact"} | durable)
            for table in TABLES
        ),
    ]


def migrations(settings: Settings) -> TopicSpec:
    """The topic that says how far migrations have come; the first of them makes it."""
    durable = {"min.insync.replicas": "2"} if settings.kafka.replication_factor > 2 else {}
    return TopicSpec(migrations_topic(settings), 1, {POLICY: "compact"} | durable)


def source_topics(sources: Iterable[Source], partitions: int) -> list[TopicSpec]:
    """The bus itself, for a demo or a test: in production it is the company's."""
    return [TopicSpec(source.topic, partitions) for source in sources]


def plan(
    wanted: Iterable[TopicSpec],
    cluster: Cluster,
    settings: Settings,
    new_tables: Collection[str] = (),
) -> Changes:
    """What `apply` would make here, and what it cannot do.

    `new_tables` are those that the group never had, as a person says: nobody else can know.
    """
    create: list[TopicSpec] = []
    problems: list[Problem] = []
    for spec in wanted:
        there = cluster.topics.get(spec.name)
        lost = _lost_changelog(spec.name, cluster, settings, new_tables)
        if there is not None:
            problems += _differences(spec, there)
        elif lost is not None:
            problems.append(lost)
        else:
            create.append(spec)
    return Changes(tuple(create), tuple(problems))


def check(
    wanted: Iterable[TopicSpec], cluster: Cluster, settings: Settings, sources: Sequence[Source]
) -> list[Problem]:
    """Why the worker must not start here; notes are for people and stop nothing."""
    changes = plan(wanted, cluster, settings)
    missing = [
        Problem(spec.name, "the topic is missing", "run: cordial-streams topics apply --plan …")
        for spec in changes.create
    ]
    gone = [
        Problem(
            source.topic,
            "the source topic is missing",
            "have it made by whoever owns the bus, let this user read it, or correct the plan",
        )
        for source in sources
        if source.topic not in cluster.topics
    ]
    told = [*_unread(sources), *_forgotten(cluster, settings, sources)]
    return [*gone, *missing, *changes.problems, *told]


def _unread(sources: Sequence[Source]) -> Iterator[Problem]:
    """What is not read, so that nobody forgets it."""
    for source in sources:
        word, key = ("paused", "paused: false") if source.enabled else ("off", "enabled: true")
        if source.paused or not source.enabled:
            what = f"is {word} in the plan: nothing of it is read, and its place is kept"
            yield Problem(source.topic, what, f"{key} goes on there", note=True)


def _differences(spec: TopicSpec, there: Topic) -> Iterator[Problem]:
    if there.partitions != spec.partitions:
        yield Problem(
            spec.name,
            f"has {there.partitions} partitions and the keyed topic {spec.partitions}",
            "where the keyed topic was given partitions, run: cordial-streams topics migrate; "
            "where this one alone differs, stop all workers when their lag is 0, delete it, run: "
            "cordial-streams topics apply"
            if spec.config.get(POLICY) != "compact"
            else "a changelog cannot be recounted: see More partitions in docs/operations.md",
        )
    if there.config is None:
        return
    for name, value in spec.config.items():
        has = there.config.get(name)
        if has is not None and has != value:
            yield Problem(
                spec.name,
                f"{name} is {has} and must be {value}",
                f"run: kafka-configs --alter --topic {spec.name} --add-config {name}={value}",
                note=name != POLICY,
            )
    for name in sorted(there.overridden - set(spec.config)):
        yield Problem(
            spec.name,
            f"{name} is set to {there.config.get(name, '?')}, which this product does not ask for",
            "nothing, if it was meant",
            note=True,
        )


def _lost_changelog(
    name: str, cluster: Cluster, settings: Settings, new_tables: Collection[str]
) -> Problem | None:
    """An empty changelog in place of a lost one would let every known order be sent again."""
    tables = {names_of(settings).changelog(table): table for table in TABLES}
    table = tables.get(name)
    if not cluster.committed or table is None or table in new_tables:
        return None
    return Problem(
        name,
        f"the changelog is gone while the group {names_of(settings).app_id} has committed offsets",
        "if the release that ran here before had no such table, run: "
        f"cordial-streams topics apply --new {table}; else restore it; or, if known orders may be "
        "sent again, delete the group's offsets "
        f"(kafka-consumer-groups --delete --group {names_of(settings).app_id}) and run: "
        "cordial-streams topics apply",
    )


def _forgotten(
    cluster: Cluster, settings: Settings, sources: Sequence[Source]
) -> Iterator[Problem]:
    """What could be read again after it was forgotten."""
    for source in sources:
        topic = cluster.topics.get(source.topic)
        kept = None if topic is None or topic.config is None else topic.config.get(RETENTION)
        if kept is None:
            continue
        days = int(kept) / DAY_MS
        if days < 0 or days > settings.seen_days:
            told = "for ever" if days < 0 else f"{days:g} days"
            yield Problem(
                source.topic,
                f"keeps events {told}, and message ids are remembered {settings.seen_days:g} days",
                "raise seen_days if the group may ever be reset further back; "
                "orders are remembered for ever",
                note=True,
            )
