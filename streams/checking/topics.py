"""`topics plan`, `topics apply` and `topics check`: the topics that a worker needs."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from aiokafka.errors import KafkaError

from streams.checking.problems import broker_problems, given, source_problems
from streams.checking.saying import away, say, serious
from streams.exits import BAD_SETTINGS, FAILED, OK, refused
from streams.kafka import topics
from streams.kafka.cluster import create, read_cluster
from streams.kafka.connection import ConnectionSettingsError
from streams.kafka.topics import Cluster, Problem, TopicSpec
from streams.plan import Plan, PlanError, instance_names
from streams.settings import Settings


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
        settings, plan = given(plan_file)
        cluster = asyncio.run(read_cluster(settings))
    except (PlanError, ConnectionSettingsError, ValueError) as error:
        return refused(error, BAD_SETTINGS)
    except (KafkaError, OSError) as error:
        return away(settings, error)
    if word == "check":
        problems = broker_problems(settings, plan, cluster)
        say(problems, as_json=as_json)
        return FAILED if serious(problems) else OK
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
        say([*wrong, *([count] if isinstance(count, Problem) else [])], as_json=as_json)
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
            return away(settings, error)
        problems += failed
        made = [spec for spec in made if spec.name not in {one.where for one in failed}]
    if as_json:
        said = {"create": [asdict(spec) for spec in made], "problems": [*map(str, problems)]}
        print(json.dumps(said, default=dict))
    else:
        _say_made(made, "made" if apply else "would be made")
        if problems or apply or not made:
            say(problems, as_json=False)
    return FAILED if serious(problems) else OK


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
