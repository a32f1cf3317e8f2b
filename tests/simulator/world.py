"""One small world in virtual time: producers, a broker, a few workers, Cordial, and bad luck.

A schedule and a list of steps, each with the salt of its luck, say all that happens. After the
steps the faults stop and every part goes on until nothing moves: then all laws must hold at rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields

from streams.core.lanes import LaneError
from tests.simulator import watch
from tests.simulator.broker import Broker
from tests.simulator.bus import Bus
from tests.simulator.chance import Chance
from tests.simulator.clock import INSTANTS, REST_MOST, Clock
from tests.simulator.cordial import Cordial
from tests.simulator.group import Group
from tests.simulator.laws import Laws
from tests.simulator.part import Surroundings
from tests.simulator.schedule import ACTIONS, Faults, Schedule
from tests.simulator.shell import Shell
from tests.simulator.verdict import Broken

WEIGHTS = {  # step: how often it is picked
    "publish": 2,
    "route": 4,
    "consume": 6,
    "send": 8,
    "decide": 4,
    "answer": 4,
    "write": 8,
    "commit": 2,
    "wake": 3,
    "assign": 2,
    "leave": 3,
    "fault": 2,
    "pass_time": 5,
    "mend": 1,
}
FAULTS = ("crash", "crash", "pause", "cut", "move", "restart", "seek", "outage", "key")
OUTAGES = (3.0, 20.0, 100.0)
ROUNDS_TO_REST = 20_000

Step = tuple[str, int]  # its name, and the salt of its luck


class World:
    """The world of a schedule, with shells of `shell_type`; `told` says what happened."""

    def __init__(self, schedule: Schedule, shell_type: type[Shell] = Shell) -> None:
        self.rng = rng = Chance()
        self.schedule = schedule
        self.clock = clock = Clock()
        self.told: list[str] | None = None
        self.laws = laws = Laws(schedule)
        self.broker = Broker(self._durable)
        self.cordial = Cordial(rng, clock, schedule, laws)
        around = Surroundings(
            rng,
            clock,
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
        self._faults = Faults(*(getattr(schedule.faults, each.name) for each in fields(Faults)))
        self._steps: dict[str, Callable[[], bool]] = {
            step: getattr(self, f"_{step}") for step in WEIGHTS
        }

    def run(self, steps: Sequence[Step]) -> None:
        """Live through these steps, and come to rest. Raises `Broken`."""
        for step in steps:
            self.take(step)
        self.come_to_rest()

    def take(self, step: Step) -> bool:
        """Take one step; whether anything happened. Raises `Broken` where a law does not hold."""
        name, salt = step
        self.rng.salt(salt)
        try:
            moved = self._steps[name]()
        except LaneError as error:
            raise Broken("LaneError", str(error)) from error
        if moved:
            watch.look(self)
        return moved

    def come_to_rest(self) -> None:
        """The faults stop, and everything goes on until nothing moves. Raises `Broken`."""
        self._say("no more faults")
        self.cordial.calm = self.cordial.key_ok = True
        self.cordial.down_until = 0.0
        for fault in fields(Faults):
            setattr(self._faults, fault.name, 0)
        self.group.heal()
        self.group.beat()
        self.group.bury_zombies()
        began = self.clock.now
        for number in range(ROUNDS_TO_REST):
            moved = [
                step for step in self._steps if step != "pass_time" and self.take((step, number))
            ]
            if not moved:
                alarm = self._alarm()
                if alarm is None:
                    self.laws.at_rest(self.broker)
                    watch.at_rest(self)
                    return
                self._to(alarm)
            if self.clock.now - began > REST_MOST:
                raise Broken("I7", f"there is a lag {REST_MOST:.0f} s after the last fault")
        raise Broken("deadlock", f"{' '.join(moved)} for ever")

    def _alarm(self) -> float | None:
        """When something happens by itself next."""
        now = self.clock.now
        times = [request.lands for request in self.cordial.requests if request.answer is None]
        for shell in self.group.all():
            times += [sleeper.at for sleeper in shell.asleep]
            for endpoint in shell.process.endpoints.values():
                opens_at = endpoint.opens_at(now) if endpoint.waiting else None
                times += [] if opens_at is None else [opens_at]
        return min(times, default=None)

    def _to(self, time: float) -> None:
        self.clock.now = max(self.clock.now, time)
        self.cordial.expire()
        self.group.beat()

    def _say(self, what: str) -> None:
        if self.told is not None:
            self.told.append(f"{self.clock.now - 1_000:8.2f} {what}")

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

    def _each_action(self, step: Callable[[Shell, str], bool]) -> bool:
        actions = ACTIONS if self.cordial.calm else (self.rng.choice(ACTIONS),)
        moved = False
        for action in actions:
            moved = self._step(lambda shell, action=action: step(shell, action)) or moved  # type: ignore[misc]
        return moved

    def _publish(self) -> bool:
        return self.bus.publish()

    def _route(self) -> bool:
        return self._step(lambda shell: shell.route())

    def _consume(self) -> bool:
        return self._each_action(lambda shell, action: shell.consume(action))

    def _send(self) -> bool:
        return self._each_action(watch.send)

    def _commit(self) -> bool:
        return self._step(lambda shell: shell.commit())

    def _wake(self) -> bool:
        return self._step(lambda shell: shell.wake())

    def _decide(self) -> bool:
        requests = self.cordial.undecided()
        if requests:
            request = self.rng.choice(requests)
            self.cordial.decide(request)
            self._say(f"decided  {request}")
        return bool(requests)

    def _answer(self) -> bool:
        requests = [each for each in self.cordial.answered() if not each.shell.process.paused]
        if not requests:
            return False
        request = self.rng.choice(requests)
        self.cordial.requests.remove(request)
        self._say(f"answered {request}")
        shell = request.shell
        if self.group.shells.get(shell.number) is shell or shell in self.group.zombies:
            shell.answered(request)
        else:
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

    def _pass_time(self) -> bool:
        self._to(self.clock.now + self.rng.choice(INSTANTS))
        return True

    def _mend(self) -> bool:
        """Somebody looks: the key is put right, holds end, and perhaps what is paused goes on."""
        held = [process for process in self.group.alive() if process.held]
        for process in held:
            process.held = None
        mended = not self.cordial.key_ok or bool(held)
        self.cordial.key_ok = True
        healed = (self.cordial.calm or self.rng.random() < 0.2) and self.group.heal()
        return healed or mended

    def _fault(self) -> bool:
        kind = self.rng.choice(FAULTS)
        left: int = getattr(self._faults, kind)
        if not left or not self.group.shells:
            return False
        setattr(self._faults, kind, left - 1)
        number = self.rng.choice(sorted(self.group.shells))
        shell = self.group.shells[number]
        process = shell.process
        self._say(f"{kind.upper()} of worker {process.name}, partition {number}")
        if kind == "crash":
            self.group.stop(process)
        elif kind == "pause":
            process.paused = True
        elif kind == "cut":
            process.cut = True
        elif kind == "move":
            self.group.revoke(number)
        elif kind == "restart":
            self.group.restart(process)
        elif kind == "outage":
            self.cordial.down_until = self.clock.now + self.rng.choice(OUTAGES)
        elif kind == "key":
            self.cordial.key_ok = False
        else:
            shell.seek()
        return True
