"""The program with one mechanism switched off, the one that DISARM names.

A row of the matrix shows something only if it fails then: `python -m tests.chaos --disarm lease`.
What brings anyio with it, a plugin of pytest, is imported in the worker alone.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

from streams import cli
from streams.checking import problems
from streams.core.outcome import Dead
from streams.kafka.transport import Consumer

GROUP, BROKER = "tests/chaos/test_group.py::", "tests/chaos/test_broker.py::"
OFFSETS, AROUND = "tests/chaos/test_offsets.py::", "tests/chaos/test_around.py::"
KILLED, POISON = "tests/chaos/test_killed.py::", "tests/chaos/test_poison.py::"


@dataclass(frozen=True, slots=True)
class Mechanism:
    """How it is switched off, and the tests that must fail then."""

    off: Callable[[], None]
    tests: tuple[str, ...]


def without_lease() -> None:
    Consumer.lease_age = lambda _: 0.0


def without_reach() -> None:
    Consumer._within = lambda *_: True


def without_group() -> None:
    problems.group.problems = lambda *_: ()


def without_intent() -> None:
    from streams.kafka.outcomes import Outcomes

    async def at_once(*_: object) -> None:
        return

    Outcomes.intent = at_once


def without_trials() -> None:
    """What was under way is taken for what ended the worker."""
    from streams.kafka.care import Care
    from streams.kafka.verdicts import Undecodable

    Care.verdict = lambda *_: Undecodable(Dead.CRASHES_WORKER, "it was under way")


MECHANISMS = {
    "lease": Mechanism(
        without_lease,
        (
            f"{BROKER}test_who_reaches_cordial_and_not_the_broker_sends_nothing",
            f"{GROUP}test_a_frozen_worker_sends_nothing_of_what_another_one_has",
        ),
    ),
    "reach": Mechanism(
        without_reach,
        (
            f"{OFFSETS}test_what_the_bus_deleted_unread_is_said_and_the_rest_is_told",
            f"{OFFSETS}test_offsets_beyond_the_end_are_refused",
            f"{OFFSETS}test_a_source_that_is_made_anew_while_a_worker_runs_ends_it",
        ),
    ),
    "group": Mechanism(
        without_group,
        (
            f"{AROUND}test_an_emptied_changelog_is_refused",
            f"{OFFSETS}test_another_installation_in_the_same_group_is_refused",
        ),
    ),
    "intent": Mechanism(
        without_intent, (f"{KILLED}test_an_order_that_was_under_way_is_sent_again_and_named",)
    ),
    "trials": Mechanism(without_trials, (f"{POISON}test_kills_of_healthy_workers_make_no_letter",)),
}

if __name__ == "__main__":
    MECHANISMS[os.environ["DISARM"]].off()
    cli.main()
