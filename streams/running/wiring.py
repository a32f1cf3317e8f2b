"""The wiring: settings and plan become a worker. The only place where the rooms meet."""

import asyncio
import os
import random
import time
from functools import partial

import structlog
from faust.types import TP
from prometheus_client import CollectorRegistry

from streams.checking.problems import elsewhere, start_problems
from streams.cordial.endpoint import endpoint
from streams.cordial.opening import open_client
from streams.core.claims import Claims
from streams.core.lane_order import ordering
from streams.core.retrying import RejectionLimit
from streams.kafka import topics
from streams.kafka.answering import Answering
from streams.kafka.asleep import Asleep
from streams.kafka.batch import Bounds
from streams.kafka.codec import Codec
from streams.kafka.connection import client_options
from streams.kafka.engine import App, changelogs
from streams.kafka.holding import Holding
from streams.kafka.hopping import Hopping
from streams.kafka.hot_contact import HotContact
from streams.kafka.judging import Judging
from streams.kafka.learned_rows import KINDS
from streams.kafka.names import TABLES, names_of
from streams.kafka.outbox import Outbox
from streams.kafka.outcome_lines import OutcomeLines
from streams.kafka.outcomes import Outcomes
from streams.kafka.partition import Partition
from streams.kafka.registry import SchemaRef, open_registry
from streams.kafka.registry_counted import Counted
from streams.kafka.reports import Reports
from streams.kafka.settling import Settling
from streams.kafka.showing import Showing
from streams.kafka.sink import Clockwork, Sink
from streams.kafka.tables import Tables
from streams.kafka.unread import Unread
from streams.kafka.visiting import Visiting
from streams.kafka.visitor_tables import VisitorTables
from streams.kafka.worker import Partitions
from streams.logs.contact_hash import contact_hash
from streams.metrics import Metrics
from streams.plan import Plan, bus_of, compile_plan
from streams.running import given
from streams.running.attaching import attach_all
from streams.running.tracing import open_tracing
from streams.running.worker import Worker, known
from streams.settings import Settings, account_keys
from streams.web.health import HOLDS, HealthState, NotReady
from streams.web.server import WebServer

