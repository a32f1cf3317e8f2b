"""`python -m tests.crash.migration`: more partitions under load, with kill -9 on the way.

Workers with 4 partitions deliver while events are published; one of them is killed. `topics
migrate` is killed while it copies and while it hands over, and run again. Then workers with 8
partitions go on. Exit 0 only if every guarantee was kept, else 5; 4 where a part did not come up.

Example: python -m tests.crash.migration --events 5000
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tests.broker.clients import admin_of
from tests.broker.kafka import RealKafka
from tests.crash.driver import Driver, RunError
from tests.crash.fleet import Fleet
from tests.crash.keeping import kept
from tests.crash.processes import Process
from tests.crash.publishing import Publisher
from tests.crash.setup import APP_ID, PREFIX, TOPIC, Setup, plan

NEW_GROUP, NEW_PREFIX = f"{APP_ID}-1", f"{PREFIX}.1"
COPYING, HANDING_OVER = "copying the tables", "handing over"
STOP = "stop the workers now"
REFUSED = 5
SECONDS = 180.0


@dataclass(slots=True)
class MigrationDriver(Driver):
    """One run. `copied`: the sources are copied to a keyed topic of ours from the beginning."""

    copied: bool = False
    after: int = 8
    kills: tuple[str, ...] = (COPYING, HANDING_OVER)

    def play(self) -> int:
        with ExitStack() as stack:
            broker = stack.enter_context(RealKafka(self.directory / "kafka"))
            endpoint = self._sandbox(stack).announced("http://")
            fleet = self._fleet(broker, endpoint)
            if self.copied:
                text = plan(self.setup, changed=False)
                fleet.plan.write_text(text.replace("keyed_by_user: true", "keyed_by_user: false"))
            stack.callback(fleet.kill_all)
            asyncio.run(self._make_topics(broker, fleet))
            fleet.start(self.setup.workers)
            self.say(f"{self.setup.workers} workers with {self.setup.partitions} partitions")
            publisher = self._publisher(broker)
            publisher.start()
            try:
                new = self._migrated(stack, broker, fleet, publisher)
                problem = self._settled(broker, new, publisher)
            except RunError as error:
                self.say(str(error))
                return 5
            new.stop()
            code = self._verify(broker)
            unclean = [*fleet.unclean, *new.unclean]
            for one in unclean:
                self.say(one)
            return 5 if problem or code or unclean else 0

    def _migrated(
        self, stack: ExitStack, broker: RealKafka, fleet: Fleet, publisher: Publisher
    ) -> Fleet:
        """The new workers, once the old ones and the migration are done."""
        self._until_published(publisher, 0.2)
        killed = fleet.kill()
        time.sleep(1)
        killed.start()
        self._until_published(publisher, 0.35)
        migration = self._migration(fleet)
        stack.callback(migration.kill)
        for mark in self.kills:
            self._until_said(migration, mark, fleet)
            migration.kill()
            self.say(f"kill -9 of the migration as it said: {mark}")
            migration.log.write_text("")
            migration.start()
        self._until_said(migration, None, fleet)
        self.say(migration.log.read_text().strip())
        self._refused(fleet)
        settings = {**fleet.settings, "CORDIAL_STREAMS_LAYOUT": "1"}
        folder = self.directory / "new"
        folder.mkdir()
        new = replace(fleet, directory=folder, settings=settings, workers=[], unclean=[], _ports={})
        stack.callback(new.kill_all)
        new.start(self.setup.workers)
        self.say(f"{self.setup.workers} workers with {self.after} partitions")
        return new

    def _migration(self, fleet: Fleet) -> Process:
        words = ("topics", "migrate", "--partitions", str(self.after), "--plan", str(fleet.plan))
        log = self.directory / "migration.log"
        migration = Process("migration", ["-m", "streams.cli", *words], log, fleet.settings)
        migration.start()
        return migration

    def _until_published(self, publisher: Publisher, share: float) -> None:
        end = time.monotonic() + SECONDS
        while publisher.published < self.setup.events * share:
            time.sleep(0.05)
            if publisher.failure or time.monotonic() > end:
                raise RunError(f"publishing failed: {publisher.failure}")

    def _until_said(self, migration: Process, mark: str | None, fleet: Fleet) -> None:
        """Until it says this, or ends well; the workers are stopped when it asks for it."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            said = migration.log.read_text()
            if STOP in said and any(one.alive for one in fleet.workers):
                fleet.stop()
                self.say("the old workers are stopped")
            if mark is not None and mark in said:
                return
            if not migration.alive:
                if mark is None and migration.code == 0:
                    return
                raise RunError(f"the migration ended with {migration.code}\n{migration.tail()}")
            time.sleep(0.005)
        raise RunError(f"the migration did not come to: {mark or 'its end'}\n{migration.tail()}")

    def _refused(self, fleet: Fleet) -> None:
        """An old worker must not start any more."""
        done = subprocess.run(
            [sys.executable, *fleet.workers[0].command],
            env={**os.environ, **fleet.workers[0].environment},
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode != REFUSED or b"was handed over to the layout 1" not in done.stderr:
            raise RunError(f"an old worker ended with {done.returncode}: {done.stderr.decode()}")
        self.say("an old worker is refused")

    def _settled(self, broker: RealKafka, fleet: Fleet, publisher: Publisher) -> str | None:
        asyncio.run(self._turn(broker))
        quiet = 0
        while quiet < 3:
            time.sleep(1)
            settled, lag = self.progress(broker)
            self._tell(publisher, settled, lag)
            if time.monotonic() - self.began > self.setup.deadline:
                raise RunError(f"not settled within {self.setup.deadline:g} s, {lag} are open")
            fleet.look()
            quiet = quiet + 1 if not publisher.is_alive() and lag == 0 else 0
        return str(publisher.failure) if publisher.failure else None

    async def _turn(self, broker: RealKafka) -> None:
        """From now on the new group and topics are looked at."""
        async with admin_of(broker.bootstrap) as admin:
            found = await admin.list_topics()
        ours = [name for name in found if name.startswith(f"{NEW_PREFIX}.")]
        not_read = (".receipts", ".dead-letters")
        self._topics = [TOPIC, *(name for name in ours if not name.endswith(not_read))]
        self.group, self.prefixes = NEW_GROUP, (PREFIX, NEW_PREFIX)


def _played(setup: Setup, directory: Path, *, copied: bool) -> int:
    return MigrationDriver(setup, directory, copied=copied).play()


def main() -> int:
    options = argparse.ArgumentParser(
        prog="python -m tests.crash.migration",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--events", type=int, default=5_000)
    options.add_argument("--rate", type=float, default=90.0, help="published per second")
    options.add_argument("--limit", type=int, default=60, help="requests a second of an endpoint")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", choices=["copied", "keyed"], help="by our copy, or the source")
    options.add_argument("--directory", type=Path, help="kept; default: a temporary one")
    given = options.parse_args()
    worst = 0
    for name in [given.only] if given.only else ["copied", "keyed"]:
        setup = Setup(
            events=given.events,
            seed=given.seed,
            rate=given.rate,
            limit=given.limit,
            partitions=4,
            deadline=900.0,
        )
        sys.stdout.write(f"{name}: {setup.events:,} events\n")
        run = partial(_played, setup, copied=name == "copied")
        folder = given.directory and given.directory / name
        worst = max(worst, kept(f"migration-{name}", folder, run))
    return worst


if __name__ == "__main__":
    sys.exit(main())
