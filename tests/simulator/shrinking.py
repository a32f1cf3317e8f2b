"""A play that breaks a law, made small: steps are left out as long as the same law breaks.

Whole stretches first, then halves of them, down to single steps (Zeller's delta debugging); then
events, contacts' doublings and faults that it does not need.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tests.simulator.schedule import Schedule
from tests.simulator.shell import Shell
from tests.simulator.walk import Play, broken_by
from tests.simulator.world import Step

PLAIN: dict[str, object] = {  # what says least
    "externals": 0,
    "doubled": 0.0,
    "cut": 0.0,
    "refused": 0.0,
    "limit": 0.0,
    "latency": 0.0,
    "slow": "",
    "at_most_once": False,
    "max_commands": 100,
    "max_span": 100,
    "partitions": 1,
    "workers": 1,
}


def shrunk(play: Play, invariant: str, shell_type: type[Shell] = Shell, tries: int = 4_000) -> Play:
    """The smallest play found in so many tries that breaks the same law."""
    left = tries

    def breaks(smaller: Play) -> bool:
        nonlocal left
        left -= 1
        broken = broken_by(smaller, shell_type) if left > 0 else None
        return broken is not None and broken.invariant == invariant

    before = None
    while before != play and left > 0:
        before = play
        play = Play(play.schedule, _fewer_steps(play, breaks))
        play = _simpler(play, breaks)
    return play


def _fewer_steps(play: Play, breaks: Callable[[Play], bool]) -> Sequence[Step]:
    steps = list(play.steps)
    size = max(1, len(steps) // 2)
    while True:
        at = 0
        while at < len(steps):
            fewer = steps[:at] + steps[at + size :]
            if breaks(Play(play.schedule, fewer)):
                steps = fewer
            else:
                at += size
        if size == 1:
            return steps
        size //= 2


def _simpler(play: Play, breaks: Callable[[Play], bool]) -> Play:
    for schedule in _simpler_schedules(play):
        candidate = Play(schedule(play.schedule), play.steps)
        if candidate != play and breaks(candidate):
            play = candidate
    return play


def _simpler_schedules(play: Play) -> Iterator[Callable[[Schedule], Schedule]]:
    for name, value in PLAIN.items():
        yield lambda schedule, name=name, value=value: replace(schedule, **{name: value})  # type: ignore[misc]
    for number in reversed(range(len(play.schedule.events))):
        yield lambda schedule, number=number: _without(schedule, number)  # type: ignore[misc]


def _without(schedule: Schedule, number: int) -> Schedule:
    events = schedule.events
    return replace(schedule, events=events[:number] + events[number + 1 :])
