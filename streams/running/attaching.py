"""Which topics are read, and who is handed their records."""

from collections.abc import Callable
from functools import partial

from streams.kafka.engine import App, Handler, attach
from streams.kafka.forwarding import Forwarding, Make, into_keyed
from streams.kafka.names import Names
from streams.kafka.replaying import Replaying
from streams.kafka.router import Router
from streams.kafka.worker import Partitions
from streams.plan import Plan


def attach_all(
    app: App,
    plan: Plan,
    names: Names,
    keyed_topic: str,
    partitions: Partitions,
    router: Router,
    copies: Callable[[Make], Make],
) -> None:
    """Let what is read reach the partitions: events, commands, hops, replays, copied sources.

    `copies` has the last word on how a source is copied.
    """

    def forward(topic: str, make: Make) -> Handler:
        forwarding = Forwarding(
            topic=topic,
            codec=router.codec,
            outbox=router.outbox,
            make=make,
            commit=lambda tp, below: partitions.consumer().closed(tp, below),
            registry_away=router.registry_away,
            now_ms=router.now_ms,
            fatal=partitions.fatal,
            care=router.care,
        )
        partitions.forwarding.append(forwarding)
        return forwarding.read

    attach(app, keyed_topic, partitions.read_keyed)
    for instance in router.plan.instances:
        attach(app, names.action(instance.name), partial(partitions.read_copy, instance.name))
    replaying = Replaying(router, router.outbox, partitions.sink.poke)
    attach(app, names.hops, partitions.read_hop)
    attach(app, names.replays, partial(partitions.read_replay, replaying))
    if keyed_topic == names.keyed:
        for source in plan.sources:
            make = copies(into_keyed(names, router.reports, router.metrics))
            attach(app, source.topic, forward(source.topic, make))
