"""One small world in virtual time: producers, a broker, a few workers, Cordial, and bad luck.

Each pick of the seeded random takes one step of one part. When the random part is over, the
faults stop and every part goes on until nothing moves: then all laws must hold at rest.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from random import Random

from streams.core.lanes import LaneError
from tests.simulator.broker import Broker
from tests.simulator.bus import Bus
from tests.simulator.cordial import Cordial
from tests.simulator.group import Group
from tests.simulator.laws import Broken, Laws
from tests.simulator.part import Surroundings
from tests.simulator.schedule import ACTIONS, Faults, draw
from tests.simulator.shell import Shell

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
FAULTS = ("crash", "crash", "zombie", "move", "restart", "seek")
ROUNDS_TO_REST = 4_000


@dataclass(frozen=True, slots=True)
class Failure:
    """A schedule that broke an invariant."""

    seed: int
    invariant: str
    text: str


class World:
    """A world drawn from a seed, with shells of `shell_type`; `steps` says what happened."""

    def __init__(self, seed: int, shell_type: type[Shell] = Shell) -> None:
        self.rng = rng = Random(seed)
        self.schedule = schedule = draw(rng)
        self.steps: list[str] | None = None
        self.laws = laws = Laws(schedule)
        self.broker = Broker(self._durable)
        self.cordial = Cordial(rng, schedule.cut, laws)
        around = Surroundings(
            rng,
            self.broker,
            self.cordial,
            laws,
            schedule.max_commands,
            schedule.max_span,
            schedule.at_most_once,
            schedule.ordering(),
        )
        self.bus = Bus(rng, schedule, self.broker, self.cordial, laws)
        self.group = Group(around, schedule, shell_type)
        self._faults = schedule.faults
        self._steps: dict[str, Callable[[], bool]] = {
            step: getattr(self, f"_{step}") for step in WEIGHTS
        }

    def run(self) -> None:
        """Live through the schedule. Raises `Broken`."""
        try:
            for _ in range(self.schedule.picks):
                self._steps[PICKS[int(self.rng.random() * len(PICKS))]]()
            self._come_to_rest()
        except LaneError as error:
            raise Broken("LaneError", str(error)) from error
        self.laws.at_rest(self.broker)

    def _come_to_rest(self) -> None:
        self._say("no more faults")
        self.cordial.calm = True
        for fault in fields(Faults):
            setattr(self._faults, fault.name, 0)
        self.group.bury_zombies()
        moved: list[str] = []
        for _ in range(ROUNDS_TO_REST):
            moved = [step for step, take in self._steps.items() if take()]
            if not moved:
                return
        raise Broken("deadlock", f"{' '.join(moved)} for ever")

    def _say(self, what: str) -> None:
        if self.steps is not None:
            self.steps.append(what)

    def _durable(self, place: tuple[str, int], value: object) -> None:
        self._say(f"durable  {place[0]}-{place[1]} {value}")
        self.laws.durable(place, value)

    def _step(self, step: Callable[[Shell], bool]) -> bool:
        """In the random part one shell takes the step; on the way to rest each does."""
        if not self.cordial.calm:
            shell = self.group.any_shell()
            return shell is not None and step(shell)
        moved = False
        for shell in list(self.group.shells.values()):
            moved = step(shell) or moved
        return moved

    def _publish(self) -> bool:
        return self.bus.publish()

    def _route(self) -> bool:
        return self._step(Shell.route)

    def _consume(self) -> bool:
        topics = ACTIONS if self.cordial.calm else (self.rng.choice(ACTIONS),)
        moved = False
        for topic in topics:
            moved = self._step(lambda shell, topic=topic: shell.consume(topic)) or moved  # type: ignore[misc]
        return moved

    def _send(self) -> bool:
        return self._step(Shell.send)

    def _commit(self) -> bool:
        return self._step(Shell.commit)

    def _wake(self) -> bool:
        return self._step(Shell.wake)

    def _decide(self) -> bool:
        requests = self.cordial.undecided()
        if requests:
            request = self.rng.choice(requests)
            self.cordial.decide(request)
            self._say(f"decided  {request}")
        return bool(requests)

    def _answer(self) -> bool:
        requests = self.cordial.answered()
        if not requests:
            return False
        request = self.rng.choice(requests)
        self.cordial.requests.remove(request)
        self._say(f"answered {request}")
        shell = self.group.shells.get(request.shell.number)
        if shell is request.shell:
            shell.answered(request)
            return True
        for zombie in self.group.zombies:
            if zombie is request.shell:
                zombie.answered(request)
                return True
        self.group.late_answer(request)
        return True

    def _write(self) -> bool:
        waiting = self.group.writing()
        if not waiting:
            return False
        process, place = self.rng.choice(waiting)
        slow = place[0] == self.schedule.slow and not self.cordial.calm
        if slow and self.rng.random() < 0.9:
            return False
        process.outbox.answer(place, self.rng.randint(1, 4))
        return True

    def _assign(self) -> bool:
        assigned = self.group.assign()
        if assigned:
            self._say(f"assigned {self.group}")
        return assigned

    def _leave(self) -> bool:
        return self.group.leave()

    def _fault(self) -> bool:
        kind = self.rng.choice(FAULTS)
        left: int = getattr(self._faults, kind)
        if not left or not self.group.shells:
            return False
        setattr(self._faults, kind, left - 1)
        number = self.rng.choice(sorted(self.group.shells))
        shell = self.group.shells[number]
        self._say(f"{kind.upper()} of worker {shell.process.name}, partition {number}")
        if kind == "crash":
            self.group.stop(shell.process)
        elif kind == "zombie":
            self.group.lose(shell.process)
        elif kind == "move":
            self.group.revoke(number)
        elif kind == "restart":
            self.group.restart(shell.process)
        else:
            shell.seek()
        return True


def simulate(seed: int, shell_type: type[Shell] = Shell) -> Failure | None:
    """Run one schedule; None where every law holds."""
    try:
        World(seed, shell_type).run()
    except Broken as broken:
        return Failure(seed, broken.invariant, str(broken))
    return None


def tell(seed: int, shell_type: type[Shell] = Shell) -> list[str]:
    """What happened in a schedule, step by step; the last line is the law that broke, if any."""
    world = World(seed, shell_type)
    world.steps = [f"{world.schedule}"]
    try:
        world.run()
    except Broken as broken:
        world.steps.append(str(broken))
    return world.steps
