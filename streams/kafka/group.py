"""What a group and its changelogs tell of a worker that is about to join. Pure."""

from collections.abc import Iterator, Sequence

from streams.kafka.migration import reasons
from streams.kafka.names import names_of
from streams.kafka.topics import Cluster, Problem, Source, keyed_topic
from streams.settings import Settings


def problems(cluster: Cluster, settings: Settings, sources: Sequence[Source]) -> Iterator[Problem]:
    """Why starting in this group would do harm."""
    yield from _emptied(cluster, settings)
    yield from _strangers(cluster, settings, sources)


def elsewhere(cluster: Cluster, settings: Settings) -> Iterator[Problem]:
    """Why nobody must run with this layout: what is remembered is not here, or not yet."""
    for what, remedy in reasons(cluster.migrations, settings.layout):
        yield Problem("layout", what, remedy)


def _emptied(cluster: Cluster, settings: Settings) -> Iterator[Problem]:
    """Without its rows known orders would be sent again."""
    group = names_of(settings).app_id
    for name in sorted(cluster.emptied if cluster.committed else ()):
        yield Problem(
            name,
            f"rows were deleted from it while the group {group} has committed offsets",
            "restore it; or, if known orders may be sent again, delete this topic and the group's "
            f"offsets (kafka-consumer-groups --delete --group {group}) and run: "
            "cordial-streams topics apply",
        )


def _strangers(
    cluster: Cluster, settings: Settings, sources: Sequence[Source]
) -> Iterator[Problem]:
    """Partitions would be given to who does not read them."""
    always = {keyed_topic(settings, sources), names_of(settings).replays}
    unread = sorted({name for topics in cluster.members for name in always - topics})
    if unread:
        yield Problem(
            names_of(settings).app_id,
            f"the group has a member that does not read {', '.join(unread)}: another program or "
            "installation has this application id",
            "set another CORDIAL_STREAMS_APP_ID, or stop the other one",
        )
    names = {source.topic for source in sources}
    prefix = f"{names_of(settings).prefix}."
    known = [one for one in cluster.committed if one in names or one.startswith(prefix)]
    if cluster.committed and not known:
        yield Problem(
            names_of(settings).app_id,
            f"the group has read {', '.join(sorted(cluster.committed)[:3])} and nothing of this "
            "plan's: another program or installation has this application id",
            "set another CORDIAL_STREAMS_APP_ID; or, where nothing else is in this group, delete "
            f"its offsets (kafka-consumer-groups --delete --group {names_of(settings).app_id})",
        )
