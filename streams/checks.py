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
from streams.cordial.endpoint import EndpointError, endpoint
from streams.kafka import topics
from streams.kafka.cluster import create, read_cluster
from streams.kafka.connection import ConnectionSettingsError
from streams.kafka.registry import RegistryAway, open_registry
from streams.kafka.schemas import check_schemas
from streams.kafka.topics import Cluster, Problem, TopicSpec
from streams.plan import Plan, PlanError, compile_plan, instance_names, load_plan
from streams.plan.reading import read_plan
from streams.settings import Settings, account_keys, load
from streams.source_schemas import compared

OK, BAD_SETTINGS, DEPENDENCY_DOWN, FAILED = 0, 3, 4, 5
RIGHT_KEY = "put the right key into api_key_file, and check that the data centre is its own"


def run_check(plan_file: Path | None, *, offline: bool, as_json: bool) -> int:
    """The `check` command; the exit code."""
    try:
        settings, plan = _given(plan_file)
    except (PlanError, ValueError) as error:
        return _refused(error)
    problems = [Problem(one.file, one.reason, "restore the file") for one in check_schemas()]
    problems += _beside_schemas(plan_file, offline=offline)
    away: list[Problem] = []
    if not offline:
        try:
            away, found = asyncio.run(_online(settings, plan))
        except ConnectionSettingsError as error:
            return _refused(error)
        problems += [*away, *found]
    _say(problems, as_json=as_json)
    return _code(problems, away)


def run_topics(
    word: str,
    plan_file: Path | None,
    *,
    partitions: int | None,
    with_sources: bool,
    new_tables: Sequence[str],
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
        new_tables=new_tables,
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
    new_tables: Sequence[str],
    apply: bool,
    as_json: bool,
) -> int:
    wrong = source_problems(settings, plan)
    count = topics.partition_count(settings, plan.sources, cluster, partitions)
    if wrong or isinstance(count, Problem):
        _say([*wrong, *([count] if isinstance(count, Problem) else [])], as_json=as_json)
        return FAILED
    wanted = topics.wanted_topics(settings, plan.sources, instance_names(plan), count)
    if with_sources:
        wanted += topics.source_topics(plan.sources, count)
    changes = topics.plan(wanted, cluster, settings, new_tables)
    problems = [*_not_taken(partitions, count), *changes.problems]
    made = list(changes.create)
    if apply:
        try:
            failed = asyncio.run(create(settings, made, cluster))
        except (KafkaError, OSError) as error:
            return _away(settings, error)
        problems += failed
        made = [spec for spec in made if spec.name not in {one.where for one in failed}]
    if as_json:
        said = {"create": [asdict(spec) for spec in made], "problems": [*map(str, problems)]}
        print(json.dumps(said, default=dict))
    else:
        _say_made(made, "made" if apply else "would be made")
        if problems or apply or not made:
            _say(problems, as_json=False)
    return FAILED if _serious(problems) else OK


def _say_made(specs: Sequence[TopicSpec], verb: str) -> None:
    for spec in specs:
        print(f"{spec.name}: {verb}, {spec.partitions} partitions")
    print(f"{len(specs)} {'topic' if len(specs) == 1 else 'topics'} {verb}")


def _not_taken(asked: int | None, count: int) -> list[Problem]:
    """A note where `--partitions` says another count than that of the keyed topic, which is."""
    if asked in (None, count):
        return []
    what = f"{asked} are asked for, and the keyed topic has {count}"
    return [Problem("--partitions", what, "leave it out; it is for a new installation", note=True)]


def broker_problems(settings: Settings, plan: Plan, cluster: Cluster) -> list[Problem]:
    """Why a worker must not start against this broker; notes stop nothing."""
    wrong = source_problems(settings, plan)
    count = topics.partition_count(settings, plan.sources, cluster)
    if isinstance(count, Problem):
        return [*wrong, count]
    wanted = topics.wanted_topics(settings, plan.sources, instance_names(plan), count)
    return wrong + topics.check(wanted, cluster, settings, plan.sources)


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


