"""The `topics migrate` command: to another number of partitions, by a new layout."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError

from streams.checking.problems import given
from streams.checking.saying import away, say
from streams.exits import BAD_SETTINGS, FAILED, OK, refused
from streams.kafka.cluster import create, read_cluster
from streams.kafka.codec import Codec
from streams.kafka.connection import ConnectionSettingsError
from streams.kafka.groups import ends
from streams.kafka.names import TABLES, names_of
from streams.kafka.registry import open_registry
from streams.kafka.topics import Cluster, Problem, migrations
from streams.migrating.errors import CannotError
from streams.migrating.leaving import abandon, drop_old
from streams.migrating.planning import Way, doubts, way
from streams.migrating.progress import Progress
from streams.migrating.record import AnotherRunsError
from streams.migrating.running import Done, migrate
from streams.plan import Plan, PlanError, bus_of, compile_plan, instance_names
from streams.settings import Settings, account_keys


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator wants; `wait` is in seconds."""

    partitions: int | None = None
    dry_run: bool = False
    abandon: bool = False
    drop_old: bool = False
    forget: bool = False
    wait: float = 600.0
    as_json: bool = False


def run_migrate(plan_file: Path | None, wish: Wish) -> int:
    """The `topics migrate` command; the exit code."""
    try:
        settings, plan = given(plan_file)
    except (PlanError, ConnectionSettingsError, ValueError) as error:
        return refused(error, BAD_SETTINGS)
    try:
        return asyncio.run(_run(settings, plan, wish))
    except (CannotError, AnotherRunsError) as error:
        return refused(error, FAILED)
    except (KafkaError, OSError) as error:
        return away(settings, error)


async def _run(settings: Settings, plan: Plan, wish: Wish) -> int:
    cluster = await read_cluster(settings)
    names = instance_names(plan)
    if wish.abandon or wish.drop_old:
        ended = abandon if wish.abandon else drop_old
        gone = await ended(settings, plan.sources, names, cluster, dry_run=wish.dry_run)
        _tell_gone(wish, gone)
        return OK
    found = way(settings, plan.sources, names, cluster, wish.partitions, _now())
    if not isinstance(found, Way):
        say(found, as_json=wish.as_json)
        return FAILED
    notes = list(doubts(found, cluster))
    records = await _records(found)
    if wish.dry_run:
        document = {"steps": _steps(found, records), "notes": [*map(str, notes)]}
        _print(wish, document, [*document["steps"], *(f"note: {one}" for one in notes)])
        return OK
    return await _migrate(found, plan, cluster, wish, notes, records)


async def _migrate(
    found: Way,
    plan: Plan,
    cluster: Cluster,
    wish: Wish,
    notes: list[Problem],
    records: Mapping[str, int],
) -> int:
    failed = await create(found.old, [migrations(found.old)], cluster)
    if failed:
        raise CannotError("; ".join(map(str, failed)))
    compiled = compile_plan(plan, account_keys(found.old))
    actions = {one.name: one.action for one in compiled.instances}
    codec = Codec(open_registry(found.old.registry), bus=bus_of(plan))
    progress = Progress(sum(records.values()))
    for note in notes:
        progress.say(f"note: {note}")
    try:
        done = await migrate(
            found, actions, codec, progress=progress, wait=wish.wait, forget=wish.forget
        )
    finally:
        progress.end()
        await codec.close()
    _print(wish, {"layout": found.new.layout, **asdict(done)}, list(_told(found, done)))
    return OK


async def _records(found: Way) -> dict[str, int]:
    """How many records the changelogs have, at most."""
    names, numbers = names_of(found.old), range(found.row.from_partitions)
    topics = {names.changelog(table): table for table in TABLES}
    counts = dict.fromkeys(TABLES, 0)
    places = [(topic, number) for topic in topics for number in numbers]
    for (topic, _), end in (await ends(found.old, places)).items():
        counts[topics[topic]] += end
    return counts


def _steps(found: Way, records: Mapping[str, int]) -> list[str]:
    old, new = names_of(found.old), names_of(found.new)
    most = ", ".join(f"{table} {count:,}" for table, count in records.items() if count)
    if found.carried:
        events = f"what is not settled of {found.carried} is carried to {new.keyed}, in its order"
    else:
        events = f"events are copied to {new.keyed} from where {old.app_id} stands"
    return [
        f"from layout {found.old.layout} with {found.row.from_partitions} partitions to layout "
        f"{found.new.layout} with {found.row.to_partitions}",
        f"1. {len(found.topics)} topics are made, as {new.keyed} and {new.changelog('orders')}; "
        "the old ones stay",
        f"2. the tables are copied while the workers run; records at most: {most or 'none'}",
        "3. you stop the workers",
        f"4. {events}; what waits in {old.hops}, commands of others and dead letters are carried "
        "over, the tables compared",
        f"5. you start the workers with CORDIAL_STREAMS_LAYOUT={found.new.layout}",
    ]


def _told(found: Way, done: Done) -> list[str]:
    rows = [f"{table}: {count:,} rows" for table, count in done.rows.items() if count]
    return [
        *rows,
        f"nobody has delivered for {done.seconds:.1f} s",
        f"now set CORDIAL_STREAMS_LAYOUT={found.new.layout} and start the workers",
    ]


def _tell_gone(wish: Wish, gone: list[str]) -> None:
    if wish.dry_run:
        _print(wish, {"would_delete": gone}, [f"{one}: would be deleted" for one in gone])
    else:
        _print(wish, {"deleted": gone}, [*(f"{one}: deleted" for one in gone), _after(wish)])


def _after(wish: Wish) -> str:
    return "the workers may run as before" if wish.abandon else "what was left behind is gone"


def _print(wish: Wish, document: Mapping[str, Any], lines: list[str]) -> None:
    print(json.dumps(document) if wish.as_json else "\n".join(lines))


def _now() -> int:
    return time.time_ns() // 1_000_000
