"""What ends a migration otherwise: it is given up, or what it left behind is deleted."""

from collections.abc import Sequence

from streams.kafka import groups
from streams.kafka.cluster import delete
from streams.kafka.migration import ABANDONED, FINISHED
from streams.kafka.names import names_of
from streams.kafka.topics import Cluster, Source, wanted_topics
from streams.migrating.errors import CannotError
from streams.migrating.planning import UNFINISHED
from streams.migrating.record import Lock, Record
from streams.migrating.spans import open_bulk
from streams.settings import Settings


async def abandon(
    settings: Settings,
    sources: Sequence[Source],
    actions: Sequence[str],
    cluster: Cluster,
    *,
    dry_run: bool,
) -> list[str]:
    """Give up the migration from this layout; the topics that it had made. Raises `CannotError`."""
    row = cluster.migrations.get(settings.layout + 1)
    if row is None or row.step not in UNFINISHED:
        how_far = "none was begun" if row is None else f"it is {row.step}"
        raise CannotError(
            f"no migration from the layout {settings.layout} can be given up: {how_far}"
        )
    new = settings.model_copy(update={"layout": row.to_layout})
    gone = _there(new, sources, actions, cluster, row.to_partitions)
    if dry_run:
        return gone
    async with Lock(settings) as lock, open_bulk(settings, lock.held) as bulk:
        await lock.unchanged(row.to_layout, row)
        record = Record(settings, bulk, row)
        await record.save(copied={})  # first: one that goes on from here copies all anew
        await delete(settings, gone)
        await record.save(step=ABANDONED)
    return gone


async def drop_old(
    settings: Settings,
    sources: Sequence[Source],
    actions: Sequence[str],
    cluster: Cluster,
    *,
    dry_run: bool,
) -> list[str]:
    """Delete the topics of the layout before this one, and say which. Raises `CannotError`."""
    row = cluster.migrations.get(settings.layout)
    if row is None or row.step != FINISHED:
        raise CannotError(
            f"the layout {settings.layout} was not gone over to; run this with the settings of "
            "the layout that is kept"
        )
    if names_of(settings).keyed not in cluster.committed:
        raise CannotError(
            f"no worker of the layout {settings.layout} has settled anything yet; start them first"
        )
    old = settings.model_copy(update={"layout": row.from_layout})
    async with groups.admin_of(old) as admin:
        if await groups.members(admin, names_of(old).app_id):
            raise CannotError(f"there are workers in the group {names_of(old).app_id}")
    gone = _there(old, sources, actions, cluster, row.from_partitions)
    if not dry_run:
        await delete(settings, gone)
    return gone


def _there(
    settings: Settings,
    sources: Sequence[Source],
    actions: Sequence[str],
    cluster: Cluster,
    partitions: int,
) -> list[str]:
    wanted = wanted_topics(settings, sources, actions, partitions)
    return [spec.name for spec in wanted if spec.name in cluster.topics]
