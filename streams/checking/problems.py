"""Whether settings, plan, schemas and broker are as a worker needs them."""

from pathlib import Path

from streams.cordial.endpoint import EndpointError, endpoint
from streams.kafka import group, topics
from streams.kafka.cluster import read_cluster, read_migrations
from streams.kafka.migration import reasons
from streams.kafka.schemas import check_schemas
from streams.kafka.topics import Cluster, Problem
from streams.plan import Plan, PlanError, compile_plan, instance_names, load_plan
from streams.settings import Settings, account_keys, load


def broker_problems(settings: Settings, plan: Plan, cluster: Cluster) -> list[Problem]:
    """Why a worker must not start against this broker; notes stop nothing."""
    elsewhere = list(group.elsewhere(cluster, settings))
    if elsewhere:
        return elsewhere
    wrong = source_problems(settings, plan)
    count = topics.partition_count(settings, plan.sources, cluster)
    if isinstance(count, Problem):
        return [*wrong, count]
    wanted = topics.wanted_topics(settings, plan.sources, instance_names(plan), count)
    wrong += topics.check(wanted, cluster, settings, plan.sources)
    return [*wrong, *group.problems(cluster, settings, plan.sources)]


def identity_problems(settings: Settings, plan: Plan) -> list[Problem]:
    """A note where who a contact is may be learned after it is needed."""
    if plan.order == "contact" or settings.cordial.segment_id_key is not None:
        return []
    what = (
        "is not set, and with order: action an event that names its contact by no e-mail and no "
        "phone may overtake the one that did: a dead letter, unidentifiable"
    )
    remedy = "set it, or leave order at contact"
    return [Problem("cordial.segment_id_key", what, remedy, note=True)]


def source_problems(settings: Settings, plan: Plan) -> list[Problem]:
    """Sources that the worker would write to itself."""
    names = [source.topic for source in plan.sources]
    ours = {
        spec.name for spec in topics.wanted_topics(settings, plan.sources, instance_names(plan), 1)
    }
    return [
        Problem(
            name,
            "is a source in the plan and a topic that the worker writes",
            "name the company's own topic in sources, or change the prefix",
        )
        for name in sorted(ours.intersection(names))
    ]


def schema_problems() -> list[Problem]:
    """What is wrong with the files of our own schemas."""
    return [Problem(one.file, one.reason, "restore the file") for one in check_schemas()]


async def start_problems(settings: Settings, plan: Plan) -> list[Problem]:
    """What a worker must know before it starts. Raises aiokafka's errors."""
    return schema_problems() + broker_problems(settings, plan, await read_cluster(settings))


async def elsewhere(settings: Settings) -> str | None:
    """Why nobody must run with this layout any more, if so. Raises aiokafka's errors."""
    rows = await read_migrations(settings)
    return next((f"{what}; {remedy}" for what, remedy in reasons(rows, settings.layout)), None)


def given(plan_file: Path | None) -> tuple[Settings, Plan]:
    """The settings and the plan, each right in itself. Raises `PlanError`, `SettingsError`."""
    settings = load()
    plan = load_plan(plan_file)
    compile_plan(plan, account_keys(settings))
    try:
        endpoint(settings.cordial.endpoint, allow=settings.cordial.allow_endpoint)
    except EndpointError as error:
        raise PlanError(str(error)) from error
    return settings, plan
