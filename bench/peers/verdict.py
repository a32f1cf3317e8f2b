"""Whether all of a backlog arrived, and how often. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.backlog import ACTIONS, Work
from bench.journal import Seen

MERGES = "upsertContact"
JOINS = "addContactsToList"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Commands that did not arrive, and those that did so more than once.

    A profile's update may travel within a later one of the contact. To be in a list twice is to
    be in it, so members are not counted twice.
    """

    lost: int
    doubled: int


def verdict(work: Iterable[Work], seen: Seen) -> Verdict:
    """What became of `work`."""
    lost = 0
    profiles: dict[str, int] = {}
    for one in work:
        for action in ACTIONS[one.kind]:
            if action == JOINS:
                lost += (one.list_name, one.contact) not in seen.members
            elif action == MERGES:
                profiles[one.contact] = one.n
            else:
                lost += not seen.commands[action, one.n]
    lost += sum(not seen.commands[MERGES, n] for n in profiles.values())
    return Verdict(lost, sum(count - 1 for count in seen.commands.values() if count > 1))


def done(work: Iterable[Work], seen: Seen) -> int:
    """How many events were told whole by one who sends each command by itself."""
    return sum(
        all(
            (one.list_name, one.contact) in seen.members
            if action == JOINS
            else seen.commands[action, one.n]
            for action in ACTIONS[one.kind]
        )
        for one in work
    )
