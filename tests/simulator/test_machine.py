"""The same world driven by hypothesis, which leaves out what a broken law does not need.

What it finds stands in `.cache/simulator/hypothesis.json` too, to be played and to be kept.
"""

from pathlib import Path
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.simulator.chance import SALTS
from tests.simulator.defects import DEFECTS
from tests.simulator.schedule import draw
from tests.simulator.shell import Shell
from tests.simulator.verdict import Broken
from tests.simulator.walk import Play, broken_by
from tests.simulator.world import Step, World
from tests.simulator.written import read, write

salts = st.integers(0, SALTS - 1)


class WorldHolds(RuleBasedStateMachine):
    """Each rule is a step; the laws are looked at after each, and at rest."""

    shell_type: type[Shell] = Shell
    file = Path(".cache/simulator/hypothesis.json")
    world: World

    @initialize(seed=st.integers(0, 1 << 32))
    def begin(self, seed: int) -> None:
        self.world = World(draw(Random(seed)), self.shell_type)
        self.steps: list[Step] = []

    def take(self, name: str, salt: int) -> None:
        self.steps.append((name, salt))
        try:
            self.world.take((name, salt))
        except Broken as broken:
            self.found(broken)
            raise

    def found(self, broken: Broken) -> None:
        play = Play(self.world.schedule, list(self.steps))
        write(play, self.file, law=broken.invariant, defect="none")

    @rule(salt=salts)
    def publish(self, salt: int) -> None:
        self.take("publish", salt)

    @rule(salt=salts)
    def route(self, salt: int) -> None:
        self.take("route", salt)

    @rule(salt=salts)
    def consume(self, salt: int) -> None:
        self.take("consume", salt)

    @rule(salt=salts)
    def send(self, salt: int) -> None:
        self.take("send", salt)

    @rule(salt=salts)
    def cordial_decides(self, salt: int) -> None:
        self.take("decide", salt)

    @rule(salt=salts)
    def answer(self, salt: int) -> None:
        self.take("answer", salt)

    @rule(salt=salts, times=st.integers(1, 4))
    def write(self, salt: int, times: int) -> None:
        for _ in range(times):
            self.take("write", salt)

    @rule(salt=salts)
    def commit(self, salt: int) -> None:
        self.take("commit", salt)

    @rule(salt=salts)
    def wake(self, salt: int) -> None:
        self.take("wake", salt)

    @rule(salt=salts)
    def assign(self, salt: int) -> None:
        self.take("assign", salt)

    @rule(salt=salts)
    def leave(self, salt: int) -> None:
        self.take("leave", salt)

    @rule(salt=salts)
    def fault(self, salt: int) -> None:
        self.take("fault", salt)

    @rule(salt=salts)
    def time_passes(self, salt: int) -> None:
        self.take("pass_time", salt)

    @rule(salt=salts)
    def mend(self, salt: int) -> None:
        self.take("mend", salt)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            try:
                self.world.come_to_rest()
            except Broken as broken:
                self.found(broken)
                raise


some = settings(max_examples=60, stateful_step_count=150, deadline=None)


def test_no_steps_break_a_law():
    run_state_machine_as_test(WorldHolds, settings=some)


def test_a_planted_defect_is_caught_and_made_small(tmp_path):
    class Planted(WorldHolds):
        shell_type = DEFECTS["acked-on-produce"]
        file = tmp_path / "found.json"

    one = settings(some, stateful_step_count=60, database=None, report_multiple_bugs=False)
    with pytest.raises(Broken):
        run_state_machine_as_test(Planted, settings=one)
    play, about = read(Planted.file)
    broken = broken_by(play, DEFECTS["acked-on-produce"])
    assert broken is not None
    assert broken.invariant == about["law"]
    assert len(play.steps) < 30
    assert broken_by(play) is None
