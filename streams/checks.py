"""`check` and `topics`: is everything there that a worker needs, and if not, what to do."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError

from streams.account import open_client
from streams.actions import ACTIONS
from streams.cordial.endpoint import EndpointError, endpoint
from streams.kafka import topics
from streams.kafka.cluster import create, read_cluster
from streams.kafka.connection import ConnectionSettingsError
from streams.kafka.registry import RegistryAway, open_registry
from streams.kafka.schemas import check_schemas
from streams.kafka.topics import Cluster, Problem
from streams.plan import Plan, PlanError, compile_plan, load_plan
from streams.settings import Settings, account_keys, load

OK, BAD_SETTINGS, DEPENDENCY_DOWN, FAILED = 0, 3, 4, 5


def run_check(plan_file: Path | None, *, offline: bool, as_json: bool) -> int:
    """The `check` command; the exit code."""
    try:
        settings, plan = _given(plan_file)
    except (PlanError, ValueError) as error:
        return _refused(error)
    problems = [Problem(one.file, one.reason, "restore the file") for one in check_schemas()]
    code = FAILED if problems else OK
    if not offline:
        away, found = asyncio.run(_online(settings, plan))
        problems += found
        code = max(code, DEPENDENCY_DOWN if away else OK, FAILED if _serious(found) else OK)
    _say(problems, as_json=as_json)
    return code


def run_topics(
    word: str,
    plan_file: Path | None,
    *,
    partitions: int | None,
    with_sources: bool,
    as_json: bool,
) -> int:
    """The `topics` commands; the exit code."""
    try:
        settings, plan = _given(plan_file)
        cluster = asyncio.run(read_cluster(settings))
    except (PlanError, ConnectionSettingsError, ValueError) as error:
        return _refused(error)
    except (KafkaError, OSError) as error:
        return _away(settings, error)
    if word == "check":
        problems = broker_problems(settings, plan, cluster)
        _say(problems, as_json=as_json)
        return FAILED if _serious(problems) else OK
    return _plan_or_apply(
        settings,
        plan,
        cluster,
        partitions=partitions,
        with_sources=with_sources,
        apply=word == "apply",
        as_json=as_json,
    )


def _plan_or_apply(
    settings: Settings,
    plan: Plan,
    cluster: Cluster,
    *,
    partitions: int | None,
    with_sources: bool,
    apply: bool,
    as_json: bool,
) -> int:
    count = topics.partition_count(settings, plan.sources, cluster, partitions)
    if isinstance(count, Problem):
        _say([count], as_json=as_json)
        return FAILED
    wanted = topics.wanted_topics(settings, plan.sources, ACTIONS, count)
    if with_sources:
        wanted += topics.source_topics(plan.sources, count)
    changes = topics.plan(wanted, cluster, settings)
    problems = list(changes.problems)
    if apply:
        problems += asyncio.run(create(settings, changes.create, cluster))
    if as_json:
        made = [asdict(spec) for spec in changes.create]
        print(
            json.dumps({"create": made, "problems": [str(one) for one in problems]}, default=dict)
        )
    else:
        verb = "made" if apply else "would be made"
        for spec in changes.create:
            print(f"{spec.name}: {verb}, {spec.partitions} partitions")
        print(f"{len(changes.create)} topics {verb}")
        _say(problems, as_json=False)
    return FAILED if _serious(problems) else OK


def broker_problems(settings: Settings, plan: Plan, cluster: Cluster) -> list[Problem]:
    """Why a worker must not start against this broker; notes stop nothing."""
    count = topics.partition_count(settings, plan.sources, cluster)
    if isinstance(count, Problem):
        return [count]
    wanted = topics.wanted_topics(settings, plan.sources, ACTIONS, count)
    return topics.check(wanted, cluster, settings, plan.sources)


async def start_problems(settings: Settings, plan: Plan) -> list[Problem]:
    """What a worker must know before it starts. Raises aiokafka's errors."""
    wrong = [Problem(one.file, one.reason, "restore the file") for one in check_schemas()]
    return wrong + broker_problems(settings, plan, await read_cluster(settings))


async def _online(settings: Settings, plan: Plan) -> tuple[bool, list[Problem]]:
    problems: list[Problem] = []
    away = False
    try:
        problems += broker_problems(settings, plan, await read_cluster(settings))
    except (KafkaError, OSError) as error:
        away = True
        problems.append(_broker_away(settings, error))
    registry = open_registry(settings.registry)
    answer = await registry.lookup(1)
    await registry.close()
    if isinstance(answer, RegistryAway):
        away = True
        problems.append(Problem("registry.url", "does not answer", "look at the registry"))
    return away, problems + await _key_problems(settings)


async def _key_problems(settings: Settings) -> list[Problem]:
    cordial = settings.cordial
    client = open_client(settings, endpoint(cordial.endpoint, allow=cordial.allow_endpoint))
    answer = await client.check_auth()
    await client.aclose()
    if answer == "ok":
        return []
    if answer == "rejected":
        remedy = "put the right key into api_key_file, and check that the data centre is its own"
        return [Problem("api_key", "Cordial rejects it", remedy)]
    return [Problem("cordial.endpoint", "does not answer", "check it, and the way to it")]


def _given(plan_file: Path | None) -> tuple[Settings, Plan]:
    settings = load()
    plan = load_plan(plan_file)
    compile_plan(plan, account_keys(settings))
    try:
        endpoint(settings.cordial.endpoint, allow=settings.cordial.allow_endpoint)
    except EndpointError as error:
        raise PlanError(str(error)) from error
    return settings, plan


def _broker_away(settings: Settings, error: Exception) -> Problem:
    what = f"no broker answers at {settings.kafka.bootstrap} ({type(error).__name__})"
    return Problem("kafka.bootstrap", what, "start the broker, or correct the setting")


def _away(settings: Settings, error: Exception) -> int:
    sys.stderr.write(f"cordial-streams: {_broker_away(settings, error)}\n")
    return DEPENDENCY_DOWN


def _refused(error: Exception) -> int:
    sys.stderr.write(f"cordial-streams: {error}\n")
    return BAD_SETTINGS


def _serious(problems: Sequence[Problem]) -> bool:
    return any(not problem.note for problem in problems)


def _say(problems: Sequence[Problem], *, as_json: bool) -> None:
    if as_json:
        shown: list[Any] = [asdict(problem) for problem in problems]
        print(json.dumps({"ok": not _serious(problems), "problems": shown}))
        return
    for problem in problems:
        print(f"{'note' if problem.note else 'problem'}: {problem}")
    if not problems:
        print("all is well")