async def start_problems(settings: Settings, plan: Plan) -> list[Problem]:
    """What a worker must know before it starts. Raises aiokafka's errors."""
    wrong = [Problem(one.file, one.reason, "restore the file") for one in check_schemas()]
    return wrong + broker_problems(settings, plan, await read_cluster(settings))


async def _online(settings: Settings, plan: Plan) -> tuple[list[Problem], list[Problem]]:
    """Dependencies that are away, and what is wrong with those that answer."""
    away: list[Problem] = []
    found: list[Problem] = []
    try:
        found += broker_problems(settings, plan, await read_cluster(settings))
    except (KafkaError, OSError) as error:
        away.append(_broker_away(settings, error))
    registry = open_registry(settings.registry)
    answer = await registry.lookup(1)
    await registry.close()
    if isinstance(answer, RegistryAway):
        away.append(Problem("registry.url", "does not answer", "look at the registry"))
    missing = _missing_key(settings)
    if missing is not None:
        return away, [*found, missing]
    told = await _ask_cordial(settings)
    if told == "away":
        away.append(Problem("cordial.endpoint", "does not answer", "check it, and the way to it"))
    elif told == "rejected":
        found.append(Problem("api_key", "Cordial rejects it", RIGHT_KEY))
    return away, found


async def _ask_cordial(settings: Settings) -> str:
    cordial = settings.cordial
    client = open_client(settings, endpoint(cordial.endpoint, allow=cordial.allow_endpoint))
    try:
        return await client.check_auth()
    finally:
        await client.aclose()


def _missing_key(settings: Settings) -> Problem | None:
    """Without a key there is nothing to ask Cordial about."""
    try:
        key = settings.read_api_key()
    except OSError as error:
        what = f"the key's file cannot be read ({error.strerror})"
        return Problem("api_key_file", what, "put the key there, readable for the worker's user")
    except UnicodeDecodeError:
        return Problem("api_key_file", "the key's file is no text", "put the key there, alone")
    if key:
        return None
    if settings.api_key_file is not None:
        return Problem("api_key_file", "the key's file is empty", "put the key there")
    return Problem("api_key", "is not set", "set CORDIAL_STREAMS_API_KEY_FILE, or the key itself")


def _given(plan_file: Path | None) -> tuple[Settings, Plan]:
    settings = load()
    plan = load_plan(plan_file)
    compile_plan(plan, account_keys(settings))
    try:
        endpoint(settings.cordial.endpoint, allow=settings.cordial.allow_endpoint)
    except EndpointError as error:
        raise PlanError(str(error)) from error
    return settings, plan


def _beside_schemas(plan_file: Path | None, *, offline: bool) -> list[Problem]:
    """Mappings of sources that their records' schemas do not fit, and those that have none."""
    plan, text = read_plan(plan_file)
    found = compared(plan, text, plan_file, offline=offline)
    return [
        *(Problem(one.place, f"line {one.line}: {one.what}", one.remedy) for one in found.wrong),
        *(Problem("sources", one, "see docs/sources.md", note=True) for one in found.unknown),
    ]


def _broker_away(settings: Settings, error: Exception) -> Problem:
    what = f"no broker answers at {settings.kafka.bootstrap} ({type(error).__name__})"
    return Problem("kafka.bootstrap", what, "start the broker, or correct the setting")


def _away(settings: Settings, error: Exception) -> int:
    sys.stderr.write(f"cordial-streams: {_broker_away(settings, error)}\n")
    return DEPENDENCY_DOWN


def _refused(error: Exception) -> int:
    sys.stderr.write(f"cordial-streams: {error}\n")
    return BAD_SETTINGS


def _code(problems: Sequence[Problem], away: Sequence[Problem]) -> int:
    if away:
        return DEPENDENCY_DOWN
    return FAILED if _serious(problems) else OK


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
