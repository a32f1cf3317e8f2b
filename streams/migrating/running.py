"""A migration, step by step; each may be repeated, and a run that was killed goes on.

1. copying: the new topics are made, and the tables are copied while the old workers run.
2. The operator stops the old workers. What keeps it from being handed over is told before.
3. handing_over: no worker may run. The rest of the tables and what was not finished follow, the
   tables are compared, and the new group gets its place in the sources.
4. finished: workers of the new layout may run, and none of the old one.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.kafka import groups, topics
from streams.kafka.cluster import create, read_cluster
from streams.kafka.codec import Codec
from streams.kafka.groups import Offsets
from streams.kafka.migration import FINISHED, HANDING_OVER
from streams.kafka.names import TABLES, names_of
from streams.migrating.carrying import Carrying
from streams.migrating.comparing import Comparing, differences
from streams.migrating.copying import Copying
from streams.migrating.errors import CannotError
from streams.migrating.owners import Owners
from streams.migrating.planning import Way
from streams.migrating.progress import Progress
from streams.migrating.record import Lock, Record
from streams.migrating.spans import Bulk, Reader, open_bulk

LOOK = 1.0
COPY_EVERY = 10.0


@dataclass(slots=True)
class Done:
    """What was moved, and for how many seconds nobody could deliver."""

    rows: Mapping[str, int]
    carried: Mapping[str, int]
    seconds: float


@dataclass(slots=True)
class Migrating:
    """One run. `actions` are Cordial's words for actions, by the names of their instances.

    `wait` is for how many seconds the old workers are waited for. `forget`: rows of which nothing
    says whose they are stay behind.
    """

    way: Way
    actions: Mapping[str, str]
    codec: Codec
    progress: Progress
    wait: float
    forget: bool
    lock: Lock
    reader: Reader
    bulk: Bulk
    record: Record = field(init=False)
    copying: Copying = field(init=False)

    def __post_init__(self) -> None:
        way = self.way
        self.record = Record(way.old, self.bulk, way.row)
        self.copying = Copying(
            old=way.old,
            new=way.new,
            partitions=way.row.to_partitions,
            owners=Owners(way.old, way.new, self.reader, self.actions, way.row.to_partitions),
            reader=self.reader,
            bulk=self.bulk,
            save=lambda copied: self.record.save(copied=copied),
            say=self.progress.copied,
            copied=dict(way.row.copied),
        )

    async def run(self) -> Done:
        """All that is left to do. Raises `CannotError`, `AnotherRunsError`, aiokafka's errors."""
        await self.record.save()
        await self._make_topics()
        if self.record.row.step != HANDING_OVER:
            self.progress.say("copying the tables; the workers may run")
            await self.copying.all()
            await self._until_stopped()
            await self._may_be_handed_over()
            await self.record.save(step=HANDING_OVER, stopped=_now())
        await self._until_stopped()
        return await self._hand_over()

    async def _make_topics(self) -> None:
        found = await read_cluster(self.way.new)
        # One that was given up at its end has left the place of its group behind.
        changes = topics.plan(self.way.topics, found, self.way.new, TABLES)
        wrong = [str(one) for one in changes.problems if not one.note]
        wrong += map(str, await create(self.way.new, changes.create, found))
        if wrong:
            raise CannotError("; ".join(wrong))
        if changes.create:
            self.progress.say(f"{len(changes.create)} topics made")

    async def _until_stopped(self) -> None:
        """Copy what comes until nobody is left in the old group."""
        group = names_of(self.way.old).app_id
        end = time.monotonic() + self.wait
        copied = time.monotonic()
        said = False
        async with groups.admin_of(self.way.old) as admin:
            while members := len(await groups.members(admin, group)):
                if not said:
                    self.progress.say(f"stop the workers now: {members} are in the group {group}")
                    said = True
                if time.monotonic() > end:
                    raise CannotError(
                        f"{members} workers are in the group {group} after {self.wait:g} s; stop "
                        "them and run this again: it goes on where it is"
                    )
                await asyncio.sleep(LOOK)
                if time.monotonic() - copied > COPY_EVERY:
                    await self.copying.all()
                    copied = time.monotonic()

    async def _may_be_handed_over(self) -> None:
        """What the old workers have to finish, they can finish now only."""
        replays = names_of(self.way.old).replays
        count = self.way.row.from_partitions
        ends = await groups.ends(self.way.old, [(replays, number) for number in range(count)])
        stands = await self._stands()
        open_ = sum(end - stands.get(place, 0) for place, end in ends.items())
        if open_:
            raise CannotError(
                f"{open_} replays of dead letters are not finished; start the old workers, wait "
                f"until {replays} has no lag, and run this again"
            )
        lost = {table: len(keys) for table, keys in self.copying.unplaced.items() if keys}
        if lost and not self.forget:
            told = ", ".join(f"{count} of {table}" for table, count in lost.items())
            raise CannotError(
                f"of some rows nothing says whose they are, as receipts or commands are gone: "
                f"{told}; --forget leaves them behind: a message id that comes again is then sent "
                "again. Start the old workers, or run this again with --forget"
            )

    async def _stands(self) -> Offsets:
        async with groups.admin_of(self.way.old) as admin:
            return await groups.committed(admin, names_of(self.way.old).app_id)

    async def _hand_over(self) -> Done:
        way = self.way
        self.progress.say("handing over; no worker may run")
        await self.copying.all()
        await self.copying.everywhere()
        stands = await self._stands()
        carrying = Carrying(
            way.old, way.new, way.row.to_partitions, dict(stands), self.reader, self.bulk
        )
        carried = await self._carry(carrying)
        rows = await self._compare()
        await self._until_stopped()
        if await self._stands() != stands:
            raise CannotError("a worker of the old layout has run meanwhile; run this again")
        sources = {place: at for place, at in carrying.stands.items() if place[0] in way.sources}
        if sources:
            self.lock.held()
            await groups.commit(way.new, names_of(way.new).app_id, sources)
        await self.record.save(step=FINISHED, finished=_now())
        row = self.record.row
        return Done(rows, carried, ((row.finished or 0) - (row.stopped or 0)) / 1000)

    async def _carry(self, carrying: Carrying) -> dict[str, int]:
        way = self.way
        carried: dict[str, int] = {}
        if way.carried is not None:
            carried["events"] = await carrying.keyed(way.carried)
        if way.grown is not None:
            count = way.row.from_partitions
            carried["events"] = await carrying.grown(way.grown, count, self.codec)
        carried["hops"] = await carrying.hops()
        carried["commands"] = await carrying.commands(self.actions)
        carried["dead letters"] = await carrying.letters()
        self.progress.say(
            "carried over: " + ", ".join(f"{count:,} {what}" for what, count in carried.items())
        )
        return carried

    async def _compare(self) -> dict[str, int]:
        self.progress.say("comparing the tables")
        way = self.way
        comparing = Comparing(
            way.old, way.new, way.partitions, self.copying.owners, self.reader, self.bulk
        )
        rows, wrong = await differences(comparing)
        if wrong:
            raise CannotError(
                "the tables are not equal: " + "; ".join(wrong) + "; run this again with "
                "--abandon, start the old workers, and report it"
            )
        return rows


async def migrate(way: Way, actions: Mapping[str, str], codec: Codec, **given: Any) -> Done:
    """Run it. `given` are `progress`, `wait` and `forget`. Raises as `Migrating.run`."""
    async with (
        Lock(way.old) as lock,
        open_bulk(way.old, lock.held) as bulk,
        Reader(way.old) as reader,
    ):
        await lock.unchanged(way.row.to_layout, way.known)
        migrating = Migrating(way, actions, codec, lock=lock, reader=reader, bulk=bulk, **given)
        return await migrating.run()


def _now() -> int:
    return time.time_ns() // 1_000_000
