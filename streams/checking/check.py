"""`check`: is everything there that a worker needs, and if not, what to do."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from aiokafka.errors import KafkaError

from streams.checking.named_files import file_problems
from streams.checking.problems import (
    broker_problems,
    given,
    identity_problems,
    schema_problems,
    source_problems,
)
from streams.checking.saying import broker_away, say, serious
from streams.checking.source_schemas import compared
from streams.cordial.endpoint import endpoint
from streams.cordial.opening import open_client
from streams.exits import BAD_SETTINGS, DEPENDENCY_DOWN, FAILED, OK, refused
from streams.kafka.cluster import read_cluster
from streams.kafka.connection import ConnectionSettingsError
from streams.kafka.registry import RegistryAway, open_registry
from streams.kafka.topics import Problem
from streams.plan import Plan
from streams.plan.noting import notes
from streams.plan.places import Wrong
from streams.plan.reading import read_plan
from streams.running.rehearsing import REFUSED, rehearse
from streams.settings import Settings
from streams.settings.secret_file import SecretFileError

LOOK = "look whether it is meant"
NO_KEY = Problem("api_key", "is not set", "set CORDIAL_STREAMS_API_KEY_FILE, or the key itself")
RIGHT_KEY = "put the right key into api_key_file, and check that the data centre is its own"


def run_check(plan_file: Path | None, *, offline: bool, as_json: bool) -> int:
    """The `check` command; the exit code."""
    try:
        settings, plan = given(plan_file)
        asyncio.run(rehearse(settings, plan))
    except (*REFUSED, ValueError) as error:
        return refused(error, BAD_SETTINGS)
    problems = schema_problems() + _in_the_plan(plan_file, offline=offline)
    problems += [*identity_problems(settings, plan), *file_problems(settings)]
    away: list[Problem] = []
    if offline:
        problems += source_problems(settings, plan)
    else:
        try:
            away, found = asyncio.run(_online(settings, plan))
        except ConnectionSettingsError as error:
            return refused(error, BAD_SETTINGS)
        problems += [*away, *found]
    say(problems, as_json=as_json)
    return _code(problems, away)


async def _online(settings: Settings, plan: Plan) -> tuple[list[Problem], list[Problem]]:
    """Dependencies that are away, and what is wrong with those that answer."""
    away: list[Problem] = []
    found: list[Problem] = []
    try:
        found += broker_problems(settings, plan, await read_cluster(settings))
    except (KafkaError, OSError) as error:
        away.append(broker_away(settings, error))
    registry = open_registry(settings.registry)
    answer = await registry.lookup(1)
    await registry.close()
    if isinstance(answer, RegistryAway):
        away.append(Problem("registry.url", answer.why, "look at the registry and its settings"))
    if not _has_key(settings):
        return away, [*found, *([NO_KEY] if settings.api_key_file is None else [])]
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


def _has_key(settings: Settings) -> bool:
    """Without a key there is nothing to ask Cordial about."""
    with suppress(SecretFileError):
        return bool(settings.read_api_key())
    return False


def _in_the_plan(plan_file: Path | None, *, offline: bool) -> list[Problem]:
    """Mappings of sources that their records' schemas do not fit, and those that have none; and
    what is probably not meant."""
    plan, text = read_plan(plan_file)
    found = compared(plan, text, plan_file, offline=offline)
    return [
        *map(_problem, found.wrong),
        *(Problem("sources", one, "see docs/sources.md", note=True) for one in found.unknown),
        *(replace(_problem(one), note=True) for one in notes(plan, text, found.schemas)),
    ]


def _problem(one: Wrong) -> Problem:
    return Problem(one.place, f"line {one.line}: {one.what}", one.remedy or LOOK)


def _code(problems: Sequence[Problem], away: Sequence[Problem]) -> int:
    if away:
        return DEPENDENCY_DOWN
    return FAILED if serious(problems) else OK
