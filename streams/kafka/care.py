"""Which records are tried before they are read in earnest, and what follows.

None is, in a worker that begins to read for the first time: `on` is all that is asked then.
See `core.suspicion` for when and why.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from faust.types import TP, Message

from streams.core.command import Position
from streams.core.outcome import Dead
from streams.core.suspicion import PASSED, TRIALS, End, end_of, guilty, told
from streams.kafka.codec import Codec
from streams.kafka.echoes import Echoes
from streams.kafka.load import Load, headers_of, load_of
from streams.kafka.trials import nothing, trial
from streams.kafka.verdicts import Undecodable

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Care:
    """`on` while records below some offsets are still to be passed."""

    on: bool = False
    trial: Callable[[Callable[[], object]], int] = trial
    _below: dict[TP, int] = field(default_factory=dict)
    _put_off: set[object] = field(default_factory=set)

    def begin(self, below: Mapping[TP, int]) -> None:
        """From now on what stands below these offsets is tried, and nothing else."""
        self._below = dict(below)
        self.on = bool(below)
        for tp, offset in below.items():
            log.warning(
                "reading began here several times and got nowhere; records are tried first",
                topic=tp.topic,
                partition=tp.partition,
                offset=offset,
            )

    def passed(self, positions: Mapping[TP, int]) -> None:
        """Everything below these offsets is over."""
        for tp, position in positions.items():
            if position >= self._below.get(tp, position + 1):
                del self._below[tp]
        self.on = bool(self._below)

    def covers(self, of: Message | Position) -> bool:
        """Whether a record, or what was made of the one at a position, is to be tried."""
        return self.on and of.offset < self._below.get(TP(of.topic, of.partition), 0)

    def verdict(self, step: Callable[[], object]) -> Undecodable | None:
        """Why what the step reads must not be read here, or None."""
        codes: list[int] = []
        for _ in range(TRIALS):
            codes.append(self.trial(step))
            if end_of(codes[-1]) is not End.FELL:
                if codes != [PASSED]:
                    log.warning("trials of a record tell nothing", reason=f"{codes}")
                return None
        control = self.trial(nothing)
        if not guilty(control, codes):
            log.warning("trials of a record tell nothing", reason=f"{codes}, of nothing: {control}")
            return None
        text = f"it ends the process that reads it {told(codes[0])}, in {TRIALS} of {TRIALS} trials"
        return Undecodable(Dead.CRASHES_WORKER, text)

    def put_off(self, whose: object) -> bool:
        """Whether this one waits for its turn."""
        return self.on and whose in self._put_off

    def next_turn(self, whose: object, work: Callable[[], Any]) -> None:
        """Do the work in a turn of the loop of its own: a trial takes some milliseconds."""
        self._put_off.add(whose)
        asyncio.get_running_loop().call_soon(self._turn, whose, work)

    def _turn(self, whose: object, work: Callable[[], Any]) -> None:
        self._put_off.discard(whose)
        work()


def careful_load(care: Care, codec: Codec | Echoes, message: Message) -> Load:
    """What was read from an action topic, or of a command that is replayed."""
    verdict = None
    if care.covers(message):
        verdict = care.verdict(partial(load_of, codec, message))
    if verdict is None:
        return load_of(codec, message)
    return Load(None, message, headers_of(message), verdict.message, why=verdict.reason)
