"""Answers become outcomes, or another try.

What an answer means is decided by `core.answer` and `core.retrying`; here it is obeyed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from streams.core.answer import Answer, Delivered, InDoubt, Rejected
from streams.core.compiled import Instance
from streams.core.decisions import DeadLetter
from streams.core.outcome import Dead
from streams.core.retrying import (
    Again,
    Hold,
    Policy,
    RejectionLimit,
    SplitAndTryAgain,
    Step,
    next_step,
)
from streams.kafka.asleep import Asleep
from streams.kafka.batch import Batch, lanes_of
from streams.kafka.endpoints import Endpoint
from streams.kafka.outcomes import Outcomes
from streams.kafka.partition import Partition
from streams.metrics import Metrics


@dataclass(slots=True, eq=False)
class Answering:
    """Settles the commands of a request, or brings them back to their lanes.

    `hold` ends all sending; `poke` says that there may be work.
    """

    partitions: Mapping[int, Partition]
    instances: Mapping[str, Instance]
    outcomes: Outcomes
    policy: Policy
    jitter: Callable[[], float]
    metrics: Metrics
    hold: Callable[[str], None]
    busy: set[str]
    rejections: RejectionLimit
    asleep: Asleep
    poke: Callable[[], None]

    def answered(self, endpoint: Endpoint, batch: Batch, answer: Answer) -> None:
        """What a request was answered."""
        for member in batch.members:
            member.entry.payload.tries.count()
        if isinstance(answer, Delivered):
            self._delivered(batch, answer)
            return
        if isinstance(answer, InDoubt):
            for member in batch.members:
                member.entry.payload.in_doubt = True
            if self._at_most_once(batch):
                self._dead(batch, DeadLetter(Dead.IN_DOUBT, None, answer.why), answer)
                return
        step = next_step(
            answer,
            batch.members[0].entry.payload.tries,
            self.policy,
            joined=len(batch.members) > 1,
            healthy=endpoint.circuit.healthy,
            jitter=self.jitter(),
        )
        self._step(batch, step, answer)

    def _step(self, batch: Batch, step: Step, answer: Answer) -> None:
        if isinstance(step, Again):
            self.metrics.retry(batch.members[0].entry.action, answer)
            self.back(batch, step.after)
        elif isinstance(step, SplitAndTryAgain):
            for member in batch.members:
                member.entry.payload.solo = True
            self.back(batch, 0.0)
        elif isinstance(step, Hold):
            self.back(batch, 0.0)
            self.hold(step.why)
        else:
            if isinstance(answer, Rejected) and self.rejections.rejected():
                self.back(batch, 0.0)
                self.hold("rejection_limit")
                return
            self._dead(batch, DeadLetter(step.reason, None, step.message), answer)

    def _delivered(self, batch: Batch, answer: Delivered) -> None:
        for member in batch.members:
            self.rejections.delivered()
            self.outcomes.delivered(member, answer)
        self._free(batch)

    def _dead(self, batch: Batch, letter: DeadLetter, answer: Answer) -> None:
        for member in batch.members:
            self.outcomes.dead(member.part, member.entry, letter, answer)
        self._free(batch)

    def back(self, batch: Batch, after: float) -> None:
        """Its lanes wait so many seconds, and try again."""
        for part, entries in lanes_of(batch.members):
            name = entries[0].lane
            part.lanes.back(entries)
            self._free(batch)
            if after <= 0:
                part.lanes.wake(name)
            else:
                self.asleep.until(after, partial(self._try_again, part, name))
        self.poke()

    def _free(self, batch: Batch) -> None:
        """Nothing of these lanes is in flight; a later assignment may wait for that."""
        for part, entries in lanes_of(batch.members):
            name = entries[0].lane
            if name in self.busy:
                self.busy.discard(name)
                current = self.partitions.get(part.number)
                if current is not None:
                    current.lanes.wake(name)
        self.poke()

    def _at_most_once(self, batch: Batch) -> bool:
        head = batch.members[0]
        instance = self.instances[head.entry.action]
        return head.send.order_intent is not None and instance.in_doubt == "at_most_once"

    def _try_again(self, part: Partition, name: str) -> None:
        if part.live:
            part.lanes.wake(name)
            self.poke()
