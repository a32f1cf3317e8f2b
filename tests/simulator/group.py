"""The consumer group: which process has which partition, and how it comes and goes.

A revocation is orderly: what is under way is answered, what was written is durable, then the
offsets are committed. A crash is not. A zombie lost its partitions and does not know; its lease
was over before the group gave them away.
"""

from collections.abc import Iterable

from tests.simulator.broker import Broker, Outbox, Place
from tests.simulator.clock import SESSION
from tests.simulator.cordial import Cordial, Request
from tests.simulator.endpoint import endpoint
from tests.simulator.part import Process, Surroundings
from tests.simulator.schedule import ACTIONS, KEYED, Schedule
from tests.simulator.shell import Shell


class Group:
    """`shells` by partition; `zombies` are shells whose partition the group took away."""

    def __init__(self, around: Surroundings, schedule: Schedule, shell_type: type[Shell]) -> None:
        self._around = around
        self._rng = around.rng
        self._clock = around.clock
        self._broker: Broker = around.broker
        self._cordial: Cordial = around.cordial
        self._schedule = schedule
        self._shell_type = shell_type
        self._plan = 0
        self._heard: dict[int, int] = {}
        self.processes = [self._process(name) for name in range(schedule.workers)]
        self.shells: dict[int, Shell] = {}
        self.zombies: list[Shell] = []

    def __str__(self) -> str:
        return ", ".join(
            f"p{number} to worker {shell.process.name} from {shell.lanes.watermark()}"
            for number, shell in sorted(self.shells.items())
        )

    def all(self) -> list[Shell]:
        """Every shell that believes it has a partition."""
        return [*self.shells.values(), *self.zombies]

    def alive(self) -> list[Process]:
        """Every process, the lost ones too."""
        lost = dict.fromkeys(zombie.process for zombie in self.zombies)
        return [*self.processes, *lost]

    def any_shell(self) -> Shell | None:
        """A shell at random, zombies too; nobody whose process is paused."""
        shells = [each for each in self.all() if not each.process.paused]
        return shells[int(self._rng.random() * len(shells))] if shells else None

    def writing(self) -> list[tuple[Process, Place]]:
        """The queues that wait for the broker."""
        able = (process for process in self.alive() if not process.away)
        return [(process, place) for process in able for place in process.outbox.waiting()]

    def beat(self) -> None:
        """Heartbeats: who was silent for a session loses its partitions."""
        for process in list(self.processes):
            if not process.away:
                process.heard = self._clock.now
            elif self._clock.now - process.heard >= SESSION:
                self.lose(process)

    def heal(self) -> bool:
        """Everybody goes on and reaches the broker again."""
        ill = [process for process in self.alive() if process.away]
        for process in ill:
            process.paused = process.cut = False
        return bool(ill)

    def assign(self) -> bool:
        """Give a free partition to a process."""
        free = [p for p in range(self._schedule.partitions) if p not in self.shells]
        able = [one for one in self.processes if not (one.restarting or one.away)]
        if not free or not able:
            return False
        number, process = self._rng.choice(free), self._rng.choice(able)
        for request in list(self._cordial.requests):
            shell = request.shell
            elsewhere = shell.process is not process and shell not in self.zombies
            if shell.number == number and elsewhere:
                self._cordial.abandon(shell)
                self._free(request)
        start = self._committed(number)
        self.shells[number] = self._shell_type(
            self._around, process, number, start=start, heard=self._heard.get(number, start)
        )
        return True

    def revoke(self, number: int) -> None:
        """The partition shall go elsewhere."""
        self._heard[number] = self._committed(number)
        self.shells[number].lanes.revoke()

    def leave(self) -> bool:
        """Complete revocations, and restarts of processes that own nothing any more."""
        moved = False
        for number, shell in list(self.shells.items()):
            if shell.lanes.revoked and not shell.process.away and shell.may_leave():
                moved = self._give_up(number, shell) or moved
        for process in list(self.processes):
            owns = any(shell.process is process for shell in self.shells.values())
            if process.restarting and not owns:
                self.stop(process)
                moved = True
        return moved

    def _give_up(self, number: int, shell: Shell) -> bool:
        """Where the grace is over, the contacts of open requests stay busy in this process."""
        requests = [each for each in self._cordial.requests if each.shell is shell]
        if requests and (self._cordial.calm or self._rng.random() < 0.8):
            return False
        shell.commit()
        for request in requests:
            shell.process.busy.update(lanes_of(request))
        shell.gone = True
        del self.shells[number]
        return True

    def restart(self, process: Process) -> None:
        """An orderly restart begins: all partitions of the process are revoked."""
        process.restarting = True
        for number, shell in self.shells.items():
            if shell.process is process:
                self.revoke(number)

    def stop(self, process: Process) -> None:
        """The process ends, and another begins, perhaps with the next plan."""
        process.outbox.die(self._rng)
        for shell in dict.fromkeys(request.shell for request in self._cordial.requests):
            if shell.process is process:
                self._cordial.abandon(shell)
        self.zombies = [shell for shell in self.zombies if shell.process is not process]
        self._take_away(process)
        self._plan += self._rng.random() < 0.7
        self._replace(process)

    def lose(self, process: Process) -> None:
        """The group takes all partitions of the process away, and it does not know.

        What was under way was decided within the lease; the answers may still come.
        """
        process.outbox.die(self._rng)
        process.lost = True
        self.zombies += self._take_away(process)
        self._replace(process)

    def bury_zombies(self) -> None:
        """They notice."""
        for shell in self.zombies:
            self._cordial.abandon(shell)
        self.zombies.clear()

    def late_answer(self, request: Request) -> None:
        """It comes to a process that gave the partition away: it only frees the contacts."""
        request.shell.learn(request)
        self._free(request)

    def _free(self, request: Request) -> None:
        """Its contacts are busy no longer, in no assignment of its process."""
        process, number = request.shell.process, request.shell.number
        process.busy.difference_update(lanes_of(request))
        for shell in self.all():
            if shell.process is process and shell.number == number:
                for contact in lanes_of(request):
                    shell.lanes.wake(contact)

    def _take_away(self, process: Process) -> list[Shell]:
        taken = [shell for shell in self.shells.values() if shell.process is process]
        for shell in taken:
            self._heard[shell.number] = self._committed(shell.number)
            del self.shells[shell.number]
        return taken

    def _replace(self, process: Process) -> None:
        self.processes[self.processes.index(process)] = self._process(process.name)

    def _process(self, name: int) -> Process:
        plan = self._schedule.plans[min(self._plan, len(self._schedule.plans) - 1)]
        endpoints = {action: endpoint(self._rng) for action in ACTIONS}
        return Process(name, Outbox(self._broker), plan, set(), endpoints, self._clock.now)

    def _committed(self, number: int) -> int:
        return self._broker.committed.get((KEYED, number), 0)


def lanes_of(request: Request) -> Iterable[str]:
    """The lanes whose commands travel in it."""
    return [member.entry.lane for member in request.members]
