"""One small world in virtual time: producers, a broker, a few workers, Cordial, and bad luck.

Each pick of the seeded random takes one step of one part. When the random part is over, the
faults stop and every part goes on until nothing moves: then all laws must hold at rest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from streams.core.lanes import LaneError
from tests.simulator.broker import Broker, Outbox
from tests.simulator.cordial import Cordial
from tests.simulator.laws import Broken, Copy, Laws
from tests.simulator.schedule import ACTIONS, KEYED, Event, draw
from tests.simulator.shell import Process, Shell, Surroundings

WEIGHTS = {  # step: how often it is picked
    "publish": 2,
    "route": 4,
    "consume": 6,
    "send": 5,
    "decide": 4,
    "answer": 4,
    "write": 8,
    "commit": 2,
    "wake": 2,
    "assign": 2,
    "leave": 3,
    "fault": 2,
}
PICKS = tuple(step for step, weight in WEIGHTS.items() for _ in range(weight))
REST = 4_000


@dataclass(frozen=True, slots=True)
class Failure:
    """A schedule that broke an invariant, and the steps that did it."""

    seed: int
    invariant: str
    text: str
    steps: tuple[str, ...] = ()


class World:
    """A world drawn from a seed, with shells of `shell_type`."""

    def __init__(self, seed: int, shell_type: type[Shell] = Shell, *, trace: bool = False) -> None:
        self.rng = rng = Random(seed)
        self.schedule = draw(rng)
        self.steps: list[str] | None = [] if trace else None
        self.laws = Laws(self.schedule)
        self.broker = Broker(self.laws.durable)
        self.cordial = Cordial(rng, self.schedule.cut, self.laws)
        self._shell_type = shell_type
        self._around = Surroundings(
            rng,
            self.broker,
            self.cordial,
            self.laws,
            self.schedule.max_commands,
            self.schedule.max_span,
            self.schedule.at_most_once,
        )
        self._unpublished = list(reversed(self.schedule.events))
        self._externals = self.schedule.externals
        self._faults = self.schedule.faults
        self._plan = 0
        self.processes = [self._process(name) for name in range(self.schedule.workers)]
        self.shells: dict[int, Shell] = {}
        self.zombies: list[Shell] = []
        self._heard: dict[int, int] = {}
        self._steps: dict[str, Callable[[], bool]] = {
            step: getattr(self, f"_{step}") for step in WEIGHTS
        }

    def run(self) -> None:
        """Live through the schedule. Raises `Broken`."""
        try:
            for _ in range(self.schedule.picks):
                step = PICKS[int(self.rng.random() * len(PICKS))]
                if self._steps[step]() and self.steps is not None:
                    self._note(step)
            self._come_to_rest()
        except LaneError as error:
            raise Broken("LaneError", str(error)) from error
        self.laws.at_rest(self.broker)

    def _note(self, step: str) -> None:
        assert self.steps is not None
        marks = ", ".join(
            f"p{number}@w{shell.process.name}: {shell.lanes.watermark()}"
            for number, shell in sorted(self.shells.items())
        )
        self.steps.append(f"{step:8} {marks}")

    def _come_to_rest(self) -> None:
        self.cordial.calm = True
        self._faults.crash = self._faults.zombie = self._faults.move = 0
        self._faults.restart = self._faults.seek = 0
        for shell in self.zombies:
            self.cordial.abandon(shell)
        self.zombies.clear()
        for _ in range(REST):
            moved = [step for step, take in self._steps.items() if take()]
            if not moved:
                return
            if self.steps is not None:
                self._note(" ".join(moved))
        raise Broken("deadlock", f"still moving after {REST} rounds: {moved}")

    # The bus.

    def _publish(self) -> bool:
        """An event, perhaps after an offset without a record, perhaps once more, or a replay."""
        if not self._unpublished:
            return self._externals > 0 and self._publish_external()
        chance = self.rng.random()
        if self._externals and chance < 0.2:
            return self._publish_external()
        self.cordial.kind = self.cordial.kind or self.rng.random() < 0.04
        event = self._unpublished.pop()
        place = (KEYED, self.schedule.partition(event.contact))
        if chance > 0.85:
            self.broker.append(place, None)
        self.broker.append(place, event)
        log = self.broker.log(place)
        if self.rng.random() < self.schedule.doubled:
            earlier = [each for each in log if each is not None]
            self.broker.append(place, self.rng.choice(earlier))
        return True

    def _publish_external(self) -> bool:
        self._externals -= 1
        dead = [each for each in self.laws.dead if each[1] != "order"]
        if dead and self.rng.random() < 0.7:
            event, action = self.rng.choice(dead)
        else:
            contact = f"c{self.rng.randint(0, 1)}"
            event = Event(contact, f"x{self._externals}", ("activity",), "", ())
            action = "activity"
        place = (action, self.schedule.partition(event.contact))
        self.broker.append(place, Copy(event, action, None, action))
        return True

    # The parts.

    def _shell(self) -> Shell | None:
        """Any shell, a zombie's too."""
        shells = [*self.shells.values(), *self.zombies]
        return shells[int(self.rng.random() * len(shells))] if shells else None

    def _each_at_rest(self, step: Callable[[Shell], bool]) -> bool:
        """In the random part one shell takes the step; at rest each does."""
        if not self.cordial.calm:
            shell = self._shell()
            return shell is not None and step(shell)
        return any(step(shell) for shell in list(self.shells.values()))

    def _route(self) -> bool:
        return self._each_at_rest(lambda shell: shell.route())

    def _consume(self) -> bool:
        if self.cordial.calm:
            return any(self._each_at_rest(lambda s, a=a: s.consume(a)) for a in ACTIONS)
        action = ACTIONS[int(self.rng.random() * len(ACTIONS))]
        return self._each_at_rest(lambda shell: shell.consume(action))

    def _send(self) -> bool:
        return self._each_at_rest(lambda shell: shell.send())

    def _commit(self) -> bool:
        return self._each_at_rest(lambda shell: shell.commit())

    def _wake(self) -> bool:
        return self._each_at_rest(lambda shell: shell.wake())

    def _decide(self) -> bool:
        requests = self.cordial.undecided()
        if requests:
            self.cordial.decide(requests[int(self.rng.random() * len(requests))])
        return bool(requests)

    def _answer(self) -> bool:
        requests = self.cordial.answered()
        if not requests:
            return False
        request = requests[int(self.rng.random() * len(requests))]
        self.cordial.requests.remove(request)
        shell = request.shell
        if shell in self.zombies or self.shells.get(shell.number) is shell:
            shell.answered(request)
        else:
            self._late_answer(shell, [member.entry.contact for member in request.members])
        return True

    def _late_answer(self, shell: Shell, contacts: list[str]) -> None:
        """It comes to a process that gave the partition away: it only frees the contacts."""
        shell.process.busy.difference_update(contacts)
        now = self.shells.get(shell.number)
        for contact in contacts:
            if now is not None and now.process is shell.process:
                now.lanes.wake(contact)

    def _write(self) -> bool:
        processes = [*self.processes, *dict.fromkeys(zombie.process for zombie in self.zombies)]
        waiting = [(each, place) for each in processes for place in each.outbox.waiting()]
        if waiting:
            process, place = waiting[int(self.rng.random() * len(waiting))]
            if place[0] == self.schedule.slow and not self.cordial.calm and self.rng.random() < 0.9:
                return False
            process.outbox.answer(place, self.rng.randint(1, 4))
        return bool(waiting)

    # The group.

    def _process(self, name: int) -> Process:
        plan = self.schedule.plans[min(self._plan, len(self.schedule.plans) - 1)]
        return Process(name, Outbox(self.broker), plan, set())

    def _assign(self) -> bool:
        free = [p for p in range(self.schedule.partitions) if p not in self.shells]
        able = [each for each in self.processes if not each.restarting]
        if not free or not able:
            return False
        number, process = self.rng.choice(free), self.rng.choice(able)
        for request in list(self.cordial.requests):
            shell = request.shell
            elsewhere = shell.process is not process and shell not in self.zombies
            if shell.number == number and elsewhere:
                self.cordial.abandon(shell)
                shell.process.busy.difference_update(m.entry.contact for m in request.members)
        start = self.broker.committed.get((KEYED, number), 0)
        heard = self._heard.get(number, start)
        self.shells[number] = self._shell_type(
            self._around, process, number, start=start, heard=heard
        )
        return True

    def _leave(self) -> bool:
        """Complete a revocation: what is under way is answered, what was written is durable."""
        moved = False
        for number, shell in list(self.shells.items()):
            if not shell.lanes.revoked or not shell.may_leave():
                continue
            open_requests = [r for r in self.cordial.requests if r.shell is shell]
            if open_requests and (self.cordial.calm or self.rng.random() < 0.8):
                continue
            shell.commit()
            for request in open_requests:
                shell.process.busy.update(member.entry.contact for member in request.members)
            del self.shells[number]
            moved = True
        for index, process in enumerate(self.processes):
            owns = any(shell.process is process for shell in self.shells.values())
            if process.restarting and not owns:
                self._stop(index)
                moved = True
        return moved

    def _revoke(self, number: int) -> None:
        self._heard[number] = self.broker.committed.get((KEYED, number), 0)
        self.shells[number].lanes.revoke()

    def _stop(self, index: int) -> None:
        """The process ends, and another begins, perhaps with the next plan."""
        process = self.processes[index]
        process.outbox.die(self.rng)
        for shell in {id(r.shell): r.shell for r in self.cordial.requests}.values():
            if shell.process is process:
                self.cordial.abandon(shell)
        self.zombies = [shell for shell in self.zombies if shell.process is not process]
        for number, shell in list(self.shells.items()):
            if shell.process is process:
                self._heard[number] = self.broker.committed.get((KEYED, number), 0)
                del self.shells[number]
        self._plan += self.rng.random() < 0.7
        self.processes[index] = self._process(process.name)

    # Bad luck.

    def _fault(self) -> bool:
        kind = self.rng.choice(("crash", "crash", "zombie", "move", "restart", "seek"))
        left: int = getattr(self._faults, kind)
        if not left or not self.shells:
            return False
        setattr(self._faults, kind, left - 1)
        number = self.rng.choice(sorted(self.shells))
        shell = self.shells[number]
        if self.steps is not None:
            self.steps.append(f"  {kind} p{number}@w{shell.process.name}")
        if kind == "crash":
            self._stop(self.processes.index(shell.process))
        elif kind == "zombie":
            self._lose(shell)
        elif kind == "move":
            self._revoke(number)
        elif kind == "restart":
            shell.process.restarting = True
            for each, other in self.shells.items():
                if other.process is shell.process:
                    self._revoke(each)
        else:
            shell.seek()
        return True

    def _lose(self, shell: Shell) -> None:
        """The group takes the partition away, and the worker does not know: its lease is over.

        What was under way was decided within the lease; the answers may still come.
        """
        shell.process.outbox.die(self.rng)
        for request in self.cordial.undecided():
            if request.shell is shell:
                self.cordial.decide(request)
        for number, each in list(self.shells.items()):
            if each.process is shell.process:
                each.lost = True
                self.zombies.append(each)
                self._heard[number] = self.broker.committed.get((KEYED, number), 0)
                del self.shells[number]
        self.processes[self.processes.index(shell.process)] = self._process(shell.process.name)


def simulate(seed: int, shell_type: type[Shell] = Shell) -> Failure | None:
    """Run one schedule; None where every law holds."""
    try:
        World(seed, shell_type).run()
    except Broken as broken:
        return Failure(seed, broken.invariant, str(broken))
    return None
