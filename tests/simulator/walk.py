"""The random walk: what a seed draws, and what becomes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.simulator.chance import SALTS
from tests.simulator.schedule import Schedule, draw
from tests.simulator.shell import Shell
from tests.simulator.verdict import Broken
from tests.simulator.world import WEIGHTS, Step, World

PICKS = tuple(step for step, weight in WEIGHTS.items() for _ in range(weight))
SHORTEST, LONGEST = 200, 1_000


@dataclass(frozen=True, slots=True)
class Play:
    """All that happens: it can be written down, and played again."""

    schedule: Schedule
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Failure:
    """A play that broke an invariant."""

    seed: int
    invariant: str
    text: str


def drawn(seed: int) -> Play:
    """What this seed stands for."""
    rng = Random(seed)
    schedule = draw(rng)
    names = rng.choices(PICKS, k=rng.randint(SHORTEST, LONGEST))
    return Play(schedule, [(name, int(rng.random() * SALTS)) for name in names])


def broken_by(play: Play, shell_type: type[Shell] = Shell) -> Broken | None:
    """The first law that a play breaks; None where all hold."""
    try:
        World(play.schedule, shell_type).run(play.steps)
    except Broken as broken:
        return broken
    return None


def simulate(seed: int, shell_type: type[Shell] = Shell) -> Failure | None:
    """Run one schedule; None where every law holds."""
    broken = broken_by(drawn(seed), shell_type)
    return None if broken is None else Failure(seed, broken.invariant, str(broken))


def tell(play: Play, shell_type: type[Shell] = Shell) -> list[str]:
    """What happened in a play, step by step; the last line is the law that broke, if any."""
    world = World(play.schedule, shell_type)
    world.told = [f"{play.schedule}"]
    try:
        world.run(play.steps)
    except Broken as broken:
        world.told.append(str(broken))
    return world.told