log = structlog.get_logger(__name__)


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def build(settings: Settings, plan: Plan) -> Worker:
    """A worker, not started; asks nobody.

    Raises `PlanError`, `EndpointError`, `TelemetryError`, `ConnectionSettingsError`, `ListenError`.
    """
    client_options(settings.kafka)
    compiled = compile_plan(plan, account_keys(settings))
    names = names_of(settings)
    loop = asyncio.get_running_loop()
    failure: asyncio.Future[BaseException] = loop.create_future()

    def fatal(error: BaseException | None) -> None:
        if not failure.done():
            failure.set_result(known(error))

    app = App(settings)
    registry = CollectorRegistry()
    metrics = Metrics(
        registry,
        [instance.name for instance in compiled.instances],
        [one.name for one in compiled.sought],
        holds=HOLDS,
        written=[names.dead_letters],
    )
    metrics.order(plan.order)
    health = HealthState(time.monotonic)
    metrics.readiness(health.reasons, NotReady)
    codec = Codec(
        Counted(open_registry(settings.registry), metrics), bus=bus_of(plan), unfit=_warn_unfit
    )
    live: dict[int, Partition] = {}
    outbox = Outbox(
        lambda: app.producer._ensure_producer(),
        fatal,
        patient={names.receipts, *map(names.changelog, ("seen", *KINDS))},
        failed=metrics.produce_failure,
    )
    keyed_topic = topics.keyed_topic(settings, plan.sources)
    unread = Unread.of(plan.sources)
    account = endpoint(settings.cordial.endpoint, allow=settings.cordial.allow_endpoint)
    client = open_client(settings, account)
    hashed = partial(contact_hash, secret=given.contact_secret(settings))
    lines = OutcomeLines(settings.log.share, hashed)
    tracing = open_tracing(os.environ, settings, account, hashed)
    tables = Tables(changelogs(app, TABLES), names.changelog, codec, outbox, now_ms)
    reports = Reports(codec, names, now_ms, outbox.put, tracing.told(lines))
    busy: set[str] = set()
    instances = {instance.name: instance for instance in compiled.instances}
    attributes = given.attributes(settings, compiled, client)
    partitions: Partitions
    settling = Settling(outbox, tables, lambda part: partitions.settled(part))
    claims = Claims({one.key: one.name for one in compiled.sought})
    outcomes = Outcomes(settling, tables, reports, metrics, instances, now_ms, hashed, claims)
    asleep = Asleep()
    answering = Answering(
        partitions=live,
        instances=instances,
        outcomes=outcomes,
        policy=given.policy(settings),
        jitter=random.random,
        metrics=metrics,
        hold=lambda why: holding.begin(why),
        busy=busy,
        rejections=RejectionLimit(),
        asleep=asleep,
        poke=lambda: sink.poke(),
    )
    sink = Sink(
        partitions=live,
        instances=instances,
        endpoints=given.endpoints(settings),
        judging=Judging(tables, instances, partial(given.account, compiled, attributes)),
        outcomes=outcomes,
        post=tracing.post(given.post(client)),
        clockwork=Clockwork(
            now=time.monotonic,
            lease_left=lambda: settings.lease - app.consumer.lease_age(),
        ),
        bounds=Bounds(settings.delivery.join_members, settings.delivery.join_bytes),
        in_flight_max=settings.delivery.in_flight,
        metrics=metrics,
        fatal=fatal,
        answering=answering,
        asleep=asleep,
        care=app.care,
    )
    holding = Holding(sink, client, health, metrics)
    visiting = Visiting(
        plan=compiled,
        names=names,
        outbox=outbox,
        reports=reports,
        rows=VisitorTables(tables),
        metrics=metrics,
        now_ms=now_ms,
        live=live,
    )
    router = tracing.router(
        plan=compiled,
        generation=settings.generation,
        codec=codec,
        names=names,
        outbox=outbox,
        reports=reports,
        tables=tables,
        visiting=visiting,
        metrics=metrics,
        slow=lambda part, full: _slow(app, part.keyed, full),
        superseded=lambda part: partitions.report_superseded(part),
        registry_away=lambda away: health.away(NotReady.REGISTRY_AWAY, on=away),
        now_ms=now_ms,
        fatal=fatal,
        care=app.care,
    )
    hopping = Hopping(
        router=router,
        visiting=visiting,
        outbox=outbox,
        slow=lambda part, full: _slow(app, TP(names.hops, part.number), full),
        arrived=sink.poke,
    )
    showing = Showing(
        keyed_topic=keyed_topic,
        consumer=lambda: app.consumer,
        recovery_left=app.recovery_left,
        recovery_away=app.recovery_away,
        live=live,
        sink=sink,
        visiting=visiting,
        unread=unread,
        metrics=metrics,
        health=health,
        hot=HotContact(metrics, health, hashed, now_ms),
    )
    partitions = Partitions(
        settings=settings,
        keyed_topic=keyed_topic,
        consumer=lambda: app.consumer,
        live=live,
        busy=busy,
        router=router,
        hopping=hopping,
        sink=sink,
        outbox=outbox,
        outcomes=outcomes,
        reports=reports,
        tables=tables,
        metrics=metrics,
        health=health,
        fatal=fatal,
        now_ms=now_ms,
        showing=showing,
        elsewhere=partial(elsewhere, settings),
        ordering=ordering(plan.order, {one.name: one.action for one in compiled.instances}),
        care=app.care,
    )
    app.shell = partitions
    app.unread = unread
    app.may_write = lambda: not failure.done() and partitions.may_write()
    attach_all(app, plan, names, keyed_topic, partitions, router, tracing.copies)
    web = WebServer(health, registry, settings.web)
    return Worker(
        settings=settings,
        problems=partial(start_problems, settings, plan),
        app=app,
        outbox=outbox,
        partitions=partitions,
        holding=holding,
        client=client,
        attributes=attributes,
        web=web,
        health=health,
        failure=failure,
        fatal=fatal,
        tracing=tracing,
    )


def _warn_unfit(topic: str, schema: SchemaRef, what: str) -> None:
    log.warning(
        "a schema lacks what the mapping of its source names; run plan check",
        topic=topic,
        schema_id=str(schema),
        error=what,
    )


def _slow(app: App, tp: TP, full: bool) -> None:
    if full:
        app.consumer.slow(tp)
    else:
        app.consumer.resume(tp)
