"""What a migration will do here, or why it cannot. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from streams.core.times import DAY_MS
from streams.kafka import topics
from streams.kafka.migration import COPYING, FINISHED, HANDING_OVER, Migration, reasons
from streams.kafka.names import names_of
from streams.kafka.topics import RETENTION, Cluster, Problem, Source, TopicSpec
from streams.settings import Settings

UNFINISHED = (COPYING, HANDING_OVER)


@dataclass(frozen=True, slots=True)
class Way:
    """From the layout of `old` to that of `new`; `row` is how far it has come, `known` as read.

    `carried` is the old keyed topic where it is ours; `grown` is the company's, where it has got
    more partitions than our topics.
    """

    old: Settings
    new: Settings
    row: Migration
    known: Migration | None
    topics: tuple[TopicSpec, ...]
    carried: str | None
    grown: str | None
    sources: tuple[str, ...]

    @property
    def partitions(self) -> tuple[int, int]:
        """Of the old topics, and of the new ones."""
        return self.row.from_partitions, self.row.to_partitions


def way(
    settings: Settings,
    sources: Sequence[Source],
    actions: Sequence[str],
    cluster: Cluster,
    asked: int | None,
    now: int,
) -> Way | list[Problem]:
    """The way that leads from these settings' layout to `asked` partitions, begun before or not.

    `now` is in milliseconds since 1970.
    """
    wrong = list(_refused(settings, cluster))
    if wrong:
        return wrong
    old = names_of(settings)
    there = cluster.topics.get(old.changelog("seen"))
    if there is None:
        what = "is missing: there is nothing to go over from"
        return [Problem(old.changelog("seen"), what, "run: cordial-streams topics apply")]
    keyed = topics.keyed_topic(settings, sources)
    count = there.partitions
    wanted = topics.wanted_topics(settings, sources, actions, count)
    wrong = list(_unlike(wanted, cluster, settings))
    known = cluster.migrations.get(settings.layout + 1)
    if known is not None and known.step not in UNFINISHED:
        known = None
    grown = keyed in cluster.topics and cluster.topics[keyed].partitions > count
    wrong += _wrong_count(asked, count, known, grown=grown and keyed != old.keyed)
    if wrong or (asked is None and known is None):
        return wrong
    new = settings.model_copy(update={"layout": settings.layout + 1})
    row = known or Migration(
        from_layout=settings.layout,
        to_layout=new.layout,
        from_partitions=count,
        to_partitions=asked or 0,
        step=COPYING,
        began=now,
    )
    return Way(
        old=settings,
        new=new,
        row=row,
        known=cluster.migrations.get(new.layout),
        topics=tuple(topics.wanted_topics(new, sources, actions, row.to_partitions)),
        carried=keyed if keyed == old.keyed else None,
        grown=keyed if grown and keyed != old.keyed else None,
        sources=tuple(source.topic for source in sources),
    )


def _refused(settings: Settings, cluster: Cluster) -> Iterator[Problem]:
    if cluster.limited:
        yield Problem("kafka.bootstrap", "the embedded broker has no groups", "use a real one")
    known = cluster.migrations.get(settings.layout + 1)
    if known is not None and known.step == FINISHED:
        yield Problem(
            "layout",
            f"the layout {settings.layout} was handed over to {known.to_layout}, with "
            f"{known.to_partitions} partitions",
            f"set CORDIAL_STREAMS_LAYOUT={known.to_layout} and start the workers",
        )
    elif known is None or known.step not in UNFINISHED:
        for what, remedy in reasons(cluster.migrations, settings.layout):
            yield Problem("layout", what, remedy)


def _unlike(wanted: Sequence[TopicSpec], cluster: Cluster, settings: Settings) -> Iterator[Problem]:
    changes = topics.plan(wanted, cluster, settings)
    for spec in changes.create:
        yield Problem(spec.name, "the topic is missing", "run: cordial-streams topics apply")
    for problem in changes.problems:
        if not problem.note:
            yield problem


def _wrong_count(
    asked: int | None, count: int, known: Migration | None, *, grown: bool
) -> Iterator[Problem]:
    if known is None and asked is None:
        yield Problem("--partitions", "is needed", "say how many there are to be")
    elif known is None and asked == count and not grown:
        yield Problem("--partitions", f"the topics have {count} already", "there is nothing to do")
    elif known is not None and asked not in (None, known.to_partitions):
        yield Problem(
            "--partitions",
            f"a migration to {known.to_partitions} was begun",
            "leave it out to go on with that one, or run it with --abandon first",
        )


def doubts(found: Way, cluster: Cluster) -> Iterator[Problem]:
    """What an operator should know before it begins."""
    receipts = cluster.topics.get(names_of(found.old).receipts)
    kept = None if receipts is None or receipts.config is None else receipts.config.get(RETENTION)
    days = -1.0 if kept is None else int(kept) / DAY_MS
    if 0 <= days < found.old.seen_days:
        what = (
            f"keeps receipts {days:g} days, and message ids are remembered "
            f"{found.old.seen_days:g} days: of those between nothing says whose they are"
        )
        remedy = "--forget leaves them behind: a message id that comes again is then sent again"
        yield Problem(names_of(found.old).receipts, what, remedy, note=True)
    if found.grown is not None:
        what = (
            "has more partitions than our topics, and its producers wrote a contact's events to "
            "both its partitions for a while: the order of these is not known"
        )
        remedy = "nothing: what the old partitions hold is taken first"
        yield Problem(found.grown, what, remedy, note=True)
